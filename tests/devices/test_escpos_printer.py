"""The ESC/POS driver over TCP and a pseudo-terminal, byte by byte: what it says of a slip is true everywhere."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from drivers.printer.api import Job, JobOutcome, JobResult, JobState, Raster, Reason, Status
from drivers.printer.escpos.line import Port, SerialPort, TcpPort, UsbPort
from drivers.printer.escpos.printer import Confirmation, EscposPrinter
from tests.devices.escpos_setting import LINES, PLACES, SLIP, Bench, bench, page

STOPPING = {
    "jam": Reason.JAM,
    "hot": Reason.HOT,
    "cutter": Reason.CUTTER,
    "paper_out": Reason.PAPER_OUT,
    "cover_open": Reason.COVER_OPEN,
    "offline": Reason.OFFLINE,
}
REPAIR = {
    "paper_out": "paper_in",
    "cover_open": "cover_close",
    "offline": "online",
    "unplug": "plug",
    "power": "plug",
}


@pytest.fixture(params=LINES)
def on_a_line(request: pytest.FixtureRequest, short_dir: Path) -> Iterator[Bench]:
    """A printer at a TCP port, and one at a serial line."""
    with bench(short_dir, request.param) as made:
        yield made


@pytest.fixture
def by_tcp(short_dir: Path) -> Iterator[Bench]:
    """A printer at a TCP port."""
    with bench(short_dir, "tcp") as made:
        yield made


def holds(made: Bench) -> int:
    """Bytes of papers in the printer's memory."""
    count: int = made.control.state()["escpos"]["held"]
    return count


def pictures(made: Bench) -> list[Image.Image]:
    """What came out, in order."""
    found: list[Image.Image] = []
    for file in sorted(made.papers_folder.glob("*.png")):
        with Image.open(file) as picture:
            picture.load()
            found.append(picture)
    return found


def test_a_slip_comes_out_dot_for_dot_and_its_life_is_told(on_a_line: Bench) -> None:
    states: list[JobState] = []
    assert on_a_line.printer.print_job(SLIP, states.append) == JobResult.printed()
    assert states == [JobState.QUEUED, JobState.PRINTING, JobState.PRINTED]
    (picture,) = pictures(on_a_line)
    assert ImageChops.difference(picture.convert("L"), SLIP.pages[0].image().convert("L")).getbbox() is None
    assert holds(on_a_line) == 0


def test_pages_are_cut_apart_and_58_mm_paper_is_as_wide_as_it_is(by_tcp: Bench) -> None:
    narrow = Raster(384, 30, 8, b"\x0f" * 48 * 30)
    assert by_tcp.printer.print_job(Job("act", (narrow, page(10)))) == JobResult.printed()
    assert [picture.size for picture in pictures(by_tcp)] == [(384, 30), (576, 10)]


def test_a_picture_that_holds_commands_of_real_time_is_a_picture(by_tcp: Bench) -> None:
    """The printer looks at every byte: dots that spell “clear your memory” must not."""
    clear, ask = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", b"\x10\x04\x01"
    row = (clear + ask + b"\x10\x05\x02").ljust(72, b"\x00")
    job = Job("slip", (Raster(576, 50, 8, row * 50),))
    assert by_tcp.printer.print_job(job) == JobResult.printed()
    (picture,) = pictures(by_tcp)
    differing = ImageChops.difference(picture.convert("L"), job.pages[0].image().convert("L"))
    assert sum(differing.point([0] + [1] * 255).tobytes()) <= 50 * 6  # a dot beside each of them
    assert picture.height == 50


@pytest.mark.parametrize("fault", STOPPING)
def test_a_fault_before_the_job_is_named_and_nothing_is_sent(by_tcp: Bench, fault: str) -> None:
    by_tcp.control.do(fault)
    assert by_tcp.printer.status() == Status(STOPPING[fault], paper_low=False)
    states: list[JobState] = []
    assert by_tcp.printer.print_job(SLIP, states.append) == JobResult.failed(STOPPING[fault])
    assert states == [JobState.QUEUED, JobState.FAILED]
    by_tcp.control.do(REPAIR.get(fault, "clear"))
    assert by_tcp.control.papers() == []
    assert by_tcp.printer.print_job(SLIP) == JobResult.printed()


