"""Python's garbage is collected on Qt's thread: objects of Qt that end on another thread crash the process.

CPython looks for garbage on whichever thread happens to make the next object, and the terminal has several beside the
window's. A screen that is gone is often part of a cycle, so it would end on one of those.
"""

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 200
"""How often it is looked whether there is enough to collect."""


class Tidying(QObject):
    """Collects on the thread that runs `parent`'s event loop, and nowhere else, for the rest of the program."""

    def __init__(self, parent: QObject) -> None:
        """Automatic collection ends here; the first look comes when the event loop runs."""
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(tidy)
        self._timer.start(LOOK_MS)


def tidy() -> None:
    """Collect as CPython itself would: the youngest objects often, all of them seldom."""
    limits, counts = gc.get_threshold(), gc.get_count()
    due = [generation for generation in range(3) if counts[generation] > limits[generation]]
    if due:
        gc.collect(max(due))
