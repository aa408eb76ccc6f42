"""The marker of scanning, and of a focus that no control draws by itself: a thick frame over everything."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.screens.theme import FRAME_MM, HAIRLINE_MM, MARKER_MM, RADIUS_MM, Look, Role

MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class Marker(QWidget):
    """Stands around one widget and follows it. Touches go through it, and screen readers do not meet it."""

    def __init__(self, parent: QWidget) -> None:
        """`parent` is the shell: the marker lies over every frame that comes."""
        super().__init__(parent)
        self._ground = parent
        self.setObjectName("marker")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.target: QWidget | None = None
        self._look: Look | None = None
        self._thick = False
        self.hide()

    def stand_at(self, target: QWidget, look: Look, *, thick: bool) -> None:
        """Mark `target` from now on; `thick` for scanning, else as a focus ring."""
        if self.target is not target:
            self.stand_nowhere()
            self.target = target
            target.installEventFilter(self)
            target.destroyed.connect(self._gone)
        self._look, self._thick = look, thick
        self._follow()

    def stand_nowhere(self) -> None:
        """Mark nothing."""
        if self.target is not None:
            self.target.removeEventFilter(self)
            self.target.destroyed.disconnect(self._gone)
        self._gone()

    def _gone(self) -> None:
        self.target = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """The marked widget moves."""
        if event.type() in MOVES:
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        if self.target is None or self._look is None or not self.target.isVisibleTo(self._ground):
            self.hide()
            return
        out = self._look.px(MARKER_MM / 2)
        area = self.target.rect().translated(self.target.mapTo(self._ground, self.target.rect().topLeft()))
        # At the edge of the panel the frame moves in rather than being cut.
        self.setGeometry(area.adjusted(-out, -out, out, out) & self._ground.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """A frame in the colour of focus between two thin lines of the ground, so that it is seen on everything."""
        look = self._look
        if look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = look.px(MARKER_MM if self._thick else FRAME_MM)
        light = max(1, look.px(HAIRLINE_MM))
        radius = look.px(RADIUS_MM)
        for inset, line, role in (
            (0.0, width + 2 * light, Role.GROUND),
            (float(light), width, Role.FOCUS),
        ):
            edge = inset + line / 2
            painter.setPen(QPen(look.colour(role), line))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), radius, radius)
        painter.end()