@pytest.mark.parametrize(
    ("fault", "place"),
    [(fault, place) for fault in STOPPING for place in PLACES if (fault, place) != ("cutter", "after_cut")],
)
def test_a_printer_that_stops_is_believed_and_goes_on_with_nothing(by_tcp: Bench, fault: str, place: str) -> None:
    by_tcp.strike(place, fault)
    before = by_tcp.whole_papers()
    assert by_tcp.printer.print_job(SLIP) == JobResult.failed(STOPPING[fault])
    assert holds(by_tcp) == 0
    by_tcp.control.do(REPAIR.get(fault, "clear"))
    assert by_tcp.printer.print_job(SLIP) == JobResult.printed()
    # The reprint is whole and by itself; of the first, at most what had been cut already.
    assert by_tcp.whole_papers() == before + 1 + (place == "after_cut")
    assert pictures(by_tcp)[-1].height == SLIP.pages[0].height_dots
    assert by_tcp.control.state()["escpos"]["hanging_rows"] == 0


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", ["unplug", "power"])
def test_a_line_that_is_lost_is_offline_and_the_printer_is_found_again(
    on_a_line: Bench, fault: str, place: str
) -> None:
    on_a_line.strike(place, fault)
    assert on_a_line.printer.print_job(SLIP) == JobResult.failed(Reason.OFFLINE)
    assert on_a_line.printer.status().trouble is Reason.OFFLINE
    assert on_a_line.printer.print_job(SLIP) == JobResult.failed(Reason.OFFLINE)
    on_a_line.control.plug()
    assert on_a_line.printer.print_job(SLIP) == JobResult.printed()
    assert pictures(on_a_line)[-1].height == SLIP.pages[0].height_dots
    assert holds(on_a_line) == 0


@pytest.mark.parametrize("place", ["in_raster", "after_cut"])
@pytest.mark.parametrize("fault", ["silent", "garbage"])
def test_a_printer_that_no_longer_makes_sense_is_not_believed(by_tcp: Bench, fault: str, place: str) -> None:
    by_tcp.strike(place, fault)
    by_tcp.hurry()
    result = by_tcp.printer.print_job(SLIP)
    # Noise may spell a trouble by chance; it cannot spell our four characters.
    assert result.outcome is JobOutcome.FAILED
    by_tcp.control.silent(False)
    by_tcp.control.do("garbage", on=False)
    assert by_tcp.printer.print_job(SLIP) == JobResult.printed()


def test_a_printer_that_stopped_is_emptied_at_once_and_still_answers(on_a_line: Bench) -> None:
    """Its memory was full to the brim: what the line still held is gone with the line, so there is room to ask."""
    on_a_line.hurry()
    for _ in range(10):
        on_a_line.control.fail_at_byte(5_000, "cover_open")
        assert on_a_line.printer.print_job(SLIP) == JobResult.failed(Reason.COVER_OPEN)
        assert holds(on_a_line) == 0
        assert on_a_line.printer.status().trouble is Reason.COVER_OPEN
        on_a_line.control.cover_close()


def test_a_printer_that_never_answers_is_named_and_gets_no_paper(on_a_line: Bench) -> None:
    on_a_line.hurry()
    on_a_line.control.silent()
    assert on_a_line.printer.status().trouble is Reason.UNKNOWN
    assert on_a_line.printer.print_job(SLIP) == JobResult.failed(Reason.UNKNOWN)
    assert on_a_line.control.papers() == []


def test_a_roll_that_nears_its_end_still_prints_and_says_so(by_tcp: Bench) -> None:
    by_tcp.control.paper_in(100)
    assert by_tcp.printer.status() == Status(None, paper_low=True)
    assert by_tcp.printer.print_job(SLIP) == JobResult.printed()


