"""The receipt printer's figure: what we add to the time that the paper itself needs."""

import tempfile
import time
from pathlib import Path
from statistics import median

from drivers.printer.escpos.line import TcpPort
from drivers.printer.escpos.printer import EscposPrinter
from drivers.simulation.start import start_device
from kiosk.domain.polls import Mode
from kiosk.effects.printing import Printing
from kiosk.flows.contract import Printed
from kiosk.papers.examples import examples
from kiosk.papers.paper_image import ROLL_80
from kiosk.papers.render import PaperKind, render
from tests.bench.figure import Figure

MM_PER_S = 150.0
SLIPS = 5


def added() -> float:
    """Milliseconds from the effect that prints a slip to its confirmed cut, beyond the paper's own; the median.

    Drawing in the worker, the driver, a TCP line and an ESC/POS printer that moves paper at a real one's speed.
    """
    kind, content = next(one for one in examples(Mode.OFFICIAL) if one[0] is PaperKind.SLIP_ANSWER)
    millimetres = render(kind, content, "ru").height_dots / ROLL_80.dots_per_mm
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        device = start_device("drivers.printer.simulated", Path(name) / "p", Path(name) / "p.s")
        try:
            tcp, _ = device.control.serve()
            device.control.speed(MM_PER_S)
            printing = Printing(EscposPrinter(TcpPort("127.0.0.1", tcp)))
            beyond: list[float] = []
            for slip in range(SLIPS + 1):
                began = time.perf_counter()
                outcome = printing.paper(kind, content, "ru", reprint=False)
                seconds = time.perf_counter() - began
                if outcome != Printed():
                    raise RuntimeError(f"the slip did not print: {outcome}")
                if slip:  # the first one starts the worker and cuts away what may hang
                    beyond.append(seconds - millimetres / MM_PER_S)
            printing.close()
        finally:
            device.stop()
    return median(beyond) * 1000


FIGURES = (Figure("slip to its confirmed cut, beyond its paper at 150 mm/s, in ms", added, 150.0, "less"),)
"""Absolute, as people wait: measured beside a simulated printer that takes its own turns at the processor."""
