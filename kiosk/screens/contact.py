"""What touches the panel, from the first finger down to the last one up, and whether it may choose anything.

A panel tells of a finger in touch events, from which Qt makes mouse events for the first finger, or in mouse events
alone. Controls are pressed by the mouse events only, so nothing is pressed twice; touch events say how many fingers
there are.
"""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEventPoint, QMouseEvent, QTouchEvent

from kiosk.screens.theme import LEAST_PRESS_MS, STRAY_MM


class Contact:
    """One touch of the panel at a time, with as many fingers as it has.

    It chooses nothing (`spoiled`) once it has had a second finger, has strayed `STRAY_MM` from where it came down,
    was taken back by the panel, or was there when the screen changed; and it does not count (`counts`) if it was
    shorter than `LEAST_PRESS_MS`.
    """

    def __init__(self, pixels_per_mm: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds, for events that carry no time."""
        self._stray = STRAY_MM * pixels_per_mm
        self._clock = clock
        self._fingers = 0
        self._button = False
        self._origin = QPointF()
        self._began = 0
        self._counts = False
        self.spoiled = False
        """Nothing can be chosen before everything is up again."""

    @property
    def down(self) -> bool:
        """Something is on the panel."""
        return self._button or self._fingers > 0

    @property
    def counts(self) -> bool:
        """True if the press that was released last lasted long enough, alone and in one place."""
        return self._counts

    def spoil(self) -> None:
        """What is on the panel now, if anything, chooses nothing."""
        self.spoiled = self.down

    def watch(self, event: QEvent) -> None:
        """Every event of the window, before a control gets it."""
        if isinstance(event, QTouchEvent):
            self._watch_touch(event)
        elif isinstance(event, QMouseEvent):
            self._watch_mouse(event)

    def _watch_touch(self, event: QTouchEvent) -> None:
        points = event.points()
        if event.type() is QEvent.Type.TouchCancel:
            self._fingers = 0
            self.spoil()
            return
        self._fingers = sum(point.state() is not QEventPoint.State.Released for point in points)
        if len(points) > 1:
            self.spoiled = True
        # The last finger's mouse release is still to come if it pressed anything.
        self._end_if_free()

    def _watch_mouse(self, event: QMouseEvent) -> None:
        # Qt adds a double click to the press that it is made of: it tells nothing new.
        if event.type() is QEvent.Type.MouseButtonPress:
            if self._button:
                self.spoiled = True  # a second button, or a panel that tells of a second finger as one
                return
            self._button = True
            self._origin = event.globalPosition()
            self._began = self._time(event)
            self._counts = False
        elif event.type() is QEvent.Type.MouseMove and self._button:
            self._follow(event.globalPosition())
        elif event.type() is QEvent.Type.MouseButtonRelease and event.buttons() == Qt.MouseButton.NoButton:
            self._follow(event.globalPosition())
            long = self._time(event) - self._began >= LEAST_PRESS_MS
            self._counts = self._button and long and not self.spoiled
            self._button = False
            self._end_if_free()

    def _follow(self, where: QPointF) -> None:
        way = where - self._origin
        if way.x() ** 2 + way.y() ** 2 > self._stray**2:
            self.spoiled = True

    def _end_if_free(self) -> None:
        if not self.down:
            self.spoiled = False

    def _time(self, event: QMouseEvent) -> int:
        """Milliseconds, from the panel where it says so: it knows better than a busy program how long a touch was."""
        return event.timestamp() or round(self._clock() * 1000)
