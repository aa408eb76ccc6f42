"""How soon a window is painted, as a program of its own.

`empty` makes a window with nothing in it; `first` is the terminal's program up to its first screen, `usable` up to the
screen after the start, with its store open. Prints a line when the paint is done, and ends without tidying up.
"""

import argparse
import os
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget


class FirstPaint(QObject):
    """Ends the program after a widget's first paint."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """The turn of the loop after the paint comes when it is on the panel."""
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, _painted)
        return False


def _painted() -> None:
    sys.stdout.write("painted\n")
    sys.stdout.flush()
    os._exit(0)


def empty() -> None:
    """An empty window of the panel's pixels."""
    application = QApplication(["empty"])
    window = QWidget()
    window.resize(1024, 768)
    paint = FirstPaint(window)
    window.show()
    application.exec()
    del paint


def first(device: Path) -> None:
    """The terminal's own program; its first screen is on the panel when `appear` returns."""
    from kiosk.modes import start
    from kiosk.screens.switching_on import SwitchingOn

    class Watched(SwitchingOn):
        """Ends the program where it would begin to load the rest."""

        def appear(self) -> None:
            super().appear()
            assert self._painted
            _painted()

    setattr(start, "SwitchingOn", Watched)  # noqa: B010 - the same screen, watched
    start.main(_arguments(device))


def usable(device: Path) -> None:
    """The terminal's own program until its store is open and a member can begin."""
    from kiosk.modes.command_line import options_of, parser
    from kiosk.modes.program import Program
    from kiosk.modes.start import start, wall_clock

    def attend(program: Program) -> object:
        def shown() -> None:
            view, frame = program.shell.view, program.shell.frame
            if view is not None and frame is not None and view.screen.value != "starting":
                FirstPaint(frame)

        return program.shell.shown.connect(shown)

    start(options_of(parser().parse_args(_arguments(device))), wall_clock, attend)


def _arguments(device: Path) -> list[str]:
    nowhere = "simulated:/nonexistent"
    return ["--device", str(device), "--card", nowhere, "--printer", nowhere, "--windowed"]


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("what", choices=("empty", "first", "usable"))
    options.add_argument("--device", type=Path)
    chosen = options.parse_args()
    match chosen.what:
        case "empty":
            empty()
        case "first":
            first(chosen.device)
        case _:
            usable(chosen.device)
