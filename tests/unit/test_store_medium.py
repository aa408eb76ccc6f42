"""What the store asks of files and file systems."""

import os
from pathlib import Path

import pytest

from kiosk.disk import mounts
from kiosk.store import medium
from kiosk.store.errors import UnsafeMedium


def test_a_file_is_put_in_place_whole(tmp_path: Path) -> None:
    path = tmp_path / "batch"
    medium.write_durably(path, b"one")
    medium.write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "batch"
    medium.write_durably(path, b"one")

    def no_room(descriptor: int, content: memoryview, offset: int) -> int:
        raise OSError(28, "no room")

    monkeypatch.setattr(os, "pwrite", no_room)
    with pytest.raises(OSError, match="no room"):
        medium.write_durably(path, b"two")
    assert path.read_bytes() == b"one"


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    """A medium may come with one: to whatever the terminal may write on its own disk."""
    own = tmp_path / "own"
    own.write_bytes(b"votes")
    (tmp_path / "shares.making").symlink_to(own)
    with pytest.raises(OSError, match="symbolic links"):
        medium.write_durably(tmp_path / "shares", b"shares")
    assert own.read_bytes() == b"votes"


def test_short_writes_are_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, content, offset: real(descriptor, content[:3], offset))
    medium.write_durably(tmp_path / "batch", b"0123456789")
    assert (tmp_path / "batch").read_bytes() == b"0123456789"


def test_a_file_with_holes_is_refused_where_the_file_system_can_tell(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    path.write_bytes(b"x" * 65536)
    medium.check_written(path)
    os.truncate(path, 1 << 20)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        tells = medium._written_bytes(descriptor) is not None
    finally:
        os.close(descriptor)
    if tells:
        with pytest.raises(UnsafeMedium):
            medium.check_written(path)
    else:
        medium.check_written(path)


def test_a_journal_that_keeps_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "rw" in mounts.mount_options(tmp_path)
    medium.check_file_system(tmp_path)
    monkeypatch.setattr(mounts, "mount_options", lambda folder: {"rw", "data=journal"})
    with pytest.raises(UnsafeMedium):
        medium.check_file_system(tmp_path)
