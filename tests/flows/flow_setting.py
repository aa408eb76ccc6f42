"""The station, the papers and the player that the tests of the flows use."""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TypeVar

from kiosk.domain.ballots import Contest, Option, Paper
from kiosk.domain.orders import Termination
from kiosk.domain.polls import Mode, PollsState
from kiosk.domain.station import Limits, Station
from kiosk.domain.words import Message, Said, Words, message, plain
from kiosk.flows.contract import (
    Effect,
    Event,
    Finished,
    Handle,
    Outcome,
    Request,
    SetTimer,
    Started,
    StopTimer,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import View


def both(text: str) -> Said:
    """A text of the package in both languages."""
    return Said((("ru", f"{text} по-русски"), ("en", f"{text} in English")))


def _contest(title: str, options: int, least: int, most: int, *, blank: bool = False, told: bool = False) -> Contest:
    first = (both("facts"), both("biography"))
    names = tuple(Option(both(f"{title} {i}"), *(first if i == 0 else ())) for i in range(options))
    return Contest(both(title), both("instruction") if told else None, names, least, most, blank)


ONE_OR_BLANK = _contest("mayor", 3, 1, 1, blank=True, told=True)
UP_TO_TWO = _contest("council", 4, 0, 2)
TWO_OR_THREE = _contest("board", 4, 2, 3)
TWO_OR_BLANK = _contest("jury", 4, 2, 3, blank=True)
YES_OR_NO = _contest("question", 2, 0, 1)

MAYOR = Paper("mayor", "uuid-mayor", both("Mayor"), (ONE_OR_BLANK,))
COUNCIL = Paper("council", "uuid-council", both("Council"), (UP_TO_TWO, TWO_OR_THREE, TWO_OR_BLANK))
QUESTIONS = Paper("questions", "uuid-questions", both("Questions"), (YES_OR_NO, YES_OR_NO))
PAPERS = (MAYOR, COUNCIL, QUESTIONS)

PRACTICE = (
    Paper("practice-one", "", both("Practice"), (_contest("season", 1, 1, 1, blank=True),)),
    Paper("practice-several", "", both("More practice"), (_contest("fruit", 2, 1, 1),)),
)
LIMITS = Limits(idle=180.0, answer=40.0, pulled=60.0, take_card=10.0)
STATION = Station(
    mode=Mode.TEST,
    election=both("Election"),
    place_id="0112",
    place=both("Place"),
    terminal="T-1",
    languages=("ru", "en"),
    opens=message("closed.opens", day=20, month=message("month.9"), time=plain("08:00")),
    limits=LIMITS,
    practice=PRACTICE,
)
HANDLE = Handle("session")
CODE = "7QF2-M9KD"


def termination(name: str, *districts: str, grace: float = 300.0) -> Termination:
    """An order that terminates voting in these districts, or everywhere if none is named."""
    return Termination(
        digest=name * 4,
        number="41/7",
        districts=frozenset(districts) or None,
        scope=both("Where"),
        decision=both("Decision"),
        reason=both("Reason"),
        instead=both("Instead"),
        grace=grace,
    )


STOP_ALL = termination("all")
STOP_NORTH = termination("north", "north")


def words_of(shown: object) -> list[Words]:
    """Every word that a view, or a part of one, says."""
    if isinstance(shown, Message | Said):
        return [shown]
    if isinstance(shown, tuple):
        return [words for each in shown for words in words_of(each)]
    if is_dataclass(shown):
        return [words for each in fields(shown) for words in words_of(getattr(shown, each.name))]
    return []


E = TypeVar("E")


@dataclass
class Player:
    """Plays a terminal by hand: events in, views out; effects wait until they are answered."""

    terminal: Terminal = field(default_factory=lambda: Terminal.starting(STATION, PollsState.OPEN))
    waiting: list[Request] = field(default_factory=list)
    asked: list[Effect] = field(default_factory=list)
    timers: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.do(Started())

    @property
    def view(self) -> View:
        """What is on screen."""
        return view(self.terminal)

    @property
    def screen(self) -> str:
        """The screen's name."""
        return self.view.screen.value

    def do(self, event: Event) -> str:
        """One event; the screen after it."""
        self.terminal, requests = step(self.terminal, event)
        for request in requests:
            self.asked.append(request.effect)
            match request.effect:
                case SetTimer(timer, seconds):
                    self.timers[timer] = seconds
                case StopTimer(timer):
                    self.timers.pop(timer, None)
                case _:
                    self.waiting.append(request)
        return self.screen

    def touch(self, touch: Touch) -> str:
        """Touch an action."""
        return self.do(Touched(touch))

    def run_out(self, timer: str) -> str:
        """Let a timer that was set run out."""
        del self.timers[timer]
        return self.do(TimeUp(timer))

    def request(self, effect: type[E]) -> Request:
        """The oldest unanswered request for an effect of this class."""
        return next(request for request in self.waiting if isinstance(request.effect, effect))

    def answer(self, effect: type[E], outcome: Outcome) -> str:
        """Answer the oldest request for an effect of this class; the screen after it."""
        request = self.request(effect)
        self.waiting.remove(request)
        return self.do(Finished(request.id, outcome))

    def last(self, effect: type[E]) -> E:
        """The last effect of this class that was asked for."""
        return next(each for each in reversed(self.asked) if isinstance(each, effect))

    def count(self, effect: type[Effect]) -> int:
        """How often an effect of this class was asked for."""
        return sum(isinstance(each, effect) for each in self.asked)

    def with_polls(self, polls: PollsState) -> "Player":
        """The same player at a terminal whose polls are in another state."""
        self.terminal = replace(self.terminal, polls=polls)
        return self
