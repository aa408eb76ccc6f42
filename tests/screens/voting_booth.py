"""A shell over the real flow, without a device: effects are answered at once, time moves when the test says so."""

import random
from collections import deque
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.flows import contract as c
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import Screen
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.shell import Shell
from kiosk.screens.theme import PANEL_15, Panel
from tests.flows.flow_setting import CODE, HANDLE, PAPERS, STATION

FRAME_SECONDS = 0.016
SLOW_ANSWER = 0.2
"""Share of the effects that a moody performer answers in trouble."""


@dataclass
class Booth:
    """One terminal in a test's hands. `moods` lets devices fail at random; None answers everything well."""

    moods: random.Random | None = None
    panel: Panel = PANEL_15
    seconds: float = 100.0
    terminal: Terminal = field(default_factory=lambda: Terminal.starting(STATION, PollsState.OPEN))
    asked: list[c.Effect] = field(default_factory=list)
    inbox: deque[c.Event] = field(default_factory=deque)
    screens: set[Screen] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shell = Shell(
            self.panel, lambda pin: c.Handle(f"pin-{len(pin)}"), self.inbox.append, windowed=True, clock=self.now
        )
        self.shell.show()
        self.do(c.Started())

    def now(self) -> float:
        """The booth's clock."""
        return self.seconds

    # --- the flow

    def do(self, event: c.Event) -> None:
        """An event, everything that follows from it, and the time that the lock-out takes."""
        self.inbox.append(event)
        self.settle()
        self.seconds += 1.0

    def settle(self) -> None:
        """Let the flow take what was sent, answer what it asks for, and show what comes of it."""
        shown = self.shell.view
        while self.inbox:
            self.terminal, requests = step(self.terminal, self.inbox.popleft())
            for request in requests:
                self.asked.append(request.effect)
                answer = self._answer(request.effect)
                if answer is not None:
                    self.inbox.append(c.Finished(request.id, answer))
        after = view(self.terminal)
        self.screens.add(after.screen)
        if after != shown:
            self.shell.present(after)

    def _answer(self, effect: c.Effect) -> c.Outcome | None:
        trouble = self.moods is not None and self.moods.random() < SLOW_ANSWER
        match effect:
            case c.ReadCard():
                return c.VoterAdmitted(HANDLE, PAPERS)
            case c.RecogniseCard():
                return c.SameCard()
            case c.Encrypt():
                return c.Encrypted(effect.paper_id, CODE)
            case c.PrintOffered() | c.PrintCast() | c.OpenBallot() | c.PrintAct():
                return c.NotPrinted(c.PrintTrouble.JAM) if trouble else c.Printed()
            case c.Cast():
                return c.Stored(len(effect.papers))
            case c.SpendCard() | c.ReleaseCard() | c.EndSession() | c.ReleaseKey() | c.OpenPolls() | c.ClosePolls():
                return c.Done()
            case c.VerifyPin():
                return c.PinAccepted()
            case c.CheckReadiness():
                return c.Checked(())
            case c.ReadStatus():
                return c.Status(Counters(), link=True, printer=None)
            case _:
                return None

    @property
    def screen(self) -> Screen:
        """What is on show."""
        assert self.shell.view is not None
        return self.shell.view.screen

    def on(self, screen: Screen) -> bool:
        """True if that screen is on show."""
        return self.screen is screen

    @property
    def focus(self) -> str:
        """The object name of what has focus."""
        widget = self.shell.focusWidget()
        return "" if widget is None else widget.objectName()

    def count(self, effect: type[c.Effect]) -> int:
        """How often an effect was asked for."""
        return sum(isinstance(each, effect) for each in self.asked)

    def controls(self) -> list[Pressable]:
        """What can be pressed."""
        frame = self.shell.frame
        assert frame is not None
        return [each for each in frame.controls() if each.isEnabled() and each.isVisibleTo(frame)]

    def control(self, name: str) -> Pressable:
        """A control that can be pressed now."""
        return next(each for each in self.controls() if each.objectName() == name)

    def middle(self, name: str) -> QPoint:
        """Where a finger goes to press it."""
        control = self.control(name)
        return control.mapTo(self.shell, control.rect().center())

    # --- keys and fingers, to the window as real ones

    def key(self, key: Qt.Key, text: str = "") -> None:
        """Down and up, and the second that a person takes."""
        QTest.qWait(0)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
            QApplication.sendEvent(self.shell.windowHandle(), event)
        self.settle()
        self.seconds += 1.0

    def finger(self, kind: QEvent.Type, where: QPoint, later: float = 0.0) -> None:
        """One mouse event, as Qt makes it of a touch; the panel's time is `later` seconds than the booth's."""
        button, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        down = none if kind is QEvent.Type.MouseButtonRelease else button
        at = QPointF(where)
        key = Qt.KeyboardModifier.NoModifier
        which = none if kind is QEvent.Type.MouseMove else button
        event = QMouseEvent(kind, at, self.shell.mapToGlobal(at), which, down, key)
        event.setTimestamp(round((self.seconds + later) * 1000))
        QApplication.sendEvent(self.shell.windowHandle(), event)
        self.settle()

    def wait(self, seconds: float) -> None:
        """Let time go by, with what a button that is held does every frame."""
        until = self.seconds + seconds
        while self.seconds < until:
            self.seconds = min(until, self.seconds + FRAME_SECONDS)
            for control in self.controls():
                if control.hold and control.fingered:
                    control._hold_step()  # the timer's work, in the booth's time
            self.settle()

    def touch(self, where: QPoint, seconds: float = 0.08, to: QPoint | None = None) -> None:
        """A whole touch, dragged to `to` if that is given."""
        self.finger(QEvent.Type.MouseButtonPress, where)
        self.wait(seconds)
        if to is not None:
            self.finger(QEvent.Type.MouseMove, to)
        self.finger(QEvent.Type.MouseButtonRelease, to or where)

    def tap(self, name: str) -> None:
        """Press a control with a finger, and take a second."""
        self.touch(self.middle(name))
        self.seconds += 1.0

    def visible(self, name: str) -> bool:
        """True if a control of that name can be pressed now."""
        return any(each.objectName() == name for each in self.controls())

    def close(self) -> None:
        """End the window."""
        self.shell.close()
        self.shell.deleteLater()

    def widget(self, name: str) -> QWidget:
        """Any widget of the shell."""
        found = self.shell.findChild(QWidget, name)
        assert isinstance(found, QWidget)
        return found
