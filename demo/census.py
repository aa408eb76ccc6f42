"""What lives in the terminal's process, counted: Qt's objects, Python's, and those of the terminal's own types."""

import gc
from collections import Counter

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

OURS = ("kiosk.", "protocol.", "drivers.", "texts.")


def census() -> dict[str, object]:
    """Counts after tidying up; `ours` by type. What was frozen when the start was over is not counted.

    Only on the Qt thread.
    """
    gc.collect()
    living = gc.get_objects()
    types = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in living)
    widgets = QApplication.allWidgets()
    tops = [widget for widget in widgets if widget.parent() is None]
    return {
        "objects": len(living),
        "widgets": len(widgets),
        "qt_objects": len(tops) + sum(len(top.findChildren(QObject)) for top in tops),
        "ours": {name: number for name, number in sorted(types.items()) if name.startswith(OURS)},
    }
