"""Keys that belong to the screen and not to a control: where they lead, in the order in which the eye reads."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from kiosk.screens.frame import Frame
from kiosk.screens.gate import Gate
from kiosk.screens.parts.pin import PinBlock
from kiosk.screens.parts.pressable import Pressable

ONWARD = (Qt.Key.Key_Down, Qt.Key.Key_Right)
BACKWARD = (Qt.Key.Key_Up, Qt.Key.Key_Left)
UPRIGHT = (Qt.Key.Key_Down, Qt.Key.Key_Up)
PAD_COLUMNS = 3


def ring_of(frame: Frame) -> list[Pressable]:
    """What can be pressed now, beginning with the first control after the heading; the settings come last."""
    controls = frame.controls()
    settings = len(frame.top.settings)
    around = [*controls[settings:], *controls[:settings]]
    return [control for control in around if control.isEnabled() and control.isVisibleTo(frame)]


def neighbour(ring: list[Pressable], at: QWidget | None, step: int) -> Pressable | None:
    """The control `step` (1 or -1) after `at`, round and round; from anywhere else, the first or the last one."""
    if not ring:
        return None
    if not isinstance(at, Pressable) or at not in ring:
        return ring[0 if step > 0 else -1]
    return ring[(ring.index(at) + step) % len(ring)]


class Keys:
    """The screen's keys. Arrows only move the focus; nothing repeats while a key is held."""

    def __init__(self, frame: Callable[[], Frame | None], gate: Gate) -> None:
        """`frame` is the one on show."""
        self._frame = frame
        self._gate = gate

    def press(self, event: QKeyEvent) -> bool:
        """A key that no control wanted. True if it was one of the screen's."""
        frame, key = self._frame(), event.key()
        if frame is None:
            return False
        match key:
            case Qt.Key.Key_Down | Qt.Key.Key_Right | Qt.Key.Key_Up | Qt.Key.Key_Left:
                if not event.isAutoRepeat():
                    self._move(frame, Qt.Key(key))
            case Qt.Key.Key_Escape:
                aside = frame.view.back is not None and frame.view.back.aside
                self._click(None if aside else frame.bar.back, event)
            case Qt.Key.Key_F1 | Qt.Key.Key_Home | Qt.Key.Key_Help:
                self._click(frame.bar.help, event)
            case Qt.Key.Key_PageDown:
                self._turn(frame, 1, event)
            case Qt.Key.Key_PageUp:
                self._turn(frame, -1, event)
            case _:
                return False
        return True

    def _move(self, frame: Frame, key: Qt.Key) -> None:
        at = frame.focusWidget()
        target = self._on_pad(frame, at, key) if key in UPRIGHT else None
        target = target or neighbour(ring_of(frame), at, 1 if key in ONWARD else -1)
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_pad(self, frame: Frame, at: QWidget | None, key: Qt.Key) -> Pressable | None:
        """Up and down on a pad of digits, whose keys stand in rows of three; None at its edges."""
        block = frame.block
        if not isinstance(block, PinBlock) or at not in block.keys:
            return None
        step = PAD_COLUMNS if key in ONWARD else -PAD_COLUMNS
        wanted = [block.keys.index(at) + step * rows for rows in (1, 2, 3)]
        reached = [block.keys[index] for index in wanted if 0 <= index < len(block.keys)]
        return next((each for each in reached if each.isEnabled()), None)

    def _click(self, control: Pressable | None, event: QKeyEvent) -> None:
        if control is not None and control.isEnabled() and not event.isAutoRepeat() and self._gate.admits_key():
            control.click()

    def _turn(self, frame: Frame, step: int, event: QKeyEvent) -> None:
        """Another page of the list; focus goes to its first control."""
        paged = frame.paged
        if paged is None or event.isAutoRepeat() or not self._gate.admits_key():
            return
        if 0 <= paged.page + step < paged.pages:
            paged.turn(paged.page + step)
            focus_first_of_page(frame)


def focus_first_of_page(frame: Frame) -> None:
    """After a page was turned: go to what it shows first, if that can be pressed."""
    if frame.paged is None:
        return
    for item in frame.paged.items:
        if item.isVisibleTo(frame):
            inside = [item] if isinstance(item, Pressable) else item.findChildren(Pressable)
            first = next((each for each in inside if isinstance(each, Pressable) and each.isEnabled()), None)
            if first is not None:
                first.setFocus(Qt.FocusReason.TabFocusReason)
            return
