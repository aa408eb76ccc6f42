"""Stores as one would build them at first, each with one fault. The attacker has to find the order in every one."""

import os
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from sqlcipher3 import dbapi2 as sqlcipher

from kiosk.store.layout import StoredBallot, filled_slot, leaf_bytes

PAGE = 32768


class NaiveStore(ABC):
    """A SQLCipher database `votes.db` in a folder. Same key, same ballots, another way to keep them."""

    def __init__(self, folder: Path, key: bytes) -> None:
        folder.mkdir()
        self.connection: Any = sqlcipher.connect(str(folder / "votes.db"), isolation_level=None)
        self.connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        self.connection.execute(f"PRAGMA cipher_page_size = {self.page_bytes}")
        for setting in ("locking_mode = EXCLUSIVE", "synchronous = FULL", "secure_delete = ON", *self.settings):
            self.connection.execute(f"PRAGMA {setting}").fetchall()

    page_bytes = PAGE
    settings: tuple[str, ...] = ()

    @abstractmethod
    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        """Store the ballots of one session, durably."""

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class OverflowStore(NaiveStore):
    """Random keys in a table `WITHOUT ROWID`: the tree is in the order of codes, its overflow pages are not.

    Its rollback journal is never on the disk, so that nothing but the overflow pages can tell.
    """

    page_bytes = 4096
    settings = ("journal_mode = MEMORY",)

    def __init__(self, folder: Path, key: bytes) -> None:
        super().__init__(folder, key)
        self.connection.execute("CREATE TABLE ballot (code TEXT PRIMARY KEY, ballot TEXT NOT NULL) WITHOUT ROWID")

    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        """Insert each by its random code."""
        self.connection.execute("BEGIN EXCLUSIVE")
        for ballot in ballots:
            self.connection.execute("INSERT INTO ballot VALUES (?, ?)", (ballot.code, ballot.ballot_json))
        self.connection.execute("COMMIT")


class SlotsStore(NaiveStore):
    """The vote store's own slots, a page each, made before and filled at random; the journal mode is the fault."""

    def __init__(self, folder: Path, key: bytes, slots: int) -> None:
        super().__init__(folder, key)
        self._leaf = leaf_bytes(PAGE)
        self.connection.execute("BEGIN EXCLUSIVE")
        self.connection.execute("CREATE TABLE slot (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        for slot in range(slots):
            self.connection.execute("INSERT INTO slot VALUES (?, ?)", (slot, bytes(self._leaf)))
        self.connection.execute("COMMIT")
        self.free = list(range(slots))
        random.SystemRandom().shuffle(self.free)

    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        """Fill one random slot for each."""
        self.connection.execute("BEGIN EXCLUSIVE")
        for ballot in ballots:
            body = filled_slot(ballot, self._leaf)
            self.connection.execute("UPDATE slot SET body = ? WHERE id = ?", (body, self.free.pop()))
        self.connection.execute("COMMIT")


class WalStore(SlotsStore):
    """Under WAL, as SQLite keeps it by itself: the log is freed when the store is closed, and its blocks tell."""

    settings = ("journal_mode = WAL",)

    def __init__(self, folder: Path, key: bytes, slots: int) -> None:
        super().__init__(folder, key, slots)
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class DeleteStore(SlotsStore):
    """With the rollback journal that SQLite deletes after every transaction."""

    settings = ("journal_mode = DELETE",)


class SparseStore:
    """Slots in a file with holes, written where they belong: the file system notes down when each hole is filled."""

    def __init__(self, folder: Path, key: bytes, slots: int) -> None:
        folder.mkdir()
        self._key = key
        self._file = os.open(folder / "votes.db", os.O_RDWR | os.O_CREAT)
        os.ftruncate(self._file, slots * PAGE)
        self._free = list(range(slots))
        random.SystemRandom().shuffle(self._free)

    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        """One page each, encrypted by itself."""
        for ballot in ballots:
            plain = bytes(16) + filled_slot(ballot, PAGE - 16)
            page = Cipher(AES256(self._key), CBC(os.urandom(16))).encryptor().update(plain)
            os.pwrite(self._file, page, self._free.pop() * PAGE)
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
