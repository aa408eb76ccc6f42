"""Voting with two switches, or with one: a marker goes from control to control, and a switch chooses what it marks.

Two switches: *next* moves the marker, *choose* presses. One switch: the marker moves by itself at the voter's pace,
and any switch presses. Switches come as keys of a keyboard, as switch boxes and tactile keypads send them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from kiosk.domain.settings import Pace
from kiosk.flows.contract import Attended, Event, SettingsChosen
from kiosk.flows.speech import for_voters
from kiosk.flows.views import Screen
from kiosk.screens.frame import Frame
from kiosk.screens.gate import Gate
from kiosk.screens.keys import focus_first_of_page, neighbour, ring_of
from kiosk.screens.parts.pin import PinBlock
from kiosk.screens.parts.pressable import Pressable

PACES: Final = {Pace.SLOW: 3000, Pace.NORMAL: 2000, Pace.FAST: 1200}
"""Milliseconds that the marker stands on a control when it moves by itself."""
PACE_KEY: Final = Qt.Key.Key_F8
"""Goes through: no scanning by itself, slow, normal, fast."""
BETWEEN_VOTERS: Final = frozenset({Screen.WELCOME, Screen.CLOSED, Screen.STARTING, Screen.OUT_OF_ORDER})


@dataclass(frozen=True, slots=True)
class SwitchKeys:
    """Which keys the switches send. Those of `plain` are switches only while the marker moves by itself."""

    onward: frozenset[Qt.Key] = frozenset({Qt.Key.Key_F9, Qt.Key.Key_1})
    choose: frozenset[Qt.Key] = frozenset({Qt.Key.Key_F10, Qt.Key.Key_2})
    plain: frozenset[Qt.Key] = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})


class NoSuchKey(ValueError):  # noqa: N818 - named for what is wrong
    """A key for a switch that Qt does not know; the words say which."""


def switch_keys(text: str) -> SwitchKeys:
    """The keys of `NEXT:CHOOSE`, each one or several of Qt's names with commas: `F9,1:F10,2`. Raises NoSuchKey."""
    onward, colon, choose = text.partition(":")
    if not colon:
        raise NoSuchKey(f"“{text}” is not of the form NEXT:CHOOSE, for instance F9,1:F10,2")
    return SwitchKeys(_keys(onward), _keys(choose))


def _keys(names: str) -> frozenset[Qt.Key]:
    unknown = [name for name in names.split(",") if not hasattr(Qt.Key, f"Key_{name}")]
    if unknown:
        raise NoSuchKey(f"there is no key {', '.join(unknown)}")
    return frozenset(Qt.Key[f"Key_{name}"] for name in names.split(","))


class Scanner(QObject):
    """Moves the focus for switches; the shell shows the marker where `marking` is true.

    A first press of *choose*, where nothing is marked yet, starts the marker by itself, slowly: who has one switch
    needs nobody to set that up.
    """

    def __init__(
        self,
        owner: QObject,
        frame: Callable[[], Frame | None],
        gate: Gate,
        send: Callable[[Event], None],
        keys: SwitchKeys,
    ) -> None:
        """Ends with `owner`. `frame` is the one on show; `send` takes the voter's new pace."""
        super().__init__(owner)
        self._frame = frame
        self._gate = gate
        self._send = send
        self._keys = keys
        self._by_switch = False
        self._held: int | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)

    @property
    def pace(self) -> Pace | None:
        """How fast the marker moves by itself, or None if it does not."""
        frame = self._frame()
        return None if frame is None else frame.view.settings.scanning

    @property
    def marking(self) -> bool:
        """Whether the control with focus is marked."""
        return self._by_switch or self.pace is not None

    # --- what the shell tells

    def watch(self, event: QEvent) -> bool:
        """Every event of the window, before a control gets it. True if it was a switch's."""
        if not isinstance(event, QKeyEvent) or self._frame() is None:
            return False
        if event.type() is QEvent.Type.KeyRelease:
            return self._released(event)
        return event.type() is QEvent.Type.KeyPress and self._pressed(event)

    def screen_shown(self, *, fresh: bool) -> None:
        """A view is on screen. On a `fresh` screen the marker starts at the first control after the heading."""
        frame = self._frame()
        assert frame is not None
        if fresh and frame.view.screen in BETWEEN_VOTERS:
            self._by_switch = False
        if not self.marking:
            self._timer.stop()
            return
        ring = ring_of(frame)
        if ring and (fresh or frame.focusWidget() not in ring):
            self._focus(ring[0])
        self._restart()

    def touched(self) -> None:
        """A finger is on the panel: the marker of two switches goes away until a switch is pressed."""
        self._by_switch = False

    def stop(self) -> None:
        """The window closes."""
        self._timer.stop()

    def tick(self) -> None:
        """The marker has stood long enough."""
        if self._held is None:
            self._step()

    # --- switches

    def _pressed(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if not self._is_switch(key) or (self._on_pad() and event.text().isdigit()):
            return False
        if event.isAutoRepeat() or self._held is not None:
            return True
        self._held = key
        if key == PACE_KEY:
            self._next_pace()
        elif key in self._keys.onward:
            self._by_switch = True
            self._step()
            self._restart()
            self._attend()
        elif not self.marking:
            self._next_pace()
        else:
            self._choose()
        return True

    def _released(self, event: QKeyEvent) -> bool:
        if event.key() != self._held or event.isAutoRepeat():
            return event.key() == self._held
        self._held = None
        return True

    def _is_switch(self, key: Qt.Key) -> bool:
        known = key == PACE_KEY or key in self._keys.onward or key in self._keys.choose
        return known or (self.pace is not None and key in self._keys.plain)

    def _on_pad(self) -> bool:
        frame = self._frame()
        return frame is not None and isinstance(frame.block, PinBlock)

    def _step(self) -> None:
        frame = self._frame()
        if frame is not None:
            control = neighbour(ring_of(frame), frame.focusWidget(), 1)
            if control is not None:
                self._focus(control)

    def _choose(self) -> None:
        """Press what is marked: once, also where a finger has to hold."""
        frame = self._frame()
        control = None if frame is None else frame.focusWidget()
        if frame is None or not isinstance(control, Pressable) or control not in ring_of(frame):
            self._step()
        elif self._gate.admits_key() and not control.bounces():
            paged = frame.paged
            control.click()
            if paged is not None and control in (paged.previous, paged.onward):
                focus_first_of_page(frame)
        self._restart()

    def _attend(self) -> None:
        """Whoever goes through a long list is there, though nothing is chosen yet."""
        frame = self._frame()
        if frame is not None and for_voters(frame.view):
            self._send(Attended())

    def _next_pace(self) -> None:
        """The voter's setting, where settings can be changed."""
        frame = self._frame()
        if frame is None or not frame.view.settings_bar or not self._gate.admits_key():
            return
        paces = [None, *Pace]
        now = paces.index(frame.view.settings.scanning)
        self._gate.sent()
        self._send(SettingsChosen(replace(frame.view.settings, scanning=paces[(now + 1) % len(paces)])))

    def _restart(self) -> None:
        """The whole of a pace for what is marked now."""
        if self.pace is None:
            self._timer.stop()
        else:
            self._timer.start(PACES[self.pace])

    def _focus(self, control: Pressable) -> None:
        control.setFocus(Qt.FocusReason.TabFocusReason)
