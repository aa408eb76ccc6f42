"""A device's folder of keys: nobody but the terminal's own user may enter, read or change it."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.keystore.api import KeysExposed, KeysMissing

LARGEST_FILE = 1 << 24


class PrivateFolder:
    """A folder (0700) of files (0600), all of this user's.

    Raises KeysMissing if there is no such folder, KeysExposed if others may enter it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.check()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against other processes, after looking at its permissions again."""
        self.check()
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def check(self) -> None:
        """Raise KeysMissing or KeysExposed if the folder is not as it must be."""
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            raise KeysMissing(f"{self._path}: there is no such folder; provision the device") from None
        if not stat.S_ISDIR(found.st_mode):
            raise KeysExposed(f"{self._path} is not a folder")
        if found.st_uid != os.geteuid():
            raise KeysExposed(f"{self._path} belongs to another user; chown it to the terminal's user")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise KeysExposed(f"{self._path} is open to other users; run chmod 700 on it")

    def read(self, name: str, *, public: bool = False) -> bytes:
        """Read a file after looking at who else could (for a public one: who else could change it).

        Raises KeysMissing, KeysExposed.
        """
        path = self._path / name
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise KeysMissing(f"{path} is missing; provision the device") from None
        except OSError:
            raise KeysExposed(f"{path} cannot be opened, or is a link to elsewhere") from None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise KeysExposed(f"{path} is not a plain file")
            if found.st_uid != os.geteuid():
                raise KeysExposed(f"{path} belongs to another user; chown it to the terminal's user")
            if stat.S_IMODE(found.st_mode) & (0o022 if public else 0o077):
                raise KeysExposed(f"{path} is open to other users; run chmod 600 on it")
            return file.read(LARGEST_FILE)


def overwrite(descriptor: int) -> None:
    """Write zeros over a file's bytes, durably, and close it."""
    try:
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
