"""What a finger, a palm, a trembling hand and static do: events of the panel, and what is chosen of them."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.flows.contract import CardInserted, Cast, OptionTouched, PaperChosen, Touch, Touched
from kiosk.flows.views import Screen
from kiosk.screens.theme import BOUNCE_MS, HOLD_MS, LEAST_PRESS_MS, STRAY_MM
from tests.screens.voting_booth import Booth

PRESS, MOVE, RELEASE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease


@pytest.fixture
def booth(qtbot: QtBot) -> Iterator[Booth]:
    """A voter's ballots on screen."""
    booth = Booth()
    assert QTest.qWaitForWindowExposed(booth.shell, 60_000)
    booth.do(CardInserted())
    assert booth.on(Screen.BALLOTS)
    yield booth
    booth.close()


@pytest.fixture(scope="session")
def panel(qapp: QApplication) -> QPointingDevice:
    """A touch screen."""
    return QTest.createTouchDevice()


def in_contest(booth: Booth) -> Booth:
    booth.do(PaperChosen("mayor"))
    assert booth.on(Screen.CONTEST)
    return booth


def at_decision(booth: Booth) -> Booth:
    for event in (PaperChosen("mayor"), OptionTouched(0), Touched(Touch.NEXT), Touched(Touch.NEXT)):
        booth.do(event)
    if booth.on(Screen.REVIEW):
        booth.do(Touched(Touch.NEXT))
    assert booth.on(Screen.UNDECIDED)
    booth.do(Touched(Touch.CONFIRM))
    assert booth.on(Screen.DECIDE)
    return booth


def millimetres(booth: Booth, length: float) -> int:
    return round(length * booth.panel.pixels_per_mm)


# --- one finger


def test_a_touch_chooses(booth: Booth) -> None:
    booth.tap("row_0")
    assert booth.on(Screen.CONTEST)


def test_a_touch_too_short_to_be_a_person_chooses_nothing(booth: Booth) -> None:
    booth.touch(booth.middle("row_0"), (LEAST_PRESS_MS - 5) / 1000)
    assert booth.on(Screen.BALLOTS)
    booth.seconds += 1
    booth.touch(booth.middle("row_0"), LEAST_PRESS_MS / 1000)
    assert booth.on(Screen.CONTEST)


def test_the_panel_knows_better_than_a_busy_program_how_long_a_touch_was(booth: Booth) -> None:
    """Both events are handled late and at once, with the times that the panel gave them."""
    where = booth.middle("row_0")
    booth.finger(PRESS, where)
    booth.finger(RELEASE, where, later=0.08)
    assert booth.on(Screen.CONTEST)


