"""A terminal that has a window, keys and a sound card, in a polling place whose polls are open."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from drivers.card.simulated.reader import SimulatedCardReader
from drivers.keystore.software import SoftwareKeyStore
from drivers.printer.simulated.printer import SimulatedPrinter
from drivers.simulation.start import DeviceProcess, start_device
from drivers.sound.simulated.sound import SimulatedSound
from kiosk.flows.contract import Event, Handle
from kiosk.flows.views import View
from kiosk.modes.device_folder import read_device_folder
from kiosk.modes.terminal import Devices, TerminalApp
from kiosk.screens.shell import Shell
from kiosk.screens.theme import PANEL_15
from protocol.documents.certificates import Role
from tests.devices.terminal_setting import PollingPlace


@dataclass
class SpokenPlace(PollingPlace):
    """A polling place whose terminal has a window, keys and a sound card."""

    sound: DeviceProcess = field(init=False)
    shell: Shell = field(init=False)

    def start(self) -> None:
        """Switch the terminal on."""
        self.sound = start_device("drivers.sound.simulated", self.folder / "h", self.folder / "h.s")
        device = self.folder / "e" / "terminals" / "T-1"

        def deposit(secret: bytearray) -> Handle:
            return self.app.deposit.leave(secret)

        def send(event: Event) -> None:
            self.app.send(event)

        def publish(view: View) -> None:
            self.watcher.publish(view)
            self.shell.show_view(view)

        devices = Devices(
            SimulatedCardReader(self.card.path),
            SimulatedPrinter(self.printer.path),
            SoftwareKeyStore(device),
            SimulatedSound(self.sound.path),
        )
        folder = read_device_folder(device, Role.TERMINAL, self.clock())
        self.app = TerminalApp(folder, devices, "0" * 64, self.clock, lambda: self.ticks, publish, 3_600.0)
        assert self.app.speaker is not None
        self.shell = Shell(PANEL_15, deposit, send, windowed=True, voice=self.app.speaker)
        self.shell.show()
        self.app.start()

    def close(self) -> None:
        """End everything."""
        super().close()
        self.shell.close()
        self.sound.stop()


@contextlib.contextmanager
def spoken_place(qtbot: QtBot) -> Iterator[SpokenPlace]:
    """Polls opened by the chair, nobody at the terminal; its voice takes its time."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        built = SpokenPlace.build(Path(folder))
        assert isinstance(built, SpokenPlace)
        try:
            qtbot.addWidget(built.shell)
            built.shell.activateWindow()
            assert QTest.qWaitForWindowActive(built.shell, 60_000)
            built.open_polls()
            yield built
        finally:
            built.close()
