"""The simulated card reader as a program."""

import sys

from drivers.card.simulated.device import CardReaderDevice
from drivers.simulation.frame import run_device

if __name__ == "__main__":
    sys.exit(run_device(CardReaderDevice, "drivers.card.simulated"))
