"""`./run kiosk`: the voting terminal as a program."""

import argparse
import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.card.api import CardReader
from drivers.card.simulated.reader import SimulatedCardReader
from drivers.keystore.api import KeyStoreError
from drivers.media.api import Media
from drivers.media.mounted import MountedMedia
from drivers.media.simulated.media import SimulatedMedia
from drivers.sound.alsa import AlsaSound, jack_of_this_machine
from drivers.sound.api import Sound
from drivers.sound.simulated.sound import SimulatedSound
from kiosk.domain.from_package import station
from kiosk.domain.station import Station
from kiosk.domain.words import Words
from kiosk.effects.closed_memory import close_memory
from kiosk.flows.contract import Event, Handle
from kiosk.flows.speech import Control
from kiosk.flows.view import StartTrouble, cannot_start, starting
from kiosk.modes.device_folder import CannotStart, Keys, read_device_folder
from kiosk.modes.keys import open_keystore
from kiosk.modes.printers import USAGE as PRINTER_USAGE
from kiosk.modes.printers import ReceiptPrinter, receipt_printer
from kiosk.screens.application import NoDisplay, open_application, run_application
from kiosk.screens.scanning import NoSuchKey, SwitchKeys, switch_keys
from kiosk.screens.shell import Shell
from kiosk.screens.theme import PANEL_10, PANEL_15, PANEL_21, Panel
from kiosk.screens.voice import NoVoice, Voice
from protocol.documents.certificates import Role
from protocol.software import installed_top, software_digest

if TYPE_CHECKING:
    from kiosk.modes.terminal import TerminalApp

PANELS = {"10": PANEL_10, "15": PANEL_15, "21": PANEL_21}
TROUBLE_SECONDS = 30.0
"""How long the screen says why the terminal did not start, before the program ends and is started again."""
LOOK_SECONDS = 60.0
"""How often sealing looks at the store. No cast sets it, so it tells nothing of one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the program was started. `card` opens the card reader."""

    device: Path
    card: Callable[[], CardReader]
    printer: ReceiptPrinter
    panel: Panel
    windowed: bool
    look_seconds: float = LOOK_SECONDS
    sound: Callable[[], Sound] | None = None
    """Opens the sound card."""
    media: Callable[[], Media] | None = None
    """Opens the slot for the second copy's medium."""
    switches: SwitchKeys | None = None
    """What the two switches send; None is what most switch boxes can."""
    trouble_seconds: float = TROUBLE_SECONDS


Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


class Program:
    """The window first, so that people see something at once; the store behind it."""

    def __init__(self, options: Options, clock: Clock = wall_clock) -> None:
        """Read the device's folder and show the first screen. Raises CannotStart, NoDisplay, KeyStoreError."""
        self._options = options
        self._clock = clock
        self._qt = open_application("terminal")
        self.folder = read_device_folder(options.device, Role.TERMINAL, clock())
        self.shell = Shell(
            options.panel,
            self._deposit,
            self._send,
            windowed=options.windowed,
            switches=options.switches,
            voice=self,
        )
        self._app: TerminalApp | None = None
        self._trouble: Exception | None = None
        self._stopping = threading.Event()
        self._maker = threading.Thread(target=self._make, name="making", daemon=True)

    @property
    def app(self) -> "TerminalApp | None":
        """The terminal behind the window, once its store is open."""
        return self._app

    def run(self) -> int:
        """Show the window and serve until the program is ended; the exit status."""
        self.shell.present(starting(self._here()))
        self.shell.show()
        # A thread that breaks would leave a screen that stands still and says nothing true: the program ends, and
        # whoever started it starts it again. What was stored is stored.
        threading.excepthook = self._thread_broke
        self._maker.start()
        status = run_application(self._qt, lambda: self._trouble is not None, self._stop)
        if self._trouble is not None:
            raise self._trouble
        return status

    def _thread_broke(self, broken: threading.ExceptHookArgs) -> None:
        if isinstance(broken.exc_value, Exception):
            self._trouble = broken.exc_value

    def _make(self) -> None:
        """Open the store and begin. On its own thread: making a store writes every page it will ever have."""
        # Half of all that the program loads: people see the first screen before it.
        from kiosk.modes.terminal import Devices, TerminalApp

        options = self._options
        try:
            keystore = open_keystore(self.folder)
            sound = None if options.sound is None else options.sound()
            media = None if options.media is None else options.media()
            devices = Devices(options.card(), options.printer.open(), keystore, sound, options.printer.roll, media)
            app = TerminalApp(
                self.folder,
                devices,
                software_digest(installed_top()),
                self._clock,
                time.monotonic,
                self.shell.show_view,
                options.look_seconds,
            )
        except CannotStart as error:
            self._tell(error.trouble)
            self._trouble = error
            return
        except Exception as error:  # noqa: BLE001 - `run` raises it on the main thread, which ends the program
            self._trouble = error
            return
        self._app = app
        # What there is now stays for the day: Python need not look through it again each time it clears up after a
        # voter, which would stop the window for tens of milliseconds.
        gc.freeze()
        app.start()

    def _tell(self, trouble: StartTrouble) -> None:
        """Say on the screen why there is no terminal, for a while: whoever started the program starts it again."""
        self.shell.show_view(cannot_start(self._here(), trouble))
        self._stopping.wait(self._options.trouble_seconds)

    def _here(self) -> Station:
        """Where this is, for the screens that are shown before there is a terminal."""
        settings = self.folder.settings
        here = station(self.folder.opened.package, settings.place, settings.device, self._clock())
        return replace(here, open_keys=settings.keystore is Keys.SOFTWARE)

    def _stop(self) -> None:
        self._stopping.set()
        self._maker.join()
        if self._app is not None:
            self._app.stop()

    def _send(self, event: Event) -> None:
        if self._app is not None:
            self._app.send(event)

    # --- the voice, for the shell

    @property
    def _voice(self) -> Voice:
        return NoVoice() if self._app is None or self._app.speaker is None else self._app.speaker

    def focused(self, control: Control) -> None:
        """A hand moved the focus."""
        self._voice.focused(control)

    def told(self, words: Words) -> None:
        """Something changed that no view tells."""
        self._voice.told(words)

    def repeat(self) -> None:
        """Say the screen again."""
        self._voice.repeat()

    def pause(self) -> None:
        """Hold the voice still, or let it go on."""
        self._voice.pause()

    def _deposit(self, secret: bytearray) -> Handle:
        assert self._app is not None, "no PIN is asked for before the terminal runs"
        return self._app.deposit.leave(secret)


