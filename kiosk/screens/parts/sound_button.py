"""The button of the settings bar for sound: a loudspeaker with as many waves as it is loud, or a cross."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from kiosk.domain.settings import Settings
from kiosk.domain.words import Words, message
from kiosk.flows.contract import SettingsChosen
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.stage import Stage
from kiosk.screens.theme import TARGET_MM, Role

AFTER = {1: None, 2: 3, 3: 5, 4: 5, 5: 1}
"""The volume that a press leads to; None is off. Keys reach every volume, a finger three of them."""
SIGN_SHARE = 0.72
LOUDSPEAKER = ((0.18, 0.40), (0.29, 0.40), (0.43, 0.26), (0.43, 0.74), (0.29, 0.60), (0.18, 0.60))


class SoundButton(Pressable):
    """Off, middle, loud, quiet, off."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        """The name says what is set."""
        hint = stage.say(message("settings.sound_hint"))
        super().__init__(stage, stage.say(message("settings.sound", sound=_state(settings))), hint)
        self.settings = settings
        self.chosen = lambda: stage.choose(SettingsChosen(after_press(settings)))
        self.setObjectName("settings_sound")

    def height_for(self, width: int) -> int:  # noqa: ARG002  a square
        """Pixels in height."""
        return self.look.px(TARGET_MM)

    def draw(self, painter: QPainter) -> None:
        """The frame, and the sign inside it, where it leaves room for the focus ring."""
        on = self.settings.sound
        ground = self.look.colour(Role.CHOSEN if on else Role.CARD)
        self.draw_frame(painter, ground, Role.PRIMARY if on else Role.LINE, heavy=on or self.isDown())
        width, height = self.width(), self.height()
        painter.save()
        painter.translate(width / 2, height / 2)
        painter.scale(SIGN_SHARE, SIGN_SHARE)
        painter.translate(-width / 2, -height / 2)
        self._draw_sign(painter, width, height)
        painter.restore()

    def _draw_sign(self, painter: QPainter, width: int, height: int) -> None:
        """A loudspeaker: filled and with waves if the sound is on, else with a cross beside it."""
        ink = self.look.colour(Role.INK)
        painter.setPen(QPen(ink, self.look.px(0.4) / SIGN_SHARE))
        painter.setBrush(ink if self.settings.sound else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([QPointF(x * width, y * height) for x, y in LOUDSPEAKER]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not self.settings.sound:
            painter.drawLine(QPointF(0.58 * width, 0.38 * height), QPointF(0.80 * width, 0.62 * height))
            painter.drawLine(QPointF(0.58 * width, 0.62 * height), QPointF(0.80 * width, 0.38 * height))
            return
        for wave in range((self.settings.volume + 1) // 2):
            reach = (0.10 + 0.11 * wave) * width
            box = QRectF(0.48 * width - reach, height / 2 - reach, 2 * reach, 2 * reach)
            painter.drawArc(box, -50 * 16, 100 * 16)


def after_press(settings: Settings) -> Settings:
    """The settings that a press of the button leads to. Sound that goes off gives the picture back."""
    if not settings.sound:
        return replace(settings, sound=True, volume=3)
    volume = AFTER[settings.volume]
    if volume is None:
        return replace(settings, sound=False, picture=True, volume=3)
    return replace(settings, volume=volume)


def _state(settings: Settings) -> Words:
    if not settings.sound:
        return message("settings.sound_off")
    return message("settings.sound_volume", volume=settings.volume)
