"""The driver for PC/SC against a real pcscd: what happens to cards, readers and pcscd reaches the terminal in order."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from drivers.card.api import CardLost, CardMute, ReaderEvent, ReaderLost
from drivers.card.pcsc import PcscReader
from drivers.card.piv import PinWrong, PivCard, Slot
from drivers.card.simulated.image import CardImage, write_card_image
from drivers.card.simulated.virtual import VirtualReaders
from drivers.card.voter_object import VOTER_OBJECT, voter_object, voter_record
from drivers.simulation.start import DeviceProcess, start_device
from tests.devices.conftest import MANAGEMENT_KEY, PIN, RECORD

SECONDS = 60.0


def expect(reader: PcscReader, *events: ReaderEvent) -> None:
    for event in events:
        assert reader.wait_event(SECONDS) is event


@pytest.fixture
def attached(virtual: VirtualReaders, reader_process: DeviceProcess) -> DeviceProcess:
    """The simulated reader, its card in pcscd's first virtual reader."""
    virtual.attach(reader_process.path)
    return reader_process


@pytest.fixture
def pcsc(attached: DeviceProcess) -> Iterator[PcscReader]:
    driver = PcscReader()
    yield driver
    driver.close()


def card_in(pcsc: PcscReader) -> PivCard:
    card = PivCard(pcsc.connect())
    card.select()
    return card


