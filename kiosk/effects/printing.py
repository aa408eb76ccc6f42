"""Drawing papers in their own process and printing them: printed only if the printer says so."""

from dataclasses import replace
from typing import assert_never

from drivers.printer.api import Document, DocumentPrinter, Job, JobOutcome, JobResult, Printer, Raster, Reason
from kiosk.effects.worker import Worker, WorkerLost, WorkFailed
from kiosk.flows.contract import NotPrinted, Printed, PrintTrouble
from kiosk.papers.paper_image import ROLL_80, PaperImage, Roll
from kiosk.papers.render import Content, PaperKind, render, render_sheets


class Printing:
    """The printers and the process that draws for them; used from the printer's lane."""

    def __init__(self, printer: Printer, roll: Roll = ROLL_80, report: DocumentPrinter | None = None) -> None:
        """`report` prints staff's papers on A4; where there is none they come from the receipt printer, too."""
        self._printer = printer
        self._report = report
        self.roll = roll
        """The paper that papers are drawn for."""
        self._worker = Worker("papers")

    def paper(self, kind: PaperKind, content: Content, language: str, *, reprint: bool) -> Printed | NotPrinted:
        """Draw and print."""
        try:
            image = self._worker.call(render, kind, content, language, self.roll)
        except (WorkerLost, WorkFailed):
            return NotPrinted(PrintTrouble.UNKNOWN)
        return self.image(image, reprint=reprint)

    def staff_paper(self, kind: PaperKind, content: Content, language: str, *, reprint: bool) -> Printed | NotPrinted:
        """Draw and print a paper of the commission: on A4 where there is a report printer."""
        if self._report is None:
            return self.paper(kind, content, language, reprint=reprint)
        try:
            sheets = self._worker.call(render_sheets, kind, content, language)
        except (WorkerLost, WorkFailed):
            return NotPrinted(PrintTrouble.UNKNOWN, on_sheets=True)
        told = outcome(self._report.print_document(Document(sheets.name, sheets.pdf)))
        return replace(told, on_sheets=True) if isinstance(told, NotPrinted) else told

    def image(self, image: PaperImage, *, reprint: bool) -> Printed | NotPrinted:
        """Print what is drawn already."""
        raster = Raster(image.width_dots, image.height_dots, image.dots_per_mm, image.black_rows())
        return outcome(self._printer.print_job(Job(image.name, (raster,), reprint)))

    def trouble(self) -> PrintTrouble | None:
        """What keeps the printer from printing now."""
        reason = self._printer.status().trouble
        return None if reason is None else words_for(reason)

    @property
    def on_sheets(self) -> bool:
        """Whether there is a report printer."""
        return self._report is not None

    def report_trouble(self) -> PrintTrouble | None:
        """What keeps the report printer from printing now; nothing where there is none."""
        reason = None if self._report is None else self._report.status().trouble
        return None if reason is None else words_for(reason)

    def close(self) -> None:
        """End the drawing process and let go of the printers."""
        self._worker.close()
        self._printer.close()
        if self._report is not None:
            self._report.close()


def outcome(result: JobResult) -> Printed | NotPrinted:
    """What a job's end means for a flow."""
    match result.outcome:
        case JobOutcome.PRINTED:
            return Printed()
        case JobOutcome.UNCONFIRMED:
            return NotPrinted(PrintTrouble.UNCONFIRMED)
        case JobOutcome.FAILED:
            assert result.reason is not None
            return NotPrinted(words_for(result.reason))
        case _:
            assert_never(result.outcome)


def words_for(reason: Reason) -> PrintTrouble:
    """The trouble that people are told for a printer's reason."""
    match reason:
        case Reason.PAPER_OUT | Reason.PAPER_LOW:
            return PrintTrouble.PAPER_OUT
        case Reason.COVER_OPEN:
            return PrintTrouble.COVER_OPEN
        case Reason.JAM:
            return PrintTrouble.JAM
        case Reason.CUTTER:
            return PrintTrouble.CUTTER
        case Reason.HOT:
            return PrintTrouble.HOT
        case Reason.OFFLINE:
            return PrintTrouble.OFFLINE
        case Reason.UNKNOWN:
            return PrintTrouble.UNKNOWN
        case _:
            assert_never(reason)
