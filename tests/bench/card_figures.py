"""The card's figure: how long a voter waits from the card in to the ballots on screen, with a slow card."""

import tempfile
import time
from pathlib import Path

from drivers.card.simulated.virtual import NoVirtualReader, VirtualReaders
from tests.bench.figure import Figure
from tests.bench.station import open_station

APDU_MS = 20.0
VOTERS = 7


def card_to_ballots() -> float:
    """Seconds from the card in to the ballots in the real window, every APDU taking 20 ms; the slowest of seven.

    Through a pcscd of its own where one can be started (root), else through the simulated reader's own cable.
    """
    slowest = 0.0
    with open_station(lambda _: None, pcsc=_virtual_readers()) as station:
        house, eye = station.house, station.eye
        for _ in range(VOTERS):
            card = house.issue("A")
            house.card.control.delay(APDU_MS)
            began = time.perf_counter()
            house.card.control.insert(card)
            eye.wait(["ballots"])
            slowest = max(slowest, time.perf_counter() - began)
            house.card.control.delay(0.0)
            eye.press("back")
            eye.wait(["leave"])
            eye.press("back")
            eye.wait(["take_card"])
            house.card.control.remove()
            eye.wait(["welcome"])
    return slowest


def _virtual_readers() -> bool:
    try:
        with tempfile.TemporaryDirectory(prefix="pt-") as folder, VirtualReaders(Path(folder) / "v"):
            return True
    except NoVirtualReader:
        return False


FIGURES = (Figure("card in to ballots on screen, 20 ms an APDU, in s", card_to_ballots, 1.0, "less"),)
"""Absolute, as people wait."""
