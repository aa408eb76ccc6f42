"""The demo's stopwatch sees a stall to its full length, and a paint when it is on the panel."""

import time

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from demo.stopwatch import INTERVAL_NS, STALL_MS, Stopwatch, Waits

STALL_SECONDS = 0.06


def _busy() -> None:
    until = time.monotonic() + STALL_SECONDS
    while time.monotonic() < until:
        pass


def _work() -> None:
    until = time.thread_time() + STALL_SECONDS
    while time.thread_time() < until:
        pass


def test_a_stall_is_seen_to_its_full_length_and_so_is_every_finger_that_waited_in_it(
    qtbot: QtBot, qapp: QApplication
) -> None:
    stopwatch = Stopwatch(lambda: "a screen")
    qtbot.waitUntil(lambda: stopwatch.waits.number > 2, timeout=60_000)
    assert stopwatch.waits.quantile(0.5) <= stopwatch.waits.longest + 0.1
    before: list[int] = []

    def hold_up() -> None:
        before.append(stopwatch.waits.number)
        _busy()

    QTimer.singleShot(0, qapp, hold_up)
    qtbot.waitUntil(lambda: bool(before) and stopwatch.waits.number > before[0], timeout=60_000)
    # One firing of the timer is one finger: all that fell into the stall are counted, not one for all of them.
    assert stopwatch.waits.number - before[0] >= STALL_SECONDS * 1e9 / INTERVAL_NS - 1
    assert any(stall.milliseconds > STALL_SECONDS * 900 for stall in stopwatch.stalls)
    assert stopwatch.waits.longest > STALL_MS
    assert {stall.screen for stall in stopwatch.stalls} == {"a screen"}
    stopwatch.stop()


def test_the_work_of_a_turn_is_counted_and_waiting_is_not(qapp: QApplication) -> None:
    """In a loop that blocks while nothing happens, as the terminal's does."""
    stopwatch = Stopwatch(lambda: "")
    loop = QEventLoop()
    QTimer.singleShot(round(STALL_SECONDS * 1000), loop, loop.quit)
    loop.exec()
    assert stopwatch.turns.longest < STALL_SECONDS * 900
    QTimer.singleShot(0, qapp, _work)
    QTimer.singleShot(round(STALL_SECONDS * 1000), loop, loop.quit)
    loop.exec()
    # The turn in which the loop is told to end never blocks: one more, for the one before it to be counted.
    QTimer.singleShot(1, loop, loop.quit)
    loop.exec()
    assert stopwatch.turns.longest >= STALL_SECONDS * 1000
    stopwatch.stop()


def test_a_paint_is_timed_from_the_press_on(qtbot: QtBot) -> None:
    stopwatch = Stopwatch(lambda: "")
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    assert QTest.qWaitForWindowExposed(widget, 60_000)
    stopwatch.time_paint(widget, stopwatch.pressed, time.monotonic_ns() - 20_000_000)
    assert stopwatch.pressed.number == 0
    widget.update()
    qtbot.waitUntil(lambda: stopwatch.pressed.number == 1, timeout=60_000)
    assert stopwatch.pressed.longest >= 20
    stopwatch.stop()


def test_quantiles_are_of_all_waits() -> None:
    waits = Waits()
    for _ in range(98):
        waits.add(1.0)
    waits.add(30.0)
    waits.add(90.0)
    assert (waits.quantile(0.98), waits.quantile(0.99), waits.quantile(1.0)) == (1.1, 30.1, 90.1)
    assert Waits().quantile(0.99) == 0.0
