"""Paper is never assumed: each fault of the printer, and what the driver says of the job."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from drivers.printer.api import Job, JobResult, Raster, Reason
from drivers.printer.simulated.printer import SimulatedPrinter
from drivers.simulation.control import DeviceControl, DeviceRefused
from drivers.simulation.start import DeviceProcess

Start = Callable[[], DeviceProcess]


def page(height: int = 100) -> Raster:
    """A page of 576 dots (72 mm) whose every row is a black half and a white half."""
    return Raster(576, height, 8, (b"\xff" * 36 + b"\x00" * 36) * height)


SLIP = Job("slip", (page(),))


def on_paper(folder: Path, file: str) -> Image.Image:
    with Image.open(folder / "printer" / "paper" / file) as picture:
        picture.load()
        return picture


def test_a_job_is_printed_when_the_printer_says_so(
    printer_process: DeviceProcess, printer: SimulatedPrinter, short_dir: Path
) -> None:
    assert printer.print_job(SLIP) == JobResult.printed()
    assert printer_process.control.state()["hanging"] == ["0001-slip.png"]
    picture = on_paper(short_dir, "0001-slip.png")
    assert (picture.size, picture.mode) == ((576, 100), "1")
    assert round(picture.info["dpi"][0]) == 203
    assert [picture.getpixel((x, 50)) for x in (0, 287, 288, 575)] == [0, 0, 255, 255]
    assert printer_process.control.tear() == ["0001-slip.png"]
    with pytest.raises(DeviceRefused, match="no paper hangs out"):
        printer_process.control.tear()


def test_each_page_is_a_paper_and_a_reprint_is_marked(
    printer_process: DeviceProcess, printer: SimulatedPrinter
) -> None:
    assert printer.print_job(Job("act", (page(10), page(20)), reprint=True)) == JobResult.printed()
    assert [paper["file"] for paper in printer_process.control.papers()] == [
        "0001-act.reprint.png",
        "0002-act.reprint.png",
    ]


FAULTS: list[tuple[str, str, Reason]] = [
    ("paper_out", "paper_in", Reason.PAPER_OUT),
    ("cover_open", "cover_close", Reason.COVER_OPEN),
    ("offline", "online", Reason.OFFLINE),
    ("jam", "clear", Reason.JAM),
    ("hot", "clear", Reason.HOT),
    ("cutter", "clear", Reason.CUTTER),
]


@pytest.mark.parametrize(("fault", "repair", "reason"), FAULTS)
def test_a_fault_before_the_job(
    printer_process: DeviceProcess, printer: SimulatedPrinter, fault: str, repair: str, reason: Reason
) -> None:
    control = printer_process.control
    control.do(fault)
    assert printer.status().trouble is reason
    assert printer.print_job(SLIP) == JobResult.failed(reason)
    assert control.papers() == []
    control.do(repair)
    assert printer.status().ready
    assert printer.print_job(SLIP) == JobResult.printed()


@pytest.mark.parametrize("rows", [0, 1, 50, 99, 100])
@pytest.mark.parametrize(("fault", "repair", "reason"), FAULTS)
def test_a_fault_in_the_middle(
    printer_process: DeviceProcess,
    printer: SimulatedPrinter,
    short_dir: Path,
    fault: str,
    repair: str,
    reason: Reason,
    rows: int,
) -> None:
    control = printer_process.control
    control.fail_after(rows, fault)
    result = printer.print_job(SLIP)
    papers = control.papers()
    if rows == 100 and reason is Reason.PAPER_OUT:
        # The roll ended right behind the last row: the paper is whole.
        assert result == JobResult.printed()
        assert papers[0]["broken"] is None
    else:
        assert result == JobResult.failed(reason)
    if papers:
        height = on_paper(short_dir, papers[0]["file"]).height
        # A blocked cutter shows at the cut: every row is on the paper by then.
        assert height == (100 if reason is Reason.CUTTER else rows)
        assert papers[0]["broken"] == (result.reason and result.reason.value)
    else:
        assert rows == 0
    control.do(repair)
    assert printer.print_job(Job("slip", (page(),), reprint=True)) == JobResult.printed()


def test_the_roll_ends_by_itself(printer_process: DeviceProcess, printer: SimulatedPrinter) -> None:
    printer_process.control.paper_in(20)
    assert printer.status().paper_low
    assert printer.print_job(SLIP) == JobResult.printed()
    assert printer.print_job(SLIP) == JobResult.failed(Reason.PAPER_OUT)
    assert [paper["broken"] for paper in printer_process.control.papers()] == [None, "paper_out"]
    printer_process.control.paper_in()
    assert not printer.status().paper_low


@contextmanager
def printing(printer: SimulatedPrinter, control: DeviceControl) -> Iterator[list[JobResult]]:
    """A long slow job that has begun; its result is in the list after the block."""
    control.speed(100)
    results: list[JobResult] = []
    begun = control.state()["roll_mm"]
    worker = threading.Thread(target=lambda: results.append(printer.print_job(Job("long", (page(400),)))))
    worker.start()
    while control.state()["roll_mm"] == begun:
        pass
    yield results
    worker.join(60)


def test_the_cover_is_opened_while_it_prints(printer_process: DeviceProcess, printer: SimulatedPrinter) -> None:
    with printing(printer, printer_process.control) as results:
        printer_process.control.cover_open()
    assert results == [JobResult.failed(Reason.COVER_OPEN)]
    assert printer_process.control.papers()[0]["file"] == "0001-long.broken-cover_open.png"


def test_the_cable_is_pulled_while_it_prints(printer_process: DeviceProcess, printer: SimulatedPrinter) -> None:
    control = printer_process.control
    with printing(printer, control) as results:
        control.unplug()
    assert results == [JobResult.unconfirmed()]
    assert printer.print_job(SLIP) == JobResult.failed(Reason.OFFLINE)
    assert printer.status().trouble is Reason.OFFLINE
    # It had the whole job and printed on: "failed" would have been a lie too.
    while not (papers := control.papers()):
        pass
    assert papers[0]["broken"] is None


def test_power_is_cut_while_it_prints(printer_process: DeviceProcess, printer: SimulatedPrinter) -> None:
    with printing(printer, printer_process.control) as results:
        printer_process.kill()
    assert results == [JobResult.unconfirmed()]


def test_the_device_is_stopped_while_it_prints(start_printer: Start, short_dir: Path) -> None:
    process = start_printer()
    printer = SimulatedPrinter(process.path)
    try:
        with printing(printer, process.control) as results:
            assert process.stop() == 0
        assert results == [JobResult.unconfirmed()]
        process = start_printer()
        assert [paper["broken"] for paper in process.control.papers()] == ["offline"]
    finally:
        printer.close()


def test_a_silent_printer_is_never_believed(printer_process: DeviceProcess) -> None:
    printer = SimulatedPrinter(printer_process.path, answer_seconds=0.2)
    try:
        printer_process.control.silent()
        assert printer.print_job(SLIP) == JobResult.unconfirmed()
        assert printer.status().trouble is Reason.UNKNOWN
        printer_process.control.silent(False)
        assert printer.print_job(SLIP) == JobResult.printed()
    finally:
        printer.close()


def test_a_printer_that_hangs_is_unconfirmed(printer_process: DeviceProcess) -> None:
    printer = SimulatedPrinter(printer_process.path, answer_seconds=0.2)
    os.kill(printer_process.pid, signal.SIGSTOP)
    try:
        assert printer.print_job(SLIP) == JobResult.unconfirmed()
    finally:
        os.kill(printer_process.pid, signal.SIGCONT)
        printer.close()


def test_faults_and_paper_outlast_the_process(start_printer: Start) -> None:
    process = start_printer()
    printer = SimulatedPrinter(process.path)
    try:
        assert printer.print_job(SLIP) == JobResult.printed()
        process.control.jam()
        process.kill()
        process = start_printer()
        assert [paper["taken"] for paper in process.control.papers()] == [False]
        assert process.control.state()["trouble"] == "jam"
    finally:
        printer.close()


TERMINAL = """
import sys
from pathlib import Path
from drivers.printer.api import Job, Raster
from drivers.printer.simulated.printer import SimulatedPrinter
printer = SimulatedPrinter(Path(sys.argv[1]))
print("printing", flush=True)
printer.print_job(Job("dying", (Raster(576, 400, 8, bytes(72 * 400)),)))
"""


def test_a_killed_terminal_leaves_the_printer_working(printer_process: DeviceProcess) -> None:
    control = printer_process.control
    control.speed(200)
    begun = control.state()["roll_mm"]
    terminal = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, printer_process.path], cwd=Path(__file__).resolve().parents[2]
    )
    with terminal:
        while control.state()["roll_mm"] == begun:
            pass
        terminal.kill()
    while control.state()["connected"]:
        pass
    printer = SimulatedPrinter(printer_process.path)
    try:
        assert printer.print_job(SLIP) == JobResult.printed()
        assert [paper["name"] for paper in control.papers()] == ["dying", "slip"]
    finally:
        printer.close()
