"""Everything that goes in and out of a flow: events, effects with their outcomes, views.

A flow is `step(state, event) -> (state, requests)`. A request is an effect with an id; the runner carries it out and
sends its outcome back as `Finished(id, outcome)`. An outcome whose id the state no longer waits for changes nothing.

Nothing here ever carries a credential, a seed, a key or a PIN: those stay in the session's own process or in the
deposit of the effects, and a `Handle` names them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from kiosk.domain.ballots import Paper
from kiosk.domain.counters import Counters
from kiosk.domain.orders import Standing, Termination
from kiosk.domain.polls import Pause, PauseReason
from kiosk.domain.quorum import Quorum
from kiosk.domain.settings import Settings
from kiosk.domain.words import Words

Handle = NewType("Handle", str)
EffectId = NewType("EffectId", int)


# --- events: what people and devices do -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardInserted:
    """A card is in the reader."""


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The reader is empty."""


@dataclass(frozen=True, slots=True)
class ReaderLost:
    """The card reader does not answer, or is not there; a card that was in it has been reported as removed."""


@dataclass(frozen=True, slots=True)
class ReaderBack:
    """The card reader answers again; a card that lies in it is reported as inserted."""


@dataclass(frozen=True, slots=True)
class Started:
    """The program has started; the first event of every run."""


@dataclass(frozen=True, slots=True)
class TimeUp:
    """A timer that the flow set has run out."""

    timer: str


@dataclass(frozen=True, slots=True)
class SettingsChosen:
    """The voter changed language, size or contrast."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Attended:
    """The voter is there and chooses nothing: listens from control to control, has something said again."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """The voice speaks to the voter, or has just ended: nobody is asked whether they are here while they listen."""


class Touch(StrEnum):
    """Actions without parameters that a screen offers."""

    NEXT = "next"
    BACK = "back"
    HELP = "help"
    HELP_CLOSED = "help_closed"
    CALL = "call"
    STILL_HERE = "still_here"
    CAST = "cast"
    CHALLENGE = "challenge"
    FINISH = "finish"
    CONTINUE = "continue"
    RETRY = "retry"
    LEAVE = "leave"
    OPEN_POLLS = "open_polls"
    CLOSE_POLLS = "close_polls"
    PAUSE_POLLS = "pause_polls"
    RESUME_POLLS = "resume_polls"
    CONFIRM = "confirm"
    PRINT_ACT = "print_act"
    PRACTISE = "practise"
    PRINT_ORDER = "print_order"
    TAKE_OVER = "take_over"


@dataclass(frozen=True, slots=True)
class Touched:
    """A person used an action of the screen."""

    action: Touch


@dataclass(frozen=True, slots=True)
class PaperChosen:
    """The voter chose a paper from a list, to fill it or to check it."""

    paper_id: str


@dataclass(frozen=True, slots=True)
class DeclineChosen:
    """The voter does not want a paper; or, of one that was declined, wants it after all."""

    paper_id: str


@dataclass(frozen=True, slots=True)
class OptionTouched:
    """The voter touched an option of the contest on screen; `option` is its position."""

    option: int


@dataclass(frozen=True, slots=True)
class OptionsShown:
    """The screen shows these options of a contest, by position. How many fit on a page only the screen knows."""

    paper_id: str
    contest: int
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OptionsHeard:
    """The voice has said the names of these options of a contest to their end, by position."""

    paper_id: str
    contest: int
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AboutChosen:
    """The voter wants to read about an option of the contest on screen; `option` is its position."""

    option: int


@dataclass(frozen=True, slots=True)
class BlankTouched:
    """The voter touched "leave without a mark" in a contest that allows it."""


@dataclass(frozen=True, slots=True)
class ChangeChosen:
    """The voter wants to change a contest from the review."""

    paper_id: str
    contest: int


@dataclass(frozen=True, slots=True)
class PageTurned:
    """The voter turned to another page of a long list."""

    page: int


@dataclass(frozen=True, slots=True)
class ReasonChosen:
    """A member chose why voting is paused."""

    reason: PauseReason


@dataclass(frozen=True, slots=True)
class SecondChanged:
    """The second copy stands otherwise than before."""

    second: "SecondCopy"


@dataclass(frozen=True, slots=True)
class TerminalReplaced:
    """The terminal `by` has taken over the votes of this one: here nobody votes any more."""

    by: str


@dataclass(frozen=True, slots=True)
class PinEntered:
    """A PIN was typed; it lies in the deposit under `pin`."""

    pin: Handle


@dataclass(frozen=True, slots=True)
class OrderArrived:
    """An order of the territorial commission is in force from now on."""

    order: Termination


@dataclass(frozen=True, slots=True)
class Finished:
    """The outcome of an effect."""

    effect: EffectId
    outcome: "Outcome"


Event = (
    Started
    | CardInserted
    | CardRemoved
    | ReaderLost
    | ReaderBack
    | TimeUp
    | SettingsChosen
    | Attended
    | Speaking
    | Touched
    | PaperChosen
    | DeclineChosen
    | OptionTouched
    | OptionsShown
    | OptionsHeard
    | AboutChosen
    | BlankTouched
    | ChangeChosen
    | PageTurned
    | ReasonChosen
    | PinEntered
    | SecondChanged
    | TerminalReplaced
    | OrderArrived
    | Finished
)


# --- outcomes: what effects answer ------------------------------------------------------------------------------


class Refusal(StrEnum):
    """Why a card is not admitted. The value is the code that staff hear («код К-12»)."""

    UNREADABLE = "К-01"
    MUTE = "К-02"
    FOREIGN = "К-03"
    NOT_OPEN = "К-04"
    OTHER_AUTHORITY = "К-05"
    EMPTY = "К-06"
    BLANK = "К-10"
    NOT_AUTHENTIC = "К-11"
    COPY = "К-12"
    OTHER_PLACE = "К-13"
    OTHER_DAY = "К-14"
    SPENT = "К-15"
    VOIDED = "К-16"
    OTHER_TERMINAL = "К-17"
    FULL = "К-18"
    WRONG_ROLE = "К-20"
    EXPIRED = "К-21"
    PIN_WRONG = "К-22"
    PIN_BLOCKED = "К-23"
    NO_SHARE = "К-24"
    REVOKED = "К-25"
    NOT_YET_VALID = "К-26"
    SAME_MEMBER = "К-27"
    NO_CHAIR = "К-28"
    QUORUM_OVER = "К-29"


@dataclass(frozen=True, slots=True)
class Done:
    """The effect did what it says, with nothing to tell."""


@dataclass(frozen=True, slots=True)
class VoterAdmitted:
    """A voter's card is good: it is marked in session, its credential is open in the session's process."""

    session: Handle
    papers: tuple[Paper, ...]
    interrupted: bool = False
    """The card was in session here before, and nothing was cast: the voter begins anew."""
    district: str = ""
    """The electoral district of the voter's papers, by its id in the package."""


