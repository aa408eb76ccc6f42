"""The model of the medium that the power cuts use: what it takes for durable, and what it lets be lost."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.power import crash_states
from tests.faults.strace import Call, UnknownCall

Found = dict[str, bytes]


def write(file: str, offset: int, content: bytes) -> Call:
    data = "".join(f"\\x{byte:02x}" for byte in content)
    return Call("pwrite64", f'3</r{file}>, "{data}", {len(content)}, {offset}', str(len(content)))


def sync(file: str, result: str = "0") -> Call:
    return Call("fsync", f"3</r{file}>", result)


def made(file: str) -> Call:
    return Call("openat", f'AT_FDCWD, "/r{file}", O_RDWR|O_CREAT, 0600', "3</r" + file + ">")


def moved(old: str, new: str) -> Call:
    return Call("rename", f'"/r{old}", "/r{new}"', "0")


def at_the_end(tmp_path: Path, calls: Sequence[Call]) -> list[Found]:
    """Every state that may be found if the power fails after the last call."""
    prepared = tmp_path / "prepared"
    if not prepared.exists():
        prepared.mkdir()
        (prepared / "old").write_bytes(b"o" * 1024)
    found: list[Found] = []
    states = crash_states(prepared, Path("/r"), calls, random.Random(1), 1000)
    target = tmp_path / "found"
    for point, points, medium, state in states:
        if point == points:
            medium.write(state, target)
            found.append({path.name: path.read_bytes() for path in target.iterdir()})
            shutil.rmtree(target)
    return found


def test_what_is_synced_is_there(tmp_path: Path) -> None:
    found = at_the_end(tmp_path, [write("/old", 0, b"n" * 1024), sync("/old")])
    assert found == [{"old": b"n" * 1024}] * len(found)


def test_what_is_not_synced_may_be_there_in_any_piece(tmp_path: Path) -> None:
    found = {state["old"] for state in at_the_end(tmp_path, [write("/old", 0, b"n" * 1024)])}
    old, new = b"o" * 512, b"n" * 512
    assert found == {old + old, old + new, new + old, new + new}


def test_later_writes_may_be_there_without_earlier_ones(tmp_path: Path) -> None:
    calls = [write("/old", 0, b"a" * 512), write("/old", 512, b"b" * 512)]
    assert b"o" * 512 + b"b" * 512 in {state["old"] for state in at_the_end(tmp_path, calls)}


def test_a_file_may_have_grown_without_its_bytes(tmp_path: Path) -> None:
    found = {state["old"] for state in at_the_end(tmp_path, [write("/old", 1024, b"n" * 1024)])}
    assert b"o" * 1024 in found
    assert b"o" * 1024 + bytes(1024) in found
    assert b"o" * 1024 + b"n" * 512 in found


def test_a_name_is_durable_with_its_folder_and_not_with_its_file(tmp_path: Path) -> None:
    calls = [made("/new"), write("/new", 0, b"n" * 10), sync("/new")]
    assert {"old": b"o" * 1024} in at_the_end(tmp_path, calls)
    found = at_the_end(tmp_path, [*calls, sync("")])
    assert found == [{"old": b"o" * 1024, "new": b"n" * 10}] * len(found)


def test_a_moved_file_may_be_empty_if_it_was_not_synced_before(tmp_path: Path) -> None:
    calls = [made("/new"), write("/new", 0, b"n" * 10), moved("/new", "/old"), sync("")]
    assert {"old": b""} in at_the_end(tmp_path, calls)
    synced = [*calls[:2], sync("/new"), *calls[2:]]
    found = at_the_end(tmp_path, synced)
    assert found == [{"old": b"n" * 10}] * len(found)


def test_an_unlink_may_be_undone(tmp_path: Path) -> None:
    gone = Call("unlink", '"/r/old"', "0")
    assert {"old": b"o" * 1024} in at_the_end(tmp_path, [gone])
    assert {"old": b"o" * 1024} not in at_the_end(tmp_path, [gone, sync("")])


def test_what_a_failed_sync_left_may_be_gone_after_the_next_one(tmp_path: Path) -> None:
    failed = [write("/old", 0, b"n" * 512), sync("/old", "-1 EIO (Input/output error) (INJECTED)"), sync("/old")]
    assert b"o" * 1024 in {state["old"] for state in at_the_end(tmp_path, failed)}
    again = [*failed, write("/old", 0, b"n" * 512), sync("/old")]
    found = at_the_end(tmp_path, again)
    assert {state["old"] for state in found} == {b"n" * 512 + b"o" * 512}


def test_a_call_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownCall):
        at_the_end(tmp_path, [Call("write", '3</r/old>, "x", 1', "1")])
