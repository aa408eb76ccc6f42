"""Ballot codes in groups of four, and the decision: two equal cards."""

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import Words, message
from kiosk.flows.views import Action, CodeItem, Codes, Content, Decision
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import bind
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.pictures import Drawing
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import LEFT_MIDDLE, text_height, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import HAIRLINE_MM, RADIUS_MM, TARGET_MM, WRAPPED, Look, Role, Type

CARD_SIDE_MM = 3.0
CODES_KEPT = (3, 3, 1, 1, 1, 1, 1, 1, 1)
"""Codes that a page holds at least, by density: they are on the slip too."""


class CodeCard(QWidget):
    """A paper's title and its code, in groups, as many on a line as fit, the lines of equal length."""

    def __init__(self, stage: Stage, item: CodeItem) -> None:
        """The whole code is the accessible name."""
        super().__init__()
        self.look = stage.look
        self.title = stage.say(item.title)
        self.groups = item.code.split("-")
        self.setAccessibleName(stage.say(message("code.name", paper=item.title, code=item.code)))

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def _grid(self, width: int) -> tuple[int, int, int]:
        """Groups a line, and the step and height of a group in pixels."""
        metrics = QFontMetrics(self.look.font(Type.CODE))
        group = max(metrics.horizontalAdvance(group) for group in self.groups)
        step = group + metrics.horizontalAdvance("0") * 3 // 4
        fitting = max(1, (width - 2 * self._side + step - group) // step)
        lines = -(-len(self.groups) // fitting)
        return -(-len(self.groups) // lines), step, metrics.height()

    @property
    def _rim(self) -> int:
        return self.look.ring + self.look.px((2.4, 1.6, 0.8)[min(self.look.density, 2)])

    @property
    def _side(self) -> int:
        return self.look.ring + self.look.px(CARD_SIDE_MM)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        columns, _, line = self._grid(width)
        title = text_height(self.look, Type.DETAIL, self.title, width - 2 * self._side)
        return title + line * -(-len(self.groups) // columns) + 2 * self._rim

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Title over the groups."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line_width = max(1, self.look.px(HAIRLINE_MM))
        painter.setPen(QPen(self.look.colour(Role.LINE), line_width))
        painter.setBrush(self.look.colour(Role.CARD))
        radius = self.look.px(RADIUS_MM)
        inset = self.look.ring + line_width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)
        columns, step, line = self._grid(self.width())
        inner = self.width() - 2 * self._side
        title = text_height(self.look, Type.DETAIL, self.title, inner)
        painter.setPen(self.look.colour(Role.QUIET))
        painter.setFont(self.look.font(Type.DETAIL))
        top = self._rim + (self.height() - self.height_for(self.width())) // 2
        painter.drawText(QRect(self._side, top, inner, title), WRAPPED, self.title)
        painter.setPen(self.look.colour(Role.INK))
        painter.setFont(self.look.font(Type.CODE))
        ascent = QFontMetrics(self.look.font(Type.CODE)).ascent()
        for index, group in enumerate(self.groups):
            row, column = divmod(index, columns)
            painter.drawText(QPointF(self._side + column * step, top + title + row * line + ascent), group)
        painter.end()


class CodesBlock(Block):
    """Codes alone, on pages if they are many, under a picture where there is room for it."""

    def __init__(self, stage: Stage, content: Codes) -> None:
        """The picture gives way to the codes."""
        super().__init__(stage)
        self._content = content
        self.drawing = None if content.picture is None else Drawing(stage, content.picture)
        self.list = PagedList(stage, [CodeCard(stage, item) for item in content.codes], "page.next_codes", CODES_KEPT)
        if self.drawing is not None:
            self.drawing.setParent(self)
        self.list.setParent(self)

    def least_height(self, width: int) -> int:
        """The codes; the picture takes what is left."""
        return self.list.least_height(width)

    def place(self) -> None:
        """Picture over codes."""
        needed = self.list.least_height(self.width())
        side = min(self.height() - needed - self.look.gap, self.look.px(45))
        top = 0
        if self.drawing is not None:
            self.drawing.setVisible(side >= self.look.px(14))
            if side >= self.look.px(14):
                self.drawing.setGeometry((self.width() - side) // 2, 0, side, side)
                top = side + self.look.gap
        self.list.setGeometry(0, top, self.width(), self.height() - top)

    def refresh(self, content: Content) -> bool:
        """The same codes stay."""
        return content == self._content


class DecisionCard(Pressable):
    """One of two equal ways: a title, one sentence, and a ring if the press is to be held."""

    def __init__(self, stage: Stage, action: Action, detail: Words) -> None:
        """What has to be held says so to the eye and to a screen reader."""
        self.title = stage.say(action.label)
        self.detail = stage.say(detail)
        self.hint = stage.say(message("hold.hint")) if action.hold else ""
        super().__init__(stage, self.title, self.detail)
        bind(self, stage, action)
        self.setAccessibleDescription(self.detail)

    @property
    def _rim(self) -> int:
        return self.inset + self.look.px((4.0, 2.5, 1.6, 1.0)[min(self.look.density, 3)])

    @property
    def _side(self) -> int:
        return self.inset + self.look.px(CARD_SIDE_MM)

    @property
    def _ring_side(self) -> int:
        return self.look.px(9.0 if self.look.density < 3 else 7.0)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`; room for the ring is kept in both cards, so that they stay equal."""
        inner = width - 2 * self._side
        words = text_height(self.look, Type.STRONG, self.title, inner)
        words += text_height(self.look, Type.DETAIL, self.detail, inner)
        return max(self.look.px(TARGET_MM), words + self._foot(inner) + 2 * self._rim)

    def _foot(self, inner: int) -> int:
        if not self.hint:
            return 0
        beside = inner - self._ring_side - self.look.px(3)
        return max(self._ring_side, text_height(self.look, Type.DETAIL, self.hint, beside)) + self.look.px(1.5)

    def narrowest(self) -> int:
        """Pixels below which a word would be cut."""
        return widest_word(self.look, Type.STRONG, self.title) + 2 * self._side

    def draw(self, painter: QPainter) -> None:
        """Title, sentence and, at the foot, the ring with its hint."""
        ground = self.look.colour(Role.CHOSEN if self.isDown() else Role.CARD)
        self.draw_frame(painter, ground, Role.PRIMARY, heavy=True)
        inner = self.width() - 2 * self._side
        title = text_height(self.look, Type.STRONG, self.title, inner)
        detail = text_height(self.look, Type.DETAIL, self.detail, inner)
        y = self._rim
        painter.setPen(self.look.colour(Role.PRIMARY))
        painter.setFont(self.look.font(Type.STRONG))
        painter.drawText(QRect(self._side, y, inner, title), WRAPPED, self.title)
        painter.setPen(self.look.colour(Role.INK))
        painter.setFont(self.look.font(Type.DETAIL))
        painter.drawText(QRect(self._side, y + title, inner, detail), WRAPPED, self.detail)
        if self.hint:
            self._draw_foot(painter)

    def _draw_foot(self, painter: QPainter) -> None:
        side = self._ring_side
        left = self._side + side + self.look.px(3)
        beside = self.width() - left - self._side
        height = max(side, text_height(self.look, Type.DETAIL, self.hint, beside))
        middle = self.height() - self._rim - height / 2
        ink = self.look.colour(Role.PRIMARY)
        self.draw_ring(painter, QPointF(self._side + side / 2, middle), side / 2 - self.look.px(1), ink)
        painter.setPen(self.look.colour(Role.INK))
        painter.setFont(self.look.font(Type.DETAIL))
        painter.drawText(QRect(left, round(middle - height / 2), beside, height), LEFT_MIDDLE, self.hint)


class DecisionBlock(Block):
    """The codes, and under them, in the middle of the screen, the two cards."""

    def __init__(self, stage: Stage, content: Decision) -> None:
        """The cards are as large as each other."""
        super().__init__(stage)
        self._content = content
        self.list = PagedList(stage, [CodeCard(stage, item) for item in content.codes], "page.next_codes", CODES_KEPT)
        self.left = DecisionCard(stage, content.left, content.left_detail)
        self.right = DecisionCard(stage, content.right, content.right_detail)
        self.left.setObjectName("decision_left")
        self.right.setObjectName("decision_right")
        for part in (self.list, self.left, self.right):
            part.setParent(self)

    def _card_height(self, width: int) -> int:
        half = (width - self.look.gap) // 2
        return max(self.left.height_for(half), self.right.height_for(half))

    def least_height(self, width: int) -> int:
        """Codes and cards; too narrow a card asks for a denser look by asking for too much."""
        half = (width - self.look.gap) // 2
        if max(self.left.narrowest(), self.right.narrowest()) > half:
            return 1 << 20
        return self.list.least_height(width) + self.look.gap + self._card_height(width)

    def place(self) -> None:
        """Codes above, cards below, which grow to half of what is free."""
        cards = self._card_height(self.width())
        codes = self.list.least_height(self.width())
        free = max(0, self.height() - cards - codes - self.look.gap)
        cards += min(free // 2, self.look.px(14))
        half = (self.width() - self.look.gap) // 2
        top = min(self.height() - cards, codes + self.look.gap + min(free // 4, self.look.px(6)))
        self.list.setGeometry(0, 0, self.width(), top - self.look.gap)
        self.left.setGeometry(0, top, half, cards)
        self.right.setGeometry(self.width() - half, top, half, cards)

    def refresh(self, content: Content) -> bool:
        """The same decision stays."""
        return content == self._content
