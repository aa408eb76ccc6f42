"""A statement: what matters in large letters, then the rest; what is too long for a page goes on over several."""

from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Content, Statement
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.text import TextLabel, wrapped_lines
from kiosk.screens.stage import Stage
from kiosk.screens.theme import Look, Role, Type

LEAST_LINES = 3
"""Fewer lines than this on a page would tear a sentence apart more than it need be."""


class Paragraph(QWidget):
    """A text that may be divided between lines."""

    def __init__(self, stage: Stage, text: str, kind: Type, ink: Role) -> None:
        """`text` is in the language of the screen."""
        super().__init__()
        self.look = stage.look
        self.text = text
        self.label = TextLabel(text, kind, self.look, ink)
        self.label.setParent(self)
        self._pieces: tuple[str, ...] = (text,)

    def dress(self, look: Look) -> None:
        """Take over another look; the label is dressed by the frame."""
        self.look = look

    @property
    def _inset(self) -> int:
        return self.look.ring

    @property
    def _below(self) -> int:
        return self.look.px((3.0, 2.0, 1.0)[min(self.look.density, 2)])

    def _height_of(self, text: str, width: int) -> int:
        shown = self.label.text()
        self.label.setText(text)
        height = self.label.height_for(width - 2 * self._inset)
        self.label.setText(shown)
        return height + self._below

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        return self._height_of(self.text, width)

    def pieces(self, width: int, room: int) -> tuple[int, ...]:
        """Heights of as many lines each as fit."""
        made: list[list[str]] = [[]]
        for line in wrapped_lines(self.look, self.label.kind, self.text, width - 2 * self._inset):
            if made[-1] and self._height_of(" ".join([*made[-1], line]), width) > room:
                made.append([])
            made[-1].append(line)
        self._pieces = tuple(" ".join(lines) for lines in made)
        return tuple(self._height_of(piece, width) for piece in self._pieces)

    def least_piece(self, width: int) -> int:
        """A few lines."""
        lines = wrapped_lines(self.look, self.label.kind, self.text, width - 2 * self._inset)
        return self._height_of(" ".join(lines[:LEAST_LINES]), width)

    def show_piece(self, piece: int | None) -> None:
        """Show a piece of those last asked for, or the whole."""
        whole = piece is None or piece >= len(self._pieces)
        self.label.setText(self.text if whole or piece is None else self._pieces[piece])

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """The label fills the width."""
        self.place()

    def place(self) -> None:
        """Lay out."""
        width = self.width() - 2 * self._inset
        self.label.setGeometry(self._inset, 0, width, self.label.height_for(width))


class StatementBlock(Block):
    """The paragraphs on pages."""

    def __init__(self, stage: Stage, content: Statement) -> None:
        """What matters first."""
        super().__init__(stage)
        self._content = content
        items = [Paragraph(stage, stage.say(content.main), Type.STRONG, Role.INK)]
        items += [Paragraph(stage, stage.say(words), Type.BODY, Role.INK) for words in content.more]
        self.list = PagedList(stage, items)
        self.list.setParent(self)

    def least_height(self, width: int) -> int:
        """The list's."""
        return self.list.least_height(width)

    def place(self) -> None:
        """The list fills the block."""
        self.list.setGeometry(self.rect())

    def refresh(self, content: Content) -> bool:
        """The same statement stays."""
        return content == self._content
