"""Files that are wholly old or wholly new, whenever the power goes."""

import os
from pathlib import Path

PRIVATE = 0o600


def write_durably(path: Path, data: bytes) -> None:
    """Replace `path` by a private file (0600) holding `data`; on return it is on the disk.

    A reader sees the old bytes or the new ones, never a part. Raises OSError, and then the old file stands.
    """
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE)
    try:
        os.fchmod(descriptor, PRIVATE)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: without this a rename or an unlink may be undone by a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
