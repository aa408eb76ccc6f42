"""The thread on which the panel's hands work: it builds the house, drives the devices and looks at everything.

Connections to devices are not to be shared between threads, so all of them live here, and the window stays quick.
Two more threads only wait: one looks at the terminal's screen, one asks the centre what it has accepted.
"""

import queue
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from demo import panel_snapshot as seen
from demo.eye import Eye, EyeLost
from demo.house import TERMINAL, House, HouseTrouble
from drivers.card.api import CardError
from drivers.keystore.software import SoftwareKeyStore
from drivers.simulation.control import DeviceGone, DeviceRefused
from drivers.simulation.sockets import SocketPathTooLong
from drivers.simulation.start import CannotStart
from kiosk.desk.pool import PoolError
from kiosk.domain.words import message
from kiosk.effects.issue_card import CardNotBlank
from kiosk.flows.contract import ActKind
from texts import Catalogue

TICK_SECONDS = 0.25
LOOK_SECONDS = 0.15
ASK_SECONDS = 1.0
LAST_LINES = 3

EXPECTED = (
    HouseTrouble,
    CannotStart,
    SocketPathTooLong,
    DeviceGone,
    DeviceRefused,
    CardError,
    CardNotBlank,
    PoolError,
    OSError,
)
"""What can go wrong with devices, processes and disks: told in words, and the panel goes on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A part of the house is being made."""

    what: str


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """The house could not be built; the words say why."""

    words: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that was asked for did not happen; the words say why."""

    words: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault of the panel itself: it ends, and whoever started it gets the error."""


News = Progress | NotBuilt | Refused | Broken | seen.Snapshot
Deed = Callable[[], object]


class _Closing(Exception):  # noqa: N818 - not an error
    """The panel was closed while the house was being built."""


class _Watch(threading.Thread):
    """Looks at one run of the terminal, until its window is gone."""

    def __init__(self, house: House) -> None:
        super().__init__(name="watch", daemon=True)
        self._house = house
        self._ended = threading.Event()
        self.sight: seen.TerminalSight | None = None

    def run(self) -> None:
        try:
            eye = self._house.eye()
        except HouseTrouble:
            return  # the station's thread sees for itself that no terminal runs
        try:
            while not self._ended.wait(LOOK_SECONDS):
                self.sight = _sight(eye)
        except EyeLost:
            self.sight = None
        finally:
            eye.close()

    def end(self) -> None:
        self._ended.set()