def test_a_panel_that_gives_no_times_is_timed_by_the_program(booth: Booth) -> None:
    def send(kind: QEvent.Type) -> None:
        at = QPointF(booth.middle("row_0"))
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        event = QMouseEvent(
            kind, at, booth.shell.mapToGlobal(at), left, left if kind is PRESS else none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(booth.shell.windowHandle(), event)
        booth.settle()

    send(PRESS)
    booth.seconds += 0.01
    send(RELEASE)
    assert booth.on(Screen.BALLOTS)
    booth.seconds += 1
    send(PRESS)
    booth.seconds += 0.08
    send(RELEASE)
    assert booth.on(Screen.CONTEST)


def test_a_trembling_finger_chooses(booth: Booth) -> None:
    where = booth.middle("row_0")
    booth.finger(PRESS, where)
    for x, y in ((2, 1), (-3, 2), (1, -4), (4, 4), (0, 0)):
        booth.wait(0.03)
        booth.finger(MOVE, where + QPoint(millimetres(booth, x), millimetres(booth, y)))
    booth.finger(RELEASE, where)
    assert booth.on(Screen.CONTEST)


def test_a_finger_that_strays_chooses_nothing_even_if_it_comes_back(booth: Booth) -> None:
    where = booth.middle("row_0")
    control = booth.control("row_0")
    booth.finger(PRESS, where)
    booth.wait(0.05)
    assert control.isDown()
    booth.finger(MOVE, where + QPoint(millimetres(booth, STRAY_MM + 1), 0))
    assert not control.isDown(), "it still looks pressed"
    booth.finger(MOVE, where)
    assert not control.isDown()
    booth.finger(RELEASE, where)
    assert booth.on(Screen.BALLOTS)
    booth.seconds += 1
    booth.tap("row_0")
    assert booth.on(Screen.CONTEST)


def test_off_and_back_within_a_tremor_chooses_and_off_alone_does_not(booth: Booth) -> None:
    control = booth.control("row_0")
    edge = control.mapTo(booth.shell, QPoint(control.width() // 2, control.height() - 3))
    off = edge + QPoint(0, millimetres(booth, 4))
    booth.touch(edge, to=off)
    assert booth.on(Screen.BALLOTS)
    booth.seconds += 1
    booth.finger(PRESS, edge)
    booth.finger(MOVE, off)
    booth.wait(0.1)
    booth.finger(MOVE, edge)
    booth.finger(RELEASE, edge)
    assert booth.on(Screen.CONTEST)


def test_press_and_hold_chooses_once_when_the_finger_leaves(booth: Booth) -> None:
    in_contest(booth)
    where = booth.middle("option_1")
    booth.finger(PRESS, where)
    booth.wait(5.0)
    assert not booth.control("option_1").isChecked()
    booth.finger(RELEASE, where)
    assert booth.control("option_1").isChecked()


def test_a_finger_that_lands_twice_on_an_option_chooses_once(booth: Booth) -> None:
    in_contest(booth)
    where = booth.middle("option_1")
    booth.touch(where)
    booth.seconds += 0.1
    booth.touch(where)
    assert booth.control("option_1").isChecked()
    booth.seconds += BOUNCE_MS / 1000
    booth.touch(where)
    assert not booth.control("option_1").isChecked()


def test_the_second_tap_of_a_pair_chooses_nothing_on_the_next_screen(booth: Booth) -> None:
    where = booth.middle("row_0")
    booth.touch(where)
    assert booth.on(Screen.CONTEST)
    before = [each.isChecked() for each in booth.controls()]
    booth.seconds += 0.12
    booth.touch(where)
    assert booth.on(Screen.CONTEST)
    assert [each.isChecked() for each in booth.controls()] == before


def test_a_finger_held_across_a_screen_change_chooses_nothing(booth: Booth) -> None:
    where = booth.middle("row_0")
    booth.finger(PRESS, where)
    booth.do(PaperChosen("mayor"))
    booth.wait(3.0)
    assert not booth.shell.accepts_press()
    booth.finger(MOVE, where + QPoint(2, 2))
    booth.finger(RELEASE, where)
    assert booth.on(Screen.CONTEST)
    assert not any(each.isChecked() for each in booth.controls() if each.objectName().startswith("option"))


# --- casting


def test_casting_takes_a_finger_held_in_one_place(booth: Booth) -> None:
    at_decision(booth)
    where = booth.middle("decision_right")
    booth.touch(where, (HOLD_MS - 20) / 1000)
    assert booth.count(Cast) == 0
    booth.seconds += 1
    booth.finger(PRESS, where)
    booth.wait(0.3)
    booth.finger(MOVE, where + QPoint(millimetres(booth, STRAY_MM + 1), 0))
    booth.wait(2.0)
    booth.finger(MOVE, where)
    booth.wait(2.0)
    booth.finger(RELEASE, where)
    assert booth.count(Cast) == 0
    booth.seconds += 1
    booth.touch(where, (HOLD_MS + 50) / 1000)
    assert booth.count(Cast) == 1


def test_a_program_that_was_busy_does_not_count_the_time_as_held(booth: Booth) -> None:
    at_decision(booth)
    where = booth.middle("decision_right")
    control = booth.control("decision_right")
    booth.finger(PRESS, where)
    booth.seconds += 0.6  # nothing was handled in between
    control._hold_step()
    booth.settle()
    assert control.held_share < 0.2
    booth.finger(RELEASE, where)
    assert booth.count(Cast) == 0


# --- fingers as the panel tells of them


def points(panel: QPointingDevice, booth: Booth, *changes: tuple[str, int, QPoint]) -> None:
    """One touch event of the panel."""
    sequence = QTest.touchEvent(booth.shell.windowHandle(), panel)
    for what, number, where in changes:
        if what == "press":
            sequence.press(number, where)
        elif what == "release":
            sequence.release(number, where)
        else:
            sequence.move(number, where)  # a point without news has no place in Qt's test sequence
    sequence.commit()
    booth.settle()


def test_a_real_touch_is_handled_once(booth: Booth, panel: QPointingDevice) -> None:
    """Of a touch event Qt makes a mouse event too; the mark would go on and off again if both counted."""
    in_contest(booth)
    where = booth.middle("option_1")
    points(panel, booth, ("press", 0, where))
    QTest.qWait(LEAST_PRESS_MS + 10)
    points(panel, booth, ("release", 0, where))
    assert booth.control("option_1").isChecked()


def test_a_second_finger_spoils_the_first_until_all_are_up(booth: Booth, panel: QPointingDevice) -> None:
    where, palm = booth.middle("row_0"), booth.middle("help")
    points(panel, booth, ("press", 0, where))
    assert booth.control("row_0").isDown()
    points(panel, booth, ("stay", 0, where), ("press", 1, palm))
    assert not booth.control("row_0").isDown()
    QTest.qWait(LEAST_PRESS_MS + 10)
    points(panel, booth, ("release", 0, where), ("stay", 1, palm))
    assert booth.on(Screen.BALLOTS)
    points(panel, booth, ("stay", 1, palm), ("press", 2, where))
    QTest.qWait(LEAST_PRESS_MS + 10)
    points(panel, booth, ("stay", 1, palm), ("release", 2, where))
    assert booth.on(Screen.BALLOTS), "a palm lies on the panel still"
    points(panel, booth, ("release", 1, palm))
    assert booth.on(Screen.BALLOTS)
    booth.seconds += 1
    booth.tap("row_0")
    assert booth.on(Screen.CONTEST)


def test_two_fingers_at_once_choose_nothing(booth: Booth, panel: QPointingDevice) -> None:
    one, other = booth.middle("row_0"), booth.middle("row_1")
    points(panel, booth, ("press", 0, one), ("press", 1, other))
    QTest.qWait(LEAST_PRESS_MS + 10)
    points(panel, booth, ("release", 0, one), ("release", 1, other))
    assert booth.on(Screen.BALLOTS)


def test_a_second_finger_stops_a_cast_under_way(booth: Booth, panel: QPointingDevice) -> None:
    at_decision(booth)
    where, palm = booth.middle("decision_right"), booth.middle("help")
    points(panel, booth, ("press", 0, where))
    booth.wait(0.3)
    points(panel, booth, ("stay", 0, where), ("press", 1, palm))
    booth.wait(2.0)
    points(panel, booth, ("stay", 0, where), ("release", 1, palm))
    booth.wait(2.0)
    points(panel, booth, ("release", 0, where))
    assert booth.count(Cast) == 0


def test_a_palm_on_the_panel_does_not_shut_keys_out(booth: Booth, panel: QPointingDevice) -> None:
    one, other = QPoint(5, 300), QPoint(20, 320)
    points(panel, booth, ("press", 0, one), ("press", 1, other))
    booth.key(Qt.Key.Key_Down)
    booth.key(Qt.Key.Key_Return)
    assert booth.on(Screen.CONTEST)
    points(panel, booth, ("release", 0, one), ("release", 1, other))
