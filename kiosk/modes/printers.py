"""Printers as the command line names them. A driver is loaded when its printer is named or opened, not before."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.papers.paper_image import ROLL_58, ROLL_80, Roll

if TYPE_CHECKING:
    from drivers.printer.api import DocumentPrinter, Printer

USAGE = "simulated:SOCKET|escpos:/dev/usb/lp0|escpos:tcp://HOST:PORT|escpos:serial:///dev/ttyS0"

REPORT_USAGE = "ipp://HOST/printers/NAME"


@dataclass(frozen=True, slots=True)
class ReceiptPrinter:
    """A receipt printer that can be opened, and the paper that is in it."""

    open: "Callable[[], Printer]"
    roll: Roll = ROLL_80


def receipt_printer(text: str) -> ReceiptPrinter:
    """The printer that `--printer` names. Raises ValueError with words for whoever typed it."""
    kind, _, where = text.partition(":")
    match kind:
        case "simulated" if where:
            path = Path(where)
            return ReceiptPrinter(lambda: _simulated(path))
        case "escpos":
            from drivers.printer.escpos.address import parse_address

            address = parse_address(where)
            return ReceiptPrinter(address.printer, ROLL_58 if address.paper_mm == 58 else ROLL_80)
        case _:
            from drivers.printer.escpos.address import BadAddress

            raise BadAddress(f"“{text}” is not {USAGE}")


def report_printer(text: str) -> "Callable[[], DocumentPrinter]":
    """The printer that `--report-printer` names. Raises ValueError with words for whoever typed it."""
    from drivers.printer.ipp.printer import IppPrinter, check_uri

    check_uri(text)
    return lambda: IppPrinter(text)


def _simulated(path: Path) -> "Printer":
    from drivers.printer.simulated.printer import SimulatedPrinter

    return SimulatedPrinter(path)
