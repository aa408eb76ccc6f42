"""Every APDU of a terminal goes out on the card's own thread: never on the window's, never on the flow's."""

import tempfile
import threading
from pathlib import Path

import pytest

from drivers.card.api import CardConnection
from drivers.card.simulated.reader import SimulatedCardReader
from tests.devices.terminal_setting import PollingPlace


class Listening:
    """A connection that notes which thread uses it."""

    def __init__(self, connection: CardConnection, used: list[str]) -> None:
        self._connection = connection
        self._used = used

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        self._used.append(threading.current_thread().name)
        return self._connection.send_and_receive(apdu)


def test_every_apdu_goes_out_on_the_cards_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    connect = SimulatedCardReader.connect
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        place = PollingPlace.build(Path(folder))
        try:
            place.see("closed")
            # The desk's reader is used here, by the test.
            card = place.issue("A")
            monkeypatch.setattr(SimulatedCardReader, "connect", lambda reader: Listening(connect(reader), used))
            place.open_polls()
            opening = len(used)
            place.vote(card)
        finally:
            place.close()
    assert opening > 10
    assert len(used) > opening + 10
    assert {name.split("_")[0] for name in used} == {"card"}
    assert threading.current_thread().name not in used
