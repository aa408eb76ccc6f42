"""The review: a card for each contest, with a way back to it, and a button for a paper that is not wanted."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Content, Review, ReviewItem
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import ActionButton, action_button
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.rows import MARK_MM, draw_mark
from kiosk.screens.parts.text import TextLabel, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import HAIRLINE_MM, RADIUS_MM, Look, Role, Type

ROOMY = 0.5
"""Share of a line that its words keep; where two buttons leave less, one stands under the other."""


class ReviewLine(QWidget):
    """One contest in the review: title, what was chosen, and a button to change it.

    A paper's first line has a second button, not to take the paper. Other lines keep its place free where the two stand
    side by side, so that all buttons to change stand under each other.
    """

    def __init__(self, stage: Stage, item: ReviewItem) -> None:
        """Choices stand under each other, heavier than the title."""
        super().__init__()
        self.look = stage.look
        self.mark = item.mark
        title = stage.say(item.title)
        chosen = [stage.say(words) for words in item.chosen]
        self.title = TextLabel(title, Type.DETAIL, self.look, Role.QUIET)
        notes = [stage.say(words) for words in item.notes]
        self.chosen = [TextLabel(text, Type.STRONG, self.look) for text in chosen]
        self.chosen += [TextLabel(text, Type.DETAIL, self.look) for text in notes]
        self.button = action_button(stage, item.action)
        described = ". ".join((", ".join(chosen), *(note.rstrip(".") for note in notes)))
        self.button.rename(f"{self.button.label}: {title}", described)
        self.other = None if item.beside is None else action_button(stage, item.beside)
        if self.other is not None and item.beside is not None:
            paper = item.beside.description
            name = title if paper is None else stage.say(paper)
            self.other.rename(f"{self.other.label}: {name}", described)
        self.keeps_free: ActionButton | None = self.other
        """The button whose place is kept, its own or another line's."""
        self.alike: tuple[ActionButton, ...] = (self.button,)
        """Buttons of one width with the first, in any line."""
        self._pieces: list[range] = []
        self._shown = range(len(self.chosen))
        for part in (self.title, *self.chosen, self.button, *self._others):
            part.setParent(self)

    @property
    def _others(self) -> tuple[ActionButton, ...]:
        return () if self.other is None else (self.other,)

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look
        self.update()

    @property
    def _left(self) -> int:
        return self.look.ring + self.look.px(3) + self.look.px(MARK_MM) + self.look.px(3)

    @property
    def _right(self) -> int:
        return self.look.ring + self.look.px(2)

    def _beside(self, width: int) -> int | None:
        """Pixels for the second button where it stands beside the first; None where it stands under it."""
        if self.keeps_free is None:
            return 0
        both = self.button.natural_width() + self.keeps_free.natural_width() + self.look.gap
        if width - self._left - self._right - both < ROOMY * width:
            return None
        return self.keeps_free.natural_width() + self.look.gap

    def _columns(self, width: int) -> tuple[int, int]:
        """Width of the text, and of the buttons' column, without the place that a second button has beside it."""
        beside = self._beside(width)
        buttons = (*self.alike, self.keeps_free) if beside is None and self.keeps_free else self.alike
        natural = max(button.natural_width() for button in buttons)
        button = min(natural, max(*(button.narrowest() for button in buttons), width // 3))
        return max(1, width - self._left - button - (beside or 0) - self._right - self.look.px(3)), button

    def _tall(self, width: int) -> int:
        """Pixels in height of the buttons."""
        column = self._columns(width)[1]
        beside = self._beside(width)
        if beside is None:
            heights = [button.height_for(column) for button in (self.button, *self._others)]
            return sum(heights) + self.look.gap * (len(heights) - 1)
        others = [button.height_for(beside - self.look.gap) for button in self._others]
        return max(self.button.height_for(column), *others, 0)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        return self._height(width, range(len(self.chosen)))

    def _height(self, width: int, shown: range) -> int:
        text = self._columns(width)[0]
        words = sum(label.height_for(text) for label in (self.title, *(self.chosen[i] for i in shown)))
        return max(words, self._tall(width)) + 2 * self._rim

    def cuts_a_word(self, width: int) -> bool:
        """True if a word of what was chosen is wider than its column."""
        text = self._columns(width)[0]
        return any(widest_word(self.look, label.kind, label.text()) > text for label in self.chosen)

    def pieces(self, width: int, room: int) -> tuple[int, ...]:
        """Heights of pieces: as many of the chosen as fit, each time under the title and beside the button."""
        made: list[range] = []
        start = 0
        for end in range(1, len(self.chosen) + 1):
            if end - start > 1 and self._height(width, range(start, end)) > room:
                made.append(range(start, end - 1))
                start = end - 1
        self._pieces = [*made, range(start, len(self.chosen))]
        return tuple(self._height(width, piece) for piece in self._pieces)

    def least_piece(self, width: int) -> int:
        """The title and the longest of the chosen."""
        return max(self._height(width, range(i, i + 1)) for i in range(len(self.chosen)))

    def show_piece(self, piece: int | None) -> None:
        """Show a piece of those last asked for, or the whole."""
        whole = piece is None or piece >= len(self._pieces)
        self._shown = range(len(self.chosen)) if whole or piece is None else self._pieces[piece]
        self.place()

    @property
    def _rim(self) -> int:
        return self.look.ring + self.look.px((1.6, 1.0, 0.5)[min(self.look.density, 2)])

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """Text left, button right, both in the middle of the height."""
        self.place()

    def place(self) -> None:
        """Lay out."""
        text = self._columns(self.width())[0]
        labels = (self.title, *(self.chosen[i] for i in self._shown))
        for index, label in enumerate(self.chosen):
            label.setVisible(index in self._shown)
        y = (self.height() - sum(label.height_for(text) for label in labels)) // 2
        for label in labels:
            height = label.height_for(text)
            label.setGeometry(self._left, y, text, height)
            y += height
        self._place_buttons(self.width())

    def _place_buttons(self, width: int) -> None:
        button, beside, tall = self._columns(width)[1], self._beside(width), self._tall(width)
        left, top = width - self._right - button - (beside or 0), (self.height() - tall) // 2
        if beside is None:
            for each in (self.button, *self._others):
                height = each.height_for(button)
                each.setGeometry(left, top, button, height)
                top += height + self.look.gap
            return
        self.button.setGeometry(left, top, button, tall)
        for each in self._others:
            each.setGeometry(left + button + self.look.gap, top, beside - self.look.gap, tall)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """A card with its mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = max(1, self.look.px(HAIRLINE_MM))
        painter.setPen(QPen(self.look.colour(Role.LINE), line))
        painter.setBrush(self.look.colour(Role.CARD))
        radius = self.look.px(RADIUS_MM)
        inset = self.look.ring + line / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)
        side = self.look.px(MARK_MM)
        draw_mark(
            painter,
            self.look,
            self.mark,
            QRectF(self.look.ring + self.look.px(3), (self.height() - side) / 2, side, side),
        )
        painter.end()


class ReviewBlock(Block):
    """Every contest of every paper, on pages."""

    def __init__(self, stage: Stage, content: Review) -> None:
        """Lines in the order of the papers."""
        super().__init__(stage)
        self._content = content
        self.lines = [ReviewLine(stage, item) for item in content.items]
        for index, line in enumerate(self.lines):
            line.button.setObjectName(f"change_{index}")
        others = [line.other for line in self.lines if line.other is not None]
        for index, other in enumerate(others):
            other.setObjectName(f"beside_{index}")
        for line in self.lines:
            line.keeps_free = line.other or (others[0] if others else None)
            line.alike = tuple({each.button.label: each.button for each in self.lines}.values())
        self.list = PagedList(stage, self.lines)
        self.list.setParent(self)

    def least_height(self, width: int) -> int:
        """The list's; a word that would be cut asks for a denser look by asking for too much."""
        return 1 << 20 if any(line.cuts_a_word(width) for line in self.lines) else self.list.least_height(width)

    def place(self) -> None:
        """The list fills the block."""
        self.list.setGeometry(self.rect())

    def refresh(self, content: Content) -> bool:
        """The same items stay, whatever page the flow remembers."""
        return isinstance(content, Review) and content.items == self._content.items
