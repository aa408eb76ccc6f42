"""A hand and an eye at the terminal's window: sees what is on screen, presses what is there, takes pictures.

The presses are mouse events at the middle of real widgets, so touch lock-out, the half-second hold and hidden
pages count as they do for a person. The hand lives in the demo's own terminal process and refuses an official
election.
"""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

from demo.census import census
from demo.stopwatch import Stopwatch
from demo.witness import Witness
from kiosk.domain.polls import Mode
from kiosk.screens.frame import place_of
from kiosk.screens.shell import Shell
from kiosk.screens.theme import HOLD_MS
from protocol.documents.package import ElectionPackage

HOLD_MARGIN_MS = 150
PRESS_MS = 60
"""A quick tap; the terminal asks for half of it."""
GATE_SECONDS = 10.0


class NotInEarnest(Exception):  # noqa: N818 - named for what it protects
    """The demo's hand was offered an official election."""


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`do` is look, press, tap, choose, key, picture, figures, census, testimony.

    `name` is the control's object name or Qt's name of a key (Down, F1, Space).
    `path` is the picture's file.
    """

    do: str
    name: str = ""
    path: str = ""


class Hand(QObject):
    """Listens on a UNIX socket and does what it is told on the Qt thread."""

    _asked = Signal(object)

    def __init__(
        self, shell: Shell, package: ElectionPackage, path: Path, *, stopwatch: bool = False, witness: bool = False
    ) -> None:
        """With `stopwatch`, time every wait; with `witness`, note what the window's thread asks of the system.

        Raises NotInEarnest for an official election.
        """
        if Mode(package.mode) is Mode.OFFICIAL:
            raise NotInEarnest("the demo's hand works only in test and training elections")
        super().__init__()
        self._shell = shell
        self._serial = 0
        self._stopwatch = Stopwatch(self._screen) if stopwatch else None
        self._witness = Witness() if witness else None
        self._chosen_ns = 0
        shell.shown.connect(self._count)
        self._asked.connect(self._do, Qt.ConnectionType.QueuedConnection)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)
        self._listening.bind(str(path))
        self._listening.listen()
        threading.Thread(target=self._serve, name="hand", daemon=True).start()

    def _count(self, _view: object) -> None:
        self._serial += 1
        if self._stopwatch is not None and self._chosen_ns and self._shell.frame is not None:
            self._stopwatch.time_paint(self._shell.frame, self._stopwatch.answered, self._chosen_ns)
            self._chosen_ns = 0

    def _screen(self) -> str:
        return "" if self._shell.view is None else self._shell.view.screen.value

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            threading.Thread(target=self._talk, args=(connection,), name="hand-talk", daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                answered = threading.Event()
                answer: list[dict[str, Any]] = []

                def reply(fields: dict[str, Any], answer: list[Any] = answer, done: Any = answered) -> None:
                    answer.append(fields)
                    done.set()

                self._asked.emit((msgspec.json.decode(line, type=Command), reply))
                answered.wait()
                try:
                    connection.sendall(msgspec.json.encode(answer[0]) + b"\n")
                except OSError:
                    return

    def _do(self, asked: tuple[Command, Callable[[dict[str, Any]], None]]) -> None:
        command, reply = asked
        match command.do:
            case "look":
                reply(self._look())
            case "press":
                self._press(command.name, reply, time.monotonic() + GATE_SECONDS)
            case "tap":
                self._press(command.name, reply, time.monotonic() + GATE_SECONDS, short=True)
            case "choose":
                self._choose(command.name, reply)
            case "key":
                self._key(command.name, reply, time.monotonic() + GATE_SECONDS)
            case "picture":
                saved = self._shell.grab().save(command.path)
                reply({"ok": saved})
            case "figures":
                reply({"ok": self._stopwatch is not None} | (self._stopwatch.figures() if self._stopwatch else {}))
            case "testimony":
                reply({"ok": self._witness is not None, "noted": self._witness.testimony() if self._witness else []})
            case "census":
                reply({"ok": True} | census())
            case _:
                reply({"ok": False, "error": f"no such thing to do: {command.do}"})

    def _look(self) -> dict[str, Any]:
        view = self._shell.view
        if view is None:
            return {"ok": True, "screen": "", "serial": 0, "controls": {}}
        focused = None if self._shell.frame is None else self._shell.frame.focusWidget()
        controls = {
            button.objectName(): {
                "name": button.accessibleName(),
                "enabled": button.isEnabled(),
                "marked": button.isChecked(),
            }
            for button in self._buttons()
        }
        return {
            "ok": True,
            "screen": view.screen.value,
            "language": view.settings.language,
            "size": view.settings.size.value,
            "serial": self._serial,
            "place": str(hash((place_of(view), view.settings.language))),
            "controls": controls,
            "focus": "" if focused is None else focused.objectName(),
        }

    def _buttons(self) -> list[QAbstractButton]:
        if self._shell.frame is None:
            return []
        return [
            button
            for button in self._shell.frame.findChildren(QAbstractButton)
            if button.objectName() and button.isVisible()
        ]

    def _press(self, name: str, reply: Callable[[dict[str, Any]], None], until: float, *, short: bool = False) -> None:
        """Press as a finger does, once the screen takes presses; `short` lets go at once of what is to be held."""
        button = next((each for each in self._buttons() if each.objectName() == name), None)
        if button is None or not button.isEnabled():
            reply({"ok": False, "error": f"no control “{name}” can be pressed on this screen"})
            return
        if self._shell.resting.dim:
            # As a person would: the first touch only lights the screen.
            for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
                self._mouse(kind, self._shell.rect().center())
        if not self._shell.accepts_press():
            if time.monotonic() > until:
                reply({"ok": False, "error": "the screen takes no presses"})
                return
            QTimer.singleShot(PRESS_MS, lambda: self._press(name, reply, until, short=short))
            return
        held = bool(getattr(button, "hold", False)) and not short
        where = button.mapTo(self._shell, button.rect().center())
        if self._stopwatch is not None:
            self._stopwatch.time_paint(button, self._stopwatch.pressed, time.monotonic_ns())
        self._mouse(QEvent.Type.MouseButtonPress, where)

        def release() -> None:
            if not held:
                self._chosen_ns = time.monotonic_ns()
            self._mouse(QEvent.Type.MouseButtonRelease, where)
            reply({"ok": True})

        QTimer.singleShot(HOLD_MS + HOLD_MARGIN_MS if held else PRESS_MS, release)

    def _choose(self, name: str, reply: Callable[[dict[str, Any]], None]) -> None:
        """Choose as assistive technology does: no finger, so nothing waits for one."""
        button = next((each for each in self._buttons() if each.objectName() == name), None)
        if button is None or not button.isEnabled():
            reply({"ok": False, "error": f"no control “{name}” can be pressed on this screen"})
            return
        button.click()
        reply({"ok": True})

    def _key(self, name: str, reply: Callable[[dict[str, Any]], None], until: float) -> None:
        """A key down and up, to the window as a real one, once the screen takes keys."""
        key = getattr(Qt.Key, f"Key_{name}", None)
        if key is None:
            reply({"ok": False, "error": f"there is no key “{name}”"})
            return
        if self._shell.resting.dim:
            self._shell.resting.watch(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, Qt.KeyboardModifier.NoModifier))
        if not self._shell.gate.admits_key():
            if time.monotonic() > until:
                reply({"ok": False, "error": "the screen takes no keys"})
                return
            QTimer.singleShot(PRESS_MS, lambda: self._key(name, reply, until))
            return
        window = self._shell.window().windowHandle()
        text = name if len(name) == 1 else ""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(window, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))
        reply({"ok": True})

    def _mouse(self, kind: QEvent.Type, where: QPoint) -> None:
        """A mouse event to the window, which finds the widget under it as for a real one."""
        window = self._shell.window().windowHandle()
        down = kind is QEvent.Type.MouseButtonPress
        buttons = Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton
        point = QPointF(where)
        event = QMouseEvent(
            kind,
            point,
            self._shell.mapToGlobal(point),
            Qt.MouseButton.LeftButton,
            buttons,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(window, event)
