"""Staff's papers go to the report printer where there is one, to a real IPP printer; voters' slips never do."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.printer.ipp.printer import IppPrinter
from kiosk.domain.polls import PauseReason
from kiosk.domain.words import message
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Mark, Row
from kiosk.flows.views import StaffHome as HomeContent
from tests.devices.report_printer_setting import PATIENT_SECONDS, ReportPrinter, report_printer
from tests.devices.terminal_setting import PollingPlace
from texts import Catalogue

pytestmark = pytest.mark.slow


@pytest.fixture
def device() -> Iterator[ReportPrinter]:
    """A report printer."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder, report_printer(Path(folder)) as made:
        yield made


@pytest.fixture
def place(device: ReportPrinter) -> Iterator[PollingPlace]:
    """A polling place that has it."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        printer = IppPrinter(device.uri, answer_seconds=PATIENT_SECONDS)
        made = PollingPlace.build(Path(folder), line="tcp", report=printer)
        try:
            yield made
        finally:
            made.close()


def read(pdf: bytes) -> str:
    """The words of a PDF, by poppler."""
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def events(place: PollingPlace) -> list[str]:
    """The kinds of the journal's events."""
    return place.store(lambda store: [record.event for record in store.journal.records()])


def test_acts_come_out_on_a4_and_one_that_failed_is_the_same_act_again(
    device: ReportPrinter, place: PollingPlace
) -> None:
    say = Catalogue("ru")
    place.open_polls()
    zero, opening = (read(pdf) for pdf in device.papers())
    assert str(say.forms("paper.zero.title")) in zero
    assert str(say.forms("paper.opening.title")) in opening
    assert str(say.forms("check.report_printer")) in opening, "the readiness checks looked at it"
    assert place.printer.control.papers() == [], "nothing of staff's came from the receipt printer"

    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    row = Row(message("health.report_printer"), message("health.ready"), Mark.DONE)
    place.watcher.until(lambda view: isinstance(view.content, HomeContent) and row in view.content.health)
    device.refuses.touch()
    place.touch(Touch.PAUSE_POLLS, "staff_pause")
    place.do(c.ReasonChosen(PauseReason.TECHNICAL), "staff_checklist")
    view = place.watcher.until(lambda view: view.primary is not None)
    assert "act_print.on_sheets" in str(view), "it says which printer"
    assert events(place).count("act_not_printed") == 1
    device.refuses.unlink()
    place.touch(Touch.RETRY, "staff_done")
    place.remove("closed")
    assert (events(place).count("act_signed"), events(place).count("act_printed")) == (3, 3)
    pause = read(device.papers()[2])
    assert str(say.forms("paper.pause.title")) in pause
    assert str(say.forms("paper.reprint")) in pause
    assert len(device.papers()) == 3


def test_a_voters_slips_come_from_the_receipt_printer(device: ReportPrinter, place: PollingPlace) -> None:
    place.open_polls()
    place.vote(place.issue("B"))
    place.no_session()
    assert len(device.papers()) == 2
    assert [paper["broken"] for paper in place.printer.control.papers()] == [None, None]


def test_a_report_printer_that_is_not_there_is_a_check_that_fails(device: ReportPrinter, place: PollingPlace) -> None:
    place.see("closed")
    device.process.kill()
    device.process.wait()
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    place.touch(Touch.OPEN_POLLS, "staff_checklist")
    view = place.watcher.until(lambda view: view.primary is not None)
    assert "check.report_printer" in str(view)
    assert "printer.offline" in str(view)
