"""A thousand touches that nobody meant: static, palms, wipes, sleeves. They never cast, break nothing, trap nobody."""

import random

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kiosk.flows.contract import (
    CardInserted,
    CardRemoved,
    Cast,
    Event,
    OptionTouched,
    PaperChosen,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.views import Screen
from kiosk.screens.theme import HOLD_MS
from tests.flows.test_flow_promises import actions
from tests.screens.voting_booth import Booth

PRESS, MOVE, RELEASE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease
GHOSTS = 1000
SEEDS = range(5)
LONGEST = HOLD_MS / 1000 - 0.005
"""A cast asks for a press of half a second: ghosts are shorter."""
BY_ITSELF = {Screen.READING, Screen.ENCRYPTING, Screen.CASTING, Screen.STARTING, Screen.TAKE_CARD, Screen.CARD_PULLED}
"""Screens that go on without a touch, when a device answers or the card moves."""

FILL: list[Event] = [PaperChosen("mayor"), OptionTouched(0), Touched(Touch.NEXT)]
BEGINNINGS: tuple[list[Event], ...] = (
    [],
    [CardInserted()],
    [CardInserted(), PaperChosen("council")],
    [CardInserted(), *FILL, Touched(Touch.NEXT)],
    [CardInserted(), *FILL, Touched(Touch.NEXT), Touched(Touch.NEXT), Touched(Touch.CONFIRM)],
    [CardInserted(), Touched(Touch.HELP)],
    [CardInserted(), TimeUp("idle")],
    [CardInserted(), *FILL, CardRemoved()],
)


class Haunt:
    """What touches the panel of one booth, at random."""

    def __init__(self, booth: Booth, panel: QPointingDevice, chance: random.Random, longest: float = LONGEST) -> None:
        self.longest = longest
        self.booth = booth
        self.panel = panel
        self.chance = chance

    def touch(self) -> None:
        """One ghost."""
        kind = self.chance.choice((self.tap, self.tap, self.drag, self.double, self.hold, self.pair))
        kind(self.place())
        self.booth.seconds += self.chance.choice((0.0, 0.05, 0.2, 0.5, 1.5))

    def place(self) -> QPoint:
        """Anywhere, or on a control: a thousand touches of bare glass would show little."""
        controls = self.booth.controls()
        if controls and self.chance.random() < 0.7:
            control = self.chance.choice(controls)
            return control.mapTo(
                self.booth.shell,
                QPoint(self.chance.randrange(control.width()), self.chance.randrange(control.height())),
            )
        return QPoint(
            self.chance.randrange(self.booth.panel.width_px), self.chance.randrange(self.booth.panel.height_px)
        )

    def tap(self, where: QPoint) -> None:
        self.booth.touch(where, self.chance.uniform(0.001, 0.2))

    def hold(self, where: QPoint) -> None:
        self.booth.touch(where, self.chance.uniform(0.2, self.longest))

    def double(self, where: QPoint) -> None:
        self.tap(where)
        self.booth.seconds += self.chance.uniform(0.01, 0.3)
        self.tap(where)

    def drag(self, where: QPoint) -> None:
        self.booth.finger(PRESS, where)
        for _ in range(self.chance.randint(1, 5)):
            self.booth.wait(self.chance.uniform(0.01, self.longest / 6))
            where = self.place()
            self.booth.finger(MOVE, where)
        self.booth.finger(RELEASE, where)

    def pair(self, where: QPoint) -> None:
        """Two fingers, as the panel tells of them; either may leave first."""
        other = self.place()
        self.points(("press", 0, where))
        self.booth.wait(self.chance.uniform(0.0, self.longest / 3))
        self.points(("stay", 0, where), ("press", 1, other))
        self.booth.wait(self.chance.uniform(0.0, self.longest / 3))
        first, last = (0, 1) if self.chance.random() < 0.5 else (1, 0)
        spots = {0: where, 1: other}
        self.points(("release", first, spots[first]), ("stay", last, spots[last]))
        self.booth.wait(self.chance.uniform(0.0, self.longest / 3))
        self.points(("release", last, spots[last]))

    def points(self, *changes: tuple[str, int, QPoint]) -> None:
        sequence = QTest.touchEvent(self.booth.shell.windowHandle(), self.panel)
        for what, number, where in changes:
            match what:
                case "press":
                    sequence.press(number, where)
                case "release":
                    sequence.release(number, where)
                case _:
                    sequence.move(number, where)
        sequence.commit()
        self.booth.settle()


def has_a_way_out(booth: Booth) -> bool:
    """Something can be pressed, or the screen goes on by itself."""
    view = booth.shell.view
    assert view is not None
    return bool(actions(view)) or view.screen in BY_ITSELF or booth.on(Screen.WELCOME)


@pytest.mark.parametrize("seed", SEEDS)
def test_ghost_touches_never_cast_and_trap_nobody(qtbot: QtBot, seed: int) -> None:
    chance = random.Random(seed)
    panel = QTest.createTouchDevice()
    screens: set[Screen] = set()
    each = GHOSTS // len(SEEDS) // len(BEGINNINGS)
    for beginning in BEGINNINGS:
        booth = Booth()
        assert QTest.qWaitForWindowExposed(booth.shell, 60_000)
        for event in beginning:
            booth.do(event)
        booth.moods = chance
        haunt = Haunt(booth, panel, chance)
        for _ in range(each):
            haunt.touch()
            assert booth.count(Cast) == 0, f"cast by ghosts on {booth.screen}"
            assert has_a_way_out(booth), f"no way out of {booth.screen}"
            assert not any(control.isDown() for control in booth.controls()), "something is pressed without a finger"
        # A person still can: nothing is stuck.
        booth.seconds += 1
        assert booth.shell.accepts_press()
        screens |= booth.screens
        booth.close()
    assert Screen.DECIDE in screens
    assert len(screens) >= 8, screens


def test_the_haunting_would_cast_if_it_could(qtbot: QtBot) -> None:
    """Ghosts that hold for longer than half a second do cast: the test above looks at the right thing."""
    booth = Booth()
    assert QTest.qWaitForWindowExposed(booth.shell, 60_000)
    for event in BEGINNINGS[4]:
        booth.do(event)
    assert booth.on(Screen.DECIDE)
    haunt = Haunt(booth, QTest.createTouchDevice(), random.Random(1), longest=1.2)
    for _ in range(GHOSTS):
        if booth.on(Screen.DECIDE):
            haunt.hold(booth.middle("decision_right"))
        booth.seconds += 1
        if booth.count(Cast):
            break
    assert booth.count(Cast) == 1
    booth.close()
