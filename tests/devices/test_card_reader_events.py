"""What happens to a reader reaches the terminal in order, whoever dies in between."""

import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.card.api import CardLost, ReaderEvent, ReaderLost
from drivers.card.piv import PinWrong, PivCard
from drivers.card.simulated.reader import SimulatedCardReader
from drivers.simulation.control import DeviceRefused
from drivers.simulation.start import DeviceProcess

SECONDS = 60.0
Start = Callable[[], DeviceProcess]


def expect(reader: SimulatedCardReader, *events: ReaderEvent) -> None:
    for event in events:
        assert reader.wait_event(SECONDS) is event


def test_a_card_comes_and_goes(reader_process: DeviceProcess, reader: SimulatedCardReader) -> None:
    with pytest.raises(CardLost):
        reader.connect()
    reader_process.control.insert("one")
    expect(reader, ReaderEvent.INSERTED)
    card = PivCard(reader.connect())
    card.select()
    reader_process.control.remove()
    expect(reader, ReaderEvent.REMOVED)
    with pytest.raises(CardLost):
        card.pin_tries()
    assert reader.wait_event(0) is None


def test_a_connection_never_reaches_the_next_card(reader_process: DeviceProcess, reader: SimulatedCardReader) -> None:
    reader_process.control.insert("one")
    old = PivCard(reader.connect())
    old.select()
    reader_process.control.remove()
    reader_process.control.insert("two")
    with pytest.raises(CardLost):
        old.pin_tries()
    PivCard(reader.connect()).select()


def test_a_second_connection_ends_the_first(reader_process: DeviceProcess, reader: SimulatedCardReader) -> None:
    reader_process.control.insert("one")
    old = PivCard(reader.connect())
    PivCard(reader.connect()).select()
    with pytest.raises(CardLost):
        old.select()


def test_the_cable_is_pulled_and_put_back(reader_process: DeviceProcess, reader: SimulatedCardReader) -> None:
    reader_process.control.insert("one")
    expect(reader, ReaderEvent.INSERTED)
    card = PivCard(reader.connect())
    reader_process.control.unplug()
    expect(reader, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
    with pytest.raises(ReaderLost):
        card.select()
    with pytest.raises(ReaderLost):
        reader.connect()
    reader_process.control.plug()
    expect(reader, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
    PivCard(reader.connect()).select()


def test_the_reader_loses_power_and_comes_back(start_reader: Start) -> None:
    process = start_reader()
    process.control.insert("one")
    reader = SimulatedCardReader(process.path)
    try:
        expect(reader, ReaderEvent.INSERTED)
        process.kill()
        expect(reader, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
        start_reader()
        expect(reader, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
        PivCard(reader.connect()).select()
    finally:
        reader.close()


def test_the_terminal_starts_before_its_reader(start_reader: Start, short_dir: Path) -> None:
    reader = SimulatedCardReader(short_dir / "reader.sock")
    try:
        expect(reader, ReaderEvent.READER_LOST)
        start_reader()
        expect(reader, ReaderEvent.READER_BACK)
    finally:
        reader.close()


def test_a_reader_that_hangs_counts_as_lost(reader_process: DeviceProcess) -> None:
    reader_process.control.insert("one")
    reader = SimulatedCardReader(reader_process.path, answer_seconds=0.2)
    try:
        expect(reader, ReaderEvent.INSERTED)
        connection = reader.connect()
        os.kill(reader_process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(ReaderLost):
                connection.send_and_receive(bytes.fromhex("00200080"))
            expect(reader, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
        finally:
            os.kill(reader_process.pid, signal.SIGCONT)
        expect(reader, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
        PivCard(reader.connect()).select()
    finally:
        reader.close()


TERMINAL = """
import sys
from pathlib import Path
from drivers.card.piv import PivCard
from drivers.card.simulated.reader import SimulatedCardReader
reader = SimulatedCardReader(Path(sys.argv[1]))
reader.wait_event(10)
card = PivCard(reader.connect())
card.select()
try:
    card.verify_pin(bytearray(b"000000"))
finally:
    print("connected", flush=True)
    sys.stdin.read()
"""


def test_a_killed_terminal_leaves_the_reader_working(reader_process: DeviceProcess) -> None:
    reader_process.control.insert("one")
    root = Path(__file__).resolve().parents[2]
    terminal = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, reader_process.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
    )
    with terminal:
        assert terminal.stdout is not None
        assert terminal.stdout.readline() == b"connected\n"
        terminal.kill()
    reader = SimulatedCardReader(reader_process.path)
    try:
        event = reader.wait_event(SECONDS)
        if event is ReaderEvent.READER_LOST:  # the cable was still the dead terminal's for a moment
            expect(reader, ReaderEvent.READER_BACK)
            event = reader.wait_event(SECONDS)
        assert event is ReaderEvent.INSERTED
        card = PivCard(reader.connect())
        card.select()
        assert card.pin_tries() == 2
    finally:
        reader.close()


def test_pin_tries_outlast_reader_and_slot(start_reader: Start) -> None:
    process = start_reader()
    process.control.insert("one")
    reader = SimulatedCardReader(process.path)
    try:
        expect(reader, ReaderEvent.INSERTED)
        card = PivCard(reader.connect())
        card.select()
        with pytest.raises(PinWrong) as wrong:
            card.verify_pin(bytearray(b"000000"))
        assert wrong.value.tries == 2
        process.kill()
        expect(reader, ReaderEvent.REMOVED, ReaderEvent.READER_LOST)
        process = start_reader()
        expect(reader, ReaderEvent.READER_BACK, ReaderEvent.INSERTED)
        card = PivCard(reader.connect())
        card.select()
        assert card.pin_tries() == 2
        assert [entry["tries"] for entry in process.control.cards()] == [2, 3]
    finally:
        reader.close()


def test_what_hands_cannot_do(reader_process: DeviceProcess) -> None:
    control = reader_process.control
    with pytest.raises(DeviceRefused, match="no card three"):
        control.insert("three")
    with pytest.raises(DeviceRefused, match="no card is in the reader"):
        control.remove()
    control.insert("one")
    with pytest.raises(DeviceRefused, match="remove it first"):
        control.insert("two")
    assert control.state()["inserted"] == "one"


def test_a_line_that_held_a_pin_is_overwritten_when_it_is_out(
    reader_process: DeviceProcess, reader: SimulatedCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test keeps the very buffer that went out, as a freed block of memory keeps its contents."""
    reader_process.control.insert("one")
    card = PivCard(reader.connect())
    card.select()
    sent: list[tuple[bytes, bytearray]] = []
    sendall = socket.socket.sendall

    def keeping(self: socket.socket, line: bytearray) -> None:
        sent.append((bytes(line), line))
        sendall(self, line)

    monkeypatch.setattr(socket.socket, "sendall", keeping)
    with pytest.raises(PinWrong):
        card.verify_pin(bytearray(b"31415926"))
    ((went, line),) = sent
    assert base64.b64encode(b"\x00\x20\x00\x80\x0831415926") in went
    assert isinstance(line, bytearray)
    assert not any(line)
