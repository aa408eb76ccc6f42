"""Sealed batches as the store keeps them: a row in the database, and the signed bytes in files beside it.

The files of batch 7 are `batches/000007.sealed`, `.header` and `.answer`. They are durable before the row that names
their digests is written; a file that no row names is what an interruption left, and is overwritten by the next batch
of that number.
"""

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from kiosk.store.errors import Damaged
from kiosk.store.medium import sync_folder, write_durably

FOLDER: Final = "batches"


class BatchState(StrEnum):
    """How far a batch went. It only moves down this list; the last two are both final."""

    SEALED = "sealed"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    QUARANTINED = "quarantined"


ANSWERED: Final = (BatchState.ACKNOWLEDGED, BatchState.QUARANTINED)


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed batch: its number from 1, state, number of ballots, digests of its files as SHA-256 hex.

    `accepted` and `refused` are what the centre's answer says, 0 until there is one.
    """

    sequence: int
    state: BatchState
    ballots: int
    header_sha256: str
    sealed_sha256: str
    answer_sha256: str = ""
    accepted: int = 0
    refused: int = 0


class BatchPart(StrEnum):
    """The files of a batch, by the end of their names."""

    HEADER = "header"
    SEALED = "sealed"
    ANSWER = "answer"


def digest_of(content: bytes) -> str:
    """SHA-256 as hex, by which a row names a file."""
    return hashlib.sha256(content).hexdigest()


class BatchFiles:
    """The files of the batches, in one folder."""

    def __init__(self, store_folder: Path) -> None:
        self._folder = store_folder / FOLDER

    def make(self) -> None:
        """Make the folder of a new store."""
        self._folder.mkdir(mode=0o700)
        sync_folder(self._folder)

    def write(self, sequence: int, part: BatchPart, content: bytes) -> str:
        """Put a file in place durably; its SHA-256 as hex. Raises OSError, and then the old file stands."""
        write_durably(self._path(sequence, part), content)
        return digest_of(content)

    def read(self, sequence: int, part: BatchPart, sha256: str) -> bytes:
        """The content of a file. Raises Damaged if it is not what the store's row says."""
        try:
            content = self._path(sequence, part).read_bytes()
        except OSError:
            raise Damaged(f"batch {sequence}") from None
        if digest_of(content) != sha256:
            raise Damaged(f"batch {sequence}")
        return content

    def _path(self, sequence: int, part: BatchPart) -> Path:
        return self._folder / f"{sequence:06}.{part}"
