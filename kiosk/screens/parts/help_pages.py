"""Help: a picture and a sentence a line, on pages where they do not fit."""

from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Content, Pages, Picture
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.pictures import Drawing
from kiosk.screens.parts.text import TextLabel
from kiosk.screens.stage import Stage
from kiosk.screens.theme import Look, Type


class HelpLine(QWidget):
    """A drawing with its sentence beside it."""

    def __init__(self, stage: Stage, picture: Picture) -> None:
        """The caption is the sentence."""
        super().__init__()
        self.look = stage.look
        self.drawing = Drawing(stage, picture)
        self.words = TextLabel(stage.say(picture.caption), Type.BODY, self.look)
        self.drawing.setParent(self)
        self.words.setParent(self)

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look

    @property
    def _side(self) -> int:
        return self.look.px(24 if self.look.density < 2 else 18)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        text = self.words.height_for(width - self._side - self.look.px(6))
        return max(self._side, text) + self.look.px(2)

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """Drawing left, words right, both in the middle of the height."""
        self.place()

    def place(self) -> None:
        """Lay out."""
        side = self._side
        left = side + self.look.px(6)
        text = self.words.height_for(self.width() - left)
        self.drawing.setGeometry(0, (self.height() - side) // 2, side, side)
        self.words.setGeometry(left, (self.height() - text) // 2, self.width() - left, text)


class HelpBlock(Block):
    """The lines on pages."""

    def __init__(self, stage: Stage, content: Pages) -> None:
        """In the order given."""
        super().__init__(stage)
        self._content = content
        self.list = PagedList(stage, [HelpLine(stage, picture) for picture in content.pictures])
        self.list.setParent(self)

    def least_height(self, width: int) -> int:
        """The list's."""
        return self.list.least_height(width)

    def place(self) -> None:
        """The list fills the block."""
        self.list.setGeometry(self.rect())

    def refresh(self, content: Content) -> bool:
        """The same pictures stay."""
        return content == self._content
