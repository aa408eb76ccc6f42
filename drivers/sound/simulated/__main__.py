"""The simulated sound card as a program."""

import sys

from drivers.simulation.frame import run_device
from drivers.sound.simulated.device import SoundDevice

if __name__ == "__main__":
    sys.exit(run_device(SoundDevice, "drivers.sound.simulated"))
