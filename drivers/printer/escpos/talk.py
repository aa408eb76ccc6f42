"""One conversation with an ESC/POS printer: what was asked, what it answered, and when it has been silent too long."""

import time
from collections.abc import Callable

from drivers.printer.api import Reason, Status
from drivers.printer.escpos import commands
from drivers.printer.escpos.answers import (
    AnswerReader,
    Automatic,
    BuffersCleared,
    Nonsense,
    PaperInOrder,
    ProcessDone,
    RealTime,
    real_time,
)
from drivers.printer.escpos.line import Line

STATUS_SECONDS = 2.0
"""How long the four questions of a status may take together."""
CLEAR_SECONDS = 1.0
STALL_SECONDS = 4.0
"""How long a printer may take no byte and give no answer."""
BABBLE_SECONDS = 8.0
"""How long a printer may take no byte, whatever it says meanwhile."""
STOPPED_BITS = 0x64
"""In the answer to DLE EOT 2: cover open, printing stopped for want of paper, error."""
ASK_AGAIN_SECONDS = 1.0
"""How often a printer that prints is asked whether it is still there."""


class PrinterSilent(Exception):  # noqa: N818 - says what happened
    """The printer takes nothing and answers nothing."""


class PrinterStopped(Exception):  # noqa: N818 - says what happened
    """The printer said by itself that it cannot go on."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Talk:
    """A conversation over an open line; every call raises LineLost when the line is cut."""

    def __init__(self, line: Line, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._clock = clock
        self._reader = AnswerReader()
        self._real_time: list[int] = []
        self._done: set[bytes] = set()
        self._in_order = 0
        self._cleared = False
        self._nonsense = False
        self._stopped: Reason | None = None

    # --- questions --------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """Ask in real time how the printer is. Raises PrinterSilent."""
        until = self._clock() + STATUS_SECONDS
        told: list[int] = []
        for number in (1, 2, 3, 4):
            self._real_time.clear()
            self._write(commands.ask(number), until)
            while not self._real_time:
                self._wait(until)
            told.append(self._real_time[0])
        return real_time(*told)

    def clear(self, seconds: float = CLEAR_SECONDS) -> bool:
        """Empty the printer's memory; whether it said within `seconds` that it is empty."""
        self._cleared = False
        until = self._clock() + seconds
        try:
            self._write(commands.RECOVER + commands.CLEAR, until)
            while not self._cleared:
                self._wait(until)
        except PrinterSilent:
            return False
        # What the printer said of the time before does not belong to what comes now.
        self._done.clear()
        self._in_order, self._nonsense, self._stopped = 0, False, None
        return True

    # --- a paper ----------------------------------------------------------------------------------------------

    def send(self, command: bytes) -> None:
        """Hand over a whole command. Raises PrinterStopped, PrinterSilent."""
        self._write(command, None)

    def await_process(self, identity: bytes, seconds: float) -> None:
        """Wait until the printer has carried out all before this identity. Raises PrinterStopped, PrinterSilent."""
        self._await(lambda: identity in self._done, seconds)

    def await_in_order(self, seconds: float) -> bool:
        """Wait for the answer to GS r; False if it stood among nonsense. Raises PrinterStopped, PrinterSilent."""
        self._await(lambda: self._in_order > 0, seconds)
        return self._in_order == 1 and not self._nonsense

    def stay(self, seconds: float) -> None:
        """Let a printer that confirms nothing print in peace for so long. Raises PrinterStopped."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self._stop_if_told()
            self._exchange(b"", left)

    def forget_answers(self) -> None:
        """What was answered so far does not count for what is asked next."""
        self._in_order = 0

    def _await(self, answered: Callable[[], bool], seconds: float) -> None:
        until, heard = self._clock() + seconds, self._clock()
        asked = heard
        self._real_time.clear()
        while not answered():
            self._stop_if_told()
            now = self._clock()
            if now >= until or now - heard >= STALL_SECONDS:
                raise PrinterSilent
            if now - max(asked, heard) >= ASK_AGAIN_SECONDS:
                # Not for the paper's sake, of which it says nothing: only whether anybody is there, and if in trouble.
                self._exchange(commands.ask(2), 0)
                asked = now
            if self._exchange(b"", min(until, max(asked, heard) + ASK_AGAIN_SECONDS) - now)[1]:
                heard = self._clock()
            if any(cause & STOPPED_BITS for cause in self._real_time):
                raise PrinterStopped(self.status().trouble or Reason.UNKNOWN)

    # --- within -----------------------------------------------------------------------------------------------

    def _write(self, out: bytes, until: float | None) -> None:
        """Write all of it; without `until` a paper, which a printer may take slowly but not stop taking."""
        moved = heard = self._clock()
        while out:
            if until is None:
                self._stop_if_told()
            deadline = min(max(moved, heard) + STALL_SECONDS, moved + BABBLE_SECONDS) if until is None else until
            if self._clock() >= deadline:
                raise PrinterSilent
            went, came = self._exchange(out, deadline - self._clock())
            out = out[went:]
            if went:
                moved = self._clock()
            if came:
                heard = self._clock()

    def _wait(self, until: float) -> None:
        left = until - self._clock()
        if left <= 0:
            raise PrinterSilent
        self._exchange(b"", left)

    def _exchange(self, out: bytes, seconds: float) -> tuple[int, bytes]:
        went, came = self._line.exchange(out, seconds)
        for answer in self._reader.feed(came):
            match answer:
                case RealTime(byte):
                    self._real_time.append(byte)
                case Automatic(status):
                    self._stopped = status.trouble
                case ProcessDone(identity):
                    self._done.add(identity)
                case PaperInOrder():
                    self._in_order += 1
                case BuffersCleared():
                    self._cleared = True
                case Nonsense():
                    self._nonsense = True
        return went, came

    def _stop_if_told(self) -> None:
        if self._stopped is not None:
            raise PrinterStopped(self._stopped)
