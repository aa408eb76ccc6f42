"""Which block shows which content."""

from typing import assert_never

from kiosk.flows.views import (
    Choices,
    Codes,
    Content,
    Decision,
    LongText,
    Pages,
    Picture,
    PinPad,
    Review,
    Rows,
    StaffHome,
    Statement,
)
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.codes import CodesBlock, DecisionBlock
from kiosk.screens.parts.help_pages import HelpBlock
from kiosk.screens.parts.long_text import LongTextBlock
from kiosk.screens.parts.options import ChoicesBlock
from kiosk.screens.parts.pictures import PictureBlock
from kiosk.screens.parts.pin import PinBlock
from kiosk.screens.parts.review import ReviewBlock
from kiosk.screens.parts.rows import RowsBlock
from kiosk.screens.parts.staff_home import StaffHomeBlock
from kiosk.screens.parts.statement import StatementBlock
from kiosk.screens.stage import Stage


def block_for(stage: Stage, content: Content) -> Block | None:
    """The block of a content, or None where a screen has none."""
    match content:
        case None:
            return None
        case Picture():
            return PictureBlock(stage, content)
        case Rows():
            return RowsBlock(stage, content)
        case Choices():
            return ChoicesBlock(stage, content)
        case LongText():
            return LongTextBlock(stage, content)
        case Review():
            return ReviewBlock(stage, content)
        case Decision():
            return DecisionBlock(stage, content)
        case Codes():
            return CodesBlock(stage, content)
        case Pages():
            return HelpBlock(stage, content)
        case Statement():
            return StatementBlock(stage, content)
        case PinPad():
            return PinBlock(stage, content)
        case StaffHome():
            return StaffHomeBlock(stage, content)
        case _:
            assert_never(content)
