"""The simulated slot for media as a program."""

import sys

from drivers.media.simulated.device import MediaDevice
from drivers.simulation.frame import run_device

if __name__ == "__main__":
    sys.exit(run_device(MediaDevice, "drivers.media.simulated"))
