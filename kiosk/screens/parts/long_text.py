"""A text to be read from beginning to end: on pages, never scrolled, no line of it lost or shown twice."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from kiosk.domain.words import message
from kiosk.flows.views import Content, LongText
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.text import TextLabel, text_height, widest_word, wrapped_lines
from kiosk.screens.stage import Stage
from kiosk.screens.theme import DENSITIES, Look, Role, Type

LEAST_LINES = 3
"""On a page, below which the rest of the screen gives way."""
MOST_PAGES = 99
"""For which the line that says where one is has room."""


class Column(QWidget):
    """The text in lines, whole or a piece of them."""

    def __init__(self, stage: Stage, paragraphs: Sequence[str]) -> None:
        """`paragraphs` stand under each other with an empty line between."""
        super().__init__()
        self.look = stage.look
        self.paragraphs = [paragraph for paragraph in paragraphs if paragraph.strip()]
        self.words = TextLabel(self._whole, Type.TEXT, self.look, Role.INK)
        self.words.setObjectName("long_text")
        self.words.setParent(self)
        self._pieces: list[str] = []

    @property
    def _whole(self) -> str:
        return "\n\n".join(self.paragraphs)

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look

    def height_for(self, width: int) -> int:
        """Pixels in height at `width` of the whole."""
        return self._height(self._whole, width)

    def _height(self, text: str, width: int) -> int:
        return text_height(self.look, Type.TEXT, text, width - 2 * self.look.ring)

    def pieces(self, width: int, room: int) -> tuple[int, ...]:
        """Heights of pieces, each of as many lines as fit in `room`; no piece begins or ends with an empty line."""
        lines: list[str] = []
        for paragraph in self.paragraphs:
            lines += [*([""] if lines else []), *self._wrapped(paragraph, width)]
        self._pieces = []
        while lines:
            fitting = len(lines)
            while fitting > 1 and self._height("\n".join(lines[:fitting]), width) > room:
                fitting -= 1
            self._pieces.append("\n".join(lines[:fitting]).strip("\n"))
            lines = lines[fitting:]
            while lines and not lines[0]:
                lines = lines[1:]
        return tuple(self._height(piece, width) for piece in self._pieces)

    def _wrapped(self, paragraph: str, width: int) -> list[str]:
        return wrapped_lines(self.look, Type.TEXT, paragraph, width - 2 * self.look.ring)

    def least_piece(self, width: int) -> int:
        """A few lines."""
        first = self._wrapped(self.paragraphs[0], width) if self.paragraphs else [""]
        return self._height("\n".join([*first, *("Ш",) * LEAST_LINES][:LEAST_LINES]), width)

    def cuts_a_word(self, width: int) -> bool:
        """True if a word is wider than the column."""
        inner = width - 2 * self.look.ring
        return any(widest_word(self.look, Type.TEXT, paragraph) > inner for paragraph in self.paragraphs)

    def show_piece(self, piece: int | None) -> None:
        """Show a piece of those last asked for, or the whole."""
        whole = piece is None or piece >= len(self._pieces)
        self.words.setText(self._whole if whole or piece is None else self._pieces[piece])

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """The words fill the column, from the top."""
        self.place()

    def place(self) -> None:
        """Lay out."""
        ring = self.look.ring
        self.words.setGeometry(ring, 0, self.width() - 2 * ring, self.height())


class Leaves(PagedList):
    """The pages of one text: it is pages that are counted, not items."""

    def _position_width(self) -> int:
        self.position.setText(self.stage.say(message("page.number", page=MOST_PAGES, pages=MOST_PAGES)))
        return self.position.natural_width() + self.look.gap

    def _where(self, *_lines: object) -> str:
        return self.stage.say(message("page.number", page=self.page + 1, pages=self.pages))

    def _onward_words(self, *_line: object) -> str:
        return self.stage.say(message("page.continued"))

    def _onward_height(self, width: int) -> int:
        self.onward.label = self._onward_words()
        return self.onward.height_for(width)


class LongTextBlock(Block):
    """The text on pages."""

    def __init__(self, stage: Stage, content: LongText) -> None:
        """Facts first, then what else there is to read."""
        super().__init__(stage)
        self._content = content
        words = [content.text] if content.facts is None else [content.facts, content.text]
        paragraphs = [paragraph for each in words for paragraph in stage.say(each).split("\n")]
        self.column = Column(stage, paragraphs)
        self.list = Leaves(stage, [self.column], kept=(1,) * DENSITIES)
        self.list.setParent(self)

    def least_height(self, width: int) -> int:
        """The list's; a word that would be cut asks for a denser look by asking for too much."""
        return 1 << 20 if self.column.cuts_a_word(width) else self.list.least_height(width)

    def place(self) -> None:
        """The list fills the block."""
        self.list.setGeometry(self.rect())

    def refresh(self, content: Content) -> bool:
        """The same text stays, whatever page the flow remembers."""
        return isinstance(content, LongText) and (content.facts, content.text) == (
            self._content.facts,
            self._content.text,
        )