def test_a_status_answered_at_once_says_nothing_of_a_paper_still_to_come(by_tcp: Bench) -> None:
    """The printer overtakes its own buffer: whoever takes “no trouble” for “printed” is told a lie here."""
    by_tcp.control.speed(20)
    by_tcp.control.fail_at_byte(14_000, "paper_out")
    trusting = TrustingPrinter(by_tcp)
    assert trusting.print_job() == JobResult.printed()  # and it is not
    until = time.monotonic() + 60
    while not by_tcp.control.papers():
        assert time.monotonic() < until
    assert [paper["broken"] for paper in by_tcp.control.papers()] == ["paper_out"]


class TrustingPrinter:
    """A driver that sends a slip and asks DLE EOT whether all is well."""

    def __init__(self, made: Bench) -> None:
        self._port = made.printer._port

    def print_job(self) -> JobResult:
        """Send a slip of 25 mm; it fits into the buffers between here and the paper."""
        line = self._port.open()
        rows = page(200).rows
        out = b"\x1bd\x01".join(b"\x1dv0\x00\x48\x00\x64\x00" + half for half in (rows[:7200], rows[7200:]))
        out += b"\x1dVB\x00" + b"\x10\x04\x01"
        answer = b""
        while not answer:
            went, came = line.exchange(out, 1)
            out, answer = out[went:], answer + came
        line.close()
        return JobResult.failed(Reason.UNKNOWN) if answer[0] & 0x08 else JobResult.printed()


@pytest.mark.parametrize("line", LINES)
def test_a_printer_that_answers_only_gs_r_is_believed_by_it(short_dir: Path, line: str) -> None:
    with bench(short_dir, line, Confirmation.SENSORS) as made:
        assert made.printer.print_job(SLIP) == JobResult.printed()
        made.control.fail_at_byte(9_000, "cover_open")
        assert made.printer.print_job(SLIP) == JobResult.failed(Reason.COVER_OPEN)
        made.control.cover_close()
        made.control.fail_at_byte(9_000, "garbage")
        made.hurry()
        assert made.printer.print_job(SLIP).outcome is not JobOutcome.PRINTED


def test_a_printer_that_confirms_nothing_ends_unconfirmed_and_keeps_its_paper(short_dir: Path) -> None:
    with bench(short_dir, "tcp", Confirmation.NONE) as made:
        made.control.speed(150)
        assert made.printer.print_job(SLIP) == JobResult.unconfirmed()
        assert made.whole_papers() == 1
        made.control.fail_at_byte(9_000, "paper_out")
        assert made.printer.print_job(SLIP) == JobResult.failed(Reason.PAPER_OUT)


def test_a_cutter_that_blocks_behind_the_cut_is_found_at_the_next_one(by_tcp: Bench) -> None:
    by_tcp.strike("after_cut", "cutter")
    assert by_tcp.printer.print_job(SLIP) == JobResult.printed()
    assert by_tcp.printer.print_job(SLIP) == JobResult.failed(Reason.CUTTER)
    assert holds(by_tcp) == 0


@pytest.mark.parametrize(
    "port",
    [TcpPort("127.0.0.1", 1), SerialPort(Path("/nowhere/tty"), 9600), UsbPort(Path("/nowhere/lp0"))],
    ids=["tcp", "serial", "usb"],
)
def test_where_nothing_is_connected_the_printer_is_offline(port: Port) -> None:
    printer = EscposPrinter(port)
    assert printer.status().trouble is Reason.OFFLINE
    assert printer.print_job(SLIP) == JobResult.failed(Reason.OFFLINE)


def test_a_second_program_at_the_same_line_is_kept_out(short_dir: Path) -> None:
    with bench(short_dir, "serial") as made:
        line = made.printer._port.open()
        assert made.printer.print_job(SLIP) == JobResult.failed(Reason.OFFLINE)
        line.close()
        assert made.printer.print_job(SLIP) == JobResult.printed()
