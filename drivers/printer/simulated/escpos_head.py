"""The simulated printer behind an ESC/POS line: receive buffer, print head, cutter and answers.

It is as unhelpful as a real one: a fault only makes it stop, and when the fault is mended it goes on with what its
buffer still holds; a page that was broken off hangs in it until something is cut.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Protocol, assert_never

from drivers.printer.api import Reason
from drivers.printer.simulated import commands
from drivers.printer.simulated.escpos_reading import (
    CLEAR_ALL,
    AutomaticStatus,
    Cut,
    Deed,
    Doorkeeper,
    Feed,
    Identify,
    Interpreter,
    Letter,
    Row,
    TellSensors,
)

BUFFER_BYTES = 4096
"""The receive buffer that printers of this class are delivered with."""
RESERVE_BYTES = 256
"""What is taken from the line beyond it, so that real-time commands still get in; lost when the line is closed."""
DOTS_PER_MM = 8
LOOK_SECONDS = 0.005
CATCH_UP_SECONDS = 0.02
LETTER_ROWS = 24


class Mechanism(Protocol):
    """What the head needs of the printer around it."""

    def trouble(self, *, cutting: bool = True) -> Reason | None:
        """What keeps it from printing."""

    def paper_low(self) -> bool:
        """Whether the roll is nearly at its end."""

    def feed(self, rows: int) -> None:
        """Use up paper."""

    def mm_per_s(self) -> float:
        """How fast paper moves; 0 is at once."""

    def silent(self) -> bool:
        """Whether it answers nothing."""

    def keep(self, rows: list[bytes], broken: Reason | None) -> None:
        """A piece of paper came out."""

    def strike(self, fault: str) -> None:
        """Let a fault happen."""


class EscposHead:
    """Takes bytes from a line, prints at the paper's speed, answers."""

    def __init__(self, mechanism: Mechanism, answer: Callable[[bytes], None]) -> None:
        self._mechanism = mechanism
        self._answer = answer
        self._doorkeeper = Doorkeeper()
        self._interpreter = Interpreter()
        self._buffer = bytearray()
        self._page: list[bytes] = []
        self._broken: Reason | None = None
        self._watch = 0
        self._told = b""
        self._due = 0.0
        self._strike: commands.FailAtByte | None = None
        self._cutter_untried = False
        """A cutter that blocked while nothing was cut: the printer does not know of it yet."""
        self._noise = random.Random(7)  # noqa: S311 - noise that is the same in every run
        self.garbage = False
        self.carried_out = 0
        """Bytes of ESC/POS since the start."""

    # --- the line ---------------------------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many bytes are taken from the line now."""
        return BUFFER_BYTES + RESERVE_BYTES - len(self._buffer)

    @property
    def held(self) -> int:
        """Bytes of papers in memory."""
        return len(self._buffer)

    @property
    def hanging_rows(self) -> int:
        """Rows that are printed and not cut."""
        return len(self._page)

    def receive(self, piece: bytes) -> bool:
        """Bytes came in; whether there was a command of real time among them."""
        done = 0
        interjections = self._doorkeeper.look(piece)
        for found in interjections:
            if found.command == CLEAR_ALL or found.command[1] == 0x05:
                self._buffer.clear()
                self._interpreter.reset()
                self._broken = (self._broken or self._mechanism.trouble() or Reason.UNKNOWN) if self._page else None
                done = found.end
                if found.command == CLEAR_ALL:
                    self._say(b"\x37\x25\x00")
            else:
                self._say(bytes((self._real_time(found.command[2]),)))
        self._buffer += piece[done:]
        return bool(interjections)

    def line_closed(self) -> None:
        """What did not fit into the buffer is gone with the line."""
        del self._buffer[BUFFER_BYTES:]

    def strike_at(self, strike: commands.FailAtByte) -> None:
        """Let a fault strike at a byte to come."""
        self._strike = commands.FailAtByte(strike.count + self.carried_out, strike.fault)
        self._strike_if_due()

    def power_lost(self) -> None:
        """Memory is gone; what hangs out is torn."""
        self._buffer.clear()
        self._interpreter.reset()
        self._watch = 0
        self._fall(Reason.OFFLINE)
        self._broken = None

    # --- the paper --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Carry out what the buffer holds, for as long as the printer has power."""
        while True:
            self._tell_changes()
            trouble = self._mechanism.trouble(cutting=False)
            if trouble is Reason.PAPER_OUT:
                self._fall(Reason.PAPER_OUT)
            if trouble is not None or not self._buffer:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            left = len(self._buffer)
            if self._strike is not None:
                left = min(left, self._strike.count - self.carried_out)
            taken, deed = self._interpreter.take(bytes(self._buffer[: min(left, 4096)]))
            del self._buffer[:taken]
            self.carried_out += taken
            if deed is not None:
                await self._do(deed)
            self._strike_if_due()

    async def _do(self, deed: Deed) -> None:
        match deed:
            case Row(dots):
                await self._burn(dots)
            case Feed(dots):
                for _ in range(dots):
                    await self._burn(b"")
            case Letter():
                for _ in range(LETTER_ROWS):
                    await self._burn(b"\xff")
            case Cut():
                await self._stand_still()
                self._cutter_untried = False
                while self._mechanism.trouble() is not None:
                    self._tell_changes()
                    if self._mechanism.trouble() is Reason.PAPER_OUT:
                        self._fall(Reason.PAPER_OUT)
                    await asyncio.sleep(LOOK_SECONDS)
                self._fall(self._broken)
                self._broken = None
            case AutomaticStatus(what):
                self._watch = what
                if what:
                    self._told = self._automatic()
                    self._say(self._told)
            case Identify(identity):
                await self._stand_still()
                self._say(b"\x37\x22" + identity + b"\x00")
            case TellSensors():
                await self._stand_still()
                self._say(bytes(((0x0C if self._paper_out() else 0) | (0x03 if self._mechanism.paper_low() else 0),)))
            case _:
                assert_never(deed)

    async def _burn(self, dots: bytes) -> None:
        self._page.append(dots)
        self._mechanism.feed(1)
        speed = self._mechanism.mm_per_s()
        if not speed:
            if len(self._page) % 64 == 0:
                await asyncio.sleep(0)
            return
        now = time.monotonic()
        # A motor that is kept fed makes up for what this program overslept; one that had to stop starts anew.
        begun = self._due if now - self._due < CATCH_UP_SECONDS else now
        self._due = begun + 1 / DOTS_PER_MM / speed
        if self._due - now > LOOK_SECONDS:
            await asyncio.sleep(self._due - now)

    async def _stand_still(self) -> None:
        """Wait until the last row is on paper."""
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))

    def _fall(self, broken: Reason | None) -> None:
        """A piece of paper comes off; the next one goes on where a broken one ended."""
        if self._page:
            self._mechanism.keep(self._page, broken)
            self._page = []
            self._broken = broken

    def _strike_if_due(self) -> None:
        strike = self._strike
        if strike is None or self.carried_out < strike.count:
            return
        self._strike = None
        self._cutter_untried = strike.fault == "cutter"
        self._mechanism.strike(strike.fault)

    # --- answers ----------------------------------------------------------------------------------------------

    def _say(self, answer: bytes) -> None:
        if self._mechanism.silent():
            return
        self._answer(self._noise.randbytes(5) if self.garbage else answer)

    def _tell_changes(self) -> None:
        if self._watch and (now := self._automatic()) != self._told:
            self._told = now
            self._say(now)

    def _known(self) -> Reason | None:
        """The trouble that the printer knows of."""
        trouble = self._mechanism.trouble()
        return None if trouble is Reason.CUTTER and self._cutter_untried else trouble

    def _paper_out(self) -> bool:
        return self._mechanism.trouble() is Reason.PAPER_OUT

    def _real_time(self, number: int) -> int:
        trouble = self._known()
        bits = 0x12
        match number:
            case 1:
                bits |= 0x08 if trouble else 0
            case 2:
                bits |= {Reason.COVER_OPEN: 0x04, Reason.PAPER_OUT: 0x20}.get(trouble, 0) if trouble else 0
                bits |= 0x40 if trouble in (Reason.JAM, Reason.HOT, Reason.CUTTER) else 0
            case 3:
                bits |= _error(trouble)
            case _:
                bits |= 0x60 if trouble is Reason.PAPER_OUT else 0
                bits |= 0x0C if self._mechanism.paper_low() else 0
        return bits

    def _automatic(self) -> bytes:
        trouble = self._known()
        first = 0x10 | (0x08 if trouble else 0) | (0x20 if trouble is Reason.COVER_OPEN else 0)
        third = (0x0C if trouble is Reason.PAPER_OUT else 0) | (0x03 if self._mechanism.paper_low() else 0)
        return bytes((first, _error(trouble), third, 0))


def _error(trouble: Reason | None) -> int:
    match trouble:
        case Reason.JAM:
            return 0x04
        case Reason.CUTTER:
            return 0x08
        case Reason.HOT:
            return 0x40
        case _:
            return 0
