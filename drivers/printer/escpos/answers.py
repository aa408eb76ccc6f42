"""What an ESC/POS printer sends back, taken apart by the fixed bits of each kind of answer.

Sources: Epson's ESC/POS command reference, DLE EOT, GS a, GS r, GS ( H function 48, DLE DC4 function 8. Anything
else, also from a printer gone mad, is `Nonsense` and proves nothing.
"""

from dataclasses import dataclass

from drivers.printer.api import Reason, Status

FLOW_CONTROL = (0x11, 0x13)
HEADER, PROCESS, CLEARED = 0x37, 0x22, 0x25


@dataclass(frozen=True, slots=True)
class RealTime:
    """The answer to DLE EOT; it overtakes everything that waits to be printed."""

    byte: int


@dataclass(frozen=True, slots=True)
class Automatic:
    """Four bytes of automatic status: the printer changed, and says so unasked."""

    status: Status


@dataclass(frozen=True, slots=True)
class ProcessDone:
    """All that came before the question with this identity has been carried out."""

    identity: bytes


@dataclass(frozen=True, slots=True)
class PaperInOrder:
    """The answer to GS r: all that came before it has been carried out."""

    byte: int


@dataclass(frozen=True, slots=True)
class BuffersCleared:
    """The printer holds nothing of a paper any more."""


@dataclass(frozen=True, slots=True)
class Nonsense:
    """A byte that no answer begins with, or an answer that breaks off in another."""

    byte: int


Answer = RealTime | Automatic | ProcessDone | PaperInOrder | BuffersCleared | Nonsense


class AnswerReader:
    """Takes bytes as they come and gives back whole answers."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that are whole now."""
        self._held += data
        answers: list[Answer] = []
        while self._held:
            if self._held[0] in FLOW_CONTROL:
                del self._held[0]
                continue
            taken = _first(bytes(self._held[:7]))
            if taken is None:
                break
            answer, length = taken
            del self._held[:length]
            answers.append(answer)
        return answers


def _first(held: bytes) -> tuple[Answer, int] | None:
    """The answer that these bytes begin with and its length, or None while it is not whole."""
    first = held[0]
    nonsense: tuple[Answer, int] = (Nonsense(first), 1)
    if first == HEADER:
        if len(held) < 2:
            return None
        if held[1] == CLEARED:
            if len(held) < 3:
                return None
            return (BuffersCleared(), 3) if held[2] == 0 else nonsense
        if held[1] != PROCESS:
            return nonsense
        if len(held) < 7:
            return None
        return (ProcessDone(held[2:6]), 7) if held[6] == 0 else nonsense
    if first & 0x93 == 0x12:
        return RealTime(first), 1
    if first & 0x93 == 0x10:
        if any(byte & 0x90 for byte in held[1:4]):
            return nonsense
        return None if len(held) < 4 else (Automatic(_automatic(held[:4])), 4)
    return (PaperInOrder(first), 1) if first & 0x90 == 0 else nonsense


def _automatic(four: bytes) -> Status:
    """The printer as automatic status tells it."""
    return Status(
        _trouble(
            cover=bool(four[0] & 0x20),
            paper_out=bool(four[2] & 0x0C),
            errors=four[1],
            offline=bool(four[0] & 0x08),
        ),
        paper_low=bool(four[2] & 0x03),
    )


def real_time(printer: int, cause: int, error: int, paper: int) -> Status:
    """The printer as the four answers to DLE EOT 1 to 4 tell it."""
    return Status(
        _trouble(
            cover=bool(cause & 0x04),
            paper_out=bool(cause & 0x20 or paper & 0x60),
            errors=error,
            offline=bool(printer & 0x08 or cause & 0x40),
        ),
        paper_low=bool(paper & 0x0C),
    )


def _trouble(*, cover: bool, paper_out: bool, errors: int, offline: bool) -> Reason | None:
    """The cause that a person can do something about comes first."""
    causes = (
        (cover, Reason.COVER_OPEN),
        (paper_out, Reason.PAPER_OUT),
        (errors & 0x08, Reason.CUTTER),
        (errors & 0x40, Reason.HOT),
        (errors & 0x04, Reason.JAM),
        (errors & 0x20, Reason.UNKNOWN),
        (offline, Reason.OFFLINE),
    )
    return next((reason for holds, reason in causes if holds), None)
