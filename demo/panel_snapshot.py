"""What the panel knows of the station at one moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto


class Power(Enum):
    """The terminal's process."""

    STARTING = auto()
    ON = auto()
    CUT = auto()
    ENDED = auto()
    """It ended by itself."""


class Phase(Enum):
    """How far the day is, as the papers and the screen tell it."""

    BEFORE = auto()
    OPEN = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class ControlCard:
    """A control card with its PIN, which only a demo may show."""

    card: str
    pin: str


@dataclass(frozen=True, slots=True)
class VoterCard:
    """A voter card that the desk has issued."""

    card: str
    style: str


@dataclass(frozen=True, slots=True)
class Style:
    """A ballot style: its name and its title by language."""

    style: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """What stays the same all day."""

    titles: dict[str, str]
    styles: tuple[Style, ...]
    control_cards: tuple[ControlCard, ...]
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """A printed piece of paper. `broken` is the printer's reason if it was not finished."""

    file: str
    name: str
    reprint: bool
    broken: str | None
    taken: bool


@dataclass(frozen=True, slots=True)
class Printer:
    """The printer. `trouble` is its own word for what keeps it from printing, or None."""

    trouble: str | None
    has_paper: bool
    cover_open: bool
    offline: bool
    fault: bool
    papers: tuple[Paper, ...]

    @property
    def hanging(self) -> tuple[Paper, ...]:
        """What was not torn off yet."""
        return tuple(paper for paper in self.papers if not paper.taken)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What the centre has answered for: batches, and ballots accepted and refused in them."""

    batches: int
    accepted: int
    refused: int


@dataclass(frozen=True, slots=True)
class TerminalSight:
    """What is on the terminal's screen. `primary` and `unprinted` are what those buttons say, if they are there."""

    screen: str
    language: str
    primary: str | None
    unprinted: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The station now. `clock` is the demo's time at the polling place."""

    place: Place
    clock: datetime
    inserted: str | None
    issued: tuple[VoterCard, ...]
    blank_cards: int
    printer: Printer
    network: bool
    attempts_cut: int
    deliveries: Deliveries | None
    power: Power
    last_words: str
    sight: TerminalSight | None
    phase: Phase
    headphones: bool | None = None
    """Whether they are plugged; None where the terminal plays on the sound card of this machine."""

    @property
    def control_card(self) -> ControlCard | None:
        """The control card in the reader, if one is there."""
        return next((each for each in self.place.control_cards if each.card == self.inserted), None)

    @property
    def other_member(self) -> ControlCard:
        """The card of a member besides the chair."""
        return next((each for each in self.place.control_cards if each != self.chair), self.chair)

    @property
    def chair(self) -> ControlCard:
        """The chair's card."""
        return next(each for each in self.place.control_cards if "chair" in each.card)
