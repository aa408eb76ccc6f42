"""The station's pool: credential codes sealed to the polling-place key, which the desk cannot open.

The file keeps the size, the place and the order in which provisioning wrote it. An entry is drawn at random, and its
bytes are overwritten where they lie, durably, before it is handed out: a power cut can waste an entry but never issue
one twice. So neither the file nor old blocks of the medium say in which order entries went (DESIGN 7, 8).
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec

from kiosk.disk.mounts import keeps_overwritten

ENTRY_CHARACTERS: Final = 100
"""Base64 of a sealed credential."""
_GONE: Final = "."
"""Stands for every character of a drawn entry. It is not of base64, so one of them is enough: an entry whose
overwriting a power cut tore is gone, too."""

EntryText = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/.]{98}[=.]{2}\Z")]


class PoolError(Exception):
    """The pool cannot give an entry; the words say what to do."""


class _PoolFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    place: str
    styles: dict[str, list[EntryText]]

    def left(self, style: str) -> list[str]:
        """The entries that have not been drawn."""
        return [entry for entry in self.styles.get(style, ()) if _GONE not in entry]


class Pool:
    """The pool of one desk, in its file."""

    def __init__(self, path: Path) -> None:
        """Raises PoolError if the file is missing or is no pool, or lies where old versions of it are kept."""
        self._path = path
        self._read()
        if keeps_overwritten(path.parent):
            raise PoolError(
                f"{path}: its file system keeps what is overwritten (data=journal), which would tell the order of"
                " issues; mount it with data=ordered"
            )

    def left(self) -> Mapping[str, int]:
        """Entries left, by ballot style. Raises PoolError."""
        _, pool = self._read()
        return {style: len(pool.left(style)) for style in pool.styles}

    def draw(self, style: str) -> bytes:
        """A sealed credential of `style`, chosen at random; it is durably gone from the pool on return.

        Raises PoolError if none is left, or the file cannot be written: nothing is handed out then.
        """
        with self._alone() as descriptor:
            content, pool = self._read()
            entries = pool.left(style)
            if not entries:
                raise PoolError(f"no credential of ballot style {style} is left at this desk; ask the chair for more")
            drawn = entries[secrets.randbelow(len(entries))]
            _overwrite(descriptor, content.index(drawn.encode()))
        return base64.b64decode(drawn)

    def _read(self) -> tuple[bytes, _PoolFile]:
        """The file's bytes, and what they say."""
        try:
            content = self._path.read_bytes()
            return content, msgspec.json.decode(content, type=_PoolFile)
        except OSError as error:
            raise PoolError(f"{self._path}: {error.strerror}; give the folder that provisioning made") from error
        except msgspec.DecodeError as error:
            raise PoolError(f"{self._path}: it is no pool of credentials; provision the desk again") from error

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """The file, open for writing and locked: two programs that draw at once would draw the same entry."""
        try:
            descriptor = os.open(self._path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise PoolError(f"{self._path}: {error.strerror}; issue nothing at this desk, call a technician") from error


def _overwrite(descriptor: int, offset: int) -> None:
    """Put nothing in the place of an entry, durably. Raises OSError."""
    left = _GONE.encode() * ENTRY_CHARACTERS
    while left:
        written = os.pwrite(descriptor, left, offset)
        left, offset = left[written:], offset + written
    os.fsync(descriptor)
