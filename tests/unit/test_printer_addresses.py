"""Printers as a technician names them: what is meant, and a clear word for what is not."""

from pathlib import Path

import pytest

from drivers.printer.escpos.address import BadAddress, EscposAddress, parse_address
from drivers.printer.escpos.line import SerialPort, TcpPort, UsbPort
from drivers.printer.escpos.printer import Confirmation, EscposPrinter
from kiosk.modes.printers import receipt_printer
from kiosk.papers.paper_image import ROLL_58, ROLL_80


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/dev/usb/lp0", EscposAddress(UsbPort(Path("/dev/usb/lp0")))),
        ("tcp://192.0.2.7", EscposAddress(TcpPort("192.0.2.7", 9100))),
        ("tcp://printer:9101?confirm=gs-r", EscposAddress(TcpPort("printer", 9101), Confirmation.SENSORS)),
        ("serial:///dev/ttyS0", EscposAddress(SerialPort(Path("/dev/ttyS0"), 115_200))),
        ("serial:///dev/ttyS0?baud=9600&paper=58", EscposAddress(SerialPort(Path("/dev/ttyS0"), 9600), paper_mm=58)),
    ],
)
def test_an_address_says_where_and_how(text: str, address: EscposAddress) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the whole path"),
        ("lp0", "the whole path"),
        ("tcp://", "not tcp://HOST"),
        ("tcp://h:99999", "Port out of range"),
        ("tcp://h/queue", "not tcp://HOST"),
        ("serial://ttyS0", "the whole path"),
        ("serial:///dev/ttyS0?baud=9601", "no speed"),
        ("tcp://h?baud=9600", "only a serial line"),
        ("/dev/usb/lp0?paper=57", "80 or 58"),
        ("/dev/usb/lp0?confirm=yes", "gs-h"),
        ("/dev/usb/lp0?colour=red", "no option colour"),
        ("ipp://h/q", "is not /dev/usb/lp0"),
    ],
)
def test_what_is_no_address_is_refused_with_what_there_is(text: str, words: str) -> None:
    with pytest.raises(BadAddress, match=words):
        parse_address(text)


def test_a_terminal_draws_for_the_paper_that_is_in_its_printer() -> None:
    assert receipt_printer("simulated:/run/p.s").roll == ROLL_80
    narrow = receipt_printer("escpos:/dev/usb/lp0?paper=58")
    assert narrow.roll == ROLL_58
    assert isinstance(narrow.open(), EscposPrinter)
    for text in ("simulated:", "parallel:lp0", ""):
        with pytest.raises(BadAddress, match="simulated:SOCKET"):
            receipt_printer(text)
