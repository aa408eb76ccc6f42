"""A voter who listens is never asked «Вы ещё здесь?» in the middle: flow, runner and voice on one fake clock."""

from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.sound.api import Clip, Signal, Sound, SoundEvent, SoundTrouble, Speed
from drivers.sound.synthesiser import EspeakSynthesiser
from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.effects import speaking
from kiosk.effects.speaking import TELL_SECONDS, Speaker
from kiosk.flows.contract import Event, Speaking
from kiosk.flows.terminal import Terminal
from kiosk.flows.views import Screen, View
from kiosk.flows.voter import states as voter
from kiosk.runner import Runner
from tests.flows.flow_setting import STATION
from tests.flows.phase_examples import EXAMPLES

TICK = 0.5


class Ear(Sound):
    """A sound card that adds up how long it will play."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.silent_at = 0.0

    def say(self, clip: Clip) -> SoundTrouble | None:
        self.silent_at = max(self._now(), self.silent_at) + clip.seconds
        return None

    def signal(self, signal: Signal, volume: int) -> SoundTrouble | None:
        return None

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def stop(self) -> None:
        self.silent_at = self._now()

    def wait_event(self, timeout: float) -> SoundEvent | None:
        return None

    def trouble(self) -> SoundTrouble | None:
        return None

    def close(self) -> None: ...


@dataclass
class House:
    """A terminal on a clock that a test moves. No thread runs."""

    settings: Settings
    now: float = 1000.0
    sent: list[Event] = field(default_factory=list)
    views: list[View] = field(default_factory=list)

    def __post_init__(self) -> None:
        phase = EXAMPLES[voter.Filling][0]
        self.ear = Ear(lambda: self.now)
        self.speaker = Speaker(self.ear, EspeakSynthesiser(), self.sent.append, lambda: self.now)
        terminal = Terminal(STATION, PollsState.OPEN, self.settings, phase, next_id=100)
        self.runner = Runner(terminal, lambda _: None, self._show, lambda: self.now)

    def _show(self, view: View) -> None:
        self.views.append(view)
        self.speaker._show(view)

    def begin(self) -> None:
        """The voter has just come to the contest."""
        self.runner.handle(Speaking())

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the runner's timers and for the voice."""
        until = self.now + seconds
        while self.now < until:
            self.now += TICK
            self.speaker._tell()
            while self.sent:
                self.runner.handle(self.sent.pop(0))
            self.runner.run_timers()

    def screen(self) -> Screen:
        """What is shown."""
        return self.views[-1].screen


def test_a_long_text_is_heard_to_its_end_and_then_the_time_runs() -> None:
    house = House(Settings("ru", sound=True))
    house.begin()
    house.ear.silent_at = house.speaker._silent_at = house.now + 3 * STATION.limits.idle
    house.pass_time(3 * STATION.limits.idle)
    assert house.screen() is Screen.CONTEST
    house.pass_time(STATION.limits.idle - 2 * TICK)
    assert house.screen() is Screen.CONTEST
    house.pass_time(3 * TICK)
    assert house.screen() is Screen.STILL_HERE


def test_who_does_not_listen_is_asked_in_time() -> None:
    house = House(Settings("ru"))
    house.begin()
    house.pass_time(STATION.limits.idle + TICK)
    assert house.screen() is Screen.STILL_HERE


def test_the_time_to_answer_begins_after_the_question() -> None:
    house = House(Settings("ru", sound=True))
    house.begin()
    until = house.ear.silent_at
    assert until - house.now > 2 * TELL_SECONDS
    house.pass_time(until - house.now + STATION.limits.idle + 2 * TICK)
    assert house.screen() is Screen.STILL_HERE
    spoken = house.ear.silent_at
    assert spoken > house.now
    house.pass_time(spoken - house.now + STATION.limits.answer - 2 * TICK)
    assert house.screen() is Screen.STILL_HERE
    house.pass_time(4 * TICK)
    assert house.screen() is not Screen.STILL_HERE


def test_a_voice_that_is_held_still_keeps_nobody() -> None:
    house = House(Settings("ru", sound=True))
    house.begin()
    house.speaker._hold(True)
    left = house.speaker._left
    assert left > 0
    house.pass_time(STATION.limits.idle - TICK)
    assert house.screen() is Screen.CONTEST
    house.speaker._hold(False)
    assert abs(house.speaker._silent_at - house.now - left) < TICK
    house.pass_time(left)
    assert house.screen() is Screen.CONTEST
    house.speaker._hold(True)
    house.pass_time(STATION.limits.idle + TICK)
    assert house.screen() is Screen.STILL_HERE


def test_nobody_is_waited_for_without_end() -> None:
    house = House(Settings("ru", sound=True))
    house.begin()
    sentence = EspeakSynthesiser().render("Возьмите бюллетень и выберите кандидата.", "ru", Speed.SLOW, 1)
    assert isinstance(sentence, bytes)
    for _ in range(400):
        house.speaker._is_heard(Clip(sentence, "", "ru", 1))
    assert house.speaker._silent_at == house.now + speaking.LONGEST_SECONDS
