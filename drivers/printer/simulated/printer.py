"""The driver of the simulated printer: the terminal's end of its cable."""

from pathlib import Path

import msgspec

from drivers.printer.api import Job, JobResult, JobState, Printer, Reason, Status, Watch, unwatched
from drivers.printer.simulated.cable import Ask, Ended, Page, Print, Told
from drivers.simulation.link import DataLink, LinkLost, LinkSilent, Listener

ANSWER_SECONDS = 8.0
"""How long a printer may be silent beyond the time that the paper itself needs (found within 10 s)."""
STATUS_SECONDS = 2.0
SLOWEST_MM_PER_S = 50.0


class SimulatedPrinter(Listener, Printer):
    """A `Printer` on the data socket beside the control socket `path`; the device need not be there."""

    def __init__(self, path: Path, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._answer_seconds = answer_seconds
        self._link = DataLink(path, self)

    def print_job(self, job: Job, watch: Watch = unwatched) -> JobResult:
        """Print and wait for the answer that the device gives after the last cut."""
        watch(JobState.QUEUED)
        watch(JobState.PRINTING)
        result = self._print(job)
        watch(result.state)
        return result

    def _print(self, job: Job) -> JobResult:
        pages = [Page(page.width_dots, page.height_dots, page.dots_per_mm, page.rows) for page in job.pages]
        paper_seconds = sum(page.height_dots / page.dots_per_mm for page in job.pages) / SLOWEST_MM_PER_S
        try:
            ended = self._link.ask(Print(job.name, job.reprint, pages), Ended, self._answer_seconds + paper_seconds)
        except LinkLost as error:
            # Once it has the whole job, only the device knows whether it still prints it.
            return JobResult.unconfirmed() if error.sent else JobResult.failed(Reason.OFFLINE)
        except LinkSilent:
            return JobResult.unconfirmed()
        return JobResult.printed() if ended.reason is None else JobResult.failed(ended.reason)

    def status(self) -> Status:
        """Ask the printer how it is."""
        try:
            told = self._link.ask(Ask(), Told, min(STATUS_SECONDS, self._answer_seconds))
        except LinkLost:
            return Status(Reason.OFFLINE, paper_low=False)
        except LinkSilent:
            return Status(Reason.UNKNOWN, paper_low=False)
        return Status(told.trouble, told.paper_low)

    def close(self) -> None:
        """Let go of the printer."""
        self._link.close()

    # --- called on the link's thread --------------------------------------------------------------------------

    def plugged(self) -> None:
        """The printer is there; jobs find out themselves."""

    def unplugged(self) -> None:
        """The printer is gone; jobs find out themselves."""

    def news(self, body: msgspec.Raw) -> None:
        """Only its greeting, which says nothing more."""