def test_a_card_comes_works_and_goes(attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    assert pcsc.names == ("Virtual PCD 00 00", "Virtual PCD 00 01")
    card = card_in(pcsc)
    assert voter_record(card.read_object(VOTER_OBJECT)) == RECORD
    assert card.certificate(Slot.AUTHENTICATION) is not None
    with pytest.raises(PinWrong) as wrong:
        card.verify_pin(bytearray(b"000000"))
    assert wrong.value.tries == 2
    card.verify_pin(bytearray(PIN.encode()))
    assert card.sign(Slot.SIGNATURE, bytes(32))
    card.authenticate_management(MANAGEMENT_KEY)
    card.write_object(VOTER_OBJECT, voter_object(b"spent" * 200))
    assert voter_record(card.read_object(VOTER_OBJECT)) == b"spent" * 200
    attached.control.remove()
    with pytest.raises(CardLost):
        card.pin_tries()
    expect(pcsc, ReaderEvent.REMOVED)
    with pytest.raises(CardLost):
        pcsc.connect()


@pytest.mark.parametrize("executed", [False, True])
def test_a_card_that_is_pulled_while_it_works_is_lost_not_unreadable(
    attached: DeviceProcess, pcsc: PcscReader, executed: bool
) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    card = card_in(pcsc)
    attached.control.pull_after(0, executed=executed)
    with pytest.raises(CardLost):
        card.pin_tries()
    expect(pcsc, ReaderEvent.REMOVED)


def test_a_pin_is_forgotten_with_the_connection(attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    connection = pcsc.connect()
    card = PivCard(connection)
    card.select()
    card.verify_pin(bytearray(PIN.encode()))
    assert card.pin_tries() is None
    connection.close()
    assert card_in(pcsc).pin_tries() == 3
    with pytest.raises(CardLost):
        card.pin_tries()


def test_a_connection_never_reaches_the_next_card(attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    old = card_in(pcsc)
    attached.control.remove()
    attached.control.insert("two")
    with pytest.raises(CardLost):
        old.pin_tries()
    expect(pcsc, ReaderEvent.REMOVED, ReaderEvent.INSERTED)
    with pytest.raises(CardLost):
        old.pin_tries()
    card_in(pcsc)


def test_nobody_else_reaches_a_card_in_use(attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    card = card_in(pcsc)
    other = PcscReader()
    try:
        expect(other, ReaderEvent.INSERTED)
        with pytest.raises(ReaderLost):
            other.connect()
    finally:
        other.close()
    assert card.pin_tries() == 3


def test_pcscd_is_killed_and_started_again(virtual: VirtualReaders, attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    card = card_in(pcsc)
    virtual.kill()
    with pytest.raises(ReaderLost):
        card.pin_tries()
    expect(pcsc, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
    with pytest.raises(ReaderLost):
        pcsc.connect()
    virtual.start()
    expect(pcsc, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
    assert card_in(pcsc).pin_tries() == 3


def test_the_reader_is_taken_away_and_put_back(
    virtual: VirtualReaders, attached: DeviceProcess, pcsc: PcscReader
) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    virtual.stop()
    virtual.start(readers=False)
    expect(pcsc, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
    virtual.stop()
    virtual.start()
    expect(pcsc, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
    card_in(pcsc)


def test_the_driver_starts_before_pcscd(pcscd_room: VirtualReaders, reader_process: DeviceProcess) -> None:
    pcscd_room.attach(reader_process.path)
    driver = PcscReader()
    try:
        expect(driver, ReaderEvent.READER_LOST)
        pcscd_room.start()
        expect(driver, ReaderEvent.READER_BACK)
    finally:
        driver.close()
        pcscd_room.detach()
        pcscd_room.stop()


def test_of_two_readers_the_one_with_the_card_is_used(
    virtual: VirtualReaders, attached: DeviceProcess, pcsc: PcscReader, short_dir: Path, card_image: CardImage
) -> None:
    (short_dir / "other" / "cards").mkdir(parents=True)
    write_card_image(short_dir / "other" / "cards" / "three.json", card_image)
    with start_device("drivers.card.simulated", short_dir / "other", short_dir / "other.s") as other:
        virtual.attach(other.path, slot=1)
        other.control.insert("three")
        expect(pcsc, ReaderEvent.INSERTED)
        card = card_in(pcsc)
        attached.control.insert("one")  # waits for its turn
        with pytest.raises(PinWrong):
            card.verify_pin(bytearray(b"000000"))
        other.control.remove()
        expect(pcsc, ReaderEvent.REMOVED, ReaderEvent.INSERTED)
        assert card_in(pcsc).pin_tries() == 3, "the first reader's card"
        named = PcscReader("Virtual PCD 00 01")
        try:
            assert named.wait_event(0.5) is None, "a card in a reader that was not asked for"
            assert named.names == ("Virtual PCD 00 01",)
        finally:
            named.close()


def test_a_mute_card_is_told_and_the_next_one_read(attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.do("mute", on=True)
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    with pytest.raises(CardMute):
        pcsc.connect()
    attached.control.remove()
    attached.control.do("mute", on=False)
    expect(pcsc, ReaderEvent.REMOVED)
    attached.control.insert("two")
    expect(pcsc, ReaderEvent.INSERTED)
    card_in(pcsc)


def test_a_reader_that_hangs_counts_as_lost_and_is_found_again(attached: DeviceProcess) -> None:
    pcsc = PcscReader(answer_seconds=2.0)
    try:
        attached.control.insert("one")
        expect(pcsc, ReaderEvent.INSERTED)
        card = card_in(pcsc)
        attached.control.delay(8_000)
        with pytest.raises(ReaderLost):
            card.pin_tries()
        expect(pcsc, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
        with pytest.raises(ReaderLost):
            pcsc.connect()
        attached.control.delay(0)
        expect(pcsc, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
        card_in(pcsc)
    finally:
        pcsc.close()


def awaited(pcsc: PcscReader, wanted: ReaderEvent) -> None:
    """Wait for this event, whatever comes before it."""
    until = time.monotonic() + SECONDS
    while pcsc.wait_event(0.2) is not wanted:
        assert time.monotonic() < until, wanted


def lost(pcsc: PcscReader) -> bool:
    """Whether the reader, in which there is no card, counts as lost."""
    with pytest.raises((ReaderLost, CardLost)) as raised:
        pcsc.connect()
    return raised.type is ReaderLost


def test_a_pcscd_that_hangs_is_told_though_nobody_has_a_card_in(
    virtual: VirtualReaders, attached: DeviceProcess, pcsc: PcscReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.card.pcsc.HANGS_SECONDS", 2.0)
    with virtual.frozen():
        until = time.monotonic() + SECONDS
        while not lost(pcsc):
            assert time.monotonic() < until
            pcsc.wait_event(0.2)
    monkeypatch.undo()
    awaited(pcsc, ReaderEvent.READER_BACK)
    attached.control.insert("one")
    awaited(pcsc, ReaderEvent.INSERTED)
    card_in(pcsc)


def test_no_list_of_readers_is_freed_while_pcscd_is_greeted(
    attached: DeviceProcess, pcsc: PcscReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a pcscd that hangs then, the whole process would stand still, the window too."""
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    greet, listed = scard.SCardEstablishContext, scard.SCardListReaders
    greeting, beside = threading.Event(), threading.Event()

    def greets_slowly(scope: int) -> object:
        greeting.set()
        # Longer than the thread that watches waits before it asks for the list again.
        beside.wait(2.0)
        greeting.clear()
        return greet(scope)

    def lists(*asked: object) -> object:
        if greeting.is_set():
            beside.set()
        return listed(*asked)

    monkeypatch.setattr(scard, "SCardEstablishContext", greets_slowly)
    monkeypatch.setattr(scard, "SCardListReaders", lists)
    card_in(pcsc)
    assert not beside.is_set()


def test_a_card_that_got_its_power_too_late_is_read_the_next_time(
    attached: DeviceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, connect = threading.Event(), scard.SCardConnect

    def connects_late(*asked: object) -> object:
        late.wait(SECONDS)
        return connect(*asked)

    monkeypatch.setattr(scard, "SCardConnect", connects_late)
    pcsc = PcscReader(answer_seconds=0.5)
    try:
        attached.control.insert("one")
        expect(pcsc, ReaderEvent.INSERTED)
        with pytest.raises(ReaderLost):
            pcsc.connect()
        late.set()
        # Until what hung has ended the reader counts as lost; then its card is there for us, and held by nobody.
        for _ in range(int(SECONDS / 0.5)):
            with contextlib.suppress(ReaderLost, CardLost):
                card_in(pcsc)
                return
            pcsc.wait_event(0.5)
        pytest.fail("the card stays out of reach")
    finally:
        late.set()
        pcsc.close()


def test_no_copy_of_a_pin_stays_in_memory(attached: DeviceProcess, pcsc: PcscReader) -> None:
    attached.control.insert("one")
    expect(pcsc, ReaderEvent.INSERTED)
    card = card_in(pcsc)
    pin = bytearray(n ^ 0x5A for n in b"\x63\x62\x6d\x69\x68\x6e\x6f\x6a")  # digits, as they are written nowhere
    with pytest.raises(PinWrong):
        card.verify_pin(pin)
    mask = bytes(n ^ 0xFF for n in pin)
    pin[:] = bytes(len(pin))
    assert not found_in_memory(mask), "a PIN that was sent is still somewhere"


def found_in_memory(mask: bytes) -> bool:
    """Whether the complement of `mask` lies in this process's memory; it is never put together here as a whole."""
    first = bytes(n ^ 0xFF for n in mask[:4])
    rest = mask[4:]
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for fields in maps:
            if "w" not in fields[1] or fields[-1] in ("[vvar]", "[vsyscall]"):
                continue
            start, end = (int(part, 16) for part in fields[0].split("-"))
            memory.seek(start)
            try:
                block = memory.read(end - start)
            except OSError:
                continue
            at = block.find(first)
            while at >= 0:
                after = block[at + 4 : at + 8]
                if len(after) == 4 and all(a ^ b == 0xFF for a, b in zip(after, rest, strict=True)):
                    return True
                at = block.find(first, at + 1)
    return False