@dataclass(frozen=True, slots=True)
class AlreadyCast:
    """The card's ballots are in the store: they were cast before an interruption, and the card is now spent."""


@dataclass(frozen=True, slots=True)
class VotingStopped:
    """Voting in the district of this voter's papers is terminated. The card is usable, unless it is `held`.

    A card is held if it was in session here and could not be released: it still says that this terminal has it.
    """

    district: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class SameCard:
    """The card of the session under way is back."""


@dataclass(frozen=True, slots=True)
class StaffCard:
    """A control card is in the reader, its chain and role checked, its PIN not yet.

    `minutes` is how long ago the session under way was admitted, where there is one; whole minutes.
    """

    name: str
    role: str
    tries: int
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class CardRefused:
    """The card is not admitted; `place` names the terminal or polling place to go to, where there is one."""

    refusal: Refusal
    place: str = ""


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A paper is encrypted; `code` is its ballot code in groups (see `protocol.code`)."""

    paper_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Printed:
    """The printer confirmed the paper."""


class PrintTrouble(StrEnum):
    """Why a paper did not print; a closed set."""

    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    JAM = "jam"
    CUTTER = "cutter"
    HOT = "hot"
    OFFLINE = "offline"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NotPrinted:
    """The printer did not print the whole paper, or would not say that it did."""

    trouble: PrintTrouble
    on_sheets: bool = False
    """It is the report printer that is in trouble, not the one that voters' slips come from."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The ballots of the session are durable on every medium that is present."""

    accepted: int


