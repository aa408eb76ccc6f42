"""How soon a window is painted, as a program of its own: `kiosk` makes the terminal's first screen, `empty` nothing.

Prints a line when the first paint is done, and ends without tidying up.
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


def kiosk(device: Path) -> None:
    """The terminal's own program up to its first screen; it opens its store meanwhile, as it always does."""
    from kiosk.modes.program import Program, options_of, parser

    nowhere = "simulated:/nonexistent"
    arguments = ["--device", str(device), "--card", nowhere, "--printer", nowhere, "--windowed"]
    program = Program(options_of(parser().parse_args(arguments)))
    paint = FirstPaint(program.shell)
    program.run()
    del paint


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("what", choices=("empty", "kiosk"))
    options.add_argument("--device", type=Path)
    chosen = options.parse_args()
    if chosen.what == "empty":
        empty()
    else:
        kiosk(chosen.device)
