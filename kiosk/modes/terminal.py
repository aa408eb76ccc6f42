"""The terminal: everything that a voting terminal is made of, put together and taken apart again."""

import contextlib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from drivers.card.api import CardReader, ReaderEvent
from drivers.keystore.api import KeyStore
from drivers.media.api import Media
from drivers.printer.api import DocumentPrinter, Printer
from drivers.sound.api import Sound
from drivers.sound.recordings import Recordings
from drivers.sound.synthesiser import EspeakSynthesiser, Synthesiser
from kiosk.domain.ballots import Paper
from kiosk.domain.from_package import papers, station
from kiosk.domain.polls import PollsState
from kiosk.domain.practice import PracticeFault, practice_papers
from kiosk.effects.acts import Acts
from kiosk.effects.cards import Cards
from kiosk.effects.delivery import Delivery, StoredBatches
from kiosk.effects.deposit import Deposit
from kiosk.effects.facts import Facts
from kiosk.effects.journal_file import JournalFile
from kiosk.effects.kept_acts import KeptActs
from kiosk.effects.lanes import Lane
from kiosk.effects.members import Members
from kiosk.effects.notices import Notices
from kiosk.effects.order_paper import OrderPaper
from kiosk.effects.orders import FOLDER, Intake, Orders, order_loop
from kiosk.effects.pauses import last_pause
from kiosk.effects.performer import Performer
from kiosk.effects.place_key import HeldPlaceKey
from kiosk.effects.printing import Printing
from kiosk.effects.quorum import OpeningQuorum
from kiosk.effects.readiness import Readiness
from kiosk.effects.speaking import Speaker
from kiosk.effects.staff import Staff
from kiosk.effects.takeover import Takeover
from kiosk.effects.voting import Voting
from kiosk.flows.contract import (
    CardInserted,
    CardRemoved,
    Event,
    ReaderBack,
    ReaderLost,
    SecondChanged,
    SoundState,
    TerminalReplaced,
)
from kiosk.flows.spelling import speakable
from kiosk.flows.terminal import Terminal
from kiosk.flows.view import starting
from kiosk.flows.views import View
from kiosk.modes.device_folder import CannotStart, DeviceFolder, PinLayout, read_audio_list
from kiosk.modes.stores import open_store
from kiosk.papers.paper_image import ROLL_80, Roll
from kiosk.runner import Runner
from kiosk.store import events
from kiosk.store.errors import StoreError
from kiosk.store.event import Event as StoreEvent
from kiosk.sync.orders import OrderFetcher
from kiosk.sync.takeovers import TakeoverExchange
from kiosk.sync.upload import Uploader
from protocol.documents.certificates import Role, load_certificate
from protocol.documents.dsse import Trust
from protocol.errors import ProtocolError
from texts import languages

EVENT_SECONDS = 0.5
PRACTICE = Path(__file__).resolve().parents[2] / "assets" / "practice.toml"
"""The made-up papers that anybody may try."""


@dataclass(frozen=True, slots=True)
class Devices:
    """What is plugged into the terminal, and its keys."""

    reader: CardReader
    printer: Printer
    keystore: KeyStore
    sound: Sound | None = None
    roll: Roll = ROLL_80
    """The paper in the printer."""
    report_printer: DocumentPrinter | None = None
    """Prints staff's papers on A4; without one they come from the receipt printer."""
    media: Media | None = None
    """The slot for the second copy's medium."""


