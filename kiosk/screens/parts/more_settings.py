"""The second face of the settings bar: the marker that moves by itself, and the voice, for fingers and switches.

Keys do all of this everywhere; who has none opens these with one button of the bar, and goes back with the same.
"""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from kiosk.domain.settings import Pace, Settings
from kiosk.domain.words import Words, message
from kiosk.flows.contract import Attended, SettingsChosen
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import text_width
from kiosk.screens.stage import Stage
from kiosk.screens.theme import TARGET_MM, Role, Type

Sign = Callable[[QPainter, QRectF], None]


class WordOrSignButton(Pressable):
    """A setting told by its words, or by a sign where there is no room for them."""

    def __init__(self, stage: Stage, name: str, words: Words, hint: Words, sign: Sign, *, on: bool = False) -> None:
        """`sign` draws into a square with the ink and the pen that are set; `on` frames it heavily."""
        super().__init__(stage, stage.say(words), stage.say(hint))
        self.setObjectName(name)
        self._sign = sign
        self._on = on

    def named_width(self, least: int) -> int:
        """Pixels for the words, with room around them; no less than `least`."""
        return max(least, text_width(self.look, Type.SMALL, self.accessibleName()) + 2 * (self.inset + self.look.px(2)))

    @property
    def words(self) -> str:
        """What is drawn at the present width; empty where it is the sign."""
        return self.accessibleName() if self.width() >= self.named_width(0) else ""

    def height_for(self, width: int) -> int:  # noqa: ARG002  a square, or as high as one
        """Pixels in height."""
        return self.look.px(TARGET_MM)

    def draw(self, painter: QPainter) -> None:
        """The words or the sign."""
        ground = self.look.colour(Role.CHOSEN if self._on else Role.CARD)
        self.draw_frame(painter, ground, Role.PRIMARY if self._on else Role.LINE, heavy=self._on or self.isDown())
        ink = self.look.colour(Role.INK)
        painter.setFont(self.look.font(Type.SMALL))
        painter.setPen(QPen(ink, self.look.px(0.5)))
        if self.words:
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.words)
            return
        side = min(self.width(), self.height()) * 0.46
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._sign(painter, QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side))


def more_button(stage: Stage, settings: Settings) -> WordOrSignButton:
    """Turns the bar over, and back."""
    words, hint = ("settings.less", "settings.less_hint") if settings.more else ("settings.more", "settings.more_hint")
    button = WordOrSignButton(stage, "settings_more", message(words), message(hint), _sliders, on=settings.more)
    button.chosen = _setting(stage, replace(settings, more=not settings.more))
    return button


def more_settings(stage: Stage, settings: Settings) -> list[Pressable]:
    """The marker's pace; and of the voice, while it speaks: pause, repeat, speed, and whether there is a picture."""
    paces = [None, *Pace]
    pace = "off" if settings.scanning is None else settings.scanning.value
    scanning = WordOrSignButton(
        stage,
        "settings_scanning",
        message("settings.scanning", pace=message(f"settings.scanning_{pace}")),
        message("settings.scanning_hint"),
        _marker,
        on=settings.scanning is not None,
    )
    following = paces[(paces.index(settings.scanning) + 1) % len(paces)]
    scanning.chosen = _setting(stage, replace(settings, scanning=following))
    return [scanning, *(_voice(stage, settings) if settings.sound else [])]


