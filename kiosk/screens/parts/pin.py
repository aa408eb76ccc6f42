"""A pad for a PIN. Digits are held here only, in bytes that are overwritten; nothing else ever learns them."""

import secrets

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.domain.words import message
from kiosk.flows.contract import PinEntered
from kiosk.flows.views import Content, PinPad
from kiosk.screens.parts.block import Block
from kiosk.screens.parts.buttons import ActionButton, Weight
from kiosk.screens.parts.text import TextLabel
from kiosk.screens.stage import Stage
from kiosk.screens.theme import HAIRLINE_MM, RADIUS_MM, TARGET_MM, Look, Role, Type

KEY_WIDTH_MM = 30.0
KEY_HEIGHT_MM = 22.0
DOT_STEP_MM = 7.5
DIGITS = "1234567890"
"""As on a telephone."""


def _ordered(*, shuffled: bool) -> list[str]:
    digits = list(DIGITS)
    if shuffled:
        secrets.SystemRandom().shuffle(digits)
    return digits


class PinDots(QWidget):
    """As many dots as digits were typed, in as many places as there can be."""

    counted = Signal(int)
    """How many digits are typed now."""

    def __init__(self, stage: Stage, most: int) -> None:
        """Says how many digits, never which."""
        super().__init__()
        self.stage = stage
        self.look = stage.look
        self.most = most
        self.show_count(0)

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def show_count(self, count: int) -> None:
        """Show `count` dots."""
        self.count = count
        words = message("staff_pin.entered", count=count) if count else message("staff_pin.empty")
        self.setAccessibleName(self.stage.say(words))
        self.update()
        self.counted.emit(count)

    def height_for(self, width: int) -> int:  # noqa: ARG002  one line
        """Pixels in height."""
        return self.look.px(TARGET_MM)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """A field with dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = max(1, self.look.px(HAIRLINE_MM))
        painter.setPen(QPen(self.look.colour(Role.LINE), line))
        painter.setBrush(self.look.colour(Role.CARD))
        radius = self.look.px(RADIUS_MM)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(line / 2, line / 2, -line / 2, -line / 2), radius, radius)
        step = self.look.px(DOT_STEP_MM)
        dot = self.look.px(1.7)
        left = self.width() / 2 - step * (self.most - 1) / 2
        for index in range(self.most):
            filled = index < self.count
            painter.setPen(QPen(self.look.colour(Role.INK if filled else Role.LINE), line))
            painter.setBrush(self.look.colour(Role.INK if filled else Role.CARD))
            size = dot if filled else dot * 0.55
            painter.drawEllipse(QPointF(left + index * step, self.height() / 2), size, size)
        painter.end()


class PinBlock(Block):
    """The field, what was wrong, and twelve keys."""

    def __init__(self, stage: Stage, content: PinPad) -> None:
        """Digits may also be typed on a keyboard."""
        super().__init__(stage)
        self._content = content
        # As long as it can get, so that it is never moved and leaves no copy behind.
        self._typed = bytearray(content.most)
        self._count = 0
        self.trouble = TextLabel("", Type.STRONG, self.look, Role.STOP)
        if content.trouble is not None:
            self.trouble.setText(stage.say(content.trouble))
        self.dots = PinDots(stage, content.most)
        *digits, last = (self._digit_key(digit) for digit in _ordered(shuffled=content.shuffled))
        self.erase = ActionButton(
            stage, stage.say(message("staff_pin.erase")), stage.say(message("staff_pin.erase_detail"))
        )
        self.erase.chosen = self._erase_last
        self.erase.setObjectName("pin_erase")
        self.enter = ActionButton(
            stage, stage.say(message("staff_pin.enter")), stage.say(message("staff_pin.enter_detail")), Weight.FILLED
        )
        self.enter.chosen = self._hand_over
        self.enter.setObjectName("pin_enter")
        self.keys = [*digits, self.erase, last, self.enter]
        for part in (self.trouble, self.dots, *self.keys):
            part.setParent(self)
        self._show_count()

    def _digit_key(self, digit: str) -> ActionButton:
        key = ActionButton(self.stage, digit, self.stage.say(message("staff_pin.digit", digit=digit)))
        key.kind = Type.STRONG
        key.waits = False
        key.chosen = lambda: self._type(ord(digit))
        key.setObjectName(f"pin_{digit}")
        return key

    def type_key(self, event: QKeyEvent) -> bool:
        """A key of a keyboard. True if it was one for the pad."""
        text = event.text()
        if len(text) == 1 and text in "0123456789" and not event.isAutoRepeat():
            self._type(ord(text))
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._erase_last()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.enter.isEnabled():
            self._hand_over()
        else:
            return False
        return True

    def _type(self, digit: int) -> None:
        if self._count < self._content.most:
            self._typed[self._count] = digit
            self._count += 1
            self._show_count()

    def _erase_last(self) -> None:
        if self._count:
            self._count -= 1
            self._typed[self._count] = 0
            self._show_count()

    def _hand_over(self) -> None:
        """Give the deposit a copy that is its own, and overwrite ours."""
        if self._count < self._content.least or not self.stage.gate.admits_key():
            return
        handle = self.stage.deposit(self._typed[: self._count])
        self.wipe()
        self.stage.choose(PinEntered(handle))

    def wipe(self) -> None:
        """Overwrite what was typed."""
        self._typed[:] = bytes(len(self._typed))
        self._count = 0
        self._show_count()

    def _show_count(self) -> None:
        count = self._count
        self.dots.show_count(count)
        self.erase.setEnabled(count > 0)
        self.enter.setEnabled(count >= self._content.least)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Another screen comes: nothing of the PIN stays."""
        self.wipe()
        super().hideEvent(event)

    def _pad_width(self, width: int) -> int:
        widest = max(key.narrowest() for key in self.keys)
        return min(width, 3 * max(self.look.px(KEY_WIDTH_MM), widest) + 2 * self._spacing)

    @property
    def _spacing(self) -> int:
        return self.look.px(1.0 if self.look.density == 0 else 0.2)

    def _side_width(self, width: int) -> int:
        """Room beside the keys, or 0 where the field stands over them."""
        side = min(width - self._pad_width(width), width // 2) - 2 * self.look.gap
        return side if side >= self.look.px(DOT_STEP_MM * (self._content.most + 1)) else 0

    def _key_height(self, width: int) -> int:
        key = (self._pad_width(width) - 2 * self._spacing) // 3
        return max(button.height_for(key) for button in self.keys)

    def _head_height(self, width: int) -> int:
        """The field and, under it, what was wrong."""
        trouble = self.trouble.height_for(width)
        return self.dots.height_for(width) + (trouble + self._spacing if trouble else 0)

    def least_height(self, width: int) -> int:
        """Four rows of keys, and the field beside or over them."""
        keys = 4 * self._key_height(width) + 3 * self._spacing
        side = self._side_width(width)
        if side:
            return max(keys, self._head_height(side))
        return keys + self._spacing + self._head_height(self._pad_width(width))

    def place(self) -> None:
        """Field left and keys right, or everything in one column."""
        width, pad, side = self.width(), self._pad_width(self.width()), self._side_width(self.width())
        head = side or pad
        field = self.dots.height_for(head)
        dots = min(head, self.look.px(DOT_STEP_MM * (self._content.most + 1)))
        left = self.look.ring if side else (width - pad) // 2 + (head - dots) // 2
        self.dots.setGeometry(left, 0, dots, field)
        trouble = self.trouble.height_for(head)
        self.trouble.setVisible(trouble > 0)
        self.trouble.setGeometry(self.look.ring if side else (width - pad) // 2, field + self._spacing, head, trouble)
        top = 0 if side else self._head_height(head) + self._spacing
        self._place_keys(min(width - pad, width // 2) if side else (width - pad) // 2, top, pad)

    def _place_keys(self, left: int, top: int, pad: int) -> None:
        wide = (pad - 2 * self._spacing) // 3
        free = (self.height() - top - 3 * self._spacing) // 4
        high = max(self._key_height(self.width()), min(free, self.look.px(KEY_HEIGHT_MM)))
        for index, key in enumerate(self.keys):
            row, column = divmod(index, 3)
            key.setGeometry(left + column * (wide + self._spacing), top + row * (high + self._spacing), wide, high)

    def refresh(self, content: Content) -> bool:
        """The same question keeps what is typed so far."""
        return content == self._content
