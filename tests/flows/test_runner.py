"""The runner: one queue, one thread; timers by a clock that the test holds; views only when something changed."""

import threading
import time
from dataclasses import replace

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings, TextSize
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.terminal import Terminal
from kiosk.flows.views import View
from kiosk.runner import Runner, Timers
from tests.flows.flow_setting import HANDLE, LIMITS, MAYOR, STATION


class Hands:
    """A runner whose effects, views and clock are the test's."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.views: list[View] = []
        self.asked: list[c.Request] = []
        self.runner = Runner(
            Terminal.starting(STATION, PollsState.OPEN), self.asked.append, self.views.append, lambda: self.now
        )

    @property
    def timers(self) -> Timers:
        return self.runner._timers

    def finish(self, outcome: c.Outcome) -> None:
        self.runner.handle(c.Finished(self.asked.pop().id, outcome))

    def admitted(self) -> "Hands":
        self.runner.handle(c.Started())
        self.runner.handle(c.CardInserted())
        self.finish(c.VoterAdmitted(HANDLE, (MAYOR,)))
        return self


def test_views_are_published_when_they_change_and_only_then() -> None:
    hands = Hands()
    hands.runner.handle(c.Started())
    hands.runner.handle(c.CardRemoved())
    hands.runner.handle(c.Touched(Touch.CAST))
    assert [view.screen.value for view in hands.views] == ["welcome"]
    hands.runner.handle(c.SettingsChosen(Settings("ru", TextSize.LARGE)))
    assert len(hands.views) == 2


def test_the_screen_changes_before_the_effect_begins() -> None:
    order: list[str] = []
    runner = Runner(
        Terminal.starting(STATION, PollsState.OPEN),
        lambda request: order.append(type(request.effect).__name__),
        lambda view: order.append(view.screen.value),
        lambda: 0.0,
    )
    runner.handle(c.CardInserted())
    assert order == ["reading", "ReadCard"]


def test_whoever_sees_a_screen_may_be_sure_that_its_time_runs() -> None:
    running: list[tuple[str, set[str]]] = []
    asked: list[c.Request] = []

    def publish(view: View) -> None:
        running.append((view.screen.value, set(runner._timers.due)))

    runner = Runner(Terminal.starting(STATION, PollsState.OPEN), asked.append, publish, lambda: 0.0)
    runner.handle(c.Started())
    runner.handle(c.CardInserted())
    runner.handle(c.Finished(asked.pop().id, c.VoterAdmitted(HANDLE, (MAYOR,))))
    runner.handle(c.CardRemoved())
    assert running[-2:] == [("ballots", {"idle"}), ("card_pulled", {"pulled"})]


def test_timers_are_set_and_set_anew_by_every_touch() -> None:
    hands = Hands().admitted()
    assert hands.timers.due == {"idle": 1_000 + LIMITS.idle}
    hands.now += 100
    hands.runner.handle(c.PaperChosen("mayor"))
    assert hands.timers.wait() == LIMITS.idle
    hands.now += 50
    assert hands.timers.wait() == LIMITS.idle - 50


def test_timers_are_stopped() -> None:
    hands = Hands().admitted()
    hands.runner.handle(c.CardRemoved())
    assert set(hands.timers.due) == {"pulled"}
    hands.runner.handle(c.CardInserted())
    hands.finish(c.SameCard())
    assert set(hands.timers.due) == {"idle"}


def test_timers_run_out_in_order_and_once() -> None:
    now = 0.0
    timers = Timers(lambda: now)
    assert timers.wait() is None
    timers.set("late", 20)
    timers.set("early", 10)
    timers.set("later still", 30)
    now = 5.0
    assert timers.run_out() is None
    assert timers.wait() == 5
    now = 25.0
    assert timers.wait() == 0
    assert [timers.run_out() for _ in range(3)] == ["early", "late", None]
    timers.stop("later still")
    timers.stop("never set")
    assert timers.wait() is None


def test_a_timer_that_another_stops_does_not_run_out() -> None:
    """Both are due when the runner looks: the first one's step stops the second, and it must not come."""
    hands = Hands().admitted()
    hands.timers.set("answer", LIMITS.idle)
    hands.now += LIMITS.idle
    hands.runner.run_timers()
    assert [view.screen.value for view in hands.views][-1] == "still_here"
    assert hands.timers.due == {"answer": hands.now + LIMITS.answer}


def test_outcomes_come_back_through_the_queue_on_the_runners_thread() -> None:
    threads: set[str] = set()
    welcome, shown = threading.Event(), threading.Event()

    def publish(view: View) -> None:
        threads.add(threading.current_thread().name)
        match view.screen.value:
            case "welcome":
                welcome.set()
            case "card_trouble":
                shown.set()

    def perform(request: c.Request) -> None:
        outcome = c.Finished(request.id, c.CardRefused(c.Refusal.BLANK))
        threading.Thread(target=runner.send, args=(outcome,)).start()

    runner = Runner(Terminal.starting(STATION, PollsState.OPEN), perform, publish, lambda: 0.0)
    runner.start()
    assert welcome.wait(60)
    runner.send(c.CardInserted())
    assert shown.wait(60)
    runner.stop()
    assert threads == {"runner"}


def test_the_thread_runs_timers_out_by_itself() -> None:
    still_here = threading.Event()

    def publish(view: View) -> None:
        if view.screen.value == "still_here":
            still_here.set()

    def perform(request: c.Request) -> None:
        runner.send(c.Finished(request.id, c.VoterAdmitted(HANDLE, (MAYOR,))))

    station = replace(STATION, limits=replace(LIMITS, idle=0.01))
    runner = Runner(Terminal.starting(station, PollsState.OPEN), perform, publish, time.monotonic)
    runner.start()
    runner.send(c.CardInserted())
    assert still_here.wait(60)
    runner.stop()
