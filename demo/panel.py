"""The panel of simulated devices: a whole polling place by hand, beside the terminal's window."""

import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from demo.panel_station import Station
from demo.panel_window import PanelWindow
from demo.panel_words import system_language
from kiosk.screens.application import NoDisplay, open_application, run_application
from kiosk.screens.theme import PANEL_15, load_fonts

WIDTH_PX = 880
HEIGHT_PX = 900
BESIDE_PX = 8
"""Between the terminal's window and the panel."""
FRAME_PX = 40
"""Room for what a window manager draws above a window."""


def run_panel(group: str, *, pcsc: bool = False) -> int:
    """Open the terminal in a window beside the panel; returns when the panel is closed and everything has ended.

    The exit status: 0 closed, 1 it could not start (why is on stderr or in the window). A fault of the panel itself
    is raised again, after everything has ended.
    """
    try:
        application = open_application("panel")
    except NoDisplay as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="polling-demo-") as folder:
        return _serve(application, Path(folder), group, pcsc)


def _serve(application: QApplication, folder: Path, group: str, pcsc: bool) -> int:
    load_fonts()
    window = PanelWindow(folder, system_language())
    station = Station(folder, group, None, window.tell, pcsc=pcsc)
    window.station = station
    window.closed.connect(application.quit)
    _place(window)
    window.show()

    def hang_up(_signal: int, _frame: FrameType | None) -> None:
        application.quit()

    # The console in which the demo was started is closed: end in order, as for SIGTERM.
    signal.signal(signal.SIGHUP, hang_up)
    station.start()
    try:
        run_application(application, lambda: False, window.hide)
    finally:
        station.close()
    if station.failure is not None:
        raise station.failure
    return 0 if station.built else 1


def _place(window: PanelWindow) -> None:
    """Right of the terminal's window where the screen is wide enough, else at the right edge."""
    room = QGuiApplication.primaryScreen().availableGeometry()
    window.resize(min(WIDTH_PX, room.width()), min(HEIGHT_PX, room.height() - FRAME_PX))
    # The house starts the terminal in a window of this panel.
    beside = room.left() + PANEL_15.width_px + BESIDE_PX
    window.move(min(beside, room.right() + 1 - window.width()), room.top())
