"""Where faults are struck: in memory if there is room, for a fault needs no disk, and a sync there costs nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 256 << 20


@contextmanager
def quick_folder(room: int = ROOM) -> Iterator[Path]:
    """A folder of its own for up to `room` bytes, gone afterwards."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > room
    with tempfile.TemporaryDirectory(prefix="pt-faults-", dir=MEMORY if in_memory else None) as name:
        yield Path(name)
