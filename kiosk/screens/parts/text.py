"""Words on a screen: labels that wrap, never cut, and know how high they are."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

from kiosk.screens.theme import HAIRLINE_MM, Look, Role, Type

CENTRED = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignCenter)
LEFT_MIDDLE = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)


def text_height(look: Look, kind: Type, text: str, width: int) -> int:
    """Pixels that `text` takes in height when wrapped to `width`."""
    return look.text_height(kind, text, width)


def text_width(look: Look, kind: Type, text: str) -> int:
    """Pixels that `text` takes on one line, with a pixel to spare for rounding."""
    return look.text_width(kind, text) + 2


def widest_word(look: Look, kind: Type, text: str) -> int:
    """Pixels of the longest piece that cannot be wrapped: Qt wraps at spaces, new lines and after hyphens."""
    return max(
        (text_width(look, kind, word) for word in text.replace("-", "- ").replace("\n", " ").split(" ")), default=0
    )


def wrapped_lines(look: Look, kind: Type, text: str, width: int) -> list[str]:
    """The lines of `text` when wrapped at spaces to `width` pixels; a word that is wider has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and look.text_width(kind, longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


class TextLabel(QLabel):
    """A wrapped text of one kind and colour role."""

    def __init__(self, text: str, kind: Type, look: Look, ink: Role = Role.INK, *, centred: bool = False) -> None:
        """`text` is plain: nothing in it is read as markup."""
        super().__init__()
        self.kind = kind
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(
            Qt.AlignmentFlag.AlignCenter if centred else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        )
        self.setProperty("ink", ink.value)
        self.setText(text)
        self.dress(look)

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.setFont(look.font(self.kind))

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        return text_height(self.look, self.kind, self.text(), width) if self.text() else 0

    def natural_width(self) -> int:
        """Pixels on one line."""
        return text_width(self.look, self.kind, self.text())


INDENT_MM = 2.0
"""Between the edge of a band and its words."""


class BandLabel(TextLabel):
    """A line that tells how things are, and becomes a band that is seen when it tells why something was refused."""

    def __init__(self, kind: Type, look: Look) -> None:
        """Empty, and no band."""
        self.stands_out = False
        super().__init__("", kind, look)

    def say(self, text: str, *, stands_out: bool) -> None:
        """Show `text`, as a band or not."""
        self.setText(text)
        if stands_out is not self.stands_out:
            self.stands_out = stands_out
            self.setProperty("ink", (Role.ON_ATTENTION if stands_out else Role.INK).value)
            self.style().unpolish(self)  # the sheet's colour follows from the property
            self.style().polish(self)
        side = self.indent_px if stands_out else 0
        self.setContentsMargins(side, 0, side, 0)
        upright = Qt.AlignmentFlag.AlignVCenter if stands_out else Qt.AlignmentFlag.AlignTop
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | upright)

    @property
    def indent_px(self) -> int:
        """Pixels that the words of a band leave on each side."""
        return self.look.px(INDENT_MM)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        return super().height_for(width - 2 * self.indent_px if self.stands_out else width)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """The band, if there is one, and the words."""
        if self.stands_out:
            painter = QPainter(self)
            line = self.look.px(HAIRLINE_MM)
            painter.fillRect(self.rect(), self.look.colour(Role.ON_ATTENTION))
            painter.fillRect(self.rect().adjusted(line, line, -line, -line), self.look.colour(Role.ATTENTION))
            painter.end()
        super().paintEvent(event)
