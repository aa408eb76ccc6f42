"""Options of a contest: a box with a check, the name heavier, facts whole under it."""

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import message
from kiosk.flows.contract import OptionsShown
from kiosk.flows.views import Action, Choice, Choices, Content
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import ActionButton, action_button, bind
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import BandLabel, text_height, widest_word, wrapped_lines
from kiosk.screens.stage import Stage
from kiosk.screens.theme import FRAME_MM, HAIRLINE_MM, TARGET_MM, WRAPPED, Look, Role, Type

BOX_MM = 7.0
LEAST_LINES = 3
"""Of a candidate's facts, on a page where the rest follows on the next."""
KEPT = (3, 3, 3, 3, 1, 1, 1, 1, 1)
"""Candidates that a page holds at least, by density: what leads to them gives way first, their size last."""
LONG_COUNT = 25
APART_MM = 4.0
"""Between an option and the button beside it, besides the room that both keep for their focus rings."""


def draw_check(painter: QPainter, box: QRectF, pen: QPen) -> None:
    """A check mark inside `box`."""
    points = [(0.22, 0.54), (0.43, 0.75), (0.80, 0.28)]
    painter.setPen(pen)
    painter.drawPolyline(
        QPolygonF([QPointF(box.left() + x * box.width(), box.top() + y * box.height()) for x, y in points])
    )


