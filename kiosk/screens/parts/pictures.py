"""Drawings that say what to do with the hands, made of the theme's colours: no image files, sharp on every panel."""

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Content, Picture
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.options import draw_check
from kiosk.screens.stage import Stage
from kiosk.screens.theme import MOTION_MS, Look, Role

UNIT = 100.0
"""Drawings are made on a square of this side."""
LEAST_MM = 22.0
LARGEST_MM = 90.0
NUDGE_EVERY_MS = 4000


def _pen(look: Look, role: Role, width: float) -> QPen:
    pen = QPen(look.colour(role), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def _slot(painter: QPainter, look: Look) -> None:
    """The reader: a body with a dark slot."""
    painter.setPen(_pen(look, Role.INK, 2.2))
    painter.setBrush(look.colour(Role.CARD))
    painter.drawRoundedRect(QRectF(14, 8, 72, 30), 6, 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour(Role.INK))
    painter.drawRoundedRect(QRectF(24, 29, 52, 5), 2.5, 2.5)


def _card(painter: QPainter, look: Look, top: float) -> None:
    """A card with its chip at the upper edge, the part in the slot hidden."""
    painter.save()
    painter.setClipRect(QRectF(0, 32, UNIT, UNIT))
    painter.setPen(_pen(look, Role.PRIMARY, 2.2))
    painter.setBrush(look.colour(Role.CHOSEN))
    painter.drawRoundedRect(QRectF(29, top, 42, 52), 4, 4)
    painter.setBrush(look.colour(Role.ATTENTION))
    painter.setPen(_pen(look, Role.INK, 1.4))
    painter.drawRoundedRect(QRectF(43, top + 7, 14, 11), 2, 2)
    painter.drawLine(QPointF(43, top + 12.5), QPointF(57, top + 12.5))
    painter.drawLine(QPointF(50, top + 7), QPointF(50, top + 18))
    painter.restore()


def _arrow(painter: QPainter, look: Look, x: float, tail: float, head: float) -> None:
    painter.setPen(_pen(look, Role.PRIMARY, 3.4))
    painter.drawLine(QPointF(x, tail), QPointF(x, head))
    turn = 7 if head < tail else -7
    painter.drawPolyline([QPointF(x - 6, head + turn), QPointF(x, head), QPointF(x + 6, head + turn)])


def _insert_card(painter: QPainter, look: Look, motion: float) -> None:
    _slot(painter, look)
    _card(painter, look, 42 - 5 * motion)
    _arrow(painter, look, 87, 88, 58)


def _take_card(painter: QPainter, look: Look, motion: float) -> None:
    _slot(painter, look)
    _card(painter, look, 30 + 5 * motion)
    _arrow(painter, look, 87, 54, 86)


def _take_slip(painter: QPainter, look: Look, motion: float) -> None:
    _slot(painter, look)
    painter.save()
    painter.setClipRect(QRectF(0, 32, UNIT, UNIT))
    painter.setPen(_pen(look, Role.INK, 2.0))
    painter.setBrush(look.colour(Role.CARD))
    bottom = 84 + 3 * motion
    teeth = [QPointF(31 + 4.75 * i, bottom + (3 if i % 2 else 0)) for i in range(9)]
    painter.drawPolygon([QPointF(31, 30), *teeth, QPointF(69, 30)])
    painter.setPen(_pen(look, Role.QUIET, 2.0))
    for y, length in ((44, 26), (52, 26), (60, 18)):
        painter.drawLine(QPointF(37, y), QPointF(37 + length, y))
    painter.setPen(_pen(look, Role.PRIMARY, 2.6))
    painter.drawLine(QPointF(37, 70), QPointF(63, 70))
    painter.restore()
    _arrow(painter, look, 87, 54, 86)


def _row(painter: QPainter, look: Look, top: float, *, marked: bool) -> None:
    """A line of the ballot paper: its circle, with a mark or without, and what stands for a name."""
    painter.setPen(_pen(look, Role.PRIMARY if marked else Role.INK, 4.0 if marked else 2.4))
    painter.setBrush(look.colour(Role.CHOSEN if marked else Role.CARD))
    painter.drawRoundedRect(QRectF(6, top, 88, 30), 6, 6)
    if marked:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(Role.INK))
        painter.drawEllipse(QRectF(13, top + 6, 18, 18))
        draw_check(painter, QRectF(14.5, top + 7, 15, 15), _pen(look, Role.CARD, 2.6))
    else:
        painter.setPen(_pen(look, Role.INK, 2.4))
        painter.drawEllipse(QRectF(14, top + 7, 16, 16))
    painter.setPen(_pen(look, Role.INK, 3.4))
    painter.drawLine(QPointF(42, top + 15), QPointF(62, top + 15))


def _mark(painter: QPainter, look: Look, _motion: float) -> None:
    _row(painter, look, 16, marked=False)
    _row(painter, look, 54, marked=True)


def _change(painter: QPainter, look: Look, _motion: float) -> None:
    _row(painter, look, 16, marked=True)
    _row(painter, look, 54, marked=False)
    _arrow(painter, look, 82, 74, 34)


