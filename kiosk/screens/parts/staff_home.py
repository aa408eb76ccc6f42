"""The staff's home: what was counted, how the devices are, and the choices besides the primary one."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.domain.counters import Counters
from kiosk.domain.words import Message, Words, message
from kiosk.flows.views import Content, Row, StaffHome
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import action_button, bind
from kiosk.screens.parts.rows import RowLine
from kiosk.screens.parts.text import RIGHT, text_height, text_width
from kiosk.screens.stage import Stage
from kiosk.screens.theme import HAIRLINE_MM, Look, Role, Type


def counter_lines(counters: Counters) -> tuple[tuple[Message, int], ...]:
    """What staff see of the counters, in order."""
    return (
        (message("staff_home.issued"), counters.entitled),
        (message("staff_home.accepted"), counters.accepted),
        (message("staff_home.pending"), counters.unsealed + counters.pending),
        (message("staff_home.acknowledged"), counters.acknowledged),
        (message("staff_home.sessions"), counters.sessions),
        (message("staff_home.challenges"), counters.challenges),
    )


MUST_FIT = 2
"""So many whole rows of devices have room, or all that need somebody in brief: whichever takes more."""


class CounterLine(QWidget):
    """A name and a number, which stand under those of the other lines."""

    def __init__(self, stage: Stage, name: Message, number: int) -> None:
        """The accessible name says both."""
        super().__init__()
        self.look = stage.look
        self.name = stage.say(name)
        self.tell(stage, number)

    def tell(self, stage: Stage, number: int) -> None:
        """Show this number from now on."""
        self.number = stage.catalogue.number(number)
        self.setAccessibleName(f"{self.name}: {self.number}")
        self.update()

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def _name_width(self, width: int) -> int:
        return width - text_width(self.look, Type.NOTICE, self.number) - self.look.px(3)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        name = text_height(self.look, Type.DETAIL, self.name, self._name_width(width))
        return max(name, text_height(self.look, Type.NOTICE, self.number, width)) + self.look.px(
            2.6 if self.look.density == 0 else 1.4
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Name left, number right, a thin line under both."""
        painter = QPainter(self)
        painter.setPen(self.look.colour(Role.QUIET))
        painter.setFont(self.look.font(Type.DETAIL))
        middle = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(QRect(0, 0, self._name_width(self.width()), self.height()), middle, self.name)
        painter.setPen(self.look.colour(Role.INK))
        painter.setFont(self.look.font(Type.NOTICE))
        painter.drawText(self.rect(), RIGHT, self.number)
        painter.setPen(QPen(self.look.colour(Role.LINE), max(1, self.look.px(HAIRLINE_MM / 2))))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()


class StaffHomeBlock(Block):
    """Counters left, devices right, other choices under them."""

    def __init__(self, stage: Stage, content: StaffHome) -> None:
        """The state itself is the screen's heading."""
        super().__init__(stage)
        self._content = content
        self.counters = [CounterLine(stage, name, number) for name, number in counter_lines(content.counters)]
        self.health = [RowLine(stage, row) for row in content.health]
        self.others = [action_button(stage, action) for action in content.others]
        for index, button in enumerate(self.others):
            button.setObjectName(f"other_{index}")
            button.describe_place(message("frame.other_place"))
        for part in (*self.counters, *self.health, *self.others):
            part.setParent(self)

    def _half(self, width: int) -> int:
        return (width - 2 * self.look.gap) // 2

    def _others_height(self, width: int) -> int:
        """The buttons in rows of two halves."""
        rows = range(0, len(self.others), 2)
        heights = [max(b.height_for(self._half(width)) for b in self.others[i : i + 2]) for i in rows]
        return sum(heights) + self.look.gap * len(heights)

    def least_height(self, width: int) -> int:
        """The higher column, and the buttons."""
        half = self._half(width) - self.look.ring
        left = sum(line.height_for(half) for line in self.counters)
        whole = sum(row.height_for(half) for row in self.health[:MUST_FIT])
        brief = sum(row.height_for(half, brief=True) for row in self._urgent)
        return max(left, whole, brief) + self._others_height(width)

    @property
    def _urgent(self) -> list[RowLine]:
        return [row for row in self.health if row.urgent]

    def _shorten(self, width: int, room: int) -> None:
        """Make rows that need somebody brief, the last ones first, until all of them have room."""
        for row in self._urgent:
            row.brief = False
        high = sum(row.height_for(width) for row in self._urgent)
        for row in reversed(self._urgent):
            if high <= room:
                return
            row.brief = True
            high += row.height_for(width, brief=True) - row.height_for(width)

    def place(self) -> None:
        """Two columns from the top, buttons at the foot.

        The flow gives what needs somebody first, and all of that is shown; rows of what is well may go.
        """
        half = self._half(self.width())
        room = self.height() - self._others_height(self.width())
        ring = self.look.ring
        y = 0
        for line in self.counters:
            height = line.height_for(half - ring)
            line.setGeometry(ring, y, half - ring, height)
            y += height
        self._shorten(half - ring, room)
        y = 0
        for row in self.health:
            height = row.height_for(half - ring, brief=row.brief)
            row.setGeometry(self.width() - half, y, half - ring, height)
            row.setVisible(row.urgent or y + height <= room)
            y += height
        y = self.height() - self._others_height(self.width()) + self.look.gap
        for start in range(0, len(self.others), 2):
            pair = self.others[start : start + 2]
            height = max(button.height_for(half) for button in pair)
            for index, button in enumerate(pair):
                button.setGeometry(index * (self.width() - half), y, half, height)
            y += height + self.look.gap

    def refresh(self, content: Content) -> bool:
        """Other numbers and rows come into the same widgets, so that nothing moves under a finger; no other choices."""
        if not isinstance(content, StaffHome) or _labels(content) != _labels(self._content):
            return False
        if content == self._content:
            return True
        for line, (_, number) in zip(self.counters, counter_lines(content.counters), strict=True):
            line.tell(self.stage, number)
        for button, action in zip(self.others, content.others, strict=True):
            bind(button, self.stage, action)
        self._tell_health(content.health)
        self._content = content
        return True

    def _tell_health(self, rows: tuple[Row, ...]) -> None:
        for line in self.health[len(rows) :]:
            line.hide()
            line.setParent(None)
            line.deleteLater()
        del self.health[len(rows) :]
        for line, row in zip(self.health, rows, strict=False):
            line.tell(self.stage, row)
        for row in rows[len(self.health) :]:
            line = RowLine(self.stage, row)
            line.dress(self.look)
            line.setParent(self)
            if self.others:
                # Read before the buttons, as it stands before them.
                line.stackUnder(self.others[0])
            line.show()
            self.health.append(line)


def _labels(content: StaffHome) -> tuple[Words, ...]:
    return tuple(action.label for action in content.others)
