"""The process around every simulated device: its start, its end, and what it answers to nonsense."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from drivers.simulation.control import DeviceControl, DeviceGone, DeviceRefused
from drivers.simulation.sockets import SocketPathTooLong, data_path
from drivers.simulation.start import CannotStart, DeviceProcess, start_device


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"insert", "malformed"),
        (b"[]", "object"),
        (b"{}", "do"),
        (b'{"do":"explode"}', "explode"),
        (b'{"do":"state","now":true}', "now"),
        (b'{"do":"insert"}', "card"),
        (b'{"do":"insert","card":7}', "card"),
        (b'{"do":"insert","card":"../one"}', "card"),
        (b'{"do":"delay","ms":-1}', "ms"),
    ],
)
def test_a_command_is_decoded_strictly(reader_process: DeviceProcess, line: bytes, words: str) -> None:
    with pytest.raises(DeviceRefused, match=words):
        reader_process.control.send(line)
    assert reader_process.control.state()["plugged"] is True


def test_an_endless_line_is_refused(reader_process: DeviceProcess) -> None:
    with DeviceControl(reader_process.path) as control, pytest.raises((DeviceRefused, DeviceGone)):
        control.send(b" " * (2 << 20))
    assert reader_process.control.state()["plugged"] is True


def test_several_hands_at_once(reader_process: DeviceProcess) -> None:
    with DeviceControl(reader_process.path) as other:
        other.insert("one")
        assert reader_process.control.state()["inserted"] == "one"


def test_nonsense_on_the_cable_ends_that_connection_only(reader_process: DeviceProcess) -> None:
    with socket.socket(socket.AF_UNIX) as cable, cable.makefile("rb") as lines:
        cable.connect(str(data_path(reader_process.path)))
        assert lines.readline()
        cable.sendall(b"{}\n")
        assert lines.readline() == b""
    assert reader_process.control.state()["plugged"] is True


def test_one_terminal_at_a_time(reader_process: DeviceProcess) -> None:
    path = str(data_path(reader_process.path))
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        first.connect(path)
        assert first.recv(1)
        second.connect(path)
        assert second.recv(1) == b""


def test_a_clean_end_on_sigterm(reader_process: DeviceProcess) -> None:
    os.kill(reader_process.pid, signal.SIGTERM)
    assert reader_process.stop() == 0
    assert not reader_process.path.exists()
    with pytest.raises(DeviceGone):
        DeviceControl(reader_process.path)


def test_a_clean_end_when_asked(reader_process: DeviceProcess) -> None:
    assert reader_process.stop() == 0
    assert not data_path(reader_process.path).exists()


def test_the_device_ends_with_whoever_started_it(short_dir: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "drivers.card.simulated", "--until-stdin-ends"),
            *("--state", short_dir / "state", "--socket", short_dir / "s"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert msgspec.json.decode(process.stdout.readline()) == {"ready": True, "pid": process.pid}
        process.stdin.close()
        assert process.wait(60) == 0


def test_two_processes_never_share_a_device(reader_process: DeviceProcess, short_dir: Path) -> None:
    with pytest.raises(CannotStart, match="another process simulates this device"):
        start_device("drivers.card.simulated", short_dir / "reader", short_dir / "other.sock")
    assert reader_process.control.state()["plugged"] is True


def test_a_path_too_long_for_a_socket(short_dir: Path) -> None:
    with pytest.raises(SocketPathTooLong, match="at most 107"):
        start_device("drivers.card.simulated", short_dir / "state", short_dir / ("s" * 100))


def test_damaged_state_is_named(short_dir: Path) -> None:
    (short_dir / "state").mkdir()
    (short_dir / "state" / "reader.json").write_text('{"inserted": 7}')
    with pytest.raises(CannotStart, match=r"reader\.json"):
        start_device("drivers.card.simulated", short_dir / "state", short_dir / "s")


def test_a_broken_card_image_is_named(reader_process: DeviceProcess, short_dir: Path) -> None:
    (short_dir / "reader" / "cards" / "bad.json").write_text("{}")
    with pytest.raises(DeviceRefused, match=r"bad\.json"):
        reader_process.control.insert("bad")
    listed = {entry["card"]: "error" in entry for entry in reader_process.control.cards()}
    assert listed == {"bad": True, "one": False, "two": False}
