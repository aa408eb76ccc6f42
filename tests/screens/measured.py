"""What a screen's picture is measured by: nothing cut, nothing overlapping, nothing too small; every page reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from demo.gallery import Example
from kiosk.screens.parts.buttons import ActionButton
from kiosk.screens.parts.options import OptionButton
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import TextLabel, widest_word
from kiosk.screens.theme import TARGET_MM
from tests.screens.conftest import Kiosk


@dataclass(frozen=True, slots=True)
class Drawn:
    """Words that a widget wrote, and the box around them in its own pixels."""

    widget: QWidget
    words: str
    box: QRect


@contextmanager
def drawn_words() -> Iterator[list[Drawn]]:
    """Everything that widgets of ours write while the block runs. What Qt writes itself (QLabel) is not among it."""
    drawn: list[Drawn] = []
    really = QPainter.drawText

    def note(painter: QPainter, *arguments: Any) -> Any:
        widget = painter.device()
        assert isinstance(widget, QWidget)
        match arguments:
            case (QRect() as box, int() as flags, str() as words):
                around = painter.boundingRect(box, flags, words)
            case (QPointF() as point, str() as words):
                around = painter.fontMetrics().tightBoundingRect(words).translated(point.toPoint())
            case _:
                raise AssertionError(f"words are written in another way: {arguments}")
        if words.strip():
            drawn.append(Drawn(widget, words, painter.transform().mapRect(around)))
        return really(painter, *arguments)

    QPainter.drawText = note  # type: ignore[method-assign,assignment]  # for as long as the block runs
    try:
        yield drawn
    finally:
        QPainter.drawText = really  # type: ignore[method-assign]  # back


def visible(widget: QWidget, kind: type[QWidget]) -> Iterator[QWidget]:
    """The descendants of a kind that are on show."""
    for child in widget.findChildren(kind):
        if child.isVisibleTo(widget):
            yield child


def rect_in(widget: QWidget, frame: QWidget) -> QRect:
    """Where a widget is in the frame."""
    return QRect(widget.mapTo(frame, widget.rect().topLeft()), widget.size())


def faults(kiosk: Kiosk) -> Iterator[str]:
    """What is wrong with a screen's picture, in words."""
    frame = kiosk.shell.frame
    assert frame is not None
    whole = frame.rect()
    for label in visible(frame, TextLabel):
        assert isinstance(label, TextLabel)
        if label.height_for(label.width()) > label.height() and label.text():
            yield f"{label.text()!r} is cut below"
        if widest_word(label.look, label.kind, label.text()) > label.width() and label.text():
            yield f"a word of {label.text()!r} is cut"
    target = int(TARGET_MM * kiosk.shell.panel.pixels_per_mm)
    for control in visible(frame, Pressable):
        assert isinstance(control, Pressable)
        name = control.accessibleName()
        if min(control.width(), control.height()) < target:
            yield f"{name!r} is smaller than {TARGET_MM} mm: {control.width()}×{control.height()}"
        if control.height_for(control.width()) > control.height():
            yield f"{name!r} is cut below"
        if isinstance(control, ActionButton | OptionButton) and control.narrowest() > control.width():
            yield f"a word of {name!r} is cut"
    measured = [w for w in visible(frame, QWidget) if callable(getattr(w, "height_for", None))]
    for widget in measured:
        if not whole.contains(rect_in(widget, frame)):
            yield f"{widget.accessibleName()!r} {type(widget).__name__} sticks out"
        parent = widget.parentWidget()
        if parent is not None and not parent.rect().contains(widget.geometry()):
            yield f"{widget.accessibleName()!r} {type(widget).__name__} sticks out of {type(parent).__name__}"
    yield from overlaps(visible(frame, QWidget))
    block = frame.block
    if block is not None and not frame._beside and block.least_height(block.width()) > block.height():
        yield "the content needs more room than there is"


def overlaps(widgets: Iterator[QWidget]) -> Iterator[str]:
    """Neighbours that lie over each other, in words."""
    by_parent: dict[int, list[QWidget]] = {}
    for widget in widgets:
        by_parent.setdefault(id(widget.parentWidget()), []).append(widget)
    for siblings in by_parent.values():
        for index, one in enumerate(siblings):
            for other in siblings[index + 1 :]:
                if one.geometry().intersects(other.geometry()):
                    names = [widget.objectName() or type(widget).__name__ for widget in (one, other)]
                    yield " lies over ".join(names)


def faults_on_every_page(kiosk: Kiosk, example: Example) -> Iterator[str]:
    """Show an example, go through its pages by its own buttons, and say what is wrong on any of them."""
    kiosk.show(example.view)
    frame = kiosk.shell.frame
    assert frame is not None
    paged = frame.paged
    if paged is not None and paged.page:
        # The same contest once more opens where it was left.
        paged.turn(0)
    yield from (f"{example.name}: {fault}" for fault in faults(kiosk))
    if paged is None:
        return
    seen = set(_items_shown(paged))
    for page in range(1, paged.pages):
        if not paged.onward.isVisibleTo(frame):
            yield f"{example.name}: no way on from page {page}"
            return
        assert paged.onward.chosen is not None
        paged.onward.chosen()
        kiosk.seconds += 1
        if paged.page != page:
            yield f"{example.name}: the button of page {page} led to {paged.page + 1}"
        seen |= set(_items_shown(paged))
        yield from (f"{example.name} page {page + 1}: {fault}" for fault in faults(kiosk))
        if not paged.position.text() and paged.items[: paged.counted] and _items_shown(paged)[0] < paged.counted:
            yield f"{example.name} page {page + 1}: does not say where one is"
    if paged.onward.isVisibleTo(frame):
        yield f"{example.name}: the last page leads on"
    if seen != set(range(len(paged.items))):
        yield f"{example.name}: items {sorted(set(range(len(paged.items))) - seen)} are never shown"


def _items_shown(paged: PagedList) -> list[int]:
    return [index for index, item in enumerate(paged.items) if item.isVisibleTo(paged)]