class TerminalApp:
    """A running terminal without its screen. `publish` gets every view; `send` takes every event of the screen."""

    def __init__(
        self,
        folder: DeviceFolder,
        devices: Devices,
        software: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        publish: Callable[[View], None],
        look_seconds: float,
        start_anew: Callable[[], None] = lambda: None,
    ) -> None:
        """Open or make the store and put everything together; nothing runs before `start`. Raises CannotStart.

        `start_anew` asks that this terminal be stopped and another one made in its place; it returns at once.
        """
        facts = _facts(folder, software, clock, devices)
        signer = devices.keystore.device_signer()
        self._devices = devices
        self._publish = publish
        self._store = open_store(
            folder,
            devices.keystore,
            facts,
            devices.media,
            lambda second: publish(starting(facts.station, second)) if second.todo else None,
        )
        self._card_lane = Lane("card")
        self._printer_lane = Lane("printer")
        self.deposit = Deposit()
        place_key = HeldPlaceKey(devices.keystore)
        polls = self._store.do(lambda store: store.polls_state())
        pause = self._store.do(last_pause) if polls is PollsState.PAUSED else None
        if polls in (PollsState.NOT_OPENED, PollsState.CLOSED) and place_key.held:
            # Power failed between closing and forgetting, where no key outlives the polls (DESIGN 4); or right before
            # they were opened, and the quorum is gathered anew.
            place_key.forget()
            self._store.record(events.key_forgotten())
        self._orders = Orders(facts, self._store, folder.path / FOLDER, self.send)
        self._cards = cards = Cards(
            devices.reader, facts, self._orders.revoked, self._orders.device_revoked, frozenset(self._store.line)
        )
        self._printing = Printing(devices.printer, devices.roll, devices.report_printer)
        readiness = Readiness(facts, self._store, self._printing, self._orders)
        self._members = Members(cards, facts)
        quorum = OpeningQuorum(facts, self._store, monotonic)
        banner = None if devices.keystore.banner is None else "keystore.software"
        acts = Acts(
            facts,
            self._store,
            self._members,
            signer,
            banner,
            readiness.lines,
            KeptActs(folder.path / "acts"),
            self._orders,
            quorum,
        )
        batches = StoredBatches(self._store)
        uploader = Uploader(
            facts.package.centre.url,
            _tls(devices.keystore, folder),
            trust_at=_centre_trust(facts),
            now=clock,
            batches=batches,
        )
        fetcher = OrderFetcher(
            facts.package.centre.url,
            _tls(devices.keystore, folder),
            known=self._orders.known,
            take=self._orders.take,
        )
        self._notices = notices = Notices(facts, self._store, folder.path)
        exchange = TakeoverExchange(
            facts.package.centre.url,
            _tls(devices.keystore, folder),
            own=notices.own,
            announced=notices.announced,
            take=notices.take,
        )
        self._fetching = order_loop(fetcher, exchange)
        self._delivery = Delivery(facts, self._store, signer, uploader, look_seconds)
        self._journal_file = JournalFile(facts, self._store, folder.path)
        self._voting = Voting(facts, cards, self._store, self._printing, signer, place_key)
        self.speaker = None if devices.sound is None else Speaker(devices.sound, self._voice(folder), self.send)
        staff = Staff(
            self._store,
            self._members,
            self.deposit,
            place_key,
            quorum,
            readiness,
            acts,
            self._printing,
            self._delivery,
            self._card_lane,
            self._printer_lane,
            facts.station.languages[0],
            self._sound_state,
            facts.local_now,
            self._journal_file,
            self._orders,
            Takeover(facts, self._store, devices.keystore, self._members, signer, notices, self._card_lane),
        )
        self._performer = Performer(
            self._voting,
            staff,
            OrderPaper(facts, self._store, self._orders, self._printing),
            self._store,
            self._card_lane,
            self._printer_lane,
            self.send,
            start_anew,
        )
        if self._store.restored is None and self._store.replaced_by is not None:
            terminal = Terminal.replaced(facts.station, polls, self._store.replaced_by)
        else:
            begin = Terminal.starting if self._store.restored is None else Terminal.quarantined
            terminal = begin(facts.station, polls, pause, self._orders.stopping())
        terminal = replace(terminal, second=self._store.second)
        self._runner = Runner(terminal, self._performer.perform, self._show, monotonic)
        self._stopping = threading.Event()
        self._reader_thread = threading.Thread(target=self._watch_reader, name="reader", daemon=True)
        self._store.record(events.terminal_started(software, facts.station.mode.value))

    def send(self, event: Event) -> None:
        """Give the flow an event; from any thread."""
        self._runner.send(event)

    def start(self) -> None:
        """Begin: the voice, the flow, the watch on the reader, sealing and sending."""
        if self.speaker is not None:
            self.speaker.start()
        self._runner.start()
        self._store.watch(lambda second: self.send(SecondChanged(second)), lambda by: self.send(TerminalReplaced(by)))
        self._reader_thread.start()
        if self._store.restored is None:
            # A batch of an older store would take the number of one that was sent.
            self._delivery.start()
        self._orders.start()
        self._fetching.start()

    def stop(self) -> None:
        """End everything in order; what is under way is finished first."""
        self._stopping.set()
        self._fetching.stop()
        self._orders.stop()
        self._reader_thread.join()
        self._runner.stop()
        if self.speaker is not None:
            self.speaker.stop()
        self._performer.close()
        if self._store.restored is None:
            self._delivery.stop()
        self._voting.close()
        self._printing.close()
        with contextlib.suppress(StoreError):
            # One that failed is closed all the same.
            self._store.record(events.terminal_stopped())
            if self._store.do(lambda store: store.polls_state()) is PollsState.CLOSED:
                self._journal_file.write()
        self._store.close()
        self._devices.reader.close()

    def wake_delivery(self) -> None:
        """Try to send at once: for the demo, when the network is back."""
        self._delivery.wake()
        self._fetching.wake()

    def take_order(self, envelope: bytes) -> Intake:
        """Take in an order that came by another way than the network. Raises OSError, StoreError."""
        return self._orders.take(envelope)

    def _show(self, view: View) -> None:
        """The picture and the voice are made from the same view."""
        self._publish(view)
        if self.speaker is not None:
            self.speaker.show(view)

    def _voice(self, folder: DeviceFolder) -> Synthesiser:
        """The synthesiser, and recordings before it where the election has them."""
        synthesiser = EspeakSynthesiser()
        try:
            listed = read_audio_list(folder)
        except (ProtocolError, OSError):
            # A terminal that cannot play recordings still takes votes, and still speaks.
            self._note(events.recording_damaged("list"))
            return synthesiser
        if listed is None:
            return synthesiser
        return Recordings(
            folder.audio, listed, synthesiser, speakable, lambda: self._note(events.recording_damaged("file"))
        )

    def _sound_state(self) -> SoundState | None:
        return None if self.speaker is None else self.speaker.state()

    def _watch_reader(self) -> None:
        """Turn what happens to the reader into events."""
        while not self._stopping.is_set():
            match self._devices.reader.wait_event(EVENT_SECONDS):
                case ReaderEvent.INSERTED:
                    self.send(CardInserted())
                case ReaderEvent.REMOVED:
                    # A PIN that still waits for its effect would be judged by the next card.
                    self.deposit.forget()
                    self._card_lane.submit(self._members.forget)
                    self._card_lane.submit(self._cards.forget)
                    self.send(CardRemoved())
                    self._note(events.card_removed())
                case ReaderEvent.READER_LOST:
                    self.send(ReaderLost())
                    self._note(events.reader_lost())
                case ReaderEvent.READER_BACK:
                    self.send(ReaderBack())
                    self._note(events.reader_back())
                case None:
                    continue

    def _note(self, event: StoreEvent) -> None:
        """Write an event of the reader down. A store that fails must not stop the watch on the reader."""
        with contextlib.suppress(StoreError):
            self._store.record(event)