class OptionButton(Pressable):
    """One option. Chosen, it differs in three ways: box filled with a check, heavier frame, tinted ground."""

    def __init__(self, stage: Stage, choice: Choice, *, single: bool) -> None:
        """`single` makes it a radio button to a screen reader and gives it a round box."""
        self.name = stage.say(choice.name)
        self.facts = stage.say(choice.facts) if choice.facts is not None else ""
        super().__init__(stage, self.name, "")
        self.single = single
        self._pieces: list[tuple[str, str, Type]] = []
        self._piece: int | None = None
        self.setCheckable(True)
        # Each option stands in a row of its own, so Qt neither unchecks nor skips its neighbours.
        self.setAutoExclusive(single)
        self.show_choice(choice)

    def show_choice(self, choice: Choice) -> None:
        """Take over the mark and the action."""
        bind(self, self.stage, choice.action)
        self.mark(chosen=choice.chosen)
        if choice.action.description is None and self.facts:
            self.setAccessibleDescription(self.facts)
        self.update()

    def height_for(self, width: int) -> int:
        """Pixels in height at `width` of what is shown: the whole, or a piece."""
        return self._height(width, *self._shown)

    def whole_height(self, width: int) -> int:
        """Pixels in height at `width` of name and facts together."""
        return self._height(width, self.name, self.facts, Type.STRONG)

    def narrowest(self) -> int:
        """Pixels below which a word of the name would be cut."""
        return widest_word(self.look, Type.STRONG, self.name) + self.width() - self._text_box(self.width()).width()

    def cuts_a_word(self, width: int) -> bool:
        """True if a word of the name is wider than its room at `width`."""
        return widest_word(self.look, Type.STRONG, self.name) > self._text_box(width).width()

    def _height(self, width: int, name: str, facts: str, kind: Type) -> int:
        inner = self._text_box(width).width()
        text = text_height(self.look, kind, name, inner)
        if facts:
            text += text_height(self.look, Type.DETAIL, facts, inner)
        return max(self.look.px(TARGET_MM) + 2 * self.inset, text + 2 * (self._rim + self.inset))

    # --- longer than a page

    @property
    def _shown(self) -> tuple[str, str, Type]:
        if self._piece is None or self._piece >= len(self._pieces):
            return self.name, self.facts, Type.STRONG
        return self._pieces[self._piece]

    def show_piece(self, piece: int | None) -> None:
        """Show a piece of those last asked for, or the whole."""
        if piece != self._piece:
            self._piece = piece
            self.update()

    def pieces(self, width: int, room: int) -> tuple[int, ...]:
        """Heights of pieces: name and the beginning of the facts; then, under the name once more, how they go on."""
        lines = wrapped_lines(self.look, Type.DETAIL, self.facts, self._text_box(width).width())
        made: list[tuple[str, str, Type]] = []
        kind = Type.STRONG
        while lines or not made:
            fitting = len(lines)
            while (
                fitting > (1 if made else 0) and self._height(width, self.name, "\n".join(lines[:fitting]), kind) > room
            ):
                fitting -= 1
            made.append((self.name, "\n".join(lines[:fitting]), kind))
            lines, kind = lines[fitting:], Type.NOTICE
        self._pieces = made
        return tuple(self._height(width, *piece) for piece in made)

    def least_piece(self, width: int) -> int:
        """The name and a few lines of the facts, or the name again and a few more."""
        lines = wrapped_lines(self.look, Type.DETAIL, self.facts, self._text_box(width).width())
        few = "\n".join(lines[:LEAST_LINES])
        first = self._height(width, self.name, "", Type.STRONG)
        return max(first, self._height(width, self.name, few, Type.NOTICE))

    @property
    def _rim(self) -> int:
        return self.look.px((2.2, 1.4, 0.8, 0.4)[min(self.look.density, 3)])

    @property
    def _box_side(self) -> int:
        return self.look.px(min(BOX_MM, max(5.0, self.look.capitals(Type.BODY) * 1.35)))

    def _text_box(self, width: int) -> QRect:
        left = self.inset + self.look.px(3) + self._box_side + self.look.px(3)
        return QRect(left, 0, max(1, width - left - self.inset - self.look.px(2)), 0)

    def draw(self, painter: QPainter) -> None:
        """Frame, box, name, facts."""
        chosen = self.isChecked()
        colour = self.look.colour
        ground = colour(Role.CHOSEN if chosen or self.isDown() else Role.CARD)
        self.draw_frame(painter, ground, Role.PRIMARY if chosen else Role.LINE, heavy=chosen or self.isDown())
        area = self._text_box(self.width())
        named, facts_shown, kind = self._shown
        name = text_height(self.look, kind, named, area.width())
        facts = text_height(self.look, Type.DETAIL, facts_shown, area.width()) if facts_shown else 0
        top = (self.height() - name - facts) // 2
        self._draw_box(painter, top + name / 2 if facts else self.height() / 2)
        painter.setPen(colour(Role.INK))
        painter.setFont(self.look.font(kind))
        painter.drawText(QRect(area.left(), top, area.width(), name), WRAPPED, named)
        if facts_shown:
            painter.setPen(colour(Role.QUIET))
            painter.setFont(self.look.font(Type.DETAIL))
            painter.drawText(QRect(area.left(), top + name, area.width(), facts), WRAPPED, facts_shown)

    def _draw_box(self, painter: QPainter, middle: float) -> None:
        side = self._box_side
        middle = max(middle, side / 2 + self.inset + self.look.px(1))
        box = QRectF(self.inset + self.look.px(3), middle - side / 2, side, side)
        chosen = self.isChecked()
        line = self.look.px(HAIRLINE_MM * 1.7)
        painter.setPen(QPen(self.look.colour(Role.PRIMARY if chosen else Role.QUIET), line))
        painter.setBrush(self.look.colour(Role.PRIMARY if chosen else Role.CARD))
        if self.single:
            painter.drawEllipse(box)
        else:
            painter.drawRoundedRect(box, side / 7, side / 7)
        if chosen:
            draw_check(painter, box, QPen(self.look.colour(Role.ON_PRIMARY), self.look.px(FRAME_MM)))


class OptionRow(QWidget):
    """A row of the list that holds one option, and beside it the button of who wants to read more about it.

    The two stand apart, so that no finger that means one meets the other. Where the name would be cut beside the
    button, the button stands under the option.
    """

    def __init__(self, stage: Stage, option: OptionButton, about: Action | None) -> None:
        """Without `about` the option fills the row."""
        super().__init__()
        self.look = stage.look
        self.option = option
        option.setParent(self)
        self.about: ActionButton | None = None
        if about is not None:
            self.about = action_button(stage, about)
            self.about.rename(f"{self.about.label}: {option.name}", stage.say(message("action.about_hint")))
            self.about.setParent(self)

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look

    @property
    def _apart(self) -> int:
        return self.look.px(APART_MM)

    def _room(self, width: int) -> tuple[int, int]:
        """Width of the option, and height of what stands under it."""
        if self.about is None:
            return width, 0
        beside = width - self.about.natural_width() - self._apart
        if not self.option.cuts_a_word(beside):
            return beside, 0
        return width, self.about.height_for(self.about.natural_width()) + self._apart

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        option, under = self._room(width)
        return self.option.whole_height(option) + under

    def pieces(self, width: int, room: int) -> tuple[int, ...]:
        """The option's, each with the button."""
        option, under = self._room(width)
        return tuple(height + under for height in self.option.pieces(option, room - under))

    def least_piece(self, width: int) -> int:
        """The option's, with the button."""
        option, under = self._room(width)
        return self.option.least_piece(option) + under

    def show_piece(self, piece: int | None) -> None:
        """The option's."""
        self.option.show_piece(piece)

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """Qt says that the size has changed."""
        self.place()

    def place(self) -> None:
        """The option left, the button right of it or under it."""
        option, under = self._room(self.width())
        self.option.setGeometry(0, 0, option, self.height() - under)
        if self.about is None:
            return
        wide = self.about.natural_width()
        if under:
            tall = under - self._apart
            self.about.setGeometry(self.width() - wide, self.height() - tall, wide, tall)
        else:
            self.about.setGeometry(self.width() - wide, 0, wide, self.height())


