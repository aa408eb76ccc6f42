"""Long lists on pages: no scrolling by drag, page buttons, and where one is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import message
from kiosk.flows.contract import PageTurned
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import ActionButton
from kiosk.screens.parts.text import TextLabel
from kiosk.screens.stage import Stage
from kiosk.screens.theme import Look, Role, Type

KEPT = (3, 3, 2, 1, 1, 1, 1, 1, 1)
"""Items that a page holds at least, by density: text gives way only when one does not fit."""

ROW_STRETCH_MM = 2.4


class Item(Protocol):
    """A line of a list."""

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""


@runtime_checkable
class Divisible(Protocol):
    """A line of a list that may be too long for a page of its own and then goes on over several."""

    def pieces(self, width: int, room: int) -> tuple[int, ...]:
        """Heights in pixels of the pieces, each no higher than `room` if at all possible."""

    def least_piece(self, width: int) -> int:
        """Pixels in height below which a page would hold too little of it."""

    def show_piece(self, piece: int | None) -> None:
        """Show one of the pieces last asked for, or with None the whole."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands on a page: an item, whole (`piece` is None) or a piece of it, and whether that is the last."""

    item: int
    piece: int | None
    height: int
    last: bool = True


class PagedList(Block):
    """Items under each other, as many a page as fit; at least one, and what is longer than a page goes on.

    `more` is the key of the plural message on the button that goes on («Ещё 7 в списке ↓»). The first visible
    item stays visible when the size of the text changes. Turning a page happens here at once; the flow is told.
    """

    def __init__(
        self,
        stage: Stage,
        items: Sequence[QWidget],
        more: str = "page.next",
        kept: Sequence[int] = KEPT,
        extra: int = 0,
    ) -> None:
        """`items` are widgets with `height_for`; `kept` says how many a page holds at least, by density.

        The last `extra` items are on the pages, but not counted in words: "leave without a mark" is no candidate.
        """
        super().__init__(stage)
        self.items = list(items)
        self.more = more
        self.kept = kept
        self.counted = len(self.items) - extra
        self.first = 0
        self.shown: Callable[[tuple[int, ...]], None] | None = None
        """Told which items are on screen, every time they are laid out where they can be seen."""
        self._piece: int | None = None
        self._lines: list[_Line] = []
        self._measured: dict[tuple[Look, int], list[int]] = {}
        self._least_heights: dict[tuple[Look, int], int] = {}
        self._bars: dict[tuple[Look, int], int] = {}
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
        lines = self._lines
        wanted = (self.first, self._piece)
        exact = [i for i, page in enumerate(self._pages) for n in page if (lines[n].item, lines[n].piece) == wanted]
        begun = [i for i, page in enumerate(self._pages) for n in page if lines[n].item == self.first]
        return (exact or begun or [0])[0]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def open_at(self, page: int) -> None:
        """Start on a page that the flow remembers."""
        if 0 <= page < len(self._pages):
            self._go_to(page)
            self.place()

    def _go_to(self, page: int) -> None:
        line = self._lines[self._pages[page].start]
        self.first, self._piece = line.item, line.piece

    def turn(self, page: int) -> None:
        """Show another page and tell the flow; focus stays on the button, or goes to the other one at an end."""
        self._go_to(page)
        focused = self.focusWidget()
        self.place()
        if focused is not None and not focused.isVisibleTo(self):
            (self.onward if self.onward.isVisibleTo(self) else self.previous).setFocus()
        self.stage.send(PageTurned(page))

    def least_height(self, width: int) -> int:
        """All items if there are few; else as many of the highest as a page must hold, with the page bar."""
        if (self.look, width) not in self._least_heights:
            self._least_heights[self.look, width] = self._measured_least(width)
        return self._least_heights[self.look, width]

    def measure_anew(self) -> None:
        """Items say something else now: what was measured of them is not true any more."""
        self._measured.clear()
        self._least_heights.clear()
        self._bars.clear()

    def _measured_least(self, width: int) -> int:
        heights = self._heights(width)
        whole = self._stacked(heights)
        kept = self.kept[self.look.density]
        if kept == 1:
            heights = [self._least(item, high, width) for item, high in zip(self.items, heights, strict=True)]
        shown = sorted(heights)[-kept:]
        return min(whole, self._stacked(shown) + self.look.gap + self._bar_height(width))

    def is_long(self, width: int) -> bool:
        """True if it asks for less room than all items would take."""
        return self.least_height(width) < self._stacked(self._heights(width))

    def place(self) -> None:
        """Split into pages and show the one that has the first visible item."""
        width, height = self.width(), self.height()
        heights = self._heights(width)
        self._lines, self._pages = self._split(heights, height, width)
        shown = [self._lines[index] for index in self._pages[self.page]]
        used = self._stacked([line.height for line in shown])
        room = height - (self._bar_height(width) + self.look.gap if len(self._pages) > 1 else 0)
        # What is left over goes to the rows, up to a little, so that a dense page breathes.
        extra = min(max(0, room - used) // max(1, len(shown)), self.look.px(ROW_STRETCH_MM))
        y = 0
        by_item = {line.item: line for line in shown}
        for index, item in enumerate(self.items):
            line = by_item.get(index)
            item.setVisible(line is not None)
            if line is not None:
                if isinstance(item, Divisible):
                    item.show_piece(line.piece)
                item.setGeometry(0, y, width, line.height + extra)
                y += line.height + extra + self._spacing
        self._place_bar(width, height, shown)
        if self.shown is not None and self.isVisible():
            self.shown(tuple(sorted(by_item)))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Qt shows children that were hidden before their parent; put them right."""
        super().showEvent(event)
        self.place()

    @property
    def _spacing(self) -> int:
        return self.look.px(1.0 if self.look.density == 0 else 0.2)

    def _heights(self, width: int) -> list[int]:
        """Measured once for a look and a width, until `measure_anew`: there may be sixty of them."""
        if (self.look, width) not in self._measured:
            self._measured[self.look, width] = self._measured_heights(width)
        return self._measured[self.look, width]

    def _measured_heights(self, width: int) -> list[int]:
        return [item.height_for(width) for item in self.items]  # type: ignore[attr-defined]  # Item, by __init__

    def _stacked(self, heights: Sequence[int]) -> int:
        return sum(heights) + self._spacing * max(0, len(heights) - 1)

    def _least(self, item: QWidget, height: int, width: int) -> int:
        return min(height, item.least_piece(width)) if isinstance(item, Divisible) else height

    def _split(self, heights: Sequence[int], height: int, width: int) -> tuple[list[_Line], list[range]]:
        if self._stacked(heights) <= height:
            return [_Line(index, None, high) for index, high in enumerate(heights)], [range(len(heights))]
        room = height - self._bar_height(width) - self.look.gap
        lines = [line for index, high in enumerate(heights) for line in self._lines_of(index, high, width, room)]
        pages: list[range] = []
        start, used = 0, 0
        for index, line in enumerate(lines):
            # Two pieces of one item never share a page: they are one widget.
            if index > start and (used + line.height > room or line.item == lines[index - 1].item):
                pages.append(range(start, index))
                start, used = index, 0
            used += line.height + self._spacing
        pages.append(range(start, len(lines)))
        return lines, pages

    def _lines_of(self, index: int, height: int, width: int, room: int) -> list[_Line]:
        item = self.items[index]
        if height <= room or not isinstance(item, Divisible):
            return [_Line(index, None, height)]
        pieces = item.pieces(width, room)
        return [_Line(index, number, high, number + 1 == len(pieces)) for number, high in enumerate(pieces)]

    def _bar_height(self, width: int) -> int:
        """Pixels in height of the buttons and what stands above them; measured once for a look and a width."""
        if (self.look, width) not in self._bars:
            self._bars[self.look, width] = self._measured_bar(width)
        return self._bars[self.look, width]

    def _measured_bar(self, width: int) -> int:
        button = self._button_width(width)
        return max(self.previous.height_for(button), self._onward_height(button)) + self._position_above(width)

    def _position_above(self, width: int) -> int:
        """Height of a line for the position alone, where it would leave the buttons too narrow for their words."""
        if not self._narrow(width):
            return 0
        self._position_width()
        return self.position.height_for(width)

    def _narrow(self, width: int) -> bool:
        beside = (width - self._position_width() - 2 * self.look.gap) // 2
        self._onward_height(width)
        return max(self.previous.narrowest(), self.onward.narrowest()) > beside

    def _onward_height(self, width: int) -> int:
        longest = 0
        for words in (message("page.continued"), message(self.more, count=max(1, self.counted - 1))):
            self.onward.label = self.stage.say(words)
            longest = max(longest, self.onward.height_for(width))
        return longest

    def _button_width(self, width: int) -> int:
        if self._narrow(width):
            return (width - self.look.gap) // 2
        return (width - self._position_width() - 2 * self.look.gap) // 2

    def _position_width(self) -> int:
        last = self.counted
        longest = self.stage.say(message("page.position", first=last, last=last, total=last))
        self.position.setText(longest)
        return self.position.natural_width() + self.look.gap

    def _place_bar(self, width: int, height: int, shown: Sequence[_Line]) -> None:
        several = len(self._pages) > 1
        button, bar, above = self._button_width(width), self._bar_height(width), self._position_above(width)
        y = height - bar
        self.previous.setGeometry(0, y + above, button, bar - above)
        self.onward.setGeometry(width - button, y + above, button, bar - above)
        if above:
            self.position.setGeometry(0, y, width, above)
        else:
            self.position.setGeometry(button, y, width - 2 * button, bar)
        first, last = shown[0], shown[-1]
        more = not last.last or last.item + 1 < len(self.items)
        self.previous.setVisible(several and (first.item > 0 or bool(first.piece)))
        self.onward.setVisible(several and more)
        self.position.setVisible(several)
        # Words last: measuring has put others in.
        self.position.setText(self._where(first, last) if several else "")
        if more:
            self.onward.relabel(self._onward_words(last))

    def _where(self, first: _Line, last: _Line) -> str:
        """«4–6 из 12»; nothing where only what is not counted is on show."""
        reached = min(last.item + 1, self.counted)
        if first.item >= self.counted:
            return ""
        if reached == first.item + 1:
            return self.stage.say(message("page.position_one", first=reached, total=self.counted))
        return self.stage.say(message("page.position", first=first.item + 1, last=reached, total=self.counted))

    def _onward_words(self, last: _Line) -> str:
        """What the button that goes on says after this line."""
        if not last.last:
            return self.stage.say(message("page.continued"))
        left = self.counted - last.item - 1
        if left > 0:
            return self.stage.say(message(self.more, count=left))
        return self.stage.say(message("page.next", count=len(self.items) - last.item - 1))
