"""The command line of `./run kiosk`. Loads as little as it can: what it names is loaded when the program begins."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.modes.printers import REPORT_USAGE, ReceiptPrinter, receipt_printer, report_printer
from kiosk.modes.printers import USAGE as PRINTER_USAGE
from kiosk.screens.theme import PANEL_10, PANEL_15, PANEL_21, Panel

if TYPE_CHECKING:
    from drivers.card.api import CardReader
    from drivers.media.api import Media
    from drivers.printer.api import DocumentPrinter
    from drivers.sound.api import Sound
    from kiosk.screens.scanning import SwitchKeys

PANELS = {"10": PANEL_10, "15": PANEL_15, "21": PANEL_21}
TROUBLE_SECONDS = 30.0
"""How long the screen says why the terminal did not start, before the program ends and is started again."""
LOOK_SECONDS = 60.0
"""How often sealing looks at the store. No cast sets it, so it tells nothing of one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the program was started. `card` opens the card reader."""

    device: Path
    card: "Callable[[], CardReader]"
    printer: ReceiptPrinter
    panel: Panel
    windowed: bool
    look_seconds: float = LOOK_SECONDS
    sound: "Callable[[], Sound] | None" = None
    """Opens the sound card."""
    media: "Callable[[], Media] | None" = None
    """Opens the slot for the second copy's medium."""
    report_printer: "Callable[[], DocumentPrinter] | None" = None
    """Makes the driver of the printer of staff's papers on A4."""
    switches: "SwitchKeys | None" = None
    """What the two switches send; None is what most switch boxes can."""
    trouble_seconds: float = TROUBLE_SECONDS


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
        "--printer", type=_printer, required=True, metavar=PRINTER_USAGE, help="receipt printer, also with ?paper=58"
    )
    parser.add_argument(
        "--report-printer",
        type=_report_printer,
        default=None,
        metavar=REPORT_USAGE,
        help="printer of staff's papers on A4; none: they come from the receipt printer",
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
        report_printer=arguments.report_printer,
        switches=arguments.switches,
        trouble_seconds=arguments.trouble_seconds,
    )


def _sound(text: str) -> "Callable[[], Sound] | None":
    kind, _, name = text.partition(":")
    match kind:
        case "none":
            return None
        case "alsa":
            return lambda: _alsa(name or "default")
        case _:
            path = _simulated(text)
            return lambda: _simulated_sound(path)


def _media(text: str) -> "Callable[[], Media]":
    kind, _, name = text.partition(":")
    if kind != "mount" or not name:
        path = _simulated(text)
        return lambda: _simulated_media(path)
    place = Path(name)
    if not place.is_dir():
        raise argparse.ArgumentTypeError(f"“{name}” is no folder to mount a medium on")
    return lambda: _mounted_media(place)


def _simulated_media(path: Path) -> "Media":
    from drivers.media.simulated.media import SimulatedMedia

    return SimulatedMedia(path)


def _mounted_media(place: Path) -> "Media":
    from drivers.media.mounted import MountedMedia

    return MountedMedia(place)


def _alsa(name: str) -> "Sound":
    from drivers.sound.alsa import AlsaSound, jack_of_this_machine

    return AlsaSound(name, jack_of_this_machine())


def _simulated_sound(path: Path) -> "Sound":
    from drivers.sound.simulated.sound import SimulatedSound

    return SimulatedSound(path)


def _switches(text: str) -> "SwitchKeys":
    from kiosk.screens.scanning import NoSuchKey, switch_keys

    try:
        return switch_keys(text)
    except NoSuchKey as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _card_reader(text: str) -> "Callable[[], CardReader]":
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
    return lambda: _simulated_reader(path)


def _simulated_reader(path: Path) -> "CardReader":
    from drivers.card.simulated.reader import SimulatedCardReader

    return SimulatedCardReader(path)


def _printer(text: str) -> ReceiptPrinter:
    try:
        return receipt_printer(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _report_printer(text: str) -> "Callable[[], DocumentPrinter]":
    try:
        return report_printer(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _simulated(text: str) -> Path:
    kind, _, path = text.partition(":")
    if kind != "simulated" or not path:
        raise argparse.ArgumentTypeError(f"“{text}” is not simulated:SOCKET; real devices come with their drivers")
    return Path(path)
