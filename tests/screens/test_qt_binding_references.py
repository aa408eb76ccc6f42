"""The Qt binding keeps count of what it returns.

PySide6 6.12.0 gave back None without counting the reference at every call. Before Python 3.12, where None is not
immortal, a terminal dies of that after some hundred screens ("deallocating None"), with whatever a voter had done.
"""

import sys
from collections.abc import Callable

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

CALLS = 500


@pytest.mark.parametrize("returned", [None, True, False])
def test_calls_leave_the_reference_count_of_constants_alone(qtbot: QtBot, returned: bool | None) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    font = QFont()

    def three_calls_that_return_nothing() -> None:
        font.setPixelSize(10)
        widget.setGeometry(0, 0, 5, 5)
        widget.setAccessibleName("a")

    calls: dict[bool | None, Callable[[], object]] = {
        None: three_calls_that_return_nothing,
        True: widget.isEnabled,
        False: widget.isVisible,
    }
    call = calls[returned]
    before = sys.getrefcount(returned)
    for _ in range(CALLS):
        call()
    assert abs(sys.getrefcount(returned) - before) < CALLS // 10
