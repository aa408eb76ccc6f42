"""Bands over the whole width of a screen: votes are not counted here; a member of the commission is called."""

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import Words
from kiosk.screens.parts.text import CENTRED, text_height, text_width, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import FRAME_MM, RIBBON_MM, Look, Role, Type

LEAST_MM = (16.0, 11.0, 9.0, 8.0)
"""Height of the call's band, by density."""


class Ribbon(QWidget):
    """Says on every screen that votes are not counted: words on a plate between diagonal stripes."""

    kind = Type.SMALL
    least_mm = RIBBON_MM

    def __init__(self, stage: Stage, words: Words) -> None:
        """`words` say what this is."""
        super().__init__()
        self.look = stage.look
        self.words = stage.say(words)
        self.setAccessibleName(self.words)

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        text = text_height(self.look, self.kind, self.words, width - 2 * self.look.px(8))
        return max(self.look.px(self.least_mm), text + self.look.px(1.5))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Stripes, plate, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.look.colour(Role.ATTENTION))
        height = self.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour(Role.ON_ATTENTION))
        band = self.look.px(4)
        for x in range(-height, self.width(), 2 * band):
            painter.drawPolygon(
                QPolygonF(
                    [
                        QPointF(x, height),
                        QPointF(x + height, 0),
                        QPointF(x + height + band, 0),
                        QPointF(x + band, height),
                    ]
                )
            )
        inner = self.width() - 2 * self.look.px(8)
        plate = min(inner, text_width(self.look, self.kind, self.words)) + self.look.px(8)
        box = QRect((self.width() - plate) // 2, 0, plate, height)
        painter.fillRect(box, self.look.colour(Role.ATTENTION))
        painter.setPen(self.look.colour(Role.ON_ATTENTION))
        painter.setFont(self.look.font(self.kind))
        painter.drawText(box.adjusted(self.look.px(2), 0, -self.look.px(2), 0), CENTRED, self.words)
        painter.end()


class CallSign(QWidget):
    """A member of the commission is called: a band that is seen across the room, a hand raised at both ends.

    Its words are as large as the heading where there is room, and give way before anything of the screen does.
    """

    def __init__(self, stage: Stage, words: Words) -> None:
        """`words` say who is called and why."""
        super().__init__()
        self.look = stage.look
        self.words = stage.say(words)
        self.setObjectName("call_sign")
        self.setAccessibleName(self.words)

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    @property
    def _hand(self) -> int:
        """Side of the raised hand."""
        return self.look.px((11.0, 9.0, 7.0, 6.0)[min(self.look.density, 3)])

    def _text_width(self, width: int) -> int:
        return width - 2 * (self._hand + 2 * self.look.px(3))

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        text = text_height(self.look, self._kind(width), self.words, self._text_width(width))
        return max(self.look.px(LEAST_MM[min(self.look.density, 3)]), text + self.look.px(1.5))

    def _kind(self, width: int) -> Type:
        """The largest in which the words stand on one line."""
        kinds = (Type.HEADING, Type.STRONG, Type.BAR) if self.look.density == 0 else (Type.BAR,)
        room = self._text_width(width)
        return next((kind for kind in kinds if text_width(self.look, kind, self.words) <= room), Type.SMALL)

    def cuts_a_word(self, width: int) -> bool:
        """True if a word is wider than its room."""
        return widest_word(self.look, self._kind(width), self.words) > self._text_width(width)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Ground, frame, hands, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.look.colour(Role.ATTENTION))
        line = self.look.px(FRAME_MM)
        for y in (0, self.height() - line):
            painter.fillRect(0, y, self.width(), line, self.look.colour(Role.ON_ATTENTION))
        side, gap = self._hand, self.look.px(3)
        for x in (gap, self.width() - gap - side):
            self._raise_hand(painter, x, (self.height() - side) // 2, side)
        room = self._text_width(self.width())
        kind = self._kind(self.width())
        text = min(room, text_width(self.look, kind, self.words))
        painter.setPen(self.look.colour(Role.ON_ATTENTION))
        painter.setFont(self.look.font(kind))
        painter.drawText(QRect((self.width() - text) // 2, 0, text, self.height()), CENTRED, self.words)
        painter.end()

    def _raise_hand(self, painter: QPainter, x: int, y: int, side: int) -> None:
        """A person with a raised hand, on a square of 100."""
        painter.save()
        painter.translate(x, y)
        painter.scale(side / 100, side / 100)
        pen = QPen(self.look.colour(Role.ON_ATTENTION), 12)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(self.look.colour(Role.ON_ATTENTION))
        painter.drawEllipse(QPointF(42, 30), 15, 15)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline([QPointF(12, 94), QPointF(20, 64), QPointF(58, 64), QPointF(80, 44), QPointF(80, 10)])
        painter.restore()
