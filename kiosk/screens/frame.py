"""The frame that every screen has: ribbon, upper bar, heading, lead, content, action bar.

The frame tries looks from roomy to dense until everything fits; what does not fit even then goes on pages.
"""

from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from kiosk.flows.views import Choices, Content, LongText, Review, Rows, View
from kiosk.screens.parts.bars import ActionBar, TopBar
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.contents import block_for
from kiosk.screens.parts.pages import PagedList
from kiosk.screens.parts.pictures import PictureBlock
from kiosk.screens.parts.pin import PinBlock
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.ribbon import CallSign, Ribbon
from kiosk.screens.parts.text import TextLabel, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import DENSITIES, GRID_MM, READING_WIDTH_MM, Look, Role, Type

WORDS_SHARE = 0.6
"""Of the width, where a picture stands beside the words instead of under them."""


def place_of(view: View) -> tuple[object, ...]:
    """What makes a screen another one to a person: its kind, its question and the things to choose from."""
    content = view.content
    things: tuple[object, ...] = ()
    if isinstance(content, Choices):
        things = tuple(choice.name for choice in content.choices)
    return (view.screen, view.heading, things, view.back is None, view.primary is None, view.practice)


class Frame(QWidget):
    """One screen. Subclasses, one a screen of the contract, say what is special about theirs."""

    heading_role = Role.INK
    """Colour of the heading."""

    def __init__(self, stage: Stage, view: View) -> None:
        """Makes all parts; they are laid out when the frame gets its size."""
        super().__init__()
        self.setObjectName("frame")
        self.stage = stage
        self.look = stage.look
        self.view = view
        self._beside = False
        self.ribbon = None if view.ribbon is None else Ribbon(stage, view.ribbon)
        self.sign = None if view.sign is None else CallSign(stage, view.sign)
        self.top = TopBar(stage, view)
        self.heading = TextLabel(stage.say(view.heading), Type.HEADING, self.look, self.heading_role)
        self.lead = TextLabel("" if view.lead is None else stage.say(view.lead), Type.BODY, self.look, Role.QUIET)
        self.block = self.make_block(view.content)
        self.bar = ActionBar(stage, view)
        # Not a stop of Tab, but where focus begins on a new screen.
        self.heading.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.heading.setObjectName("heading")
        self.lead.setObjectName("lead")
        self.setAccessibleName(self.heading.text())
        self.setAccessibleDescription(self.lead.text())
        for part in (self.ribbon, self.sign, self.top, self.heading, self.lead, self.block, self.bar):
            if part is not None:
                part.setParent(self)
        self._set_tab_order()
        page = view.content.page if isinstance(view.content, Choices | LongText | Review | Rows) else 0
        self._page_to_open = page

    def make_block(self, content: Content) -> Block | None:
        """The content's widget."""
        return block_for(self.stage, content)

    # --- updates on the same screen

    def refresh(self, view: View) -> bool:
        """Show a newer view of the same screen in the same widgets. False if it has to be made anew."""
        if (view.settings, view.ribbon, view.sign, view.settings_bar, view.progress, view.station) != (
            self.view.settings,
            self.view.ribbon,
            self.view.sign,
            self.view.settings_bar,
            self.view.progress,
            self.view.station,
        ):
            return False
        if (self.block is None) != (view.content is None) or not self.bar.refresh(view):
            return False
        if self.block is not None and not self.block.refresh(view.content):
            return False
        if self.paged is not None:
            self.paged.measure_anew()
        self.view = view
        self.lead.setText("" if view.lead is None else self.stage.say(view.lead))
        self.setAccessibleDescription(self.lead.text())
        # The density stays where it can: nothing jumps under a finger.
        if self._needed() <= self.height():
            self._lay_out()
        else:
            self.place()
        return True

    def wear(self, look: Look) -> None:
        """Show the same screen in another look: colours only, unless the size of the frame changes too."""
        self.stage = replace(self.stage, look=look)
        self.place()
        self.update()

    @property
    def paged(self) -> PagedList | None:
        """The paged list of this screen, if it has one."""
        return self.findChild(PagedList)

    # --- layout

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Qt says that the size has changed."""
        super().resizeEvent(event)
        self.place()
        if self._page_to_open and self.paged is not None:
            self.paged.open_at(self._page_to_open)
            self._page_to_open = 0

    def place(self) -> None:
        """Find the roomiest look in which everything fits, and lay out."""
        wide = isinstance(self.block, PictureBlock) and self.width() > self.height()
        for density in range(DENSITIES):
            self._dress(self.stage.look.denser(density))
            for beside in (True, False) if wide else (False,):
                self._beside = beside
                # Beside a picture there is room for a title that is read from the door.
                self.heading.kind = Type.TITLE if beside and density == 0 else Type.HEADING
                self.heading.dress(self.look)
                if self._needed() <= self.height() and self._no_word_is_cut():
                    self._lay_out()
                    return
        self._lay_out()

    def _dress(self, look: Look) -> None:
        if look == self.look:
            return
        self.look = look
        for part in self.findChildren(QWidget):
            dress = getattr(part, "dress", None)
            if callable(dress):
                dress(look)

    @property
    def _column(self) -> tuple[int, int]:
        """Left edge and width of heading and content."""
        free = self.width() - 2 * self.look.margin
        width = min(free, self.look.px(READING_WIDTH_MM))
        return (self.width() - width) // 2, round(width * WORDS_SHARE) if self._beside else width

    def _no_word_is_cut(self) -> bool:
        _, width = self._column
        if self.sign is not None and self.sign.cuts_a_word(self.width()):
            return False
        labels = (self.heading, self.lead)
        return all(widest_word(self.look, label.kind, label.text()) <= width for label in labels)

    def _heights(self) -> tuple[int, int, int, int, int]:
        """Ribbon with sign, upper bar, heading, lead, action bar."""
        _, width = self._column
        whole = self.width() - 2 * self.look.margin
        bands = [band for band in (self.ribbon, self.sign) if band is not None]
        ribbon = sum(band.height_for(self.width()) for band in bands)
        heading, lead = self.heading.height_for(width), self.lead.height_for(width)
        if self._on_one_line(width):
            heading, lead = max(heading, lead), 0
        return (
            ribbon,
            self.top.height_for(whole) + 2 * self._rim,
            heading,
            lead,
            self.bar.height_for(whole) + self._rim + self._bottom_rim,
        )

    def _on_one_line(self, width: int) -> bool:
        """True if the lead stands behind a short heading, where room is scarce and both are as large."""
        if self.look.density < 3 or not self.lead.text() or self._beside:
            return False
        return self.heading.natural_width() + self._word_gap + self.lead.natural_width() <= width

    @property
    def _word_gap(self) -> int:
        return self.look.px(2 * GRID_MM)

    @property
    def _rim(self) -> int:
        return self.look.px(GRID_MM / 2)

    @property
    def _bottom_rim(self) -> int:
        return self.look.px(GRID_MM if self.look.density < 2 else GRID_MM / 2)

    @property
    def _lead_gap(self) -> int:
        return self.look.px(1.0 if self.look.density < 2 else 0.0)

    def _needed(self) -> int:
        _, width = self._column
        block = 0 if self.block is None or self._beside else self.block.least_height(width) + self.look.gap
        return sum(self._heights()) + self._lead_gap + block + self._rim

    def _lay_out(self) -> None:
        left, width = self._column
        margin = self.look.margin
        ribbon, top, heading, lead, bar = self._heights()
        if self.ribbon is not None:
            self.ribbon.setGeometry(0, 0, self.width(), self.ribbon.height_for(self.width()))
        if self.sign is not None:
            sign = self.sign.height_for(self.width())
            self.sign.setGeometry(0, ribbon - sign, self.width(), sign)
        whole = self.width() - 2 * margin
        # The last settings button draws its frame at the margin: its focus ring stands outside it.
        self.top.setGeometry(margin, ribbon + self._rim, whole + self.look.ring, top - 2 * self._rim)
        self.top.place()
        y = ribbon + top
        spare = max(0, self.height() - self._needed())
        if self.paged is not None and self.paged.is_long(width):
            # A list on pages takes every pixel that is to be had.
            spare = 0
        y += spare * 2 // 5 if self._beside else min(spare // 4, self.look.px(GRID_MM * 3))
        self.lead.setVisible(bool(self.lead.text()))
        if self._on_one_line(width):
            wide = self.heading.natural_width()
            self.heading.setGeometry(left, y, wide, heading)
            self.lead.setGeometry(left + wide + self._word_gap, y, width - wide - self._word_gap, heading)
            y += heading + self._lead_gap + self.look.gap
        else:
            self.heading.setGeometry(left, y, width, heading)
            y += heading + self._lead_gap
            self.lead.setGeometry(left, y, width, lead)
            y += lead + self.look.gap
        foot = self.height() - bar
        ring = self.look.ring
        self.bar.setGeometry(margin - ring, foot + self._rim, whole + 2 * ring, bar - self._rim - self._bottom_rim)
        self.bar.place()
        if self.block is not None:
            if self._beside:
                across = self.width() - 2 * left - width - self.look.gap
                self.block.setGeometry(left + width + self.look.gap, ribbon + top, across, foot - ribbon - top)
            else:
                self.block.setGeometry(left - ring, y, width + 2 * ring, max(0, foot - y))
            self.block.place()
            for part in self.block.findChildren(QWidget):
                place = getattr(part, "place", None)
                if callable(place):
                    place()

    # --- focus and keys

    def _set_tab_order(self) -> None:
        """Tab goes as the eye reads: heading, settings, content, actions."""
        chain: list[QWidget] = [self.heading, *self.controls()]
        for before, after in pairwise(chain):
            QWidget.setTabOrder(before, after)

    def controls(self) -> list[Pressable]:
        """Everything that can be pressed, in reading order."""
        content = [] if self.block is None else self.block.findChildren(Pressable)
        return [*self.top.settings, *content, *self.bar.buttons]

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """A key that no control wanted: digits go to a pad."""
        if not (isinstance(self.block, PinBlock) and self.block.type_key(event)):
            super().keyPressEvent(event)
