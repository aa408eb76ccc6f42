"""The phases of staff at a terminal."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.polls import PauseReason
from kiosk.domain.quorum import Quorum
from kiosk.domain.words import Words
from kiosk.flows.contract import CardRefused, CheckResult, EffectId, Status, TakeoverBegun, TakeoverTrouble
from kiosk.flows.procedures.steps import Procedure


@dataclass(frozen=True, slots=True)
class StaffPin:
    """A control card is in the reader and its PIN is awaited, or being judged by the card."""

    name: str
    role: str
    tries: int
    effect: EffectId | None = None
    refused: CardRefused | None = None


@dataclass(frozen=True, slots=True)
class StaffHome:
    """State, counters, health, and what can be begun."""

    name: str
    role: str
    effect: EffectId | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    """A procedure under way at step `at`.

    `effect` is what it waits for; `trouble` why the step did not pass; `checks` what a readiness step found.
    `card_in` tells whether the control card is still there, `card_back` whether a card was put in after it, which is
    read once the step under way is done; `reason` is what the member chose; `quorum` is who is here, while one is being
    gathered.
    """

    name: str
    role: str
    procedure: Procedure
    at: int
    effect: EffectId | None = None
    trouble: Words | None = None
    checks: tuple[CheckResult, ...] = ()
    card_in: bool = True
    reason: PauseReason | None = None
    quorum: Quorum | None = None
    card_back: bool = False


@dataclass(frozen=True, slots=True)
class QuorumAsked:
    """The next member's card is awaited. `under` is the procedure, as the member before left it.

    `card_in` tells whether a card is in that is to be taken, `refused` why it was not counted; `effect` while a card
    is being read.
    """

    under: Checklist
    quorum: Quorum
    card_in: bool = True
    effect: EffectId | None = None
    refused: CardRefused | None = None


@dataclass(frozen=True, slots=True)
class QuorumPin:
    """Another member's card is in, and its PIN awaited or being judged."""

    asked: QuorumAsked
    name: str
    role: str
    tries: int
    effect: EffectId | None = None
    refused: CardRefused | None = None


@dataclass(frozen=True, slots=True)
class ProcedureDone:
    """A procedure reached its end."""

    name: str
    role: str
    procedure: Procedure


class GatherCard(StrEnum):
    """Where the card in a takeover is."""

    OUT = "out"
    READING = "reading"
    WORKING = "working"
    """It signs and gives its share."""
    GONE = "gone"
    """It was pulled while it worked; what came of it is not known yet."""
    TAKE = "take"
    """It is done, or not wanted, and is to be taken out."""


@dataclass(frozen=True, slots=True)
class TakeoverAsked:
    """A member wants this terminal to take over the one whose medium is in the slot, and reads what that means."""

    name: str
    role: str
    effect: EffectId | None = None
    begun: TakeoverBegun | None = None
    trouble: TakeoverTrouble | None = None


@dataclass(frozen=True, slots=True)
class Gathering:
    """One member's card after another gives its share. `given` are the names and roles of those that did.

    `name` and `role` are the holder's of the card that is in; `trouble` why it gave none.
    """

    begun: TakeoverBegun
    given: tuple[tuple[str, str], ...]
    missing: int
    card: GatherCard
    name: str = ""
    role: str = ""
    effect: EffectId | None = None
    trouble: Words | None = None


@dataclass(frozen=True, slots=True)
class GatherPin:
    """The PIN of the next member's card is awaited, or being judged by the card."""

    under: Gathering
    name: str
    role: str
    tries: int
    effect: EffectId | None = None
    refused: CardRefused | None = None


@dataclass(frozen=True, slots=True)
class TakingOver:
    """Enough cards gave their share: the medium is being opened and written on. `trouble` waits for a new try."""

    gathered: Gathering
    effect: EffectId | None = None
    trouble: TakeoverTrouble | None = None
    card_in: bool = True


@dataclass(frozen=True, slots=True)
class TakenOver:
    """It is done, and the program starts anew with the other terminal's votes."""

    terminal: str


StaffPhase = (
    StaffPin
    | StaffHome
    | Checklist
    | QuorumAsked
    | QuorumPin
    | ProcedureDone
    | TakeoverAsked
    | Gathering
    | GatherPin
    | TakingOver
    | TakenOver
)
