"""What a person is shown. The picture and the voice are both made from the same `View`.

Every screen has the same frame: where am I, one statement, one line that says what to do, the content, and three
places for actions: back (left), help (middle), primary (right; the only filled button).
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.counters import Counters
from kiosk.domain.polls import Mode
from kiosk.domain.settings import Settings
from kiosk.domain.words import Words, message
from kiosk.flows.contract import Event


class Screen(StrEnum):
    """The screens, one file each in `kiosk/screens`. The value is used in file names of pictures and in tests."""

    STARTING = "starting"
    CLOSED = "closed"
    WELCOME = "welcome"
    READING = "reading"
    CARD_TROUBLE = "card_trouble"
    BALLOTS = "ballots"
    DECLINE = "decline"
    CONTEST = "contest"
    ABOUT = "about"
    REVIEW = "review"
    UNDECIDED = "undecided"
    ENCRYPTING = "encrypting"
    DECIDE = "decide"
    CHOOSE_CHECK = "choose_check"
    CASTING = "casting"
    CAST = "cast"
    CHECKED = "checked"
    TAKE_CARD = "take_card"
    STILL_HERE = "still_here"
    CARD_PULLED = "card_pulled"
    PRINTER_WAITS = "printer_waits"
    AFTER_POWER = "after_power"
    NOT_STORED = "not_stored"
    HELP = "help"
    LEAVE = "leave"
    STOP_NOTICE = "stop_notice"
    ORDERED_STOP = "ordered_stop"
    STAFF_PIN = "staff_pin"
    STAFF_HOME = "staff_home"
    STAFF_CHECKLIST = "staff_checklist"
    STAFF_CLOSE = "staff_close"
    STAFF_DONE = "staff_done"
    STAFF_QUORUM = "staff_quorum"
    STAFF_PAUSE = "staff_pause"
    STAFF_RESET = "staff_reset"
    STAFF_RESET_ENDED = "staff_reset_ended"
    STAFF_TAKEOVER = "staff_takeover"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Action:
    """A button: what it sends, what it says, and what a screen reader adds."""

    event: Event
    label: Words
    description: Words | None = None
    enabled: bool = True
    hold: bool = False
    """Asks for a press of half a second from a finger (one press from keys and switches)."""
    aside: bool = False
    """Stands in the place of *back* and leads elsewhere: drawn without an arrow, and the key for *back* is not its."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Step `step` of `steps`, both from 1."""

    step: int
    steps: int


class Mark(StrEnum):
    """How a row of a list stands. A FACT stands no way: it is only told, and bears no sign."""

    FACT = "fact"
    NONE = "none"
    DONE = "done"
    DECLINED = "declined"
    ATTENTION = "attention"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing that says what to do with the hands.

    `name` is one of `insert_card`, `take_card`, `take_slip`, `wait`, `done`, `attention`, `stop`, `switch_on`;
    `caption` is what it means, for who does not see it.
    """

    name: str
    caption: Words


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list that may be touched: a paper, a check. `beside` is what else can be done with it."""

    title: Words
    detail: Words | None = None
    mark: Mark = Mark.NONE
    action: Action | None = None
    beside: Action | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of rows, on pages if it is long."""

    rows: tuple[Row, ...]
    page: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a contest as it stands now. `about` leads to what there is to read about it."""

    name: Words
    facts: Words | None
    chosen: bool
    action: Action
    about: Action | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of a contest in the official order. `single` tells radio buttons from check boxes.

    `blank` is "leave without a mark" where the election has it; `notice` says how many are marked or, if
    it is a `refusal`, why a touch changed nothing.
    `of` names paper and contest, for the screen to tell what it shows; the list opens at the option `first`.
    """

    choices: tuple[Choice, ...]
    single: bool
    blank: Choice | None = None
    notice: Words | None = None
    refusal: bool = False
    page: int = 0
    of: tuple[str, int] | None = None
    first: int = 0


@dataclass(frozen=True, slots=True)
class LongText:
    """A text to be read from beginning to end, on pages if it is long: the facts of the ballot, then the biography."""

    facts: Words | None
    text: Words
    page: int = 0


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One contest in the review: its title, what was chosen (several lines), how it stands, and how to change it.

    `notes` say plainly what the voter may not have meant; they are no faults. `beside` is what else can be done with
    the paper.
    """

    title: Words
    chosen: tuple[Words, ...]
    mark: Mark
    action: Action
    notes: tuple[Words, ...] = ()
    beside: Action | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """Every contest of every paper, on pages if it is long."""

    items: tuple[ReviewItem, ...]
    page: int = 0


@dataclass(frozen=True, slots=True)
class CodeItem:
    """A paper's title and its ballot code in groups of four."""

    title: Words
    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The codes, and two equal cards: each an action with one sentence."""

    codes: tuple[CodeItem, ...]
    left: Action
    left_detail: Words
    right: Action
    right_detail: Words


@dataclass(frozen=True, slots=True)
class Codes:
    """Ballot codes alone."""

    codes: tuple[CodeItem, ...]
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Help: pictures with a sentence each."""

    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A text to be read: `main` in large letters, then `more`, on pages if it is long."""

    main: Words
    more: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class PinPad:
    """A pad for digits. The screen puts what is typed into the deposit and sends PinEntered.

    `shuffled`: the digits stand in another order each time, so that neither a hand seen from afar nor the marks of
    fingers on the glass give the PIN away.
    """

    least: int
    most: int
    trouble: Words | None = None
    shuffled: bool = False


@dataclass(frozen=True, slots=True)
class StaffHome:
    """State in one word, counters, health rows and the staff's choices besides the primary action."""

    state: Words
    counters: Counters
    health: tuple[Row, ...]
    others: tuple[Action, ...] = ()


Content = (
    Picture | Rows | Choices | LongText | Review | Decision | Codes | Pages | Statement | PinPad | StaffHome | None
)


@dataclass(frozen=True, slots=True)
class View:
    """A whole screen.

    `heading` is the largest text; `lead` says what to do. `settings_bar` tells whether language, size and
    contrast can be changed here; `languages` are those to choose from, in the package's order. `station` is the line
    that names polling place and terminal. `sound` tells whether this terminal can speak. `practice`: nothing on this
    screen is real, whatever the election is. `open_keys`: the terminal's keys lie in files. `sign` stands over
    everything while a member of the commission is to come. `card_left`: the card in the reader is to be taken, and a
    sound that grows says so.
    """

    screen: Screen
    mode: Mode
    settings: Settings
    heading: Words
    lead: Words | None
    content: Content
    station: Words
    languages: tuple[str, ...]
    back: Action | None = None
    help: Action | None = None
    primary: Action | None = None
    progress: Progress | None = None
    settings_bar: bool = True
    sound: bool = False
    practice: bool = False
    open_keys: bool = False
    sign: Words | None = None
    card_left: bool = False

    @property
    def uncounted(self) -> Words | None:
        """What is said first, on every screen, where votes are not counted."""
        if self.practice:
            return message("mode.practice")
        return None if self.mode is Mode.OFFICIAL else message(f"mode.{self.mode.value}")

    @property
    def ribbon(self) -> Words | None:
        """What stands over everything: that votes are not counted, and that the keys are not protected."""
        keys = message("ribbon.open_keys") if self.open_keys else None
        if self.uncounted is None or keys is None:
            return self.uncounted or keys
        return message("ribbon.both", first=self.uncounted, second=keys)
