"""The card's figures: how long a voter waits from the card in to the ballots on screen, and for word of a trouble."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from drivers.card.simulated.image import read_card_image, write_card_image
from drivers.card.simulated.virtual import NoVirtualReader, VirtualReaders
from tests.bench.figure import Figure
from tests.bench.station import open_station
from tests.devices.terminal_setting import PollingPlace

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


def trouble_told() -> float:
    """Seconds until the slowest of these is told, through a pcscd: a bank card, an empty PIV card, a card upside down,
    a pcscd that is killed. Needs root; raises NoVirtualReader.
    """
    with tempfile.TemporaryDirectory(prefix="pt-") as name, VirtualReaders(Path(name) / "v") as virtual:
        os.environ.update(virtual.environment)
        virtual.start()
        place = PollingPlace.build(Path(name), virtual)
        try:
            place.see("closed")
            seconds = _troubles(place, virtual)
        finally:
            place.close()
            virtual.stop()
    return max(seconds)


def _troubles(place: PollingPlace, virtual: VirtualReaders) -> list[float]:
    chair = read_card_image(place.wallet("chair"))
    others: dict[str, dict[str, object]] = {"bank": {"aid": "a0000000031010"}, "empty": {"keys": {}, "objects": {}}}
    seconds = []
    for name, changes in others.items():
        write_card_image(place.wallet(name), msgspec.structs.replace(chair, name=name, **changes))
    for name in (*others, "chair"):
        place.card.control.do("mute", on=name == "chair")
        seconds.append(_until(place, "card_trouble", lambda name=name: place.card.control.insert(name)))  # type: ignore[misc]  # a loop's name
        place.card.control.do("mute", on=False)
        place.remove("closed")
    seconds.append(_until(place, "out_of_order", virtual.kill))
    return seconds


def _until(place: PollingPlace, screen: str, deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    place.watcher.until(lambda view: view.screen.value == screen)
    return time.perf_counter() - began


def _virtual_readers() -> bool:
    try:
        with tempfile.TemporaryDirectory(prefix="pt-") as folder, VirtualReaders(Path(folder) / "v"):
            return True
    except NoVirtualReader:
        return False


FIGURES = (
    Figure("card in to ballots on screen, 20 ms an APDU, in s", card_to_ballots, 1.0, "less"),
    Figure("a card or a reader that will not do, told on screen, in s", trouble_told, 2.0, "less"),
)
"""Absolute, as people wait."""
