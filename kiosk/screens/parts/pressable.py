"""The one base of everything that is pressed: finger, key and assistive technology end in the same choice."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from kiosk.domain.words import Words
from kiosk.screens.stage import Stage
from kiosk.screens.theme import (
    BOUNCE_MS,
    FRAME_MM,
    HAIRLINE_MM,
    HOLD_MS,
    HOLD_STEP_MS,
    RADIUS_MM,
    Look,
    Role,
)

ACTIVATING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Select)
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
RING_STEP_MS = 16
NEVER = float("-inf")


class Pressable(QAbstractButton):
    """A button that draws itself.

    `chosen` is called once per press that counts. With `hold` a finger has to stay for `HOLD_MS`, and a ring
    shows how far it is; a key, a switch or assistive technology chooses with one press.
    """

    waits = True
    """After a finger's choice the button takes no other for `BOUNCE_MS`. Digits do: a PIN may have one twice."""

    def __init__(self, stage: Stage, name: str, description: str, *, hold: bool = False) -> None:
        """`name` and `description` are what a screen reader says."""
        super().__init__()
        self.stage = stage
        self.look = stage.look
        self.hold = hold
        self.chosen: Callable[[], None] | None = None
        self._held_ms = 0.0
        self._seen_at = 0.0
        self._chosen_at = NEVER
        self._marking = False
        self.only_placed = False
        self._ring = QTimer(self)
        self._ring.setInterval(RING_STEP_MS)
        self._ring.timeout.connect(self._hold_step)
        self._by_finger = False
        self.rename(name, description)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)
        self.toggled.connect(self._on_toggled)

    def rename(self, name: str, description: str) -> None:
        """Say something else to a screen reader."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)

    def describe_place(self, words: Words) -> None:
        """Where it stands, for a screen reader, if nothing else describes it. The voice says places by itself."""
        if not self.accessibleDescription():
            self.setAccessibleDescription(self.stage.say(words))
            self.only_placed = True

    def mark(self, *, chosen: bool) -> None:
        """Show the mark that the view has."""
        self._marking = True
        self.setChecked(chosen)
        self._marking = False

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        raise NotImplementedError

    def draw(self, painter: QPainter) -> None:
        """Draw the face; frame and ring are the subclass's business too, by `draw_frame`."""
        raise NotImplementedError

    # --- pressing

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """A finger came down: it counts only if the gate is open."""
        if event.button() != Qt.MouseButton.LeftButton or not self.stage.gate.admits() or self.bounces():
            event.accept()
            return
        self._by_finger = True
        super().mousePressEvent(event)
        if self.hold and self.isDown():
            self._held_ms = 0.0
            self._seen_at = self.stage.gate.now()
            self._ring.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """The finger left; a press that was to be held and was not, or that does not count, chooses nothing."""
        if self._by_finger and (self.hold or not self.stage.gate.contact.counts):
            self.let_go()
            event.accept()
        else:
            super().mouseReleaseEvent(event)
        self._by_finger = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """A finger that slides off a button to be held has to come down anew; so has one that strayed."""
        if self._by_finger and (self.stage.gate.contact.spoiled or (self.hold and not self._under(event))):
            self.let_go()
            self._by_finger = not self.hold
            event.accept()
        elif self._by_finger or not self.hold:
            super().mouseMoveEvent(event)

    @property
    def fingered(self) -> bool:
        """A finger presses it now."""
        return self._by_finger and self.isDown()

    def let_go(self) -> None:
        """End a press that is under way; it chooses nothing."""
        self._stop_ring()
        self.setDown(False)

    def _under(self, event: QMouseEvent) -> bool:
        return self.rect().contains(event.position().toPoint())

    def bounces(self) -> bool:
        """It was chosen a moment ago: a finger or a switch that comes again now trembles."""
        return self.waits and self.stage.gate.now() - self._chosen_at < BOUNCE_MS / 1000

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Enter does what Space does; a key that repeats or was down before does nothing. Arrows are the screen's."""
        if event.key() in ARROWS:
            event.ignore()
        elif event.key() not in ACTIVATING:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat() and self.stage.gate.admits_key():
            self._by_finger = False
            self.setDown(True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """The key came up on the button on which it went down."""
        if event.key() not in ACTIVATING:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat() and self.isDown():
            self.setDown(False)
            self.click()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802  Qt's name
        """A press that is under way ends when focus goes."""
        self.let_go()
        super().focusOutEvent(event)

    def nextCheckState(self) -> None:  # noqa: N802  Qt's name
        """Marks follow the view, not the finger: a refused choice never flickers on and off."""

    def _hold_step(self) -> None:
        now = self.stage.gate.now()
        self._held_ms += min((now - self._seen_at) * 1000, HOLD_STEP_MS)
        self._seen_at = now
        if not self.isDown():
            self._stop_ring()
        elif self._held_ms >= HOLD_MS:
            self._stop_ring()
            self._by_finger = False
            self.setDown(False)
            self.click()
        self.update()

    def _stop_ring(self) -> None:
        self._ring.stop()
        self._held_ms = 0.0
        self.update()

    def _on_clicked(self) -> None:
        self._chosen_at = self.stage.gate.now()
        if self.chosen is not None:
            self.chosen()

    def _on_toggled(self, checked: bool) -> None:
        """Assistive technology toggles a mark without a click: take it as one, and let the view say what is marked."""
        if not self._marking and self.chosen is not None:
            self.mark(chosen=not checked)
            self.click()

    # --- drawing

    @property
    def held_share(self) -> float:
        """How far a press that is to be held is, from 0 to 1."""
        return min(1.0, self._held_ms / HOLD_MS)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw the face, and the focus ring over it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter)
        if self.hasFocus():
            self._draw_focus(painter)
        painter.end()

    def draw_frame(self, painter: QPainter, ground: QColor, line: Role, *, heavy: bool) -> None:
        """A rounded ground with a thin or a heavy line."""
        width = self.look.px(FRAME_MM if heavy else HAIRLINE_MM)
        inset = self.inset + width / 2
        radius = self.look.px(RADIUS_MM)
        painter.setPen(QPen(self.look.colour(line), width))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)

    @property
    def inset(self) -> int:
        """Room for the focus ring around the frame."""
        return self.look.ring

    def _draw_focus(self, painter: QPainter) -> None:
        """Two lines, dark and light, so that the ring is seen on every ground."""
        width = self.look.px(FRAME_MM)
        radius = self.look.px(RADIUS_MM) + self.inset / 2
        box = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.look.colour(Role.FOCUS), width))
        painter.drawRoundedRect(box, radius, radius)

    def draw_ring(self, painter: QPainter, centre: QPointF, radius: float, ink: QColor) -> None:
        """The ring of a press that is to be held: a thin circle that fills."""
        box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        thin = QPen(ink, max(1, self.look.px(HAIRLINE_MM)))
        painter.setPen(thin)
        painter.drawEllipse(box)
        if self.held_share > 0:
            thick = QPen(ink, self.look.px(FRAME_MM * 1.6))
            thick.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(thick)
            painter.drawArc(box, 90 * 16, -round(360 * 16 * self.held_share))
