"""Buttons with words: filled (the primary action), outlined, and the small ones of the settings bar."""

from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from kiosk.domain.settings import TextSize
from kiosk.flows.views import Action
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import CENTRED, text_height, text_width, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import TARGET_MM, Role, Type


class Weight(StrEnum):
    """How much a button weighs. One filled button a screen."""

    FILLED = "filled"
    OUTLINED = "outlined"


class ActionButton(Pressable):
    """A button that says what happens, wrapped where it must be."""

    def __init__(self, stage: Stage, label: str, description: str = "", weight: Weight = Weight.OUTLINED) -> None:
        """`label` is plain text; arrows belong to it."""
        super().__init__(stage, _name(label), description)
        self.label = label
        self.weight = weight
        self.kind = Type.BAR

    def relabel(self, label: str) -> None:
        """Say something else."""
        self.label = label
        self.setAccessibleName(_name(label))
        self.update()

    def natural_width(self) -> int:
        """Pixels for the label on one line, with room around it."""
        room = 2 * (self.look.px(4) + self.inset)
        return max(self.look.px(TARGET_MM * 1.8), text_width(self.look, self.kind, self.label) + room)

    def narrowest(self) -> int:
        """Pixels below which a word of the label would be cut."""
        room = 2 * (self.look.px(1.5) + self.inset)
        return max(self.look.px(TARGET_MM), widest_word(self.look, self.kind, self.label) + room)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        inner = width - 2 * (self.look.px(1.5) + self.inset)
        text = text_height(self.look, self.kind, self.label, inner)
        return max(self.look.px(TARGET_MM) + 2 * self.inset, text + 2 * (self.inset + self.look.px(1)))

    def draw(self, painter: QPainter) -> None:
        """A rounded plate with the label in its middle."""
        ground, ink, line = self._colours()
        self.draw_frame(painter, ground, line, heavy=self.isDown())
        painter.setFont(self.look.font(self.kind))
        painter.setPen(ink)
        side = self.look.px(1.5) + self.inset
        painter.drawText(self.rect().adjusted(side, 0, -side, 0), CENTRED, self.label)

    def _colours(self) -> tuple[QColor, QColor, Role]:
        colour = self.look.colour
        if not self.isEnabled():
            # Not faded: what cannot be pressed is told by the missing plate, and its words stay readable.
            return QColor(Qt.GlobalColor.transparent), colour(Role.QUIET), Role.GROUND
        if self.weight is Weight.FILLED:
            return colour(Role.PRIMARY), colour(Role.ON_PRIMARY), Role.PRIMARY
        ground = colour(Role.CHOSEN) if self.isDown() else colour(Role.CARD)
        return ground, colour(Role.PRIMARY), Role.PRIMARY


def action_button(stage: Stage, action: Action, weight: Weight = Weight.OUTLINED, arrow: str = "") -> ActionButton:
    """The button of an action. `arrow` stands before («← ») or after (« →») the label."""
    button = ActionButton(stage, with_arrow(stage.say(action.label), arrow), "", weight)
    bind(button, stage, action)
    return button


def bind(button: Pressable, stage: Stage, action: Action) -> None:
    """Let a button send an action's event, and take over whether it can be pressed and what describes it."""
    button.hold = action.hold
    button.setEnabled(action.enabled)
    if action.description is not None:
        button.setAccessibleDescription(stage.say(action.description))
    button.chosen = lambda: stage.choose(action.event)


def _name(label: str) -> str:
    """The label without the signs that only an eye reads."""
    return label.strip("←→↑↓ ").removeprefix("? ")


def with_arrow(label: str, arrow: str) -> str:
    """The label with its arrow: before it to go back or ask, after it to go on; none if `arrow` is empty."""
    return f"{arrow} {label}" if arrow in {"←", "?"} else f"{label} {arrow}".strip()


class SizeButton(Pressable):
    """Text size: a small and a large letter, and dots that say which of the four is set."""

    def __init__(self, stage: Stage, name: str, description: str, size: TextSize) -> None:
        """`size` is the one that is set."""
        super().__init__(stage, name, description)
        self.size_now = size

    def height_for(self, width: int) -> int:  # noqa: ARG002  a square
        """Pixels in height."""
        return self.look.px(TARGET_MM)

    def draw(self, painter: QPainter) -> None:
        """«Aa» over four dots."""
        self.draw_frame(painter, self.look.colour(Role.CARD), Role.LINE, heavy=self.isDown())
        ink = self.look.colour(Role.INK)
        font = self.look.font(Type.SMALL)
        painter.setFont(font)
        painter.setPen(ink)
        height = self.height()
        painter.drawText(QRect(0, 0, self.width(), round(height * 0.68)), int(Qt.AlignmentFlag.AlignCenter), "Aa")
        step = self.width() / 6.5
        radius = step / 3.6
        left = self.width() / 2 - step * 1.5
        for index, size in enumerate(TextSize):
            painter.setPen(QPen(ink, max(1.0, radius / 2.5)))
            painter.setBrush(ink if size is self.size_now else QColor(Qt.GlobalColor.transparent))
            painter.drawEllipse(QPointF(left + index * step, height * 0.72), radius, radius)


class ContrastButton(Pressable):
    """Contrast: a circle, half of it filled."""

    def height_for(self, width: int) -> int:  # noqa: ARG002  a square
        """Pixels in height."""
        return self.look.px(TARGET_MM)

    def draw(self, painter: QPainter) -> None:
        """The half-filled circle."""
        self.draw_frame(painter, self.look.colour(Role.CARD), Role.LINE, heavy=self.isDown())
        ink = self.look.colour(Role.INK)
        radius = min(self.width(), self.height()) * 0.24
        box = QRectF(self.width() / 2 - radius, self.height() / 2 - radius, 2 * radius, 2 * radius)
        half = QPainterPath(QPointF(box.center().x(), box.top()))
        half.arcTo(box, 90, 180)
        half.closeSubpath()
        painter.fillPath(half, ink)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, self.look.px(0.4)))
        painter.drawEllipse(box)


class LanguageButton(Pressable):
    """One language, by its own name or by two letters; framed heavily if it is the one that is set."""

    def __init__(self, stage: Stage, name: str, description: str, own: str, short: str, *, current: bool) -> None:
        """`own` is what the language calls itself; `short` (RU, EN) is drawn where there is no room for it."""
        super().__init__(stage, name, description)
        self.own = own
        self.short = short
        self.setCheckable(True)
        self.mark(chosen=current)

    def named_width(self, least: int) -> int:
        """Pixels for the whole name, with room around it; no less than `least`."""
        return max(least, text_width(self.look, Type.SMALL, self.own) + 2 * (self.inset + self.look.px(1.5)))

    @property
    def words(self) -> str:
        """What is drawn at the present width."""
        return self.own if self.width() >= self.named_width(0) else self.short

    def height_for(self, width: int) -> int:  # noqa: ARG002  a square
        """Pixels in height."""
        return self.look.px(TARGET_MM)

    def draw(self, painter: QPainter) -> None:
        """The name or two letters."""
        current = self.isChecked()
        ground = self.look.colour(Role.CHOSEN if current else Role.CARD)
        self.draw_frame(painter, ground, Role.PRIMARY if current else Role.LINE, heavy=current or self.isDown())
        painter.setPen(self.look.colour(Role.INK))
        painter.setFont(self.look.font(Type.SMALL))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.words)
