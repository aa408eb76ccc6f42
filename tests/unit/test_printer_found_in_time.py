"""A receipt printer that never answers is found within 10 seconds and named, wherever in a slip it falls silent.

Time is what the driver waited, counted by the line it waits on: no other program on the machine adds to it.
"""

from dataclasses import dataclass, field

import pytest

from drivers.printer.api import Job, JobOutcome, JobResult, Raster, Reason, Status
from drivers.printer.escpos import commands
from drivers.printer.escpos.line import Line, LineLost, Port
from drivers.printer.escpos.printer import Confirmation, EscposPrinter

FOUND_WITHIN_SECONDS = 10.0
A_MOMENT = 0.001
SLIP = Job("slip", (Raster(576, 1600, 8, b"\x81" * 72 * 1600),))
"""20 cm of paper, as voters' slips are."""
HEALTHY = {1: b"\x12", 2: b"\x12", 3: b"\x12", 4: b"\x12"}


@dataclass
class Mute(Port, Line):
    """A printer that carries everything out and answers, until it has got so many bytes; then nothing, ever."""

    mute_after: int
    takes_bytes: bool = True
    """Whether it goes on taking bytes once it is mute."""
    seconds: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    replies: bytearray = field(default_factory=bytearray)

    def open(self) -> Line:
        """The cable is always there."""
        return self

    def exchange(self, out: bytes, seconds: float) -> tuple[int, bytes]:
        """Answer, or let the driver wait for as long as it meant to."""
        mute = len(self.got) >= self.mute_after
        if not mute:
            self._take(out)
        came, self.replies = bytes(self.replies), bytearray()
        went = len(out) if not mute or self.takes_bytes else 0
        self.seconds += A_MOMENT if went or came else max(seconds, A_MOMENT)
        return went, came

    def _take(self, out: bytes) -> None:
        self.got += out
        if out.endswith(commands.CLEAR):
            self.replies += b"\x37\x25\x00"
        elif out[:2] == b"\x10\x04":
            self.replies += HEALTHY[out[2]]
        elif out.startswith(b"\x1d(H"):
            self.replies += b"\x37\x22" + out[-4:] + b"\x00"
        elif out == commands.PAPER_IN_ORDER:
            self.replies += b"\x00"

    def close(self) -> None:
        """It stays where it is."""

    abort = close


def printer(port: Mute, confirmation: Confirmation = Confirmation.PROCESS) -> EscposPrinter:
    """The driver, waiting by the line's own seconds."""
    return EscposPrinter(port, confirmation, clock=lambda: port.seconds)


def whole(confirmation: Confirmation = Confirmation.PROCESS) -> int:
    """How many bytes a slip takes from a printer that answers."""
    port = Mute(10**9)
    assert printer(port, confirmation).print_job(SLIP) == JobResult.printed()
    return len(port.got)


@pytest.mark.parametrize("takes_bytes", [True, False], ids=["takes", "stalls"])
@pytest.mark.parametrize("part", range(20))
def test_wherever_it_falls_silent_it_is_found(part: int, *, takes_bytes: bool) -> None:
    port = Mute(whole() * part // 20, takes_bytes)
    result = printer(port).print_job(SLIP)
    assert result == JobResult.failed(Reason.UNKNOWN), "named: it has stopped and does not answer"
    assert port.seconds <= FOUND_WITHIN_SECONDS


@pytest.mark.parametrize("confirmation", [Confirmation.PROCESS, Confirmation.SENSORS])
def test_the_answer_behind_the_cut_is_not_waited_for_forever(confirmation: Confirmation) -> None:
    question = 11 if confirmation is Confirmation.PROCESS else 3
    clearing = len(commands.RECOVER + commands.CLEAR)
    port = Mute(whole(confirmation) - clearing - question)
    assert printer(port, confirmation).print_job(SLIP).outcome is JobOutcome.FAILED
    assert port.seconds <= FOUND_WITHIN_SECONDS


def test_asking_for_its_status_ends_soon_too() -> None:
    port = Mute(0)
    assert printer(port).status() == Status(Reason.UNKNOWN, paper_low=False)
    assert port.seconds <= FOUND_WITHIN_SECONDS


def test_a_healthy_printer_is_not_waited_for() -> None:
    port = Mute(10**9)
    assert printer(port).print_job(SLIP) == JobResult.printed()
    assert port.seconds < 1


class PulledBehindTheAnswer(Mute):
    """A printer that says that the paper is out; then its cable is pulled."""

    def exchange(self, out: bytes, seconds: float) -> tuple[int, bytes]:
        if self.answered:
            raise LineLost("pulled")
        went, came = super().exchange(out, seconds)
        self.answered = came.startswith(b"\x37\x22")
        return went, came

    answered: bool = False

    def open(self) -> Line:
        if self.answered:
            raise LineLost("pulled")
        return self


def test_a_cable_pulled_behind_the_answer_takes_nothing_back() -> None:
    """The voter has the slip, and the act is on paper: nobody is asked to print it again."""
    port = PulledBehindTheAnswer(10**9)
    assert printer(port).print_job(SLIP) == JobResult.printed()
    assert printer(port).print_job(SLIP) == JobResult.failed(Reason.OFFLINE)


class Babbling(Mute):
    """A printer that from some byte on takes nothing, and sends without end what means nothing."""

    def exchange(self, out: bytes, seconds: float) -> tuple[int, bytes]:
        went, came = super().exchange(out, seconds)
        if len(self.got) < self.mute_after:
            return went, came
        self.seconds += A_MOMENT
        assert self.seconds < 10 * FOUND_WITHIN_SECONDS, "it is listened to without end"
        return 0, b"\xff\x80"


@pytest.mark.parametrize("part", range(5))
def test_one_that_only_babbles_is_found_too(part: int) -> None:
    port = Babbling(whole() * part // 5, takes_bytes=False)
    assert printer(port).print_job(SLIP).outcome is JobOutcome.FAILED
    assert port.seconds <= 2 * FOUND_WITHIN_SECONDS
