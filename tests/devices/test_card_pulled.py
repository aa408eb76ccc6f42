"""A card pulled at each APDU of what a terminal does with it; the terminal sees CardLost and nothing else."""

from collections.abc import Callable

import pytest

from drivers.card.api import CardLost, ReaderEvent
from drivers.card.piv import PivCard, Slot
from drivers.card.simulated.reader import SimulatedCardReader
from drivers.card.voter_object import VOTER_OBJECT, voter_object, voter_record
from drivers.simulation.start import DeviceProcess

SECONDS = 60.0
MANAGEMENT_KEY = bytes(range(24))
RECORD = bytes(range(256)) * 5
SPENT = b"spent" * 200


def admit(card: PivCard) -> None:
    card.select()
    assert card.certificate(Slot.CARD_AUTHENTICATION) is not None
    card.sign(Slot.CARD_AUTHENTICATION, bytes(32))
    assert voter_record(card.read_object(VOTER_OBJECT)) is not None


def spend(card: PivCard) -> None:
    card.select()
    card.authenticate_management(MANAGEMENT_KEY)
    card.write_object(VOTER_OBJECT, voter_object(SPENT))


def open_with_pin(card: PivCard) -> None:
    card.select()
    card.verify_pin(bytearray(b"246802"))
    card.sign(Slot.SIGNATURE, bytes(32))


@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize("work", [admit, spend, open_with_pin])
def test_pulled_at_each_apdu(
    reader_process: DeviceProcess, reader: SimulatedCardReader, work: Callable[[PivCard], None], executed: bool
) -> None:
    control = reader_process.control
    for apdus in range(100):
        control.insert("one")
        assert reader.wait_event(SECONDS) is ReaderEvent.INSERTED
        card = PivCard(reader.connect())
        control.pull_after(apdus, executed=executed)
        try:
            work(card)
        except CardLost:
            assert reader.wait_event(SECONDS) is ReaderEvent.REMOVED
        else:
            break
    else:
        pytest.fail("the work never ends")
    assert apdus >= 3

    # The record is the old one or the new one, and the PIN has all its tries.
    control.remove()
    control.insert("one")
    card = PivCard(reader.connect())
    card.select()
    assert voter_record(card.read_object(VOTER_OBJECT)) == (SPENT if work is spend else RECORD)
    assert card.pin_tries() == 3


@pytest.mark.parametrize(("executed", "record"), [(False, RECORD), (True, SPENT)])
def test_a_write_is_taken_whole_or_not_at_all(
    reader_process: DeviceProcess, reader: SimulatedCardReader, executed: bool, record: bytes
) -> None:
    control = reader_process.control
    control.insert("one")
    card = PivCard(reader.connect())
    card.select()
    card.authenticate_management(MANAGEMENT_KEY)
    # 1,054 bytes with tags and CHUID go out in five parts; the card is pulled at the last.
    control.pull_after(4, executed=executed)
    with pytest.raises(CardLost):
        card.write_object(VOTER_OBJECT, voter_object(SPENT))
    control.insert("one")
    card = PivCard(reader.connect())
    card.select()
    assert voter_record(card.read_object(VOTER_OBJECT)) == record


def test_a_slow_card_can_be_pulled_while_it_works(reader_process: DeviceProcess, reader: SimulatedCardReader) -> None:
    control = reader_process.control
    control.insert("one")
    card = PivCard(reader.connect())
    card.select()
    control.delay(50)
    control.pull_after(0, executed=True)
    with pytest.raises(CardLost):
        card.pin_tries()
    assert control.state()["delay_ms"] == 50
