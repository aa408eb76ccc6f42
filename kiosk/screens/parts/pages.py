"""Long lists on pages: no scrolling by drag, page buttons, and where one is."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import message
from kiosk.flows.contract import PageTurned
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import ActionButton
from kiosk.screens.parts.text import TextLabel
from kiosk.screens.stage import Stage
from kiosk.screens.theme import Role, Type

KEPT = (3, 3, 2, 1, 1, 1, 1)
"""Items that a page holds at least, by density: text gives way only when one does not fit."""

ROW_STRETCH_MM = 2.4


class Item(Protocol):
    """A line of a list."""

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""


class PagedList(Block):
    """Items under each other, as many a page as fit; at least one.

    `more` is the key of the plural message on the button that goes on («Ещё 7 кандидатов ↓»). The first visible
    item stays visible when the size of the text changes. Turning a page happens here at once; the flow is told.
    """

    def __init__(
        self, stage: Stage, items: Sequence[QWidget], more: str = "page.next", kept: Sequence[int] = KEPT
    ) -> None:
        """`items` are widgets with `height_for`; `kept` says how many a page holds at least, by density."""
        super().__init__(stage)
        self.items = list(items)
        self.more = more
        self.kept = kept
        self.first = 0
        self._pages: list[range] = [range(len(self.items))]
        for item in self.items:
            item.setParent(self)
        self.previous = ActionButton(
            stage, stage.say(message("page.previous")), stage.say(message("page.previous_hint"))
        )
        self.position = TextLabel("", Type.BAR, self.look, Role.QUIET, centred=True)
        self.onward = ActionButton(stage, "", stage.say(message("page.next_hint")))
        self.previous.setObjectName("page_previous")
        self.onward.setObjectName("page_next")
        for part in (self.previous, self.position, self.onward):
            part.setParent(self)
        self.previous.chosen = lambda: self.turn(self.page - 1)
        self.onward.chosen = lambda: self.turn(self.page + 1)

    @property
    def page(self) -> int:
        """The page on show, from 0."""
        return next((i for i, page in enumerate(self._pages) if self.first in page), 0)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def open_at(self, page: int) -> None:
        """Start on a page that the flow remembers."""
        if 0 <= page < len(self._pages):
            self.first = self._pages[page].start
            self.place()

    def turn(self, page: int) -> None:
        """Show another page and tell the flow; focus stays on the button, or goes to the other one at an end."""
        self.first = self._pages[page].start
        focused = self.focusWidget()
        self.place()
        if focused is not None and not focused.isVisibleTo(self):
            (self.onward if self.onward.isVisibleTo(self) else self.previous).setFocus()
        self.stage.send(PageTurned(page))

    def least_height(self, width: int) -> int:
        """All items if there are few; else as many of the highest as a page must hold, with the page bar."""
        heights = self._heights(width)
        whole = self._stacked(heights)
        shown = sorted(heights)[-self.kept[self.look.density] :]
        return min(whole, self._stacked(shown) + self.look.gap + self._bar_height(width))

    def place(self) -> None:
        """Split into pages and show the one that has the first visible item."""
        width, height = self.width(), self.height()
        heights = self._heights(width)
        self._pages = self._split(heights, height, width)
        shown = self._pages[self.page]
        used = self._stacked([heights[index] for index in shown])
        room = height - (self._bar_height(width) + self.look.gap if len(self._pages) > 1 else 0)
        # What is left over goes to the rows, up to a little, so that a dense page breathes.
        extra = min(max(0, room - used) // max(1, len(shown)), self.look.px(ROW_STRETCH_MM))
        y = 0
        for index, item in enumerate(self.items):
            visible = index in shown
            item.setVisible(visible)
            if visible:
                item.setGeometry(0, y, width, heights[index] + extra)
                y += heights[index] + extra + self._spacing
        self._place_bar(width, height, shown)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Qt shows children that were hidden before their parent; put them right."""
        super().showEvent(event)
        self.place()

    @property
    def _spacing(self) -> int:
        return self.look.px(1.0 if self.look.density == 0 else 0.2)

    def _heights(self, width: int) -> list[int]:
        return [item.height_for(width) for item in self.items]  # type: ignore[attr-defined]  # Item, by __init__

    def _stacked(self, heights: Sequence[int]) -> int:
        return sum(heights) + self._spacing * max(0, len(heights) - 1)

    def _split(self, heights: Sequence[int], height: int, width: int) -> list[range]:
        if self._stacked(heights) <= height or len(heights) <= 1:
            return [range(len(heights))]
        room = height - self._bar_height(width) - self.look.gap
        pages: list[range] = []
        start, used = 0, 0
        for index, item in enumerate(heights):
            if index > start and used + item > room:
                pages.append(range(start, index))
                start, used = index, 0
            used += item + self._spacing
        pages.append(range(start, len(heights)))
        return pages

    def _bar_height(self, width: int) -> int:
        button = self._button_width(width)
        return max(self.previous.height_for(button), self._onward_height(button))

    def _onward_height(self, width: int) -> int:
        self.onward.label = self.stage.say(message(self.more, count=max(1, len(self.items) - 1)))
        return self.onward.height_for(width)

    def _button_width(self, width: int) -> int:
        position = self._position_width()
        return (width - position - 2 * self.look.gap) // 2

    def _position_width(self) -> int:
        last = len(self.items)
        longest = self.stage.say(message("page.position", first=last, last=last, total=last))
        self.position.setText(longest)
        return self.position.natural_width() + self.look.gap

    def _place_bar(self, width: int, height: int, shown: range) -> None:
        several = len(self._pages) > 1
        button = self._button_width(width)
        bar = self._bar_height(width)
        y = height - bar
        left = len(self.items) - shown.stop
        key = "page.position" if len(shown) > 1 else "page.position_one"
        args = {"last": shown.stop} if len(shown) > 1 else {}
        where = message(key, first=shown.start + 1, total=len(self.items), **args)
        self.position.setText(self.stage.say(where) if several else "")
        if left:
            self.onward.relabel(self.stage.say(message(self.more, count=left)))
        self.previous.setVisible(several and shown.start > 0)
        self.onward.setVisible(several and left > 0)
        self.position.setVisible(several)
        self.previous.setGeometry(0, y, button, bar)
        self.onward.setGeometry(width - button, y, button, bar)
        self.position.setGeometry(button, y, width - 2 * button, bar)