class StoreTrouble(StrEnum):
    """Why a cast was not stored. Nothing of the session is in the store."""

    FULL = "full"
    FAILED = "failed"
    REPLACED = "replaced"
    """Another terminal has taken over."""


@dataclass(frozen=True, slots=True)
class NotStored:
    """The cast did not happen: nothing is stored, the card stays usable."""

    trouble: StoreTrouble


@dataclass(frozen=True, slots=True)
class PinAccepted:
    """The card accepted the PIN and proved its key on a fresh challenge."""


@dataclass(frozen=True, slots=True)
class QuorumLacks:
    """The card was counted towards the quorum, and more are needed."""

    quorum: Quorum


@dataclass(frozen=True, slots=True)
class Paused:
    """Voting is paused, and the store says so."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a procedure: what was looked at, and the trouble if it did not pass."""

    name: str
    trouble: Words | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The checks of a procedure, in order."""

    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """True if no check found trouble."""
        return all(result.trouble is None for result in self.results)


class SoundState(StrEnum):
    """Whether the terminal can speak; a closed set."""

    READY = "ready"
    NO_DEVICE = "no_device"
    NO_SYNTHESISER = "no_synthesiser"
    FAILED = "failed"


class SecondState(StrEnum):
    """How the second copy on its medium stands; a closed set."""

    PRESENT = "present"
    """Everything that is stored is stored there too."""
    CATCHING_UP = "catching_up"
    ABSENT = "absent"
    """No medium is in the slot."""
    OTHER = "other"
    """The medium belongs to another election or another terminal, or to another store of this one."""
    DAMAGED = "damaged"
    FULL = "full"
    READ_ONLY = "read_only"
    UNSAFE = "unsafe"
    """Its file system keeps traces of the order of votes."""
    SLOW = "slow"
    FAILED = "failed"
    NO_KEY = "no_key"
    """The medium may be well: this terminal's key store does not give the key of the copy."""
    TAKEN_OVER = "taken_over"
    """A spare terminal has taken over what is on it, and this one votes no more."""


@dataclass(frozen=True, slots=True)
class SecondCopy:
    """The second copy now; `done` of `todo` ballots while it is brought up."""

    state: SecondState
    done: int = 0
    todo: int = 0

    @property
    def whole(self) -> bool:
        """Whether two copies are written."""
        return self.state is SecondState.PRESENT


class Recovered(StrEnum):
    """What a start found in the vote store, and did; a closed set."""

    CLEAN = "clean"
    UNDONE = "undone"
    """A write that the power had cut short was undone: nothing of it is stored."""
    KEPT = "kept"
    """A write that the power had cut short after it was stored: it stands."""
    FROM_SECOND = "from_second"
    """The store lacked votes that the second copy has, and was brought up to it."""
    TO_SECOND = "to_second"
    """The second copy lacked votes, and was brought up to the store."""


@dataclass(frozen=True, slots=True)
class StartReport:
    """What the last start found and did; `ballots` that went from one copy to the other."""

    found: Recovered
    ballots: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """What staff see at a glance: numbers from the store, the link, the printer, and acts still to be printed.

    `sound` and `second` are None where neither sound nor a slot for a second copy belongs to the terminal.
    """

    counters: Counters
    link: bool
    printer: PrintTrouble | None
    unprinted: "tuple[ActKind, ...]" = ()
    sound: SoundState | None = None
    second: SecondCopy | None = None
    start: StartReport | None = None
    orders: tuple[Standing, ...] = ()
    """Orders that the terminal holds, in force or not yet."""
    may_take_over: bool = False
    """This terminal is fresh, and another one's medium is in its slot."""
    before: str = ""
    """The terminal whose votes this one took over, or none."""
    sheets: "ReportPrinter | None" = None
    """The printer of staff's papers on A4, where the terminal has one."""


@dataclass(frozen=True, slots=True)
class ReportPrinter:
    """What keeps the report printer from printing, if anything does."""

    trouble: PrintTrouble | None = None


