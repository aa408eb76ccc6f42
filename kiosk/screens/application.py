"""The Qt application around the shell: whether there is a display, and how the program ends."""

import os
import signal
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from kiosk.screens.tidying import Tidying

Application = QApplication
"""For those who may not import Qt."""

SIGNAL_POLL_MS = 200
"""How often Python gets to look whether a signal came while Qt waits."""


class NoDisplay(Exception):  # noqa: N818 - named for what is missing
    """There is no display to draw on; the words say what to do."""


def open_application(name: str) -> QApplication:
    """The one QApplication, on whose thread Python's garbage is collected from now on.

    Raises NoDisplay: Qt itself would abort the process without a word for people.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not display and chosen.split(":")[0] not in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        raise NoDisplay(
            "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Start it from a graphical session, "
            "under cage or Xvfb, or set QT_QPA_PLATFORM=offscreen"
        )
    application = QApplication([name])
    application.setApplicationName(name)
    Tidying(application)
    return application


def run_application(application: QApplication, ended: Callable[[], bool], on_quit: Callable[[], None]) -> int:
    """Run until the window is closed, SIGTERM or SIGINT comes, or `ended` says so; then `on_quit`.

    `ended` is asked on the Qt thread a few times a second, so any thread may have made it true, even before the
    application ran. Returns the exit status.
    """

    def quit_soon(_signal: int, _frame: FrameType | None) -> None:
        application.quit()

    def look() -> None:
        if ended():
            application.quit()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, quit_soon)
    waker = QTimer()
    waker.timeout.connect(look)
    waker.start(SIGNAL_POLL_MS)
    application.aboutToQuit.connect(on_quit)
    return application.exec()
