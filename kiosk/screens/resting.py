"""The idle picture: after a minute without anybody the screen goes dim, and moves a little so as not to burn in.

It still says what to do, in the same words and widgets: only colours and place change, so a screen reader notices
nothing. Whatever comes wakes it, and the touch or key that does chooses nothing. Not while somebody listens or scans:
they may be there without touching anything, and their next key has to count. Nor while a member is called: the sign
for it has to be seen.
"""

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Screen, View
from kiosk.screens.frame import Frame
from kiosk.screens.gate import Gate
from kiosk.screens.listening import REPEAT
from kiosk.screens.theme import IDLE_MOVE_MM, Look

REST_SECONDS: Final = 60.0
MOVE_SECONDS: Final = 60.0
LOOK_MS: Final = 1000
PLACES: Final = ((0, 0), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""Where the picture stands, one after another, in steps of `IDLE_MOVE_MM`."""
RESTING: Final = frozenset({Screen.WELCOME, Screen.CLOSED})
PRESSES: Final = (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.KeyPress)


class Resting(QObject):
    """Dims and wakes the shell's frame.

    `wear` puts a look and a place on it. The clock is looked at once a second while there is something to wait for.
    """

    def __init__(
        self,
        shell: QWidget,
        frame: Callable[[], Frame | None],
        gate: Gate,
        wear: Callable[[Look, QRect], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ends with `shell`. `frame` is the one on show; `clock` gives seconds."""
        super().__init__(shell)
        self._shell = shell
        self._frame = frame
        self._gate = gate
        self._wear = wear
        self._clock = clock
        self._since = 0.0
        self._place: int | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)

    @property
    def dim(self) -> bool:
        """Whether the idle picture is on show."""
        return self._place is not None

    # --- what the shell tells

    def screen_shown(self, view: View) -> None:
        """A view is on screen: it is shown in full, and the minute begins anew."""
        self._wake()
        self._since = self._clock()
        if view.screen in RESTING and view.sign is None and not view.settings.sound and view.settings.scanning is None:
            self._timer.start(LOOK_MS)
        else:
            self._timer.stop()

    def watch(self, event: QEvent) -> bool:
        """Every event of the window, after the contact and before a control gets it. True if a key is used up by it."""
        if event.type() not in PRESSES:
            return False
        self._since = self._clock()
        if not self.dim:
            return False
        self._wake()
        # As on a new screen: a finger that is down chooses nothing, nor does what bounces after it.
        self._gate.screen_changed()
        # The key that turns the sound on chooses nothing, and who needs it does not see that the screen was dim.
        return isinstance(event, QKeyEvent) and Qt.Key(event.key()) not in REPEAT

    def look(self) -> None:
        """Dim, or move on, if it is time."""
        waited = self._clock() - self._since
        if not self._timer.isActive() or waited < REST_SECONDS:
            return
        place = int((waited - REST_SECONDS) / MOVE_SECONDS) % len(PLACES)
        if place != self._place:
            self._place = place
            self._put()

    def stop(self) -> None:
        """The window closes."""
        self._timer.stop()

    # --- within

    def _put(self) -> None:
        """The frame in dim colours, inset by one move on every side, so that no move takes it off the panel."""
        frame = self._frame()
        if frame is None or self._place is None:
            return
        across, down = PLACES[self._place]
        move = frame.look.px(IDLE_MOVE_MM)
        box = self._shell.rect().adjusted(move, move, -move, -move)
        self._wear(frame.stage.look.dimmer(dim=True), box.translated(across * move, down * move))

    def _wake(self) -> None:
        frame = self._frame()
        if self._place is None or frame is None:
            return
        self._place = None
        self._wear(frame.stage.look.dimmer(dim=False), self._shell.rect())