def _voice(stage: Stage, settings: Settings) -> list[Pressable]:
    pause = WordOrSignButton(
        stage, "settings_pause", message("settings.pause"), message("settings.pause_hint"), _two_bars
    )
    # A finger does not take the focus here: its name would be said in place of what is to be held.
    pause.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    pause.chosen = _said(stage, stage.voice.pause)
    repeat = WordOrSignButton(
        stage, "settings_repeat", message("settings.repeat"), message("settings.repeat_hint"), _round_arrow
    )
    repeat.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    repeat.chosen = _said(stage, stage.voice.repeat)
    speeds = list(Pace)
    rate = WordOrSignButton(
        stage,
        "settings_rate",
        message("settings.rate", rate=message(f"settings.rate_{settings.speech.value}")),
        message("settings.rate_hint"),
        _chevrons(1 + speeds.index(settings.speech)),
    )
    rate.chosen = _setting(stage, replace(settings, speech=speeds[(speeds.index(settings.speech) + 1) % len(speeds)]))
    state = message("settings.picture_on" if settings.picture else "settings.picture_off")
    picture = WordOrSignButton(
        stage,
        "settings_picture",
        message("settings.picture", state=state),
        message("settings.picture_hint"),
        _crossed_screen,
        on=not settings.picture,
    )
    picture.chosen = _setting(stage, replace(settings, picture=not settings.picture))
    return [pause, repeat, rate, picture]


def _setting(stage: Stage, changed: Settings) -> Callable[[], None]:
    return lambda: stage.choose(SettingsChosen(changed))


def _said(stage: Stage, act: Callable[[], None]) -> Callable[[], None]:
    """Something that the voice does by itself: the flow learns only that somebody is there."""

    def do() -> None:
        stage.send(Attended())
        act()

    return do


# --- signs


def _sliders(painter: QPainter, box: QRectF) -> None:
    """Three lines with a knob each."""
    for line, knob in enumerate((0.3, 0.7, 0.4)):
        y = box.top() + box.height() * (0.15 + 0.35 * line)
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        painter.save()
        painter.setBrush(painter.pen().color())
        painter.drawEllipse(QPointF(box.left() + knob * box.width(), y), box.width() * 0.09, box.width() * 0.09)
        painter.restore()


def _marker(painter: QPainter, box: QRectF) -> None:
    """Three lines of a list, one of them framed."""
    for line in (0, 2):
        y = box.top() + box.height() * (0.06 + 0.44 * line)
        painter.drawLine(QPointF(box.left() + 0.15 * box.width(), y), QPointF(box.right() - 0.15 * box.width(), y))
    painter.drawRect(QRectF(box.left(), box.top() + box.height() * 0.3, box.width(), box.height() * 0.4))
    y = box.center().y()
    painter.drawLine(QPointF(box.left() + 0.15 * box.width(), y), QPointF(box.right() - 0.15 * box.width(), y))


def _two_bars(painter: QPainter, box: QRectF) -> None:
    """Pause."""
    painter.setBrush(painter.pen().color())
    for left in (0.18, 0.60):
        painter.drawRect(QRectF(box.left() + left * box.width(), box.top(), 0.22 * box.width(), box.height()))


def _round_arrow(painter: QPainter, box: QRectF) -> None:
    """A circle that goes round to its beginning."""
    painter.drawArc(box, 60 * 16, 300 * 16)
    tip = QPointF(box.left() + 0.75 * box.width(), box.top() + 0.067 * box.height())
    reach = 0.24 * box.width()
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(
        QPolygonF(
            [tip + QPointF(reach * 0.6, 0.0), tip + QPointF(-reach, -reach * 0.7), tip + QPointF(-reach * 0.4, reach)]
        )
    )


def _chevrons(count: int) -> Sign:
    """As many as the speech is fast."""

    def draw(painter: QPainter, box: QRectF) -> None:
        step = 0.32 * box.width()
        left = box.center().x() - step * count / 2
        for index in range(count):
            x = left + index * step
            corners = [
                QPointF(x, box.top() + 0.15 * box.height()),
                QPointF(x + step * 0.8, box.center().y()),
                QPointF(x, box.bottom() - 0.15 * box.height()),
            ]
            painter.drawPolyline(QPolygonF(corners))

    return draw


def _crossed_screen(painter: QPainter, box: QRectF) -> None:
    """A screen with a line through it."""
    painter.drawRect(box.adjusted(0, 0.14 * box.height(), 0, -0.14 * box.height()))
    painter.drawLine(box.bottomLeft(), box.topRight())