def parser() -> argparse.ArgumentParser:
    """The command line of `./run kiosk`."""
    parser = argparse.ArgumentParser(prog="kiosk", description="The voting terminal.")
    parser.add_argument("--device", type=Path, required=True, metavar="DIR", help="the folder from provisioning")
    parser.add_argument(
        "--card",
        type=_card_reader,
        required=True,
        metavar="pcsc[:READER]|simulated:SOCKET",
        help="card reader; READER is how its name begins, else any",
    )
    parser.add_argument(
        "--printer",
        type=_printer,
        required=True,
        metavar=PRINTER_USAGE,
        help="receipt printer, also with ?paper=58",
    )
    parser.add_argument(
        "--media",
        type=_media,
        default=None,
        metavar="mount:FOLDER|simulated:SOCKET",
        help="slot for the second copy of the votes; none",
    )
    parser.add_argument(
        "--sound", type=_sound, default=None, metavar="simulated:SOCKET|alsa[:DEVICE]|none", help="sound card; none"
    )
    parser.add_argument("--panel", choices=PANELS, default="15", help="size of the panel in inches")
    parser.add_argument(
        "--switches", type=_switches, default=None, metavar="NEXT:CHOOSE", help="keys of the two switches; F9,1:F10,2"
    )
    parser.add_argument(
        "--trouble-seconds",
        type=float,
        default=TROUBLE_SECONDS,
        metavar="S",
        help="how long the screen says why there is no start",
    )
    parser.add_argument("--windowed", action="store_true", help="in a window of the panel's pixels")
    return parser


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that the command line gives."""
    return Options(
        arguments.device,
        arguments.card,
        arguments.printer,
        PANELS[arguments.panel],
        arguments.windowed,
        sound=arguments.sound,
        media=arguments.media,
        switches=arguments.switches,
        trouble_seconds=arguments.trouble_seconds,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal; the exit status: 0 ended as asked, 1 it could not start (why is on stderr), 2 usage."""
    options = options_of(parser().parse_args(arguments))
    return guarded(lambda: Program(options).run())


def guarded(run: Callable[[], int]) -> int:
    """Run, and turn an expected failure to start into words and exit status 1."""
    close_memory()
    try:
        return run()
    except (CannotStart, NoDisplay, KeyStoreError) as error:
        print(f"kiosk: {error}", file=sys.stderr)  # noqa: T201 - the program's own words for its operator
        return 1


def _media(text: str) -> Callable[[], Media]:
    kind, _, name = text.partition(":")
    if kind != "mount" or not name:
        path = _simulated(text)
        return lambda: SimulatedMedia(path)
    place = Path(name)
    if not place.is_dir():
        raise argparse.ArgumentTypeError(f"“{name}” is no folder to mount a medium on")
    return lambda: MountedMedia(place)


def _sound(text: str) -> Callable[[], Sound] | None:
    kind, _, name = text.partition(":")
    match kind:
        case "none":
            return None
        case "alsa":
            return lambda: AlsaSound(name or "default", jack_of_this_machine())
        case _:
            path = _simulated(text)
            return lambda: SimulatedSound(path)


def _card_reader(text: str) -> Callable[[], CardReader]:
    kind, _, name = text.partition(":")
    if kind == "pcsc":
        try:
            from drivers.card.pcsc import PcscReader
        except ImportError as error:
            raise argparse.ArgumentTypeError(
                f"PC/SC is not installed here ({error}); ./run kiosk installs it"
            ) from error
        return lambda: PcscReader(name)
    path = _simulated(text)
    return lambda: SimulatedCardReader(path)


def _switches(text: str) -> SwitchKeys:
    try:
        return switch_keys(text)
    except NoSuchKey as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _printer(text: str) -> ReceiptPrinter:
    try:
        return receipt_printer(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _simulated(text: str) -> Path:
    kind, _, path = text.partition(":")
    if kind != "simulated" or not path:
        raise argparse.ArgumentTypeError(f"“{text}” is not simulated:SOCKET; real devices come with their drivers")
    return Path(path)
