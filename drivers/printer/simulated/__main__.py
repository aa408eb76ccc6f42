"""The simulated printer as a program."""

import sys

from drivers.printer.simulated.device import PrinterDevice
from drivers.simulation.frame import run_device

if __name__ == "__main__":
    sys.exit(run_device(PrinterDevice, "drivers.printer.simulated"))
