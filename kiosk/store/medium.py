"""Files on the medium: durable writes, and what the file system must not do to them (DESIGN 8)."""

import array
import errno
import fcntl
import os
import stat
import struct
from pathlib import Path
from typing import Final

from kiosk.disk.mounts import keeps_overwritten
from kiosk.store.errors import InUse, UnsafeMedium

_FS_IOC_FIEMAP: Final = 0xC020660B  # linux/fs.h, linux/fiemap.h
_FIEMAP: Final = struct.Struct("=QQLLLL")
_EXTENT: Final = struct.Struct("=QQQQQLLLL")
_EXTENTS_A_CALL: Final = 128
_SYNC: Final = 1
_LAST, _DELALLOC, _UNWRITTEN = 0x1, 0x4, 0x800
_NOT_SUPPORTED: Final = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(descriptor: int, content: bytes, offset: int = 0) -> None:
    """Write all of `content` at `offset`, however many calls that takes. Raises OSError."""
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def read_plain(path: Path, most: int) -> bytes:
    """A file of up to `most` bytes, and nothing that may lie in its place: a link, a pipe. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most:
            raise OSError(errno.EINVAL, "not a plain file, or too long")
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


def write_durably(path: Path, content: bytes) -> None:
    """Put a file in place: whole and durable, or not there (or as it was). Raises OSError."""
    making = path.with_name(path.name + ".making")
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        write_whole(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    making.rename(path)
    sync_folder(path.parent)


def take_alone(path: Path) -> int:
    """Lock a file for this open store alone; closing the descriptor that this returns gives it back.

    An flock, because SQLite's own locks do not part two stores within one process. Raises InUse, OSError.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUse("opening") from None
    return descriptor


def check_file_system(folder: Path) -> None:
    """Refuse ext4 with `data=journal`: its journal keeps every version of every page. Raises UnsafeMedium."""
    if keeps_overwritten(folder):
        raise UnsafeMedium("opening")


def check_written(path: Path) -> None:
    """Refuse a file with holes or extents not yet written: their conversion tells the order. Raises UnsafeMedium.

    Must not be called on a database that this process has open: closing any descriptor of a file drops the
    process's locks on it (fcntl(2)). File systems without FIEMAP are let through.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        covered = _written_bytes(descriptor)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if covered is not None and covered < size:
        raise UnsafeMedium("opening")


def _written_bytes(descriptor: int) -> int | None:
    """How many bytes of a file lie in written extents; None if the file system cannot say."""
    covered, start = 0, 0
    while True:
        head = _FIEMAP.pack(start, (1 << 64) - 1 - start, _SYNC, 0, _EXTENTS_A_CALL, 0)
        request = array.array("B", head + bytes(_EXTENT.size * _EXTENTS_A_CALL))
        try:
            fcntl.ioctl(descriptor, _FS_IOC_FIEMAP, request, True)
        except OSError as error:
            if error.errno in _NOT_SUPPORTED:
                return None
            raise
        mapped = _FIEMAP.unpack_from(request)[3]
        flags = _LAST
        for index in range(mapped):
            logical, _, length, _, _, flags, *_ = _EXTENT.unpack_from(request, _FIEMAP.size + index * _EXTENT.size)
            start = logical + length
            covered += 0 if flags & (_DELALLOC | _UNWRITTEN) else length
        if flags & _LAST:
            return covered