def _facts(folder: DeviceFolder, software: str, clock: Callable[[], datetime], devices: Devices) -> Facts:
    package = folder.opened.package
    unknown = [language for language in package.languages if language not in languages()]
    if unknown:
        raise CannotStart(
            f"the election package has ballots in {', '.join(unknown)}, and this software has no words in that "
            "language. Install a release that has them"
        )
    here = replace(
        station(package, folder.settings.place, folder.settings.device, clock()),
        sound=devices.sound is not None,
        practice=_practice(PRACTICE, package.languages),
        open_keys=devices.keystore.banner is not None,
        shuffled_pin=folder.settings.pin_pad is PinLayout.SHUFFLED,
    )
    return Facts(
        opened=folder.opened,
        place=package.place(folder.settings.place),
        station=here,
        papers=papers(package),
        clock=clock,
        software=software,
        management_key=folder.management_key,
    )


def _practice(path: Path, languages: tuple[str, ...]) -> tuple[Paper, ...]:
    try:
        return practice_papers(path.read_bytes(), languages)
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}. Install the software anew") from error
    except PracticeFault as error:
        raise CannotStart(f"{path}: {error}. Install the software anew, or mend the file") from error


def _tls(keystore: KeyStore, folder: DeviceFolder) -> ssl.SSLContext:
    return keystore.tls_context(folder.root_pem)


def _centre_trust(facts: Facts) -> Callable[[datetime], Trust]:
    certificate = load_certificate(facts.package.centre.certificate, "centre")
    return lambda at: facts.opened.trust(Role.CENTRE, at, (certificate,))
