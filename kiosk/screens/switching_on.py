"""What is on screen while the program is loaded, before anything is known of the election or the place.

It is the heading of the screen that follows, in the interface's first language: nothing can be chosen, so nothing has
to be told from a test. It loads only what draws it.
"""

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.domain.settings import Settings
from kiosk.domain.words import message
from kiosk.screens.theme import WRAPPED, Look, Panel, Role, Type, load_fonts
from texts import FIRST_LANGUAGE, Catalogue

PATIENCE_SECONDS = 2.0
"""A window system that shows no window within this gets no more waiting: the terminal goes on."""
TURN_MS = 20


class SwitchingOn(QWidget):
    """One sentence on the ground of the standard theme."""

    def __init__(self, panel: Panel, *, windowed: bool) -> None:
        """Needs a QApplication. Raises FileNotFoundError if the fonts are missing."""
        super().__init__()
        load_fonts()
        self._look = Look.of(panel, Settings(language=FIRST_LANGUAGE))
        self._words = Catalogue(FIRST_LANGUAGE).say(message("starting.heading"))
        self._painted = False
        self.setAccessibleName(self._words)
        if windowed:
            self.setFixedSize(panel.width_px, panel.height_px)
            self.move(0, 0)
        else:
            self.setWindowState(Qt.WindowState.WindowFullScreen)
            self.setCursor(Qt.CursorShape.BlankCursor)

    def appear(self) -> None:
        """Come on screen; returns when it is painted."""
        self.show()
        _wait(lambda: self._painted)

    def give_way_to(self, window: QWidget) -> None:
        """Show `window`, and go when it is on screen: nothing dark lies between the two."""
        window.show()
        _wait(lambda: window.windowHandle().isExposed())
        self.close()
        self.deleteLater()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Ground and words, where the heading of the next screen will be."""
        look = self._look
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(look.colour(Role.GROUND)))
            painter.setPen(look.colour(Role.INK))
            painter.setFont(look.font(Type.TITLE))
            box = self.rect().adjusted(look.margin, self.height() // 3, -look.margin, 0)
            painter.drawText(box, WRAPPED, self._words)
        self._painted = True


def _wait(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not ready() and time.monotonic() < until:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, TURN_MS)
