"""The report printer by IPP: straight to CUPS' own printer, and through a CUPS in front of it."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.printer.api import Document, JobOutcome, JobResult, JobState, Reason
from drivers.printer.ipp.printer import IppPrinter
from tests.devices.report_printer_setting import ReportPrinter, cups, free_port, report_printer

ACT = Document("act", b"%PDF-1.4\n% an act\n%%EOF\n")
JOB_SECONDS = 20.0


@pytest.fixture
def device() -> Iterator[ReportPrinter]:
    """A report printer."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder, report_printer(Path(folder)) as made:
        yield made


def test_a_document_is_printed_when_its_job_has_ended(device: ReportPrinter) -> None:
    printer = IppPrinter(device.uri)
    states: list[JobState] = []
    began = time.monotonic()
    assert printer.print_document(ACT, states.append) == JobResult.printed()
    assert time.monotonic() - began < JOB_SECONDS
    assert states == [JobState.QUEUED, JobState.PRINTING, JobState.PRINTED]
    assert device.sheet.read_bytes() == ACT.pdf
    device.refuses.touch()
    assert printer.print_document(ACT) == JobResult.failed(Reason.UNKNOWN)
    device.refuses.unlink()
    slow = IppPrinter(device.uri, job_seconds=1.0)
    device.warms_up.touch()
    assert slow.print_document(ACT) == JobResult.failed(Reason.UNKNOWN)
    device.warms_up.unlink()
    slow.close()
    printer.close()


def test_a_printer_that_dies_or_hangs_in_a_job_is_not_believed(device: ReportPrinter) -> None:
    printer = IppPrinter(device.uri)
    device.warms_up.touch()
    results: list[JobResult] = []
    printing = threading.Event()
    worker = threading.Thread(
        target=lambda: results.append(
            printer.print_document(ACT, lambda state: printing.set() if state is JobState.PRINTING else None)
        )
    )
    worker.start()
    assert printing.wait(JOB_SECONDS)
    began = time.monotonic()
    os.kill(device.process.pid, signal.SIGSTOP)
    worker.join(JOB_SECONDS)
    assert results == [JobResult.unconfirmed()]
    assert printer.status().trouble is Reason.UNKNOWN
    assert time.monotonic() - began < 12
    device.process.kill()
    device.process.wait()
    assert printer.print_document(ACT) == JobResult.failed(Reason.OFFLINE)
    device.warms_up.unlink()
    printer.close()


def test_through_cups_the_job_is_followed_to_the_device(device: ReportPrinter) -> None:
    with tempfile.TemporaryDirectory(prefix="pt-") as folder, cups(Path(folder) / "cups", device.uri) as queue:
        printer = IppPrinter(queue)
        began = time.monotonic()
        assert printer.print_document(ACT) == JobResult.printed()
        assert time.monotonic() - began < JOB_SECONDS
        assert device.sheet.read_bytes() == ACT.pdf
        device.sheet.unlink()
        device.process.kill()
        device.process.wait()
        printer.close()
        printer = IppPrinter(queue, job_seconds=5.0)
        began = time.monotonic()
        assert printer.print_document(ACT).outcome is JobOutcome.FAILED, "CUPS took it; the device did not"
        assert time.monotonic() - began < JOB_SECONDS
        printer.close()
    assert not device.sheet.exists(), "taken back, it does not come out later"


def test_where_nothing_is_the_report_printer_is_offline() -> None:
    printer = IppPrinter(f"ipp://localhost:{free_port()}/ipp/print")
    assert printer.status().trouble is Reason.OFFLINE
    assert printer.print_document(ACT) == JobResult.failed(Reason.OFFLINE)
    printer.close()