class Station(threading.Thread):
    """The house in the panel's hands. `tell` is called on this thread with everything that is new."""

    def __init__(
        self, folder: Path, group: str, platform: str | None, tell: Callable[[News], None], *, pcsc: bool = False
    ) -> None:
        """`platform` is Qt's for the terminal's window; None takes the display that is there. `pcsc`: see `House`."""
        super().__init__(name="station")
        self._folder = folder
        self._group = group
        self._pcsc = pcsc
        self._platform = platform
        self._tell = tell
        self._deeds: queue.Queue[Deed] = queue.Queue()
        self._closing = threading.Event()
        self._issued: list[seen.VoterCard] = []
        self._deliveries: seen.Deliveries | None = None
        self._watch: _Watch | None = None
        self._cut = False
        self._phase = seen.Phase.BEFORE
        self.failure: BaseException | None = None
        """The fault that ended the station, if one did."""
        self.built = False

    def ask(self, deed: Deed) -> None:
        """Have something done soon, on this thread. What can go wrong is told as `Refused`."""
        self._deeds.put(deed)

    def close(self) -> None:
        """End every process of the house and this thread. Returns when all have ended."""
        self._closing.set()
        self._deeds.put(lambda: None)
        if self.ident is not None:
            self.join()

    # --- the thread ---------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Build the house, serve it, end it."""
        try:
            house = House(self._folder, self._group, self._progress, self._platform, pcsc=self._pcsc)
        except _Closing:
            return
        except EXPECTED as error:
            self._tell(NotBuilt(str(error)))
            return
        except BaseException as error:  # noqa: BLE001 - handed over to whoever started the panel
            self._break(error)
            return
        self._house = house
        try:
            self._serve()
        except BaseException as error:  # noqa: BLE001 - handed over to whoever started the panel
            self._break(error)
        finally:
            self._closing.set()
            house.close()

    def _break(self, error: BaseException) -> None:
        self.failure = error
        self._tell(Broken())

    def _progress(self, what: str) -> None:
        if self._closing.is_set():
            raise _Closing
        self._tell(Progress(what))

    def _serve(self) -> None:
        house = self._house
        self.built = True
        house.clock.set(house.opens_at())
        self._place = _place(house)
        self._zone = house.package.place(house.place).zone()
        asking = threading.Thread(target=self._ask_centre, name="deliveries", daemon=True)
        asking.start()
        self._do(self.switch_on)
        while not self._closing.is_set():
            try:
                deed = self._deeds.get(timeout=TICK_SECONDS)
            except queue.Empty:
                pass
            else:
                self._do(deed)
            self._do(lambda: self._tell(self._look()))
        if self._watch is not None:
            self._watch.end()
        asking.join()

    def _do(self, deed: Deed) -> None:
        try:
            deed()
        except EXPECTED as error:
            self._tell(Refused(str(error)))

    # --- deeds: to be given to `ask` ----------------------------------------------------------------------------

    @property
    def house(self) -> House:
        """The house; only for deeds."""
        return self._house

    def issue(self, style: str) -> None:
        """Issue a voter card at the desk and put it into the terminal's reader."""
        if self._house.card.control.state()["inserted"] is not None:
            raise HouseTrouble("a card is in the reader: take it out first")
        card = self._house.issue(style)
        self._issued.append(seen.VoterCard(card, style))
        self._house.card.control.insert(card)

    def cut_power(self) -> None:
        """Kill the terminal as a power cut would."""
        self._cut = True
        self._house.kill_terminal()

    def switch_on(self) -> None:
        """Start the terminal, unless it runs."""
        if self._house.terminal_pid is not None:
            return
        self._cut = False
        self._house.start_terminal()
        self._watch = _Watch(self._house)
        self._watch.start()

    def set_network(self, *, on: bool) -> None:
        """Cut or mend the network between the terminal and the centre."""
        if on:
            self._house.relay.restore()
        else:
            self._house.relay.cut()

    def plug_headphones(self, *, plugged: bool) -> None:
        """Plug the headphones into the terminal, or pull them out."""
        self._house.sound.control.do("headphones_in" if plugged else "headphones_out")

    def set_clock(self, moment: datetime) -> None:
        """Let it be `moment` at the polling place."""
        self._house.clock.set(moment)

    def move_clock(self, by: timedelta) -> None:
        """Move the clock on."""
        self._house.clock.set(self._house.clock() + by)

    # --- looking ------------------------------------------------------------------------------------------------

    def _look(self) -> seen.Snapshot:
        house = self._house
        printer = self._printer()
        sight = None if self._watch is None or house.terminal_pid is None else self._watch.sight
        clock = house.clock().astimezone(self._zone)
        power = self._power(sight)
        self._phase = _phase(self._phase, printer, sight, after=clock >= self._place.closes_at)
        return seen.Snapshot(
            place=self._place,
            clock=clock,
            inserted=house.card.control.state()["inserted"],
            issued=tuple(self._issued),
            blank_cards=len(list(house.wallet.glob("V-*.json"))) - len(self._issued),
            printer=printer,
            network=house.relay.on,
            attempts_cut=house.relay.refused,
            deliveries=self._deliveries,
            power=power,
            last_words=_last_words(house.folder / "terminal.log") if power is seen.Power.ENDED else "",
            sight=sight,
            phase=self._phase,
            headphones=house.sound.control.state()["headphones"] if house.plays_to_nobody else None,
        )

    def _power(self, sight: seen.TerminalSight | None) -> seen.Power:
        if self._house.terminal_pid is None:
            return seen.Power.CUT if self._cut else seen.Power.ENDED
        return seen.Power.STARTING if sight is None else seen.Power.ON

    def _printer(self) -> seen.Printer:
        control = self._house.printer.control
        state = control.state()
        papers = tuple(seen.Paper(**paper) for paper in control.papers())
        return seen.Printer(
            trouble=state["trouble"],
            has_paper=state["roll_mm"] > 0,
            cover_open=state["cover_open"],
            offline=state["offline"],
            fault=state["fault"] is not None,
            papers=papers,
        )

    def _ask_centre(self) -> None:
        """Ask again and again what the centre has accepted, as the terminal would: a cut network cuts this too."""
        house = self._house
        with httpx.Client(verify=_tls(house), timeout=5) as client:
            while not self._closing.wait(ASK_SECONDS):
                if not house.relay.on:
                    continue
                try:
                    batches = client.get(f"https://127.0.0.1:{house.relay.port}/batches").raise_for_status().json()
                except httpx.HTTPError:
                    continue  # the network was cut meanwhile; what was known stays shown
                accepted = sum(batch["accepted"] for batch in batches)
                refused = sum(batch["refused"] for batch in batches)
                self._deliveries = seen.Deliveries(len(batches), accepted, refused)


def _tls(house: House) -> ssl.SSLContext:
    keystore = SoftwareKeyStore(house.election / "terminals" / TERMINAL)
    return keystore.tls_context((house.election / "root.pem").read_bytes())


def _place(house: House) -> seen.Place:
    zone: ZoneInfo = house.package.place(house.place).zone()
    styles = tuple(seen.Style(style.style_id, dict(style.title)) for style in house.package.ballot_styles)
    order = ("chair", "secretary", "member")
    cards = sorted(house.control_cards(), key=lambda card: order.index(card) if card in order else len(order))
    return seen.Place(
        titles=dict(house.package.title),
        styles=styles,
        control_cards=tuple(seen.ControlCard(card, house.pin(card)) for card in cards),
        opens_at=house.opens_at().astimezone(zone),
        closes_at=house.closes_at().astimezone(zone),
    )


def _sight(eye: Eye) -> seen.TerminalSight | None:
    sight = eye.look()
    if not sight.screen:
        return None
    primary = sight.controls.get("primary")
    say = Catalogue(sight.language).say if sight.screen == "staff_home" else None
    acts = set() if say is None else {say(message(f"action.print_{act.value}")) for act in ActKind}
    unprinted = next((shown for shown in sight.controls.values() if shown[0] in acts), None)
    return seen.TerminalSight(
        sight.screen,
        sight.language,
        None if primary is None else primary[0],
        None if unprinted is None else unprinted[0],
    )


def _phase(before: seen.Phase, printer: seen.Printer, sight: seen.TerminalSight | None, *, after: bool) -> seen.Phase:
    """The acts tell how far the day is; the screen tells it too if an act could not be printed."""
    names = {paper.name for paper in printer.papers if paper.broken is None}
    screen = "" if sight is None else sight.screen
    if "closing-act" in names or (before is seen.Phase.OPEN and after and screen == "closed"):
        return seen.Phase.CLOSED
    if "opening-act" in names or screen == "welcome":
        return seen.Phase.OPEN
    return before


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " / ".join(lines[-LAST_LINES:])
