"""What a terminal may expect of any printer: paper is never assumed.

A job is printed only if the printer itself said so by an answer that it gives after the cut, in order. What
it did not answer is `unconfirmed`, never `printed` (DESIGN section 10).
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

MM_PER_INCH = 25.4
JOB_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Reason(StrEnum):
    """Why a printer did not print, or soon will not; a closed set."""

    PAPER_OUT = "paper_out"
    PAPER_LOW = "paper_low"
    COVER_OPEN = "cover_open"
    CUTTER = "cutter"
    JAM = "jam"
    OFFLINE = "offline"
    HOT = "hot"
    UNKNOWN = "unknown"


class JobState(StrEnum):
    """The life of a job: queued, printing, and one of three ends. A job that cannot begin is never `PRINTING`."""

    QUEUED = "queued"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


Watch = Callable[[JobState], None]
"""Is told each state of a job as it comes to it, on the thread that prints."""


def unwatched(_state: JobState) -> None:
    """Nobody looks on; the result says how the job ended."""


class JobOutcome(StrEnum):
    """How a job ended."""

    PRINTED = "printed"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended; a reason belongs to FAILED and to nothing else."""

    outcome: JobOutcome
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if (self.outcome is JobOutcome.FAILED) != (self.reason is not None):
            raise ValueError("a failed job has a reason, and no other has")

    @classmethod
    def printed(cls) -> "JobResult":
        """The printer confirmed the whole job behind its last cut."""
        return cls(JobOutcome.PRINTED)

    @classmethod
    def failed(cls, reason: Reason) -> "JobResult":
        """The printer did not confirm the job, and why is known; none of it, a part, or all may be on paper."""
        return cls(JobOutcome.FAILED, reason)

    @classmethod
    def unconfirmed(cls) -> "JobResult":
        """The printer took the job and never said what became of it: the paper may be whole."""
        return cls(JobOutcome.UNCONFIRMED)

    @property
    def state(self) -> JobState:
        """The last state of the job's life."""
        return JobState(self.outcome.value)


@dataclass(frozen=True, slots=True)
class Status:
    """The printer now: `trouble` keeps it from printing, `paper_low` does not yet."""

    trouble: Reason | None
    paper_low: bool

    @property
    def ready(self) -> bool:
        """True if a job would be begun."""
        return self.trouble is None


@dataclass(frozen=True, slots=True)
class Raster:
    """A page as dots: `height_dots` rows of `width_dots`, eight to a byte, leftmost in the high bit, 1 = ink.

    Every row begins on a byte; bits beyond the width are 0 or ignored. `dots_per_mm` is 8 for a 203 dpi head.
    Raises ValueError if `rows` is not `height_dots * ceil(width_dots / 8)` bytes.
    """

    width_dots: int
    height_dots: int
    dots_per_mm: int
    rows: bytes

    def __post_init__(self) -> None:
        if min(self.width_dots, self.height_dots, self.dots_per_mm) < 1:
            raise ValueError("a raster has at least one dot")
        if len(self.rows) != self.height_dots * self.row_bytes:
            raise ValueError("the rows of a raster do not fit its width and height")

    @property
    def row_bytes(self) -> int:
        """Bytes in one row."""
        return (self.width_dots + 7) // 8

    def top(self, height_dots: int) -> "Raster":
        """The first `height_dots` rows of this page."""
        rows = self.rows[: height_dots * self.row_bytes]
        return Raster(self.width_dots, height_dots, self.dots_per_mm, rows)

    def image(self) -> "Image":
        """The page as a Pillow picture of mode "1", black ink on white."""
        from PIL import Image, ImageChops

        ink = Image.frombytes("1", (self.width_dots, self.height_dots), self.rows)
        return ImageChops.invert(ink)

    def png(self) -> bytes:
        """The page as a PNG with its resolution."""
        out = io.BytesIO()
        dpi = self.dots_per_mm * MM_PER_INCH
        self.image().save(out, "PNG", dpi=(dpi, dpi))
        return out.getvalue()

    @classmethod
    def from_image(cls, image: "Image", dots_per_mm: int) -> "Raster":
        """Take a picture dot for dot; darker than middle grey is ink (no dithering: codes must scan)."""
        from PIL import Image

        grey = image.convert("L")
        ink = grey.point([255] * 128 + [0] * 128).convert("1", dither=Image.Dither.NONE)
        return cls(image.width, image.height, dots_per_mm, ink.tobytes())


@dataclass(frozen=True, slots=True)
class Job:
    """Pages to be printed, each cut off by itself.

    `name` says what kind of paper it is ("slip", "zero_report"), never whose; `reprint` only tells the
    device's own records: the page itself has to say that it is a reprint. Raises ValueError for a bad name or
    no pages.
    """

    name: str
    pages: tuple[Raster, ...]
    reprint: bool = False

    def __post_init__(self) -> None:
        if not JOB_NAME.fullmatch(self.name):
            raise ValueError("a job's name is 1 to 40 of a-z 0-9 _ -")
        if not self.pages:
            raise ValueError("a job has at least one page")


class Printer(Protocol):
    """One printer; its calls wait for the device and belong on a thread that may wait."""

    def print_job(self, job: Job, watch: Watch = unwatched) -> JobResult:
        """Print and wait for the device's word. What happens to a printer is a result, never an error."""
        ...

    def status(self) -> Status:
        """Ask the printer how it is; one that is not there is OFFLINE, one that does not answer UNKNOWN."""
        ...

    def close(self) -> None:
        """Let go of the printer."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """Sheets of A4 as a PDF. `name` says what kind of paper it is; whether it is a reprint, its sheets say.

    Raises ValueError for a bad name, or bytes that are no PDF.
    """

    name: str
    pdf: bytes

    def __post_init__(self) -> None:
        if not JOB_NAME.fullmatch(self.name):
            raise ValueError("a document's name is 1 to 40 of a-z 0-9 _ -")
        if not self.pdf.startswith(b"%PDF-"):
            raise ValueError("a document is a PDF")


class DocumentPrinter(Protocol):
    """A printer of sheets; its calls wait for the device and belong on a thread that may wait."""

    def print_document(self, document: Document, watch: Watch = unwatched) -> JobResult:
        """Print and wait for the device's word. What happens to a printer is a result, never an error."""
        ...

    def status(self) -> Status:
        """Ask the printer how it is; one that is not there is OFFLINE, one that does not answer UNKNOWN."""
        ...

    def close(self) -> None:
        """Let go of the printer."""
        ...
