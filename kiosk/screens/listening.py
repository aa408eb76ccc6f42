"""What a screen does for who listens: it tells the voice where the focus goes, takes the voice's keys, draws a curtain.

The shell keeps one `Listening`. Only what a hand does is told: focus that the program itself sets on a new screen is
not, because the screen is being read already.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.domain.settings import Pace, Settings
from kiosk.domain.words import message
from kiosk.flows.contract import Attended, Event, SettingsChosen
from kiosk.flows.speech import Control, Kind, for_voters
from kiosk.flows.views import View
from kiosk.screens.frame import Frame
from kiosk.screens.parts.options import OptionButton
from kiosk.screens.parts.pin import PinBlock
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.text import CENTRED
from kiosk.screens.stage import Stage
from kiosk.screens.theme import HOLD_MS, Role, Type
from kiosk.screens.voice import Voice

REPEAT: Final = (Qt.Key.Key_F2, Qt.Key.Key_Asterisk)
PAUSE: Final = (Qt.Key.Key_F11, Qt.Key.Key_Pause)
LOUDEST = 5
LISTED = ("option_", "row_", "beside_", "change_")


class Curtain(QWidget):
    """A calm ground over the whole screen, with a small sign that says how to lift it. Fingers reach nothing below.

    A finger that rests on it lifts it: who has turned the screen off by a finger may have no keys.
    """

    def __init__(self, parent: QWidget, lift: Callable[[], None]) -> None:
        """Hidden until it is drawn. `lift` asks for the picture."""
        super().__init__(parent)
        self.setObjectName("curtain")
        self._lift = lift
        self._held = QTimer(self)
        self._held.setSingleShot(True)
        self._held.setInterval(HOLD_MS)
        self._held.timeout.connect(self._rested)
        self._stage: Stage | None = None
        self._words = ""
        self.hide()

    def draw(self, stage: Stage) -> None:
        """Cover the screen in its own look."""
        self._stage = stage
        self._words = stage.say(message("curtain.words"))
        self.setAccessibleName(self._words)
        self.show()
        self.raise_()
        self.update()

    def rise(self) -> None:
        """Show the screen again, and keep no words in a voter's language."""
        self._stage = None
        self._words = ""
        self.setAccessibleName("")
        self.hide()

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """A finger came down."""
        if self._stage is not None and self._stage.gate.admits():
            self._held.start()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """It left too soon."""
        self._held.stop()

    def hideEvent(self, _event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """The picture is back."""
        self._held.stop()

    def _rested(self) -> None:
        if self._stage is not None and not self._stage.gate.contact.spoiled:
            self._lift()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Ground and sign."""
        if self._stage is None:
            return
        look = self._stage.look
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.colour(Role.GROUND))
        painter.setPen(look.colour(Role.QUIET))
        painter.setFont(look.font(Type.SMALL))
        margin = look.margin
        painter.drawText(self.rect().adjusted(margin, margin, -margin, -margin), CENTRED, self._words)
        painter.end()


class Listening(QObject):
    """Between the shell and the voice."""

    def __init__(
        self, shell: QWidget, frame: Callable[[], Frame | None], send: Callable[[Event], None], voice: Voice
    ) -> None:
        """`frame` is the one on show; `send` takes changed settings."""
        super().__init__(shell)
        self._frame = frame
        self._send = send
        self._voice = voice
        self._placing = False
        self._pad: QWidget | None = None
        self.curtain = Curtain(shell, self._lift)
        application = QGuiApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    # --- what the shell tells

    def screen_comes(self) -> None:
        """A view is about to be shown: what gets focus now was not chosen by a hand."""
        self._placing = True

    def screen_shown(self, view: View) -> None:
        """A view is on screen."""
        self._placing = False
        frame = self._frame()
        assert frame is not None
        if isinstance(frame.block, PinBlock) and frame.block.dots is not self._pad:
            self._pad = frame.block.dots
            frame.block.dots.counted.connect(self._counted)
        if view.settings.sound and not view.settings.picture and for_voters(view):
            self.curtain.setGeometry(frame.geometry())
            self.curtain.draw(frame.stage)
        else:
            self.curtain.rise()

    def press(self, event: QKeyEvent) -> bool:
        """A key that neither a control nor the screen wanted. True if it was one of the voice's."""
        frame = self._frame()
        if frame is None or not frame.view.sound:
            return False
        settings = frame.view.settings
        key = Qt.Key(event.key())
        if key in REPEAT and settings.sound:
            act: Callable[[], None] = self._voice.repeat
        elif key in PAUSE and settings.sound:
            act = self._voice.pause
        elif for_voters(frame.view) and (changed := _changed(settings, key)) is not None:

            def act() -> None:
                self._choose(settings, changed)

        else:
            return False
        if not event.isAutoRepeat():
            self._attend(frame)
            act()
        return True

    def _lift(self) -> None:
        frame = self._frame()
        if frame is not None:
            self._send(SettingsChosen(replace(frame.view.settings, picture=True)))

    def _attend(self, frame: Frame) -> None:
        """Listening is not idleness: without this, who goes through a long list by ear would be asked away from it."""
        if frame.view.settings.sound and for_voters(frame.view):
            self._send(Attended())

    def _choose(self, settings: Settings, changed: Settings) -> None:
        if changed == settings:
            # At the end of the scale: say where it stands.
            self._voice.told(message("settings.sound", sound=message("settings.sound_volume", volume=settings.volume)))
        else:
            self._send(SettingsChosen(changed))

    # --- what the voice is told

    def _focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        frame = self._frame()
        if self._placing or frame is None or not isinstance(now, Pressable) or not frame.isAncestorOf(now):
            return
        self._attend(frame)
        if now.objectName().removeprefix("pin_").isdigit() and isinstance(frame.block, PinBlock):
            # Which digit the finger is on would tell the PIN to who overhears it.
            self._voice.told(frame.stage.said(frame.block.dots.accessibleName()))
        else:
            self._voice.focused(_control(frame, now))

    def _counted(self, _count: int) -> None:
        frame = self._frame()
        if frame is not None and isinstance(frame.block, PinBlock) and frame.block.dots is self.sender():
            self._voice.told(frame.stage.said(frame.block.dots.accessibleName()))


def _changed(settings: Settings, key: Qt.Key) -> Settings | None:
    """The settings after a key of the voice, or None if it is none. A first press of *repeat* turns the sound on."""
    paces = list(Pace)
    at = paces.index(settings.speech)
    if key in REPEAT:
        return replace(settings, sound=True)
    if not settings.sound:
        return None
    match key:
        case Qt.Key.Key_F3:  # slower
            return replace(settings, speech=paces[max(0, at - 1)])
        case Qt.Key.Key_F4:  # faster
            return replace(settings, speech=paces[min(len(paces) - 1, at + 1)])
        case Qt.Key.Key_F5:  # quieter
            return replace(settings, volume=max(1, settings.volume - 1))
        case Qt.Key.Key_F6:  # louder
            return replace(settings, volume=min(LOUDEST, settings.volume + 1))
        case Qt.Key.Key_F7:  # picture off and on
            return replace(settings, picture=not settings.picture)
        case _:
            return None


def _control(frame: Frame, control: Pressable) -> Control:
    """What a control is to who cannot see it, in the words that assistive technology is given."""
    name = control.objectName()
    kind = next((prefix for prefix in LISTED if name.startswith(prefix)), None)
    position = None
    if kind is not None:
        total = sum(1 for each in frame.controls() if each.objectName().startswith(kind))
        position = (int(name.removeprefix(kind)) + 1, total)
    described = "" if control.only_placed else control.accessibleDescription()
    return Control(
        frame.stage.said(control.accessibleName()),
        Kind.OPTION if isinstance(control, OptionButton) else Kind.BUTTON,
        chosen=control.isChecked(),
        description=frame.stage.said(described) if described else None,
        position=position,
    )
