"""A polling place in a folder: election, centre, devices, desk, terminal, each in a process of its own."""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

import msgspec

from demo.clock import DemoClock
from demo.eye import Eye
from demo.relay import Relay
from drivers.card.simulated.reader import SimulatedCardReader
from drivers.card.simulated.virtual import NoVirtualReader, VirtualReaders
from drivers.keystore.software import SoftwareKeyStore
from drivers.simulation.start import DeviceProcess, start_device
from kiosk.desk.issuing import Issuing
from kiosk.desk.pool import Pool
from kiosk.effects.issue_card import issue_card
from protocol.documents.certificates import load_certificate
from protocol.documents.package import ElectionPackage, OpenedPackage, open_package
from provisioning.election import build_election
from provisioning.source import ElectionSource, read_source

TOP = Path(__file__).resolve().parent.parent
SOURCE = TOP / "assets" / "elections" / "demo.toml"
START_SECONDS = 60.0
SOUND_CARDS = Path("/dev/snd")
END_SECONDS = 20.0
MEDIUM = "second-copy"
"""The medium that is in the terminal's slot when the day begins."""
TERMINAL = "T-1"
DESK = "D-1"


class HouseTrouble(Exception):  # noqa: N818 - an expected trouble, explained to a person
    """A part of the demo did not start or stop; the words say which and why."""