class TakeoverTrouble(StrEnum):
    """Why another terminal's votes were not taken over. Nothing was changed, or the next start finds that it was."""

    NO_MEDIUM = "no_medium"
    OTHER_ELECTION = "other_election"
    OTHER_PLACE = "other_place"
    OWN = "own"
    """The medium is this very terminal's."""
    UNREADABLE = "unreadable"
    """What should be on it is not there, or is not to be made out."""
    CHANGED = "changed"
    """It is not the medium that the cards opened."""
    WRONG_KEY = "wrong_key"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    """It was being brought up to its terminal's store when that died."""
    READ_ONLY = "read_only"
    SLOW = "slow"
    NOT_FRESH = "not_fresh"
    """Somebody has voted at this terminal, or the polls were opened here."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TakeoverBegun:
    """The medium is that of `terminal`, and `missing` of the cards of `members` (name and role) open it."""

    terminal: str
    missing: int
    members: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShareGiven:
    """The card gave its share; `missing` more are needed. `again` if it had given it before."""

    missing: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class TakeoverFailed:
    """Nothing is taken over."""

    trouble: TakeoverTrouble


@dataclass(frozen=True, slots=True)
class Crashed:
    """An effect met an error that nobody expected; it is in the journal, and the flow must go on without it."""


Outcome = (
    Done
    | VoterAdmitted
    | AlreadyCast
    | VotingStopped
    | SameCard
    | StaffCard
    | CardRefused
    | Encrypted
    | Printed
    | NotPrinted
    | Stored
    | NotStored
    | PinAccepted
    | QuorumLacks
    | Paused
    | Checked
    | Status
    | TakeoverBegun
    | ShareGiven
    | TakeoverFailed
    | Crashed
)


# --- effects: what a flow asks for ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadCard:
    """Find out whose card is in the reader and admit it.

    Outcomes: VoterAdmitted, AlreadyCast, VotingStopped, StaffCard, CardRefused. With `voters` false (the polls are
    not open) a voter's card is refused and left as it is. With `interrupted` one that is in session here is admitted
    all the same: its voter has to hear what became of the vote, and the card to be released. A voter of a district in
    which one of `orders` terminates voting is not admitted.
    """

    voters: bool
    interrupted: bool = False
    orders: tuple[Termination, ...] = ()


@dataclass(frozen=True, slots=True)
class RecogniseCard:
    """See whether the card now in the reader is the one of `session`. Outcomes: SameCard, StaffCard, CardRefused."""

    session: Handle


@dataclass(frozen=True, slots=True)
class Encrypt:
    """Encrypt a paper with a fresh seed in the session's process. Outcome: Encrypted."""

    session: Handle
    paper_id: str
    choices: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class PrintOffered:
    """Print the slip's first part: the codes of `papers`, which are offered. Outcomes: Printed, NotPrinted.

    Ballots of other papers are destroyed first: a paper may be declined after it was encrypted. What is not offered
    here cannot be cast.
    """

    session: Handle
    papers: tuple[str, ...]
    language: str
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Sign the session's ballots and store them in one transaction. Outcomes: Stored, NotStored.

    From here on the ballots of this session can no longer be opened. `papers` are those that are cast, the same as
    were offered last; `declined` counts the papers of this voter that are not.
    """

    session: Handle
    papers: tuple[str, ...]
    declined: int


@dataclass(frozen=True, slots=True)
class PrintCast:
    """Print the slip's second part: the codes, and that they were cast. Outcomes: Printed, NotPrinted."""

    session: Handle
    language: str
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """Print what an order in force says, and how to vote instead. Outcomes: Printed, NotPrinted."""

    order: str
    language: str
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class OpenBallot:
    """Open one encrypted paper: print its choices and seed, count the challenge, forget the ballot.

    Once its outcome is Printed or NotPrinted the opened ballot can never be cast.
    """

    session: Handle
    paper_id: str
    language: str
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class SpendCard:
    """Write `spent` on the card of a session that has cast. Outcomes: Done, CardRefused."""

    session: Handle


@dataclass(frozen=True, slots=True)
class ReleaseCard:
    """Make the card of a session without a cast usable again. Outcomes: Done, CardRefused."""

    session: Handle


@dataclass(frozen=True, slots=True)
class ResetSession:
    """A member ends a session without a cast: destroy its process now, with the credential and every choice.

    What is known of the card stays until EndSession, so that the card can be released when it comes. No outcome is
    waited for.
    """

    session: Handle


@dataclass(frozen=True, slots=True)
class EndSession:
    """Destroy the session's process and everything it holds. Outcome: Done."""

    session: Handle


