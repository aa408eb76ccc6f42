"""Python's garbage is collected on Qt's thread, whichever thread makes it: Qt's objects must not end elsewhere."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from kiosk.screens.tidying import LOOK_MS, Tidying


class Looped(QObject):
    """Only the collector ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def collecting() -> Iterator[None]:
    """Python collects by itself when the test begins, and again after it."""
    gc.enable()
    yield
    gc.enable()


def make_garbage_elsewhere() -> None:
    """Another thread makes far more cycles than the collector waits for."""

    def work() -> None:
        for _ in range(20_000):
            loop: list[object] = []
            loop.append(loop)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def where_it_ends() -> list[threading.Thread]:
    """The thread on which a screen that is gone ends, once it has."""
    ended: list[threading.Thread] = []
    weakref.finalize(Looped(), lambda: ended.append(threading.current_thread()))
    return ended


@pytest.mark.usefixtures("collecting")
def test_qt_objects_end_on_the_thread_of_the_window(qtbot: QtBot) -> None:
    owner = QObject()
    Tidying(owner)
    ended = where_it_ends()

    def over() -> bool:
        # Again each time: what an earlier test left is deleted meanwhile, and counts against what is made.
        make_garbage_elsewhere()
        return bool(ended)

    qtbot.waitUntil(over, timeout=300 * LOOK_MS)
    assert ended == [threading.main_thread()]


@pytest.mark.usefixtures("collecting", "qapp")
def test_without_it_they_end_on_any_thread() -> None:
    """What it is for. Should this fail one day, CPython has changed, and `Tidying` may go."""
    # The object must be of the youngest generation when the other thread begins.
    gc.collect()
    ended = where_it_ends()
    make_garbage_elsewhere()
    assert len(ended) == 1
    assert ended[0] is not threading.main_thread()