class House:
    """Everything that the demo needs, in `folder`; the parts end with this process."""

    def __init__(
        self,
        folder: Path,
        group: str,
        tell: Callable[[str], None],
        platform: str | None,
        *,
        adapt: Callable[[ElectionSource], ElectionSource] = lambda source: source,
        stopwatch: bool = False,
        witness: bool = False,
        pcsc: bool = False,
    ) -> None:
        """Make the election and start everything but the terminal. `platform` is Qt's for the terminal's window.

        `adapt` may change what the demo election is made from; with `stopwatch` the terminal's window is timed,
        with `witness` its thread is watched, with `pcsc` its cards come to it through a pcscd of its own.
        """
        self._adapt = adapt
        self._watched = [*(["--stopwatch"] if stopwatch else []), *(["--witness"] if witness else [])]
        self.folder = folder
        self._platform = platform
        self._pcsc = pcsc
        self._virtual: VirtualReaders | None = None
        self._tell = tell
        self._parts = contextlib.ExitStack()
        try:
            self._start(group)
        except BaseException:
            self.close()
            raise

    def _start(self, group: str) -> None:
        """Make and start part after part; `close` ends those that were started, whatever fails."""
        folder = self.folder
        self.relay = Relay()
        self._parts.callback(self.relay.close)
        self.election = folder / "election"
        self._make_election(group)
        self.opened = self._open_package()
        self.clock = DemoClock(folder / "clock")
        self.clock.set(self.opens_at() - timedelta(minutes=2))
        self._sockets = folder / "s"
        self._sockets.mkdir(mode=0o700)
        self._hand = self._sockets / "hand"
        self.card = self._card_reader("card")
        if self._pcsc:
            self._start_pcscd()
        self.desk_card = self._card_reader("desk-card")
        self.printer = self._device("drivers.printer.simulated", "printer")
        self.sound = self._device("drivers.sound.simulated", "sound")
        self.media = self._device("drivers.media.simulated", "media")
        self.media.control.put_in(MEDIUM)
        self._centre: subprocess.Popen[bytes] | None = None
        self._parts.callback(self.stop_centre)
        self.start_centre()
        self._issuing = self._open_desk()
        self._desk_reader = SimulatedCardReader(self.desk_card.path)
        self._parts.callback(self._desk_reader.close)
        self._terminal: subprocess.Popen[bytes] | None = None
        self._parts.callback(self.stop_terminal)
        self._blank = sorted(path.stem for path in self.wallet.glob("V-*.json"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the election -------------------------------------------------------------------------------------------

    def _make_election(self, group: str) -> None:
        source = self._adapt(read_source(SOURCE))
        url = f"https://127.0.0.1:{self.relay.port}"
        source = msgspec.structs.replace(source, centre=msgspec.structs.replace(source.centre, url=url))
        build_election(source, self.election, group, datetime.now(UTC), lambda part: self._tell(f"provisioning {part}"))

    def _open_package(self) -> OpenedPackage:
        root = load_certificate((self.election / "root.pem").read_bytes(), "root.pem")
        return open_package((self.election / "package" / "package.dsse.json").read_bytes(), root)

    @property
    def package(self) -> ElectionPackage:
        """The election package."""
        return self.opened.package

    @property
    def place(self) -> str:
        """The polling place."""
        return self.package.polling_places[0].place_id

    @property
    def wallet(self) -> Path:
        """The cards that lie in the station."""
        return self.folder / "cards"

    def day(self) -> date:
        """The voting day."""
        return self.package.days[0].date

    def opens_at(self) -> datetime:
        """When the polls open."""
        return self.package.days[0].opens_at(self.package.place(self.place).zone())

    def closes_at(self) -> datetime:
        """When the polls close."""
        return self.package.days[-1].closes_at(self.package.place(self.place).zone())

    # --- devices ------------------------------------------------------------------------------------------------

    def _card_reader(self, name: str) -> DeviceProcess:
        """A reader over the station's one wallet: the desk writes the card that the terminal reads."""
        state = self.folder / name
        state.mkdir()
        if not self.wallet.exists():
            shutil.copytree(self.election / "cards", self.wallet)
        (state / "cards").symlink_to(self.wallet, target_is_directory=True)
        return self._device("drivers.card.simulated", name)

    def _start_pcscd(self) -> None:
        """Lay the terminal's card into a virtual reader of a private pcscd. Raises HouseTrouble."""
        self._tell("starting pcscd with a virtual reader")
        try:
            self._virtual = VirtualReaders(self._sockets / "v")
            self._parts.callback(self._virtual.close)
            self._virtual.start()
        except NoVirtualReader as error:
            raise HouseTrouble(f"the demo cannot run on PC/SC here: {error}") from error
        self._virtual.attach(self.card.path)

    def _device(self, module: str, name: str) -> DeviceProcess:
        self._tell(f"starting {name}")
        device = start_device(module, self.folder / name, self._sockets / name)
        self._parts.callback(device.stop)
        return device

    def _open_desk(self) -> Issuing:
        folder = self.election / "desks" / DESK
        signer = SoftwareKeyStore(folder).device_signer()
        self._management_key = bytes.fromhex((folder / "card_management.key").read_text())
        return Issuing(self.package, self.place, Pool(folder / "pool.json"), signer)

    def issue(self, style: str) -> str:
        """Issue a voter card of a ballot style at the desk; the card's name. Raises HouseTrouble."""
        if not self._blank:
            raise HouseTrouble("no blank voter card is left: start a new demo")
        card = self._blank.pop(0)
        self.desk_card.control.insert(card)
        try:
            issue_card(self._desk_reader, self._issuing, style, self.day(), self._management_key)
        finally:
            self.desk_card.control.remove()
        return card

    def pin(self, card: str) -> str:
        """The PIN of a control card, which only a demo can know."""
        pin: str = msgspec.json.decode((self.wallet / f"{card}.json").read_bytes())["pin"]
        return pin

    def control_cards(self) -> tuple[str, ...]:
        """The names of the control cards."""
        names = sorted(path.stem for path in self.wallet.glob("*.json"))
        return tuple(name for name in names if not name.startswith("V-"))

    # --- the centre ---------------------------------------------------------------------------------------------

    @property
    def centre_folder(self) -> Path:
        """The centre's folder."""
        return self.election / "centre"

    def start_centre(self) -> None:
        """Start the counting centre, and lead the relay to it."""
        self._tell("starting the counting centre")
        with (self.folder / "centre.log").open("ab") as log:
            self._centre = subprocess.Popen(
                [sys.executable, "-m", "central", "serve", "--data", str(self.centre_folder), "--port", "0",
                 "--round-seconds", "2", "--workers", "1"],
                cwd=TOP, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._centre.stdout is not None
        line = _line(self._centre, "the counting centre", self.folder / "centre.log")
        self.relay.connect(int(line.split("https://")[1].split(":")[1].split()[0]))

    def stop_centre(self) -> None:
        """End the centre; its database and archives stay."""
        if self._centre is not None:
            _end(self._centre)
            self._centre = None

    def central(self, *arguments: str) -> str:
        """Run a command of the centre; its output. Raises HouseTrouble."""
        done = subprocess.run(
            [sys.executable, "-m", "central", *arguments], cwd=TOP, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise HouseTrouble(f"central {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout

    # --- the terminal -------------------------------------------------------------------------------------------

    def start_terminal(self, terminal: str = TERMINAL) -> None:
        """Switch the terminal on, or another one before the same devices."""
        environment = dict(os.environ)
        if self._platform is not None:
            environment["QT_QPA_PLATFORM"] = self._platform
        card = f"simulated:{self.card.path}"
        if self._virtual is not None:
            environment |= self._virtual.environment
            card = "pcsc"
        self._hand.unlink(missing_ok=True)
        with (self.folder / "terminal.log").open("ab") as log:
            self._terminal = subprocess.Popen(
                [sys.executable, "-m", "demo.kiosk_process",
                 "--device", str(self.election / "terminals" / terminal),
                 "--card", card, "--printer", f"simulated:{self.printer.path}",
                 "--sound", self._sound_card(), "--media", f"simulated:{self.media.path}",
                 "--panel", "15", "--windowed", "--hand", str(self._hand), "--clock", str(self.folder / "clock"),
                 *self._watched],
                cwd=TOP, env=environment, stdout=log, stderr=log,
            )  # fmt: skip

    def _sound_card(self) -> str:
        return f"simulated:{self.sound.path}" if self.plays_to_nobody else "alsa"

    @property
    def plays_to_nobody(self) -> bool:
        """Whether the sound card is simulated: it is the machine's own where somebody sits at it and can hear it."""
        return self._platform is not None or not SOUND_CARDS.exists()

    def eye(self) -> Eye:
        """An eye at the terminal's window, once it is there. Raises HouseTrouble."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._terminal is None or self._terminal.poll() is not None:
                raise HouseTrouble(f"the terminal ended by itself: {_tail(self.folder / 'terminal.log')}")
            eye = Eye.open(self._hand)
            if eye is not None:
                return eye
            time.sleep(0.02)
        raise HouseTrouble("the terminal's window did not come")

    @property
    def terminal_pid(self) -> int | None:
        """The terminal's process, while it runs."""
        return None if self._terminal is None or self._terminal.poll() is not None else self._terminal.pid

    def kill_terminal(self) -> None:
        """Cut the terminal's power. May be called from another thread than the one that starts it again."""
        terminal = self._terminal
        if terminal is not None:
            terminal.send_signal(signal.SIGKILL)
            terminal.wait()

    def stop_terminal(self) -> None:
        """Switch the terminal off in order."""
        if self._terminal is not None:
            _end(self._terminal)
            self._terminal = None

    def close(self) -> None:
        """End every part, the last one first."""
        self._parts.close()


def _line(process: "subprocess.Popen[bytes]", what: str, log: Path) -> str:
    """The first line that a process says when it is ready. Raises HouseTrouble."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if selector.select(START_SECONDS):
            line = process.stdout.readline().decode()
            if line:
                return line
    _end(process)
    raise HouseTrouble(f"{what} did not start: {_tail(log)}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it said nothing"


def draw_screens(folder: Path, language: str) -> None:
    """Draw every screen from the gallery's examples. Raises HouseTrouble."""
    command = [sys.executable, "-m", "demo.gallery", "--out", str(folder), "--language", language, "--panel", "15"]
    environment = dict(os.environ) | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HouseTrouble(f"the screens could not be drawn: {done.stderr.strip()[-300:]}")
