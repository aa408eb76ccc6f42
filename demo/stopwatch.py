"""How long the window keeps people waiting: measured in the terminal's own process, in the demo only.

A kernel timer (timerfd) fires every few milliseconds whether or not the process gets to it. When Qt's thread comes
around, it reads how many firings it has missed; each is a moment at which a finger could have come down, and its
latency is how long that finger would have waited. So a stall is seen to its full length, whatever caused it: a slow
screen, a thread that kept Python's lock, or another program that had the core. For the last of these the kernel's own
account (`schedstat`) says how long the thread was ready to run and was not let.

Beside it the thread's own work is counted, turn by turn of Qt's loop, in time of a core: a figure that means the same
on a machine that others use.
"""

import ctypes
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QWidget

INTERVAL_NS = 4_000_000
STALL_MS = 16.0
"""Waits longer than this are kept one by one."""
STALLS_KEPT = 200
WORK_MS = 0.5
CLOCK_MONOTONIC = 1
TFD_NONBLOCK = os.O_NONBLOCK
COUNT_BYTES = 8


@dataclass(slots=True)
class Waits:
    """Waits in milliseconds, counted in steps of a tenth, so that a day of them needs no memory that grows."""

    counts: dict[int, int] = field(default_factory=dict)
    longest: float = 0.0

    def add(self, milliseconds: float) -> None:
        """One wait."""
        step = int(milliseconds * 10)
        self.counts[step] = self.counts.get(step, 0) + 1
        self.longest = max(self.longest, milliseconds)

    @property
    def number(self) -> int:
        """How many."""
        return sum(self.counts.values())

    def quantile(self, share: float) -> float:
        """The wait that `share` of all do not exceed, rounded up to a tenth; 0 if there are none."""
        left = share * self.number
        for step in sorted(self.counts):
            left -= self.counts[step]
            if left <= 0:
                return (step + 1) / 10
        return 0.0


@dataclass(frozen=True, slots=True)
class Stall:
    """A long wait: on which screen it ended, and how much of it the kernel kept this thread from running."""

    milliseconds: float
    kept_ms: float
    screen: str


class Stopwatch(QObject):
    """Measures from its making until `stop`, or until the program ends. Only on the Qt thread."""

    def __init__(self, screen: Callable[[], str]) -> None:
        """`screen` names what is on screen now. Raises OSError."""
        super().__init__()
        self._screen = screen
        self.waits = Waits()
        self.pressed = Waits()
        """Finger down → the control painted as pressed."""
        self.answered = Waits()
        """Choice made → another view painted."""
        self.turns = Waits()
        """The thread's own work in one turn of Qt's loop, in milliseconds of a core: what others take of the machine is
        not in it. Only turns that work for `WORK_MS` and more: the clock's own and idle ones would drown the rest."""
        self._turn_began = time.thread_time_ns()
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.connect(self._turned)
        dispatcher.aboutToBlock.connect(self._turned)
        self.stalls: list[Stall] = []
        self._seen = 0
        self._kept = _kept_ns()
        self._timer, self._first = _start_timer()
        self._notifier = QSocketNotifier(self._timer, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._fired)

    def _turned(self) -> None:
        """One turn is over and another begins: a turn that does not block afterwards tells only of its beginning."""
        now = time.thread_time_ns()
        worked, self._turn_began = (now - self._turn_began) / 1e6, now
        if worked >= WORK_MS:
            self.turns.add(worked)

    def stop(self) -> None:
        """Measure no further."""
        QAbstractEventDispatcher.instance().disconnect(self)
        self._notifier.setEnabled(False)
        os.close(self._timer)

    def _fired(self) -> None:
        try:
            missed = struct.unpack("Q", os.read(self._timer, COUNT_BYTES))[0]
        except BlockingIOError:
            return
        now = time.monotonic_ns()
        kept = _kept_ns()
        longest = (now - self._first - self._seen * INTERVAL_NS) / 1e6
        for number in range(missed):
            self.waits.add(max(0.0, longest - number * INTERVAL_NS / 1e6))
        self._seen += missed
        if longest > STALL_MS and len(self.stalls) < STALLS_KEPT:
            self.stalls.append(Stall(longest, (kept - self._kept) / 1e6, self._screen()))
        self._kept = kept

    def time_paint(self, widget: QWidget, waits: Waits, began_ns: int) -> None:
        """Count into `waits` how long it is from `began_ns` (monotonic) until `widget` has been painted next."""
        _Painted(widget, lambda: waits.add((time.monotonic_ns() - began_ns) / 1e6))

    def figures(self) -> dict[str, object]:
        """Everything, in milliseconds, as JSON takes it."""
        return {
            "waits": _summary(self.waits),
            "turns": _summary(self.turns),
            "pressed": _summary(self.pressed),
            "answered": _summary(self.answered),
            "stalls": [
                {"ms": round(one.milliseconds, 1), "kept_ms": round(one.kept_ms, 1), "screen": one.screen}
                for one in sorted(self.stalls, key=lambda one: -one.milliseconds)[:20]
            ],
        }


class _Painted(QObject):
    """Waits for a widget's next paint event, and for the turn of the loop after it: then it is on the panel."""

    def __init__(self, widget: QWidget, then: Callable[[], None]) -> None:
        super().__init__(widget)
        self._then = then
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._painted)
        return False

    def _painted(self) -> None:
        self._then()
        self.deleteLater()


def _summary(waits: Waits) -> dict[str, float]:
    return {
        "number": waits.number,
        "median": waits.quantile(0.5),
        "p99": waits.quantile(0.99),
        "longest": round(waits.longest, 1),
    }


def _kept_ns() -> int:
    """Nanoseconds for which this thread was ready and not let run, by the kernel's account; 0 where it keeps none."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def _start_timer() -> tuple[int, int]:
    """A timerfd that fires every `INTERVAL_NS`, and the monotonic time of its first firing."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor: int = libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")
    first = time.monotonic_ns() + INTERVAL_NS
    setting = struct.pack("qqqq", 0, INTERVAL_NS, *divmod(first, 1_000_000_000))
    absolute = 1
    if libc.timerfd_settime(descriptor, absolute, setting, None) < 0:
        raise OSError(ctypes.get_errno(), "timerfd_settime")
    return descriptor, first
