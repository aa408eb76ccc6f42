"""How the simulated printer reads ESC/POS: written from the command reference, knowing nothing of our encoder.

Two readers look at the same bytes, as in a real printer: one takes real-time commands out of whatever comes in, in
the middle of a picture too; the other carries out what comes out of the receive buffer, in order.
"""

import re
from dataclasses import dataclass

CLEAR_ALL = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
REAL_TIME = re.compile(rb"\x10\x04[\x01-\x04]|\x10\x05[\x01\x02]|" + re.escape(CLEAR_ALL), re.DOTALL)
LONGEST_REAL_TIME = len(CLEAR_ALL)


@dataclass(frozen=True, slots=True)
class Interjection:
    """A real-time command, and how many bytes of the piece it was found in lie up to its end."""

    command: bytes
    end: int


class Doorkeeper:
    """Finds real-time commands in what comes in, also those that come in two pieces."""

    def __init__(self) -> None:
        self._tail = b""

    def look(self, piece: bytes) -> list[Interjection]:
        """The real-time commands that end in this piece."""
        whole = self._tail + piece
        before = len(self._tail)
        found = [
            Interjection(match.group(), match.end() - before)
            for match in REAL_TIME.finditer(whole)
            if match.end() > before
        ]
        self._tail = whole[-(LONGEST_REAL_TIME - 1) :]
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A row of dots, eight to a byte."""

    dots: bytes


@dataclass(frozen=True, slots=True)
class Feed:
    """White paper, in dots."""

    dots: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The cutter's turn."""


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """From now on tell changes; 0 is no more."""

    what: int


@dataclass(frozen=True, slots=True)
class Identify:
    """Answer with these four characters."""

    identity: bytes


@dataclass(frozen=True, slots=True)
class TellSensors:
    """Answer with the paper sensors."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A byte that is no command: a real printer prints it as a letter."""

    byte: int


Deed = Row | Feed | Cut | AutomaticStatus | Identify | TellSensors | Letter


class Interpreter:
    """Turns bytes into deeds, one at a time."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Wait for the first byte of a command."""
        self._held = b""
        self._row = b""
        self._row_bytes = 0
        self._rows_left = 0

    def take(self, waiting: bytes) -> tuple[int, Deed | None]:
        """Take from the front of `waiting` (not empty); how many bytes, and the deed that they finish, if any."""
        if not self._rows_left:
            self._held += waiting[:1]
            return 1, self._command()
        piece = waiting[: self._row_bytes - len(self._row)]
        self._row += piece
        if len(self._row) < self._row_bytes:
            return len(piece), None
        row, self._row = Row(self._row), b""
        self._rows_left -= 1
        return len(piece), row

    def _command(self) -> Deed | None:
        """The deed of the command that is held, once it is whole."""
        length = _length(self._held)
        if length is None or len(self._held) < length:
            return None
        command, self._held = self._held, b""
        if command[:4] == b"\x1dv0\x00":
            self._row_bytes = int.from_bytes(command[4:6], "little")
            self._rows_left = int.from_bytes(command[6:8], "little") if self._row_bytes else 0
            return None
        if command[:3] == b"\x1d(H" and command[5:7] == b"\x30\x30":
            return Identify(command[7:11])
        match command[:2]:
            case b"\x1dV":
                return Cut()
            case b"\x1da":
                return AutomaticStatus(command[2])
            case b"\x1dr":
                return TellSensors()
            case b"\x1bJ":
                return Feed(command[2])
            case b"\x1bd":
                return Feed(command[2] * 30)
            case _:
                return Letter(command[0]) if command[0] >= 0x20 else None


def _length(held: bytes) -> int | None:
    """How long the command is that begins like this; None while that cannot be told."""
    match held[0]:
        case 0x1B:
            return None if len(held) < 2 else (2 if held[1:2] == b"@" else 3)
        case 0x10:
            return None if len(held) < 2 else (10 if held[1] == 0x14 else 3)
        case 0x1D:
            return _length_of_group(held)
        case _:
            return 1


def _length_of_group(held: bytes) -> int | None:
    if len(held) < 2:
        return None
    match held[1:2]:
        case b"v":
            return 8
        case b"V":
            return None if len(held) < 3 else (4 if held[2] in (65, 66) else 3)
        case b"(":
            return None if len(held) < 5 else 5 + int.from_bytes(held[3:5], "little")
        case _:
            return 3
