"""The phases of a voter's session."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.orders import Termination
from kiosk.domain.settings import Settings
from kiosk.domain.words import Words
from kiosk.flows.contract import CardRefused, EffectId, Handle, PrintTrouble, Request, StoreTrouble
from kiosk.flows.voter.session import PaperState as PaperState  # noqa: PLC0414 - states are used with their session
from kiosk.flows.voter.session import Session as Session  # noqa: PLC0414 - likewise
from kiosk.flows.voter.stop_states import OrderedStop

# --- before a session -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """No card: welcome, or a closed sign.

    `cut_short` is set when a member's card was taken out before a procedure was over, until a card comes or time is up.
    """

    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A card was put in and is being read."""

    effect: EffectId


@dataclass(frozen=True, slots=True)
class CardTrouble:
    """The card was not admitted; it is to be taken out."""

    refused: CardRefused


@dataclass(frozen=True, slots=True)
class AfterPower:
    """The voter's next screen after an interruption. `session` is None if the vote had been accepted."""

    session: Session | None


# --- filling ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ballots:
    """The list of the voter's papers."""

    session: Session
    page: int = 0


@dataclass(frozen=True, slots=True)
class DecliningAsked:
    """The voter does not want a paper and is asked once.

    `page` is that of the list, or of the review if `reviewing`: to come back to.
    """

    session: Session
    paper: int
    page: int = 0
    reviewing: bool = False


@dataclass(frozen=True, slots=True)
class Filling:
    """A contest on screen. `revising` leads back to the review instead of on to the next contest."""

    session: Session
    paper: int
    contest: int
    revising: bool = False
    notice: Words | None = None
    page: int = 0
    first: int = 0
    """The option to begin at, until a page is turned: who comes to see what was not seen does not search for it."""


@dataclass(frozen=True, slots=True)
class About:
    """What there is to read about an option, over the contest that it belongs to. Nothing is marked here."""

    under: Filling
    option: int
    page: int = 0

    @property
    def session(self) -> Session:
        """The session of the contest."""
        return self.under.session


@dataclass(frozen=True, slots=True)
class Reviewing:
    """Every choice before encryption."""

    session: Session
    page: int = 0


@dataclass(frozen=True, slots=True)
class UndecidedAsked:
    """Some papers are neither filled nor declined: the voter says what that means before anything is encrypted."""

    session: Session
    page: int = 0


# --- commit, then decide ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Encrypting:
    """The paper at `paper` is being encrypted."""

    session: Session
    paper: int
    effect: EffectId


@dataclass(frozen=True, slots=True)
class Offering:
    """The slip's first part is being printed; the voter is asked only after it."""

    session: Session
    effect: EffectId


@dataclass(frozen=True, slots=True)
class Deciding:
    """Codes are shown and printed: cast, or check one."""

    session: Session


@dataclass(frozen=True, slots=True)
class ChoosingCheck:
    """Which of several ballots is to be opened."""

    session: Session
    page: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """A ballot is being opened: it will never be cast."""

    session: Session
    paper: int
    effect: EffectId


@dataclass(frozen=True, slots=True)
class Checked:
    """A ballot was opened and its slip printed; the voter fills that paper again."""

    session: Session
    paper: int


class Job(StrEnum):
    """Which paper the printer owes before the session goes on."""

    OFFERED = "offered"
    OPENED = "opened"


@dataclass(frozen=True, slots=True)
class PrinterWaits:
    """A slip did not print. Nothing is cast; staff mend the printer and the session goes on."""

    session: Session
    job: Job
    paper: int
    trouble: PrintTrouble


# --- cast -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Casting:
    """*Cast* was pressed: from here only the store says what happened. `removed`: the card is out meanwhile."""

    session: Session
    effect: EffectId
    removed: bool = False


class CardMark(StrEnum):
    """How far the card is in being marked spent."""

    WRITING = "writing"
    SPENT = "spent"
    UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vote is durable. Card and slip follow; whatever happens to them, the vote stands.

    `card_effect` and `slip_effect` are what is still waited for; `trouble` is why the slip did not print.
    """

    session: Session
    card_effect: EffectId | None
    slip_effect: EffectId | None
    card: CardMark = CardMark.WRITING
    trouble: PrintTrouble | None = None
    removed: bool = False
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The store did not take the ballots: nothing is stored, and the card is being made usable again.

    `removed` if the card was out before the store answered: then nobody will take it out, and a time-out ends this.
    `effect` is set until the card is done; `held` if it could not be: it still says that this terminal has it.
    """

    trouble: StoreTrouble
    removed: bool = False
    effect: EffectId | None = None
    held: bool = False


# --- interruptions ----------------------------------------------------------------------------------------------

