"""The driver of an ESC/POS receipt printer: printed only if the printer answers behind the last cut.

Every job begins and ends with empty buffers in the printer, so that none of its memory holds one paper beside
another, and a job that was broken off is not gone on with when somebody closes the cover.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from drivers.printer.api import Job, JobResult, JobState, Printer, Reason, Status, Watch, unwatched
from drivers.printer.escpos import commands
from drivers.printer.escpos.line import LineLost, Port
from drivers.printer.escpos.talk import PrinterSilent, PrinterStopped, Talk

SLOWEST_MM_PER_S = 50.0
ANSWER_SECONDS = 6.0
"""How long beyond the time of the paper itself an answer may take from a printer that is alive."""

UNHEARD_SECONDS = 0.05
"""How long a printer gets to carry out what it is known not to answer."""


class Confirmation(StrEnum):
    """How the printer can say that all before a question has been carried out."""

    PROCESS = "gs-h"
    """GS ( H: with our own identity in it, so no stray byte can be mistaken for it."""
    SENSORS = "gs-r"
    """GS r: for printers without the other."""
    NONE = "none"
    """It cannot; every job ends unconfirmed."""


@dataclass(slots=True)
class _Progress:
    """How far a job has come: whether anything of it may be on paper, and whether its last cut was handed over."""

    begun: bool = False
    handed_over: bool = False


class EscposPrinter(Printer):
    """A receipt printer at a port. It need not be there: each job finds out for itself."""

    def __init__(
        self,
        port: Port,
        confirmation: Confirmation = Confirmation.PROCESS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` counts the seconds by which a printer is waited for."""
        self._port = port
        self._clock = clock
        self._confirmation = confirmation
        self._one_at_a_time = threading.Lock()
        self._says_cleared = True
        self._torn = True
        """Whether a part of a paper may hang in the printer, uncut; of the time before this start nobody knows."""

    def print_job(self, job: Job, watch: Watch = unwatched) -> JobResult:
        """Print and wait for the device's word."""
        watch(JobState.QUEUED)
        with self._one_at_a_time:
            result = self._print(job, watch)
        watch(result.state)
        return result

    def status(self) -> Status:
        """Ask the printer how it is."""
        with self._one_at_a_time:
            return self._status()

    def close(self) -> None:
        """Nothing is held between two jobs."""

    # --- a job ------------------------------------------------------------------------------------------------

    def _print(self, job: Job, watch: Watch) -> JobResult:
        progress = _Progress()
        try:
            line = self._port.open()
        except LineLost:
            return JobResult.failed(Reason.OFFLINE)
        talk = Talk(line, self._clock)
        lost, reason = False, None
        try:
            answers = self._clear(talk)
            trouble = talk.status().trouble
            self._says_cleared = answers
            if trouble is not None:
                return JobResult.failed(trouble)
            watch(JobState.PRINTING)
            result = self._send(talk, job, progress)
            try:
                self._clear(talk)
            except LineLost:
                # What the printer said of this paper stands, also when its cable is pulled right after.
                self._take_back(None)
            return result
        except LineLost:
            lost = True
        except PrinterSilent:
            pass
        except PrinterStopped as stopped:
            reason = stopped.reason
        finally:
            if progress.handed_over:
                line.close()
            else:
                line.abort()
        self._torn = self._torn or progress.begun
        reason = self._take_back(reason)
        if reason is None:
            reason = Reason.OFFLINE if lost else Reason.UNKNOWN
        return JobResult.failed(reason)

    def _clear(self, talk: Talk) -> bool:
        """Empty the printer; one that is known not to say so is not waited for."""
        return talk.clear() if self._says_cleared else talk.clear(UNHEARD_SECONDS)

    def _send(self, talk: Talk, job: Job, progress: _Progress) -> JobResult:
        """Hand over the pages and wait for the answer behind them. Raises what a `Talk` raises."""
        progress.begun = True
        talk.send(commands.INITIALISE + commands.TELL_CHANGES)
        if self._torn:
            # What was broken off is cut away first, so that it does not hang on the next person's paper.
            talk.send(commands.CUT)
            self._torn = False
        for page in job.pages:
            for band in commands.bands(page):
                talk.send(band)
            talk.send(commands.CUT)
        progress.handed_over = True
        paper_seconds = sum(page.height_dots / page.dots_per_mm for page in job.pages) / SLOWEST_MM_PER_S
        match self._confirmation:
            case Confirmation.PROCESS:
                identity = commands.fresh_identity()
                talk.send(commands.ask_in_order(identity))
                talk.await_process(identity, paper_seconds + ANSWER_SECONDS)
                return JobResult.printed()
            case Confirmation.SENSORS:
                talk.forget_answers()
                talk.send(commands.PAPER_IN_ORDER)
                believed = talk.await_in_order(paper_seconds + ANSWER_SECONDS)
                if believed:
                    return JobResult.printed()
                talk.stay(paper_seconds)
                return JobResult.unconfirmed()
            case Confirmation.NONE:
                talk.stay(paper_seconds)
                return JobResult.unconfirmed()
            case _:
                assert_never(self._confirmation)

    def _take_back(self, reason: Reason | None) -> Reason | None:
        """Take back what the printer still holds; why the job broke off, if that can be found out."""
        try:
            line = self._port.open()
        except LineLost:
            return reason
        try:
            talk = Talk(line, self._clock)
            cleared = talk.clear()
            return talk.status().trouble if reason is None and cleared else reason
        except (LineLost, PrinterSilent):
            return reason  # the next job clears first
        finally:
            line.close()

    def _status(self) -> Status:
        try:
            line = self._port.open()
        except LineLost:
            return Status(Reason.OFFLINE, paper_low=False)
        try:
            return Talk(line, self._clock).status()
        except LineLost:
            return Status(Reason.OFFLINE, paper_low=False)
        except PrinterSilent:
            return Status(Reason.UNKNOWN, paper_low=False)
        finally:
            line.close()
