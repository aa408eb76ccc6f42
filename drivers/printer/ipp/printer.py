"""The driver of a report printer: a PDF goes out by IPP, and its job is followed to its end.

Through CUPS as to a printer itself: "completed" is what the device, or its backend, said last. A job that does not
end is cancelled, so that it does not come out when nobody waits for it any more.
"""

import itertools
import threading
import time
from collections.abc import Callable
from enum import IntEnum
from urllib.parse import urlsplit

import httpx

from drivers.printer.api import (
    Document,
    DocumentPrinter,
    JobResult,
    JobState,
    Reason,
    Status,
    Watch,
    unwatched,
)
from drivers.printer.ipp.wire import Answer, Attribute, BadMessage, Operation, Tag, answer, question

PORT = 631
ANSWER_SECONDS = 3.0
JOB_SECONDS = 120.0
"""How long a job of a few sheets may take, warming up included."""
LOOK_SECONDS = 0.25
PRINTER_STOPPED = 5
ATTRIBUTES_OF_JOB = ("job-state", "job-state-reasons", "job-printer-state-reasons")
ATTRIBUTES_OF_PRINTER = ("printer-state", "printer-state-reasons", "printer-is-accepting-jobs")


class _JobState(IntEnum):
    """RFC 8011, 5.3.7."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


REASONS = (
    ("media-empty", Reason.PAPER_OUT),
    ("media-needed", Reason.PAPER_OUT),
    ("media-jam", Reason.JAM),
    ("cover-open", Reason.COVER_OPEN),
    ("door-open", Reason.COVER_OPEN),
    ("interlock-open", Reason.COVER_OPEN),
    ("fuser-over-temp", Reason.HOT),
    ("offline", Reason.OFFLINE),
    ("connecting-to-device", Reason.OFFLINE),
    ("shutdown", Reason.OFFLINE),
    ("timed-out", Reason.OFFLINE),
)
"""Beginnings of `printer-state-reasons` (RFC 8011, 5.4.12, and CUPS' own) that keep a printer from printing."""


class BadPrinterUri(ValueError):  # noqa: N818 - says what is wrong
    """The words say what an address of a report printer looks like."""


def check_uri(uri: str) -> str:
    """The HTTP address behind a printer's. Raises BadPrinterUri."""
    try:
        parts = urlsplit(uri)
        port = parts.port or PORT
    except ValueError as error:
        raise BadPrinterUri(f"“{uri}” is not ipp://HOST/printers/NAME: {error}") from error
    if parts.scheme not in ("ipp", "ipps") or not parts.hostname:
        raise BadPrinterUri(f"“{uri}” is not ipp://HOST/printers/NAME")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{'http' if parts.scheme == 'ipp' else 'https'}://{host}:{port}{parts.path or '/'}"


class IppPrinter(DocumentPrinter):
    """A report printer at an address like `ipp://localhost/printers/report`."""

    def __init__(self, uri: str, job_seconds: float = JOB_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
        """Raises BadPrinterUri."""
        self._url = check_uri(uri)
        self._uri = uri
        self._job_seconds = job_seconds
        self._client = httpx.Client(timeout=answer_seconds, trust_env=False)
        self._numbers = itertools.count(1)
        self._one_at_a_time = threading.Lock()

    def print_document(self, document: Document, watch: Watch = unwatched) -> JobResult:
        """Print and follow the job to its end."""
        watch(JobState.QUEUED)
        with self._one_at_a_time:
            result = self._print(document, lambda: watch(JobState.PRINTING))
        watch(result.state)
        return result

    def status(self) -> Status:
        """Ask the printer how it is."""
        try:
            told = self._ask(Operation.GET_PRINTER_ATTRIBUTES, _keywords(ATTRIBUTES_OF_PRINTER))
        except httpx.TimeoutException:
            return Status(Reason.UNKNOWN, paper_low=False)
        except (httpx.HTTPError, BadMessage):
            return Status(Reason.OFFLINE, paper_low=False)
        reasons = told.words("printer-state-reasons")
        trouble = _trouble(reasons)
        if not told.succeeded or told.number("printer-is-accepting-jobs") == 0:
            trouble = trouble or Reason.OFFLINE
        if told.number("printer-state") == PRINTER_STOPPED:
            trouble = trouble or Reason.UNKNOWN
        return Status(trouble, paper_low=any(reason.startswith("media-low") for reason in reasons))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    # --- a job ------------------------------------------------------------------------------------------------

    def _print(self, document: Document, begun: Callable[[], None]) -> JobResult:
        trouble = self.status().trouble
        if trouble is not None:
            return JobResult.failed(trouble)
        name: Attribute = (Tag.NAME, "job-name", document.name)
        kind: Attribute = (Tag.MIME, "document-format", "application/pdf")
        try:
            taken = self._ask(Operation.PRINT_JOB, (name, kind), document.pdf)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return JobResult.failed(Reason.OFFLINE)
        except (httpx.HTTPError, BadMessage):
            # Once it may have the document, only the printer knows whether it prints it.
            return JobResult.unconfirmed()
        job = taken.number("job-id")
        if not taken.succeeded or job is None:
            return JobResult.failed(Reason.UNKNOWN)
        begun()
        return self._follow(job)

    def _follow(self, job: int) -> JobResult:
        until = time.monotonic() + self._job_seconds
        seen: Reason | None = None
        while time.monotonic() < until:
            try:
                told = self._ask_job(Operation.GET_JOB_ATTRIBUTES, job, _keywords(ATTRIBUTES_OF_JOB))
            except (httpx.HTTPError, BadMessage):
                return JobResult.unconfirmed()
            if not told.succeeded:
                return JobResult.unconfirmed()
            match told.number("job-state"):
                case _JobState.COMPLETED.value:
                    return _completed(told)
                case _JobState.CANCELED.value | _JobState.ABORTED.value:
                    return JobResult.failed(_trouble(told.words("job-printer-state-reasons")) or seen or Reason.UNKNOWN)
                case _:
                    seen = self.status().trouble
                    if seen is not None and seen is not Reason.UNKNOWN:
                        # It waits for a hand. Taken back, it cannot come out unmarked beside its reprint.
                        return self._take_back(job, seen)
            time.sleep(LOOK_SECONDS)
        return self._take_back(job, seen or Reason.UNKNOWN)

    def _take_back(self, job: int, reason: Reason) -> JobResult:
        try:
            self._ask_job(Operation.CANCEL_JOB, job, ())
        except (httpx.HTTPError, BadMessage):
            return JobResult.unconfirmed()
        return JobResult.failed(reason)

    # --- the wire ---------------------------------------------------------------------------------------------

    def _ask_job(self, operation: Operation, job: int, attributes: tuple[Attribute, ...]) -> Answer:
        return self._ask(operation, attributes, job=job)

    def _ask(
        self, operation: Operation, attributes: tuple[Attribute, ...], document: bytes = b"", job: int | None = None
    ) -> Answer:
        """Raises httpx.HTTPError, BadMessage."""
        target: tuple[Attribute, ...] = ((Tag.URI, "printer-uri", self._uri),)
        if job is not None:
            target = (*target, (Tag.INTEGER, "job-id", job))
        who: Attribute = (Tag.NAME, "requesting-user-name", "terminal")
        message = question(operation, next(self._numbers), (*target, who, *attributes), document)
        reply = self._client.post(self._url, content=message, headers={"Content-Type": "application/ipp"})
        reply.raise_for_status()
        return answer(reply.content)


def _keywords(names: tuple[str, ...]) -> tuple[Attribute, ...]:
    return ((Tag.KEYWORD, "requested-attributes", names),)


def _completed(told: Answer) -> JobResult:
    """Completed: printed, unless the printer adds that it is not so sure."""
    reasons = told.words("job-state-reasons")
    if any(reason.startswith(("job-completed-with-errors", "queued-in-device")) for reason in reasons):
        return JobResult.unconfirmed()
    return JobResult.printed()


def _trouble(reasons: tuple[str, ...]) -> Reason | None:
    """What keeps it from printing; a reason that only reports or warns does not."""
    hard = [reason for reason in reasons if not reason.endswith(("-report", "-warning"))]
    for beginning, reason in REASONS:
        if any(one.startswith(beginning) for one in hard):
            return reason
    return None
