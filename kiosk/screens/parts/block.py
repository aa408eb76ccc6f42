"""The content of a screen: something that knows how much room it needs and lays its parts out by itself."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Content
from kiosk.screens.stage import Stage
from kiosk.screens.theme import Look


class Block(QWidget):
    """A piece of content. Subclasses say how high they must be and place their children."""

    def __init__(self, stage: Stage) -> None:
        """`stage` is the screen's."""
        super().__init__()
        self.stage = stage
        self.look = stage.look

    def dress(self, look: Look) -> None:
        """Take over another look; children are dressed by the frame."""
        self.look = look

    def least_height(self, width: int) -> int:
        """Pixels in height below which something would be cut, at `width`."""
        raise NotImplementedError

    def place(self) -> None:
        """Lay the children out in the present size."""

    def refresh(self, content: Content) -> bool:  # noqa: ARG002  what a subclass compares
        """Show other content in the same widgets. False if that cannot be done and the block must be made anew."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Qt says that the size has changed."""
        super().resizeEvent(event)
        self.place()
