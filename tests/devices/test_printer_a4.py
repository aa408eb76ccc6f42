"""The report printer by IPP: straight to CUPS' own printer, and through a CUPS in front of it."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.printer.api import Document, JobOutcome, JobResult, JobState, Reason
from drivers.printer.ipp.printer import IppPrinter
from kiosk.domain.polls import Mode
from kiosk.papers.examples import examples
from kiosk.papers.render import PaperKind, render_sheets
from tests.devices.ports import free_port
from tests.devices.report_printer_setting import PATIENT_SECONDS, ReportPrinter, cups, report_printer

END_SECONDS = 120.0
"""Only so that a test that goes wrong ends."""


@pytest.fixture(scope="module")
def act() -> Document:
    """A closing act of three sheets."""
    content = next(content for kind, content in examples(Mode.TEST) if kind is PaperKind.CLOSING_ACT)
    return Document("closing-act", render_sheets(PaperKind.CLOSING_ACT, content, "ru").pdf)


@pytest.fixture
def device() -> Iterator[ReportPrinter]:
    """A report printer."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder, report_printer(Path(folder)) as made:
        yield made


def test_a_document_is_printed_when_its_job_has_ended(device: ReportPrinter, act: Document) -> None:
    printer = IppPrinter(device.uri, answer_seconds=PATIENT_SECONDS)
    states: list[JobState] = []
    assert printer.print_document(act, states.append) == JobResult.printed()
    assert states == [JobState.QUEUED, JobState.PRINTING, JobState.PRINTED]
    assert device.papers() == [act.pdf], "the device got every byte of it, once"
    device.refuses.touch()
    assert printer.print_document(act) == JobResult.failed(Reason.UNKNOWN)
    device.refuses.unlink()
    slow = IppPrinter(device.uri, job_seconds=1.0, answer_seconds=PATIENT_SECONDS)
    device.warms_up.touch()
    assert slow.print_document(act) == JobResult.failed(Reason.UNKNOWN)
    device.warms_up.unlink()
    slow.close()
    printer.close()


@pytest.mark.slow
def test_a_printer_that_dies_or_hangs_in_a_job_is_not_believed(device: ReportPrinter, act: Document) -> None:
    device.warms_up.touch()
    results: list[JobResult] = []
    stopped = threading.Event()

    def stop(state: JobState) -> None:
        """Hang from the moment on at which the job is taken."""
        if state is JobState.PRINTING:
            os.kill(device.process.pid, signal.SIGSTOP)
            stopped.set()

    printer = IppPrinter(device.uri)
    worker = threading.Thread(target=lambda: results.append(printer.print_document(act, stop)))
    worker.start()
    worker.join(END_SECONDS)
    assert stopped.is_set()
    assert results == [JobResult.unconfirmed()]
    assert printer.status().trouble is Reason.UNKNOWN
    device.process.kill()
    device.process.wait()
    assert printer.print_document(act) == JobResult.failed(Reason.OFFLINE)
    device.warms_up.unlink()
    printer.close()


@pytest.mark.slow
def test_through_cups_the_job_is_followed_to_the_device(device: ReportPrinter, act: Document) -> None:
    with tempfile.TemporaryDirectory(prefix="pt-") as folder, cups(Path(folder) / "cups", device.uri) as queue:
        printer = IppPrinter(queue, answer_seconds=PATIENT_SECONDS)
        assert printer.print_document(act) == JobResult.printed()
        assert device.papers() == [act.pdf]
        device.process.kill()
        device.process.wait()
        printer.close()
        printer = IppPrinter(queue, job_seconds=5.0, answer_seconds=PATIENT_SECONDS)
        assert printer.print_document(act).outcome is JobOutcome.FAILED, "CUPS took it; the device did not"
        printer.close()
    assert device.papers() == [act.pdf], "taken back, it does not come out later"


def test_where_nothing_is_the_report_printer_is_offline(act: Document) -> None:
    printer = IppPrinter(f"ipp://localhost:{free_port()}/ipp/print")
    assert printer.status().trouble is Reason.OFFLINE
    assert printer.print_document(act) == JobResult.failed(Reason.OFFLINE)
    printer.close()