class ChoicesBlock(Block):
    """The options on pages, "leave without a mark" last, and the line that says why a touch changed nothing."""

    def __init__(self, stage: Stage, content: Choices) -> None:
        """`content` is shown as it is."""
        super().__init__(stage)
        self._content = content
        self.options = [OptionButton(stage, choice, single=content.single) for choice in _all(content)]
        for index, option in enumerate(self.options):
            option.setObjectName(f"option_{index}")
            option.describe_place(message("frame.option_place", number=index + 1, total=len(self.options)))
        extra = 0 if content.blank is None else 1
        abouts = [choice.about for choice in _all(content)]
        self.list = PagedList(
            stage,
            [OptionRow(stage, *pair) for pair in zip(self.options, abouts, strict=True)],
            "page.next_options",
            KEPT,
            extra,
        )
        for index, item in enumerate(self.list.items):
            if isinstance(item, OptionRow) and item.about is not None:
                item.about.setObjectName(f"about_{index}")
        self.notice = BandLabel(Type.NOTICE, self.look)
        self.notice.setObjectName("notice")
        self.notice.setParent(self)
        self.list.setParent(self)
        self.list.first = content.first
        self.list.shown = self._tell
        self._told: frozenset[int] = frozenset()
        self._say_notice(content)

    def least_height(self, width: int) -> int:
        """Notice and list."""
        return self._notice_height(width) + self.list.least_height(width)

    def place(self) -> None:
        """The notice over the list."""
        notice = self._notice_height(self.width())
        self.notice.setVisible(notice > 0)
        self.notice.setGeometry(self.look.ring, 0, self.width() - 2 * self.look.ring, max(0, notice - self._notice_gap))
        self.list.setGeometry(0, notice, self.width(), self.height() - notice)

    def refresh(self, content: Content) -> bool:
        """Other marks on the same options."""
        if not isinstance(content, Choices) or _names(content) != _names(self._content):
            return False
        if content.of != self._content.of:
            return False
        self._content = content
        for option, choice in zip(self.options, _all(content), strict=True):
            option.show_choice(choice)
        self._say_notice(content)
        self.place()
        return True

    def _tell(self, items: tuple[int, ...]) -> None:
        """Let the flow know which options are on screen, once each."""
        new = frozenset(i for i in items if i < len(self._content.choices)) - self._told
        if new and self._content.of is not None:
            self._told |= new
            self.stage.send(OptionsShown(*self._content.of, tuple(sorted(new))))

    def _say_notice(self, content: Choices) -> None:
        words = "" if content.notice is None else self.stage.say(content.notice)
        self.notice.say(words, stands_out=content.refusal)

    @property
    def _notice_gap(self) -> int:
        return self.look.px(1.0)

    def _notice_height(self, width: int) -> int:
        height = self.notice.height_for(width)
        if not self._content.single and self.notice.text():
            # Room for the longest notice is kept, so that nothing moves under a finger when it appears.
            longest = self.stage.say(message("contest.too_many", count=LONG_COUNT))
            room = width - 2 * self.notice.indent_px
            height = max(height, text_height(self.look, self.notice.kind, longest, room))
        return height + self._notice_gap if height else 0


def _all(content: Choices) -> tuple[Choice, ...]:
    return content.choices if content.blank is None else (*content.choices, content.blank)


def _names(content: Choices) -> tuple[object, ...]:
    return (content.single, *((choice.name, choice.facts, choice.about) for choice in _all(content)))
