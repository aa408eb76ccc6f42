"""The panel's small parts: labels, buttons and groups that say their words in whichever language is chosen."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from demo.panel_look import GAP


def label(kind: str, *, wrap: bool = False) -> QLabel:
    """A label of a kind that the style sheet knows."""
    made = QLabel()
    made.setProperty("kind", kind)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return made


def button(name: str, pressed: Callable[[], object], kind: str = "") -> QPushButton:
    """A button of object name `name`."""
    made = QPushButton()
    made.setObjectName(name)
    made.setProperty("kind", kind)
    made.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
    made.clicked.connect(lambda _checked: pressed())
    return made


def write(widget: QLabel | QPushButton, words: str, accessible: str = "") -> None:
    """Set the words, unless they are there already; a button's accessible name is one line of them."""
    if widget.text() != words:
        widget.setText(words)
    name = accessible or words.replace("\n", ": ")
    if widget.accessibleName() != name:
        widget.setAccessibleName(name)


def mark(widget: QWidget, name: str, *, on: bool) -> None:
    """Set a property of the style sheet and let the style see it."""
    value = "true" if on else "false"
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def row(*widgets: QWidget, stretch_first: bool = False) -> QHBoxLayout:
    """Widgets beside each other."""
    made = QHBoxLayout()
    made.setSpacing(GAP)
    for index, widget in enumerate(widgets):
        made.addWidget(widget, 1 if stretch_first and index == 0 else 0)
    return made


class Chooser(QComboBox):
    """A list to choose from. It draws its own arrow, because the style sheet takes Qt's away with the frame."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw, and the arrow on top."""
        super().paintEvent(event)
        if self.count() < 2:
            return
        x, y = self.width() - 16.0, self.height() / 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().text().color(), 1.8))
            painter.drawPolyline([QPointF(x - 5, y - 2.5), QPointF(x, y + 2.5), QPointF(x + 5, y - 2.5)])


class Group(QFrame):
    """A framed group with a heading."""

    def __init__(self, kind: str = "group") -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 10, 12, 12)
        self.column.setSpacing(GAP)
        self.heading = label("heading")
        self.column.addWidget(self.heading)
