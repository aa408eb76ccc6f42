"""What tests of screens share: Qt offscreen, a shell on a panel, and what it sent."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kiosk.flows.contract import Event, Handle, OptionsShown
from kiosk.flows.views import View
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.shell import Shell
from kiosk.screens.theme import PANEL_15, Panel


@dataclass
class Kiosk:
    """A shell in a test's hands. Its clock stands still until the test moves it."""

    shell: Shell
    events: list[Event] = field(default_factory=list)
    """What hands did."""
    shown: list[OptionsShown] = field(default_factory=list)
    """What the screen told of itself."""
    pins: list[bytearray] = field(default_factory=list)
    seconds: float = 100.0

    def show(self, view: View) -> None:
        """Show a view and let the lock-out pass."""
        self.shell.present(view)
        self.seconds += 1.0

    def control(self, name: str) -> Pressable:
        """The control of that object name."""
        found = self.shell.findChild(Pressable, name)
        assert isinstance(found, Pressable), name
        return found


@pytest.fixture
def make_kiosk(qtbot: QtBot) -> Callable[[Panel], Kiosk]:
    """Makes a shell on a panel of the test's choice."""

    def make(panel: Panel) -> Kiosk:
        kiosk: Kiosk
        events: list[Event] = []

        def send(event: Event) -> None:
            if isinstance(event, OptionsShown):
                kiosk.shown.append(event)
            else:
                events.append(event)

        def deposit(pin: bytearray) -> Handle:
            kiosk.pins.append(pin)
            return Handle(f"pin-{len(kiosk.pins)}")

        shell = Shell(
            panel,
            deposit,
            send,
            windowed=True,
            clock=lambda: kiosk.seconds,
        )
        kiosk = Kiosk(shell, events)
        qtbot.addWidget(shell)
        shell.show()
        assert QTest.qWaitForWindowExposed(shell, 60_000)
        return kiosk

    return make


@pytest.fixture
def kiosk(make_kiosk: Callable[[Panel], Kiosk]) -> Kiosk:
    """A shell on the 15-inch panel."""
    return make_kiosk(PANEL_15)
