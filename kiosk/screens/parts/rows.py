"""Rows: papers of a voter, steps of a procedure, health of devices."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import message
from kiosk.flows.views import Content, Mark, Row, Rows
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import action_button, bind
from kiosk.screens.parts.options import draw_check
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import text_height, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import FRAME_MM, HAIRLINE_MM, TARGET_MM, WRAPPED, Look, Role, Type

MARK_MM = 6.5


def draw_mark(painter: QPainter, look: Look, mark: Mark, box: QRectF) -> None:
    """A mark by its form as much as by its colour: ring, check, ring with a dash, triangle, bar in an octagon."""
    line = look.px(HAIRLINE_MM * 1.7)
    thick = QPen(look.colour(Role.GROUND), look.px(FRAME_MM))
    match mark:
        case Mark.FACT:
            return
        case Mark.NONE:
            painter.setPen(QPen(look.colour(Role.LINE), line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box)
        case Mark.DONE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour(Role.DONE))
            painter.drawEllipse(box)
            draw_check(painter, box, thick)
        case Mark.DECLINED:
            painter.setPen(QPen(look.colour(Role.QUIET), line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box)
            y = box.center().y()
            painter.drawLine(QPointF(box.left() + box.width() * 0.25, y), QPointF(box.right() - box.width() * 0.25, y))
        case Mark.ATTENTION:
            painter.setPen(QPen(look.colour(Role.ON_ATTENTION), line))
            painter.setBrush(look.colour(Role.ATTENTION))
            middle = box.center().x()
            painter.drawPolygon([QPointF(middle, box.top()), box.bottomRight(), box.bottomLeft()])
            painter.setPen(QPen(look.colour(Role.ON_ATTENTION), look.px(FRAME_MM * 0.8)))
            painter.drawLine(
                QPointF(middle, box.top() + box.height() * 0.38), QPointF(middle, box.top() + box.height() * 0.65)
            )
            painter.drawPoint(QPointF(middle, box.top() + box.height() * 0.84))
        case Mark.TROUBLE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour(Role.STOP))
            painter.drawRoundedRect(box, box.width() / 3, box.width() / 3)
            painter.setPen(thick)
            y = box.center().y()
            painter.drawLine(QPointF(box.left() + box.width() * 0.25, y), QPointF(box.right() - box.width() * 0.25, y))


class _RowFace:
    """What a row looks like, whether it can be pressed or not."""

    def __init__(self, stage: Stage, row: Row) -> None:
        self.title = stage.say(row.title)
        self.detail = stage.say(row.detail) if row.detail is not None else ""
        self.mark = row.mark
        # A row that leads somewhere and has no state shows no mark: an empty ring would look like a choice.
        # Nor does one that only tells a fact.
        stateless = row.mark is Mark.NONE and row.detail is None and row.action is not None
        self.marked = not stateless and row.mark is not Mark.FACT

    def text_box(self, look: Look, width: int, *, arrow: bool) -> QRect:
        left = look.ring + look.px(3) + (look.px(MARK_MM) + look.px(3) if self.marked else 0)
        right = look.ring + look.px(11 if arrow else 3)
        return QRect(left, 0, max(1, width - left - right), 0)

    def height(self, look: Look, width: int, *, arrow: bool, brief: bool = False) -> int:
        inner = self.text_box(look, width, arrow=arrow).width()
        if brief:
            return text_height(look, Type.DETAIL, self.title, inner) + 2 * look.px(0.8)
        text = text_height(look, Type.STRONG, self.title, inner)
        if self.detail:
            text += text_height(look, Type.DETAIL, self.detail, inner)
        return text + 2 * look.px((2.2, 1.6, 0.8)[min(look.density, 2)])

    def draw(self, painter: QPainter, look: Look, area: QRect, *, arrow: bool, brief: bool = False) -> None:
        text = self.text_box(look, area.width(), arrow=arrow)
        kind, words = (Type.DETAIL, "") if brief else (Type.STRONG, self.detail)
        title = text_height(look, kind, self.title, text.width())
        detail = text_height(look, Type.DETAIL, words, text.width()) if words else 0
        top = (area.height() - title - detail) // 2
        side = look.px(MARK_MM)
        if self.marked:
            draw_mark(painter, look, self.mark, QRectF(look.ring + look.px(3), (area.height() - side) / 2, side, side))
        painter.setPen(look.colour(Role.INK))
        painter.setFont(look.font(kind))
        painter.drawText(QRect(text.left(), top, text.width(), title), WRAPPED, self.title)
        if words:
            painter.setPen(look.colour(Role.STOP if self.mark is Mark.TROUBLE else Role.QUIET))
            painter.setFont(look.font(Type.DETAIL))
            painter.drawText(QRect(text.left(), top + title, text.width(), detail), WRAPPED, words)
        if arrow:
            x, y, reach = area.width() - look.ring - look.px(5), area.height() / 2, look.px(1.6)
            painter.setPen(QPen(look.colour(Role.PRIMARY), look.px(FRAME_MM)))
            painter.drawPolyline(
                [QPointF(x - reach, y - 1.6 * reach), QPointF(x, y), QPointF(x - reach, y + 1.6 * reach)]
            )


class RowButton(Pressable):
    """A row that leads somewhere."""

    def __init__(self, stage: Stage, row: Row) -> None:
        """`row` has an action."""
        self.face = _RowFace(stage, row)
        super().__init__(stage, self.face.title, _described(stage, self.face))
        assert row.action is not None
        bind(self, stage, row.action)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        return max(
            self.look.px(TARGET_MM) + 2 * self.inset, self.face.height(self.look, width, arrow=True) + 2 * self.inset
        )

    def draw(self, painter: QPainter) -> None:
        """A framed row with an arrow."""
        ground = self.look.colour(Role.CHOSEN if self.isDown() else Role.CARD)
        self.draw_frame(painter, ground, Role.LINE, heavy=self.isDown())
        self.face.draw(painter, self.look, self.rect(), arrow=True)


class RowLine(QWidget):
    """A row that only says something."""

    def __init__(self, stage: Stage, row: Row) -> None:
        """`row` has no action."""
        super().__init__()
        self.look = stage.look
        self.tell(stage, row)

    def tell(self, stage: Stage, row: Row) -> None:
        """Say this from now on; how high that is, the block asks anew."""
        self.face = _RowFace(stage, row)
        self.brief = False
        """Whether it shows mark and title alone, smaller, for want of room; what is spoken stays whole."""
        self.setAccessibleName(self.face.title)
        self.setAccessibleDescription(_described(stage, self.face))
        self.update()

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    @property
    def urgent(self) -> bool:
        """Whether it tells of something that somebody has to see to."""
        return self.face.mark in (Mark.ATTENTION, Mark.TROUBLE)

    def height_for(self, width: int, *, brief: bool = False) -> int:
        """Pixels in height at `width`, as a `brief` row or a whole one."""
        return self.face.height(self.look, width, arrow=False, brief=brief)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Mark, title, detail and a thin line under them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.face.draw(painter, self.look, self.rect(), arrow=False, brief=self.brief)
        painter.setPen(QPen(self.look.colour(Role.LINE), max(1, self.look.px(HAIRLINE_MM / 2))))
        side = self.look.ring
        painter.drawLine(side, self.height() - 1, self.width() - side, self.height() - 1)
        painter.end()


def _described(stage: Stage, face: _RowFace) -> str:
    if face.detail or face.mark is Mark.FACT:
        return face.detail
    return stage.say(message(f"mark.{face.mark.value}"))


class RowPair(QWidget):
    """A row that leads somewhere, and beside it a button for the other thing that can be done with it."""

    def __init__(self, stage: Stage, row: Row) -> None:
        """`row` has both actions."""
        super().__init__()
        assert row.beside is not None
        self.look = stage.look
        self.row = RowButton(stage, row)
        self.other = action_button(stage, row.beside)
        self.other.rename(f"{self.other.label}: {self.row.face.title}", self.row.face.detail)
        for part in (self.row, self.other):
            part.setParent(self)

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look

    def _beside(self, width: int) -> int:
        return min(self.other.natural_width(), max(self.other.narrowest(), width // 3))

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        other = self._beside(width)
        return max(self.row.height_for(width - other), self.other.height_for(other))

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """The row left, the button right, as high as each other."""
        self.place()

    def place(self) -> None:
        """Lay out."""
        other = self._beside(self.width())
        self.row.setGeometry(0, 0, self.width() - other, self.height())
        self.other.setGeometry(self.width() - other, 0, other, self.height())

    def cuts_a_word(self, width: int) -> bool:
        """True if a word of the row is wider than its room."""
        face, text = self.row.face, self.row.face.text_box(self.look, width - self._beside(width), arrow=True).width()
        words = ((Type.STRONG, face.title), (Type.DETAIL, face.detail))
        return any(widest_word(self.look, kind, said) > text for kind, said in words)


def _row_of(stage: Stage, row: Row) -> RowLine | RowButton | RowPair:
    if row.action is None:
        return RowLine(stage, row)
    return RowButton(stage, row) if row.beside is None else RowPair(stage, row)


class RowsBlock(Block):
    """Rows on pages."""

    def __init__(self, stage: Stage, content: Rows) -> None:
        """Rows with an action are buttons, others only say something."""
        super().__init__(stage)
        self._content = content
        items: list[RowLine | RowButton | RowPair] = []
        for index, row in enumerate(content.rows):
            item = _row_of(stage, row)
            (item.row if isinstance(item, RowPair) else item).setObjectName(f"row_{index}")
            if isinstance(item, RowPair):
                item.other.setObjectName(f"beside_{index}")
            items.append(item)
        self._pairs = [item for item in items if isinstance(item, RowPair)]
        self.list = PagedList(stage, items)
        self.list.setParent(self)

    def least_height(self, width: int) -> int:
        """The list's; a word that would be cut asks for a denser look by asking for too much."""
        return 1 << 20 if any(pair.cuts_a_word(width) for pair in self._pairs) else self.list.least_height(width)

    def place(self) -> None:
        """The list fills the block."""
        self.list.setGeometry(self.rect())

    def refresh(self, content: Content) -> bool:
        """The same rows stay, whatever page the flow remembers."""
        return isinstance(content, Rows) and content.rows == self._content.rows