@dataclass(frozen=True, slots=True)
class VerifyPin:
    """Let the control card judge the PIN and prove its key. Outcomes: PinAccepted, CardRefused."""

    pin: Handle


@dataclass(frozen=True, slots=True)
class CheckReadiness:
    """Run the checks of opening or closing. Outcome: Checked."""

    procedure: str


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """Count the control card towards the quorum that releases the polling-place key to this terminal.

    Outcomes: Done once there are enough, or if the polls were opened and the key is here; QuorumLacks, CardRefused.
    """


@dataclass(frozen=True, slots=True)
class EndQuorum:
    """Let go of a quorum that was begun: every share, and a key that opened nothing. No outcome is waited for."""


class ActKind(StrEnum):
    """Papers that staff sign."""

    ZERO_REPORT = "zero_report"
    OPENING = "opening"
    CLOSING = "closing"
    PAUSE = "pause"
    RESUMPTION = "resumption"


@dataclass(frozen=True, slots=True)
class PrintAct:
    """Draw up an act, have the control card sign it, print it. Outcomes: Printed, NotPrinted, CardRefused."""

    act: ActKind


@dataclass(frozen=True, slots=True)
class OpenPolls:
    """Write in the store that the polls are open. Outcome: Done."""


@dataclass(frozen=True, slots=True)
class PausePolls:
    """Write in the store that voting is paused. Outcomes: Paused, CardRefused. In a checklist the reason is chosen."""

    reason: PauseReason = PauseReason.TECHNICAL


@dataclass(frozen=True, slots=True)
class ResumePolls:
    """Write in the store that voting goes on. Outcomes: Done, CardRefused."""


@dataclass(frozen=True, slots=True)
class ClosePolls:
    """Write that the polls are closed, forget the polling-place key, seal the last batch. Outcome: Done."""


@dataclass(frozen=True, slots=True)
class ReadStatus:
    """Look at counters, link and printer. Outcome: Status."""


@dataclass(frozen=True, slots=True)
class BeginTakeover:
    """Look whose medium is in the slot. Outcomes: TakeoverBegun, TakeoverFailed."""


@dataclass(frozen=True, slots=True)
class GiveShare:
    """Have the member's card sign the takeover and give its share.

    Outcomes: ShareGiven, CardRefused, TakeoverFailed.
    """


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Open the medium with the shares, and write on it that this terminal carries it on.

    Outcomes: Done, TakeoverFailed.
    """


@dataclass(frozen=True, slots=True)
class EndTakeover:
    """Forget every share. No outcome is waited for."""


@dataclass(frozen=True, slots=True)
class StartAnew:
    """End, and start again with the store as it is now. Nothing comes after it."""


@dataclass(frozen=True, slots=True)
class EndStaff:
    """The member goes: forget the PIN that lets the card sign. No outcome is waited for."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Send `TimeUp(timer)` after `seconds`; setting it again starts it anew. No outcome."""

    timer: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget a timer. No outcome."""

    timer: str


class CallReason(StrEnum):
    """Why a member of the commission is to come."""

    ASKED = "asked"
    """Somebody at the terminal called."""
    CARD_LEFT = "card_left"
    """A card that is to be taken has been in the reader for too long."""


@dataclass(frozen=True, slots=True)
class CallStaff:
    """Light the lamp and write in the journal why a member is to come. No outcome is waited for."""

    reason: CallReason = CallReason.ASKED


Effect = (
    ReadCard
    | RecogniseCard
    | Encrypt
    | PrintOffered
    | Cast
    | PrintCast
    | PrintOrder
    | OpenBallot
    | SpendCard
    | ReleaseCard
    | ResetSession
    | EndSession
    | VerifyPin
    | CheckReadiness
    | ReleaseKey
    | EndQuorum
    | PrintAct
    | OpenPolls
    | PausePolls
    | ResumePolls
    | ClosePolls
    | ReadStatus
    | BeginTakeover
    | GiveShare
    | TakeOver
    | EndTakeover
    | StartAnew
    | EndStaff
    | SetTimer
    | StopTimer
    | CallStaff
)


@dataclass(frozen=True, slots=True)
class Request:
    """An effect to carry out, and the id under which its outcome comes back."""

    id: EffectId
    effect: Effect
