"""The few commands of ESC/POS that this driver sends (Epson's ESC/POS command reference, by name of the command).

A paper is drawn by us, so nothing of a printer's own letters, code pages or codes is used.
"""

import secrets
from collections.abc import Iterator

from drivers.printer.api import Raster

INITIALISE = b"\x1b@"
"""ESC @: forget what is half laid out and every setting."""

TELL_CHANGES = b"\x1da\x0e"
"""GS a: tell at once, unasked, when on-line, error or paper change (automatic status back)."""

CUT = b"\x1dVB\x00"
"""GS V, function B: feed to the cutter and cut but for a bridge, so that the paper does not fall."""

CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4, function 8, in real time: delete what is in receive and print buffer, and answer that it is done."""

RECOVER = b"\x10\x05\x02"
"""DLE ENQ 2, in real time: after a repaired error go on, with empty buffers; ignored where there is no error."""

PAPER_IN_ORDER = b"\x1dr\x01"
"""GS r 1: tell the paper sensors, when all before it has been carried out."""

BAND_ROWS = 48
"""Rows a raster command: 3.5 KB at 80 mm, so that a status question never waits long for its turn."""

REAL_TIME = (0x04, 0x05, 0x14)
"""What a byte 0x10 begins a real-time command with, in pictures too: the printer looks at every byte that comes in."""


def ask(number: int) -> bytes:
    """DLE EOT: ask for real-time status 1 (printer), 2 (off-line cause), 3 (error) or 4 (paper)."""
    return bytes((0x10, 0x04, number))


def ask_in_order(identity: bytes) -> bytes:
    """GS ( H, function 48: answer with these four characters when all before it has been carried out."""
    return b"\x1d(H\x06\x00\x30\x30" + identity


def fresh_identity() -> bytes:
    """Four printable characters at random: no counting, by which papers could be put in order."""
    return bytes(32 + secrets.randbelow(95) for _ in range(4))


def bands(page: Raster) -> Iterator[bytes]:
    """GS v 0: the page as raster commands of at most `BAND_ROWS` rows."""
    for top in range(0, page.height_dots, BAND_ROWS):
        rows = page.rows[top * page.row_bytes : (top + BAND_ROWS) * page.row_bytes]
        height = len(rows) // page.row_bytes
        header = b"\x1dv0\x00" + page.row_bytes.to_bytes(2, "little") + height.to_bytes(2, "little")
        yield header + _harmless(rows)


def _harmless(rows: bytes) -> bytes:
    """The same picture without a byte pair that a printer would take for a real-time command.

    One dot more, beside a dot that is black already, cannot be seen; a picture that clears the printer can.
    """
    for second in REAL_TIME:
        rows = rows.replace(bytes((0x10, second)), bytes((0x18, second)))
    return rows
