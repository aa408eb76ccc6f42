"""Where an ESC/POS printer is, and what it can, in one line of a command or a settings file.

`/dev/usb/lp0`, `tcp://192.0.2.7:9100`, `serial:///dev/ttyS0?baud=38400`; behind a question mark also `paper=58`
(millimetres, otherwise 80) and `confirm=gs-r` or `confirm=none` (otherwise gs-h, see `Confirmation`).
"""

import termios
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from drivers.printer.escpos.line import Port, SerialPort, TcpPort, UsbPort
from drivers.printer.escpos.printer import Confirmation, EscposPrinter

PORT = 9100
BAUD = 115_200
WIDTHS_MM = (80, 58)


class BadAddress(ValueError):  # noqa: N818 - says what is wrong
    """The words say what is wrong with the address of a printer, and what there is."""


@dataclass(frozen=True, slots=True)
class EscposAddress:
    """A printer as it was named; `paper_mm` is the width of its roll."""

    port: Port
    confirmation: Confirmation = Confirmation.PROCESS
    paper_mm: int = 80

    def printer(self) -> EscposPrinter:
        """The driver of that printer."""
        return EscposPrinter(self.port, self.confirmation)


def parse_address(text: str) -> EscposAddress:
    """Read an address. Raises BadAddress."""
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    baud = options.pop("baud", None)
    confirm = options.pop("confirm", Confirmation.PROCESS.value)
    paper = options.pop("paper", str(WIDTHS_MM[0]))
    if options:
        raise BadAddress(f"“{text}”: there is no option {', '.join(sorted(options))}; there are paper, confirm, baud")
    if confirm not in list(Confirmation):
        raise BadAddress(f"“{text}”: confirm is {', '.join(Confirmation)}")
    if paper not in map(str, WIDTHS_MM):
        raise BadAddress(f"“{text}”: paper is {' or '.join(map(str, WIDTHS_MM))} (mm)")
    if baud is not None and parts.scheme != "serial":
        raise BadAddress(f"“{text}”: only a serial line has a baud")
    return EscposAddress(_port(text, baud), Confirmation(confirm), int(paper))


def _port(text: str, baud: str | None) -> Port:
    parts = urlsplit(text)
    match parts.scheme:
        case "tcp":
            try:
                number = parts.port or PORT
            except ValueError as error:
                raise BadAddress(f"“{text}”: {error}") from error
            if parts.hostname is None or parts.path not in ("", "/"):
                raise BadAddress(f"“{text}” is not tcp://HOST or tcp://HOST:PORT")
            return TcpPort(parts.hostname, number)
        case "serial":
            speed = str(BAUD) if baud is None else baud
            if not speed.isdecimal() or not hasattr(termios, f"B{speed}"):
                raise BadAddress(f"“{text}”: {speed} is no speed of a serial line (9600, 19200, 38400, 115200 …)")
            return SerialPort(_device(text), int(speed))
        case "":
            return UsbPort(_device(text))
        case _:
            raise BadAddress(f"“{text}” is not /dev/usb/lp0, tcp://HOST or serial:///dev/ttyS0")


def _device(text: str) -> Path:
    path = Path(urlsplit(text).path)
    if not path.is_absolute() or urlsplit(text).netloc:
        raise BadAddress(f"“{text}”: the whole path of a device is wanted, as in /dev/usb/lp0")
    return path
