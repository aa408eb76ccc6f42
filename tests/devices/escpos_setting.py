"""A simulated ESC/POS printer on its lines, and the places of a slip at which something can go wrong."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.printer.api import Job, JobResult, Raster
from drivers.printer.escpos.line import Port, SerialPort, TcpPort, UsbPort
from drivers.printer.escpos.printer import Confirmation, EscposPrinter
from drivers.simulation.control import DeviceControl
from drivers.simulation.start import DeviceProcess, start_device

LINES = ("tcp", "serial", "usb")
"""A pseudo-terminal stands for the serial line, and for the device file of a USB printer."""
ROWS = 240
PATIENCE = 5
"""So many times as long as a terminal the driver waits here: the printer is a process beside others."""
ANSWER_BYTES = len(b"\x1d(H\x06\x00\x30\x30abcd")
CUT_BYTES = len(b"\x1dVB\x00")
PLACES = ("start", "in_raster", "before_cut", "in_cut", "after_cut")
"""Where in a slip: its first command, its picture, before, in and behind the cut (before the answer)."""


def page(rows: int = ROWS) -> Raster:
    """A page of 576 dots (72 mm) whose every row is a black half and a white half."""
    return Raster(576, rows, 8, (b"\xff" * 36 + b"\x00" * 36) * rows)


SLIP = Job("slip", (page(),))


class Bench:
    """A printer process, its controls, and a driver on one of its lines."""

    def __init__(self, process: DeviceProcess, port: Port, confirmation: Confirmation, folder: Path) -> None:
        self.process = process
        self.control: DeviceControl = process.control
        self._patience = PATIENCE
        self.printer = EscposPrinter(port, confirmation, clock=lambda: time.monotonic() / self._patience)
        self.papers_folder = folder / "paper"

    def hurry(self) -> None:
        """From the next job on, wait no longer than a terminal does: the printer is going to fall silent."""
        self._patience = 1

    def slip_bytes(self) -> int:
        """How many bytes of ESC/POS a slip is, when no broken paper has to be cut away first: one is printed."""
        assert self.printer.print_job(SLIP) == JobResult.printed()
        before = self.carried_out()
        assert self.printer.print_job(SLIP) == JobResult.printed()
        return self.carried_out() - before

    def carried_out(self) -> int:
        """Bytes of ESC/POS that the printer has carried out."""
        count: int = self.control.state()["escpos"]["carried_out"]
        return count

    def strike(self, place: str, fault: str) -> None:
        """Order a fault for a place of the next slip."""
        whole = self.slip_bytes()
        at = {
            "start": whole - ANSWER_BYTES - CUT_BYTES - _band_bytes() - 1,
            "in_raster": whole // 2,
            "before_cut": whole - ANSWER_BYTES - CUT_BYTES,
            "in_cut": whole - ANSWER_BYTES - 1,
            "after_cut": whole - ANSWER_BYTES,
        }[place]
        self.control.fail_at_byte(at, fault)

    def whole_papers(self) -> int:
        """Papers that came out whole: as long as a slip, and cut."""
        return sum(paper["broken"] is None for paper in self.control.papers())


def _band_bytes() -> int:
    """All raster commands of a slip."""
    bands = -(-ROWS // 48)
    return bands * 8 + ROWS * 72


@contextmanager
def bench(folder: Path, line: str, confirmation: Confirmation = Confirmation.PROCESS) -> Iterator[Bench]:
    """A printer in `folder`; it ends with the block."""
    process = start_device("drivers.printer.simulated", folder / "p", folder / "p.s")
    try:
        tcp, tty = process.control.serve()
        ports: dict[str, Port] = {
            "tcp": TcpPort("127.0.0.1", tcp),
            "serial": SerialPort(Path(tty), 115_200),
            "usb": UsbPort(Path(tty)),
        }
        yield Bench(process, ports[line], confirmation, folder / "p")
    finally:
        process.stop()