def _check_code(painter: QPainter, look: Look, _motion: float) -> None:
    """A glass over a sheet with lines: what is written is looked at."""
    painter.setPen(_pen(look, Role.INK, 2.4))
    painter.setBrush(look.colour(Role.CARD))
    painter.drawRoundedRect(QRectF(14, 8, 58, 80), 4, 4)
    painter.setPen(_pen(look, Role.QUIET, 2.6))
    for y in (22, 34, 46):
        painter.drawLine(QPointF(24, y), QPointF(62, y))
    painter.setPen(_pen(look, Role.PRIMARY, 4.4))
    painter.drawEllipse(QRectF(40, 42, 36, 36))
    painter.drawLine(QPointF(71, 73), QPointF(90, 92))
    draw_check(painter, QRectF(46, 48, 24, 24), _pen(look, Role.INK, 4))


def _wait(painter: QPainter, look: Look, _motion: float) -> None:
    painter.setPen(_pen(look, Role.PRIMARY, 4))
    painter.setBrush(look.colour(Role.CARD))
    painter.drawEllipse(QRectF(16, 16, 68, 68))
    painter.drawLine(QPointF(50, 50), QPointF(50, 30))
    painter.drawLine(QPointF(50, 50), QPointF(64, 58))


def _done(painter: QPainter, look: Look, _motion: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour(Role.DONE))
    painter.drawEllipse(QRectF(12, 12, 76, 76))
    draw_check(painter, QRectF(18, 16, 64, 64), _pen(look, Role.GROUND, 8))


def _attention(painter: QPainter, look: Look, _motion: float) -> None:
    painter.setPen(_pen(look, Role.ON_ATTENTION if look.theme.value != "inverted" else Role.ATTENTION, 4))
    painter.setBrush(look.colour(Role.ATTENTION))
    painter.drawPolygon([QPointF(50, 14), QPointF(90, 84), QPointF(10, 84)])
    painter.setPen(_pen(look, Role.ON_ATTENTION, 7))
    painter.drawLine(QPointF(50, 38), QPointF(50, 58))
    painter.drawPoint(QPointF(50, 71))


def _stop(painter: QPainter, look: Look, _motion: float) -> None:
    painter.setPen(_pen(look, Role.STOP, 6))
    painter.setBrush(look.colour(Role.CARD))
    corners = [(35, 14), (65, 14), (86, 35), (86, 65), (65, 86), (35, 86), (14, 65), (14, 35)]
    painter.drawPolygon([QPointF(x, y) for x, y in corners])
    painter.drawLine(QPointF(34, 50), QPointF(66, 50))


def _switch_on(painter: QPainter, look: Look, _motion: float) -> None:
    painter.setPen(_pen(look, Role.PRIMARY, 6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(20, 20, 60, 60), 125 * 16, 290 * 16)
    painter.drawLine(QPointF(50, 14), QPointF(50, 46))


DRAWINGS: dict[str, Callable[[QPainter, Look, float], None]] = {
    "insert_card": _insert_card,
    "take_card": _take_card,
    "take_slip": _take_slip,
    "mark": _mark,
    "change": _change,
    "check_code": _check_code,
    "wait": _wait,
    "done": _done,
    "attention": _attention,
    "stop": _stop,
    "switch_on": _switch_on,
}
MOVING = frozenset({"insert_card", "take_card", "take_slip"})


class Drawing(QWidget):
    """One drawing. Those about cards and paper give a small nudge, of `MOTION_MS`, now and then."""

    def __init__(self, stage: Stage, picture: Picture) -> None:
        """Raises KeyError for a picture that nobody drew."""
        super().__init__()
        self.look = stage.look
        self._draw = DRAWINGS[picture.name]
        self._motion = 0.0
        self.setAccessibleName(stage.say(picture.caption))
        if picture.name in MOVING:
            self._make_motion()

    def _make_motion(self) -> None:
        move = QVariantAnimation(self)
        move.setStartValue(0.0)
        move.setKeyValueAt(0.5, 1.0)
        move.setEndValue(0.0)
        move.setDuration(MOTION_MS)
        move.setEasingCurve(QEasingCurve.Type.InOutSine)
        move.valueChanged.connect(self._moved)
        again = QTimer(self)
        again.setInterval(NUDGE_EVERY_MS)
        again.timeout.connect(move.start)
        again.start()

    def _moved(self, value: float) -> None:
        self._motion = float(value)
        self.update()

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def height_for(self, width: int) -> int:
        """A square of the smallest size that can still be read, or of the width."""
        return min(width, self.look.px(LEAST_MM))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """The drawing, as large as fits, in the middle."""
        side = min(self.width(), self.height())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate((self.width() - side) / 2, (self.height() - side) / 2)
        painter.scale(side / UNIT, side / UNIT)
        self._draw(painter, self.look, self._motion)
        painter.end()


class PictureBlock(Block):
    """One drawing in the middle, as large as there is room, up to a hand's breadth."""

    def __init__(self, stage: Stage, picture: Picture) -> None:
        """The caption is what a screen reader says; it is not drawn."""
        super().__init__(stage)
        self._picture = picture
        self.drawing = Drawing(stage, picture)
        self.drawing.setParent(self)

    def least_height(self, width: int) -> int:
        """The smallest drawing; none where the text would have to give way for it."""
        return self.drawing.height_for(width) if self.look.density < 2 else 0

    def place(self) -> None:
        """In the middle."""
        side = min(self.width(), self.height(), self.look.px(LARGEST_MM))
        self.drawing.setVisible(side >= self.look.px(LEAST_MM) // 2)
        self.drawing.setGeometry((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def refresh(self, content: Content) -> bool:
        """The same picture stays."""
        return content == self._picture
