"""A terminal without its screen, over real parts: provisioned election, simulated devices, store, session processes."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from drivers.card.pcsc import PcscReader
from drivers.card.simulated.image import read_card_image, write_card_image
from drivers.card.simulated.reader import SimulatedCardReader
from drivers.card.simulated.virtual import VirtualReaders
from drivers.card.voter_card import VoterCard, read_voter_card
from drivers.card.voter_object import STATE_OBJECTS, VOTER_OBJECT, state_object, voter_object
from drivers.keystore.software import SoftwareKeyStore
from drivers.media.simulated.media import SimulatedMedia
from drivers.printer.api import DocumentPrinter
from drivers.simulation.start import DeviceProcess, start_device
from kiosk.desk.issuing import Issuing
from kiosk.desk.pool import Pool
from kiosk.effects.issue_card import issue_card
from kiosk.flows.contract import Event, OptionTouched, PaperChosen, PinEntered, Touch, Touched
from kiosk.flows.views import View
from kiosk.modes.device_folder import read_device_folder
from kiosk.modes.printers import ReceiptPrinter, receipt_printer
from kiosk.modes.terminal import Devices, TerminalApp
from kiosk.store.vote_store import VoteStore
from protocol.documents.card_state import CardState, encode_state
from protocol.documents.certificates import Role, load_certificate
from protocol.documents.package import OpenedPackage, open_package
from provisioning.election import build_election
from provisioning.source import moved_to, read_source

SOURCE = Path(__file__).resolve().parents[2] / "assets" / "elections" / "demo.toml"
WAIT_SECONDS = 60.0
R = TypeVar("R")


VOTER_CARDS = 120
"""More than the tests that share a polling place issue: each issues a fresh one."""


def make_election(folder: Path, quorum: int = 1, served: str | None = None, rsa: frozenset[str] = frozenset()) -> None:
    """The demo election, with cards for many tests, a store that is made quickly, and polls that one card opens.

    With `served`, the address of its centre, it is held today: TLS looks at this machine's clock. The control cards
    in `rsa` hold their share by an RSA-2048 key.
    """
    source = read_source(SOURCE)
    first, *others = source.places
    pools = tuple(msgspec.structs.replace(pool, count=VOTER_CARDS) for pool in first.credentials)
    controls = tuple(
        msgspec.structs.replace(card, key_management="RSA-2048" if card.id in rsa else "P-256")
        for card in first.control_cards
    )
    place = msgspec.structs.replace(first, voter_cards=VOTER_CARDS, credentials=pools, control_cards=controls)
    source = msgspec.structs.replace(
        source,
        quorum=msgspec.structs.replace(source.quorum, needed=quorum),
        places=(place, *others),
        policies=msgspec.structs.replace(source.policies, slots=64),
        centre=msgspec.structs.replace(source.centre, url=served or "https://127.0.0.1:9"),  # where nobody answers
    )
    now = datetime.fromisoformat("2026-09-10T10:00:00+03:00")
    if served is not None:
        now = datetime.now(UTC) - timedelta(days=1)
        source = moved_to(source, (now + timedelta(days=1)).date())
    build_election(source, folder, "Ed25519", now, lambda _: None)


class Clock:
    """A clock that stands where the test puts it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Watcher:
    """What the screen shows, for whoever waits for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.views: list[View] = []

    def publish(self, view: View) -> None:
        with self._changed:
            self.views.append(view)
            self._changed.notify_all()

    def wait(self, *screens: str, after: int = 0) -> View:
        """The view on screen once it is one of these, and not one of the first `after`."""
        with self._changed:
            shown = self._changed.wait_for(
                lambda: len(self.views) > after and self.views[-1].screen.value in screens, WAIT_SECONDS
            )
            seen = [view.screen.value for view in self.views[-4:]]
            assert shown, f"waited for {screens}, saw {seen}"
            return self.views[-1]

    def until(self, holds: Callable[[View], bool]) -> View:
        """The view on screen once it is as wanted."""
        with self._changed:
            shown = self._changed.wait_for(lambda: bool(self.views) and holds(self.views[-1]), WAIT_SECONDS)
            assert shown, f"waited in vain, saw {self.views[-1]}"
            return self.views[-1]


@dataclass
class PollingPlace:
    """A provisioned polling place with one terminal, in a folder."""

    folder: Path
    clock: Clock
    card: DeviceProcess
    desk_card: DeviceProcess
    printer: DeviceProcess
    opened: OpenedPackage
    issuing: Issuing
    desk_reader: SimulatedCardReader
    blank: list[str]
    management_key: bytes
    watcher: Watcher
    media: DeviceProcess
    app: TerminalApp = field(init=False)
    ticks: float = 0.0
    """Seconds of the clock that timers run by."""
    virtual: VirtualReaders | None = None
    """A pcscd with the terminal's cards in it, where the terminal reads them through PC/SC."""
    line: str | None = None
    """Where the printer speaks ESC/POS."""
    report: DocumentPrinter | None = None
    """What prints staff's papers on A4; without it they come from the receipt printer."""
    terminal: str = "T-1"
    """Which of the place's terminals is switched on."""
    anew: threading.Event = field(default_factory=threading.Event)
    """Set when the terminal asks to be started anew."""

    @classmethod
    def build(
        cls,
        folder: Path,
        virtual: VirtualReaders | None = None,
        line: str | None = None,
        report: DocumentPrinter | None = None,
        *,
        quorum: int = 1,
        served: str | None = None,
        rsa: frozenset[str] = frozenset(),
    ) -> "PollingPlace":
        """Provision, start the devices and the terminal, polls not open yet.

        With `virtual`, a pcscd that runs, the terminal's cards come to it through PC/SC. `line` is "tcp", "serial" or
        "usb" for a printer that speaks ESC/POS there, None for the simulated one's own cable; `report` prints on A4.
        `quorum` cards open the polls. `served` is the address at which a centre answers. The
        control cards in `rsa` have an RSA-2048 key for their share.
        """
        election = folder / "e"
        make_election(election, quorum, served, rsa)
        root = load_certificate((election / "root.pem").read_bytes(), "root.pem")
        opened = open_package((election / "package" / "package.dsse.json").read_bytes(), root)
        package = opened.package
        place = package.polling_places[0]
        clock = Clock(package.days[0].opens_at(place.zone()) + timedelta(minutes=5))
        for reader in ("c", "d"):
            (folder / reader).mkdir()
            (folder / reader / "cards").symlink_to(election / "cards", target_is_directory=True)
        card = start_device("drivers.card.simulated", folder / "c", folder / "c.s")
        desk_card = start_device("drivers.card.simulated", folder / "d", folder / "d.s")
        printer = start_device("drivers.printer.simulated", folder / "p", folder / "p.s")
        media = start_device("drivers.media.simulated", folder / "m", folder / "m.s")
        media.control.put_in("first")
        desk = election / "desks" / "D-1"
        issuing = Issuing(package, place.place_id, Pool(desk / "pool.json"), SoftwareKeyStore(desk).device_signer())
        made = cls(
            folder,
            clock,
            card,
            desk_card,
            printer,
            opened,
            issuing,
            SimulatedCardReader(desk_card.path),
            sorted(path.stem for path in (election / "cards").glob("V-*.json")),
            bytes.fromhex((desk / "card_management.key").read_text()),
            Watcher(),
            media,
            virtual=virtual,
            line=line,
            report=report,
        )
        if virtual is not None:
            virtual.attach(card.path)
        made.start()
        return made

    def start(self) -> None:
        """Switch the terminal on."""
        device = self.folder / "e" / "terminals" / self.terminal
        folder = read_device_folder(device, Role.TERMINAL, self.clock())
        reader = SimulatedCardReader(self.card.path) if self.virtual is None else PcscReader()
        printer = self.receipt_printer().open()
        devices = Devices(
            reader,
            printer,
            SoftwareKeyStore(device),
            report_printer=self.report,
            media=SimulatedMedia(self.media.path),
        )
        look_seconds = 3_600.0
        try:
            self.app = TerminalApp(
                folder,
                devices,
                "0" * 64,
                self.clock,
                lambda: self.ticks,
                self.watcher.publish,
                look_seconds,
                self.anew.set,
            )
        except BaseException:
            # The program would end here, and let go of them.
            devices.reader.close()
            printer.close()
            raise
        self.app.start()

    def switch_to(self, terminal: str) -> None:
        """Switch the terminal off, and another one of the polling place on before the same devices."""
        self.app.stop()
        self.watcher = Watcher()
        self.terminal = terminal
        self.start()

    def receipt_printer(self) -> ReceiptPrinter:
        """The printer as the command line names it."""
        if self.line is None:
            return receipt_printer(f"simulated:{self.printer.path}")
        tcp, tty = self.printer.control.serve()
        address = {"tcp": f"tcp://127.0.0.1:{tcp}", "serial": f"serial://{tty}", "usb": str(tty)}[self.line]
        return receipt_printer(f"escpos:{address}")

    def restart(self) -> None:
        """Switch the terminal off and on."""
        self.app.stop()
        self.watcher = Watcher()
        self.start()

    def close(self) -> None:
        """End everything."""
        self.app.stop()
        self.desk_reader.close()
        if self.virtual is not None:
            self.virtual.detach()
        for device in (self.card, self.desk_card, self.printer, self.media):
            device.stop()
        shutil.rmtree(self.folder / "e")

    def open_polls(self) -> None:
        """The chair opens the polls of a terminal at which nobody is."""
        self.see("closed")
        self.insert("chair", "staff_pin")
        self.pin("111111", "staff_home")
        self.touch(Touch.OPEN_POLLS, "staff_done")
        self.remove("welcome")

    # --- people -------------------------------------------------------------------------------------------------

    def see(self, *screens: str) -> View:
        """Wait for one of these screens."""
        return self.watcher.wait(*screens)

    def do(self, event: Event, *screens: str) -> View:
        """Use the screen, and wait for one of these screens to come."""
        before = len(self.watcher.views)
        self.app.send(event)
        return self.watcher.wait(*screens, after=before)

    def touch(self, touch: Touch, *screens: str) -> View:
        """Touch an action, and wait for one of these screens to come."""
        return self.do(Touched(touch), *screens)

    def commit(self, *screens: str) -> View:
        """From the list on: everything is right, and what was left for later is not wanted; then one of these."""
        self.touch(Touch.NEXT, "review")
        self.touch(Touch.NEXT, "undecided")
        return self.touch(Touch.CONFIRM, *screens)

    def mark(self, option: int = 1, paper: str = "governor") -> None:
        """Mark an option of a paper, and go back to the list."""
        self.do(PaperChosen(paper), "contest")
        self.do(OptionTouched(option), "contest")
        self.touch(Touch.NEXT, "ballots")

    def cast(self) -> View:
        """Cast, and wait until the card may be taken."""
        self.touch(Touch.CAST, "cast")
        return self.watcher.until(lambda view: "cast.lead'" in str(view.lead))

    def vote(self, card: str) -> None:
        """A voter casts the governor's paper, and goes."""
        self.insert(card, "ballots")
        self.mark()
        self.commit("decide")
        self.cast()
        self.remove("welcome")

    def insert(self, card: str, *screens: str) -> View:
        """Put a card in, and wait for one of these screens."""
        before = len(self.watcher.views)
        self.card.control.insert(card)
        return self.watcher.wait(*screens, after=before)

    def remove(self, *screens: str) -> View:
        """Take the card out if it is in, and wait for one of these screens."""
        if self.card.control.state()["inserted"] is not None:
            self.card.control.remove()
        return self.watcher.wait(*screens)

    def pin(self, pin: str, *screens: str) -> View:
        """Type a PIN."""
        return self.do(PinEntered(self.app.deposit.leave(bytearray(pin.encode()))), *screens)

    def issue(self, style: str) -> str:
        """A voter card, activated at the desk; its name."""
        card = self.blank.pop()
        self.desk_card.control.insert(card)
        day = self.opened.package.days[0].date
        try:
            issue_card(self.desk_reader, self.issuing, style, day, self.management_key)
        finally:
            self.desk_card.control.remove()
        return card

    # --- what is there ------------------------------------------------------------------------------------------

    def store(self, work: Callable[[VoteStore], R]) -> R:
        """Look into the store."""
        return self.app._store.do(work)

    def wallet(self, card: str) -> Path:
        """The file of a card."""
        return self.folder / "e" / "cards" / f"{card}.json"

    def record(self, card: str) -> VoterCard:
        """What is written on a voter card."""
        objects = read_card_image(self.wallet(card)).objects
        written = read_voter_card(lambda tag: bytes.fromhex(objects[f"{tag:X}"]) if f"{tag:X}" in objects else None)
        assert written is not None
        return written

    def state(self, card: str) -> CardState:
        """The state that is written on a voter card."""
        return self.record(card).state

    def write(self, card: str, written: VoterCard) -> None:
        """Put this on a card, as a forger with the management key would."""
        path = self.wallet(card)
        image = read_card_image(path)
        tag = STATE_OBJECTS[written.copy]
        objects = {
            f"{VOTER_OBJECT:X}": voter_object(written.authorisation or b"").hex(),
            f"{STATE_OBJECTS[1 - written.copy]:X}": "",
            f"{tag:X}": state_object(tag, encode_state(written.number, written.state, written.terminal)).hex(),
        }
        write_card_image(path, msgspec.structs.replace(image, objects={**image.objects, **objects}))

    def no_session(self) -> None:
        """Wait until no session runs: whatever ends one has then been done, the card written before it."""
        until = time.monotonic() + WAIT_SECONDS
        while self.session_pids():
            assert time.monotonic() < until, "a session was not ended"
            self.app._card_lane.do(lambda: None)

    def session_pids(self) -> set[int]:
        """The processes that hold a session now."""
        sessions = self.app._voting._sessions
        # Asked on the lane that ends them: one that is ended has no number any more.
        found = self.app._voting._lane.do(lambda: {worker.pid for worker in sessions._running.values()})
        return {pid for pid in found if pid is not None}


def opened_in(
    folder: Path, *, line: str | None = None, report: DocumentPrinter | None = None, served: str | None = None
) -> PollingPlace:
    """A polling place whose polls the chair has opened; see `PollingPlace.build`."""
    place = PollingPlace.build(folder, line=line, report=report, served=served)
    try:
        place.open_polls()
    except BaseException:
        place.close()
        raise
    return place


@contextmanager
def open_place(
    *, line: str | None = None, report: DocumentPrinter | None = None, served: str | None = None
) -> Iterator[PollingPlace]:
    """The same in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        place = opened_in(Path(folder), line=line, report=report, served=served)
        try:
            yield place
        finally:
            place.close()