Interactive = (
    Ballots
    | DecliningAsked
    | Filling
    | About
    | Reviewing
    | UndecidedAsked
    | Deciding
    | ChoosingCheck
    | Checked
    | PrinterWaits
)
"""Phases in which the terminal waits for the voter."""

Working = Encrypting | Offering | Opening
"""Phases in which the voter waits for the terminal, and nothing is cast yet."""

Under = Interactive | Working
"""Phases of a session that an interruption can cover and give back."""


@dataclass(frozen=True, slots=True)
class Helped:
    """The help page over a phase."""

    under: Interactive


@dataclass(frozen=True, slots=True)
class LeavingAsked:
    """The voter wants to go without voting and is asked once."""

    under: Ballots | PrinterWaits


@dataclass(frozen=True, slots=True)
class StillHere:
    """Nobody touched anything for a while."""

    under: Interactive


@dataclass(frozen=True, slots=True)
class CardPulled:
    """The card went out in the middle of a session. Nothing is cast.

    `effect` is set while a card that was put in is compared with the session's; `other` if it is not that, as far as
    is known: `unread` if it may be, and could not be read.
    `given_back`: a member gave the session back to the voter, and the member's card is still in.
    """

    under: Under
    effect: EffectId | None = None
    other: bool = False
    given_back: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class ResetPin:
    """A control card is in, in the place of the voter's. Its PIN is awaited, or being judged by the card.

    `minutes` is how long ago the session was admitted. `settings` are the voter's, who gets them back: the member
    meets the usual ones.
    """

    under: Under
    settings: Settings
    name: str
    role: str
    tries: int
    minutes: int
    effect: EffectId | None = None
    refused: CardRefused | None = None


@dataclass(frozen=True, slots=True)
class ResetAsked:
    """A member who proved the PIN gives the session back, or ends it. Nothing of it is shown but how far it is."""

    under: Under
    settings: Settings
    name: str
    role: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ResetEnded:
    """The session is over without a cast, its choices and credential gone; its card is awaited, to be released.

    `member_in` as long as the control card is in. `effect`, `other` and `unread` are as in CardPulled.
    """

    session: Handle
    member_in: bool = True
    effect: EffectId | None = None
    other: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class StopNotice:
    """An order ends this session: the voter is told how many seconds are `left`, and goes on."""

    under: Interactive
    order: Termination
    left: float


class Ending(StrEnum):
    """Why a card is to be taken out without a cast.

    The voter left, declined every paper, nobody answered, the terminal could not encrypt, a member ended it, it is a
    member's card, or voting is paused.
    """

    LEFT = "left"
    DECLINED = "declined"
    BROKEN = "broken"
    TIME_OUT = "time_out"
    STAFF = "staff"
    RESET = "reset"
    PAUSED = "paused"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Releasing:
    """The card of a session without a cast is being made usable again."""

    session: Handle
    ending: Ending
    effect: EffectId


@dataclass(frozen=True, slots=True)
class TakeCard:
    """The session is over without a cast; the card is to be taken.

    `held` if the card could not be made usable again: it still says that this terminal has it in session.
    """

    ending: Ending
    held: bool = False


class Outage(StrEnum):
    """Why a terminal admits nobody."""

    UNKNOWN = "out_of_order"
    """Something failed whose consequence only a restart can tell."""
    RESTORED = "quarantined"
    """The store is an older image of itself. Nothing is opened, cast or sealed with it."""
    REPLACED = "replaced"
    """Another terminal has taken over the votes. Nothing is opened, cast or sealed here."""


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """The terminal admits nobody, voter or staff."""

    why: Outage = Outage.UNKNOWN
    by: str = ""
    """The terminal that took over, where one did."""


Practised = Under | Casting | Accepted | Helped | StillHere
"""Phases that a practice shows."""


@dataclass(frozen=True, slots=True)
class Practising:
    """A practice without a card: `shows` is a phase of a session that does not exist, its handle names nothing.

    `pending` is what that phase waits for and nobody carries out: it is answered here, in the order asked. `next_id`
    counts within the practice, `codes` its made-up codes. `card_in`: the card of the member who shows it is still in.
    """

    shows: Practised
    pending: tuple[Request, ...] = ()
    next_id: int = 1
    codes: int = 0
    card_in: bool = False


VoterPhase = (
    Waiting
    | Reading
    | CardTrouble
    | AfterPower
    | Under
    | Casting
    | Accepted
    | NotAccepted
    | Helped
    | LeavingAsked
    | StillHere
    | CardPulled
    | ResetPin
    | ResetAsked
    | ResetEnded
    | StopNotice
    | OrderedStop
    | Releasing
    | TakeCard
    | OutOfOrder
    | Practising
)
