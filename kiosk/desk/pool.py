"""The station's pool: credential codes sealed to the polling-place key, which the desk cannot open.

An entry is drawn at random and is gone from the file before it is handed out, so a power cut can waste an entry but
never issue one twice. The file says which entries are left and nothing of the order in which others went.
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

SealedText = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{98}==\Z")]


class PoolError(Exception):
    """The pool cannot give an entry; the words say what to do."""


class _PoolFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    place: str
    styles: dict[str, list[SealedText]]


class Pool:
    """The pool of one desk, in its file."""

    def __init__(self, path: Path) -> None:
        """Raises PoolError if the file is missing or is no pool."""
        self._path = path
        self._read()

    def left(self) -> Mapping[str, int]:
        """Entries left, by ballot style."""
        return {style: len(entries) for style, entries in self._read().styles.items()}

    def draw(self, style: str) -> bytes:
        """A sealed credential of `style`, chosen at random; it is durably gone from the pool on return.

        Raises PoolError if none is left.
        """
        pool = self._read()
        entries = list(pool.styles.get(style, ()))
        if not entries:
            raise PoolError(f"no credential of ballot style {style} is left at this desk; ask the chair for more")
        drawn = entries.pop(secrets.randbelow(len(entries)))
        self._write(msgspec.structs.replace(pool, styles={**pool.styles, style: entries}))
        return base64.b64decode(drawn)

    def _read(self) -> _PoolFile:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_PoolFile)
        except OSError as error:
            raise PoolError(f"{self._path}: {error.strerror}; give the folder that provisioning made") from error
        except msgspec.DecodeError as error:
            raise PoolError(f"{self._path}: it is no pool of credentials; provision the desk again") from error

    def _write(self, pool: _PoolFile) -> None:
        making = self._path.with_name(self._path.name + ".making")
        descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(pool))
            file.flush()
            os.fsync(file.fileno())
        making.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
