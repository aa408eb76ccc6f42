"""The SQLCipher database of the store: the one connection, its settings, the cast's sequence of writes (DESIGN 8).

What a transaction leaves behind is the danger: a deleted, truncated or left rollback journal gives the order of casts
away even without the key. So the journal is one file of fixed size that lives as long as the store, and after every
transaction it is overwritten with zeros and synced before anybody is told of the success.

The steps of `commit`, each durable before the next: journal written, fsync; journal header, fsync; pages in place,
fsync; journal header zeroed, fsync (this is COMMIT, the commit point); journal zeroed, fdatasync.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlcipher3 import dbapi2 as sqlcipher

from kiosk.store.errors import Damaged, InUse, NoRoom, StoreError, StoreFailed
from kiosk.store.medium import write_whole

DATABASE: Final = "votes.db"
ROLLBACK: Final = "votes.db-journal"

Update = tuple[str, tuple[bytes | int, ...]]
"""One statement of a transaction with its values."""

_BUSY: Final = 5  # SQLITE_BUSY
_FULL: Final = 13  # SQLITE_FULL
_CACHE_PAGES: Final = 64


class NotCommitted(StoreError):  # noqa: N818 - named for what happened
    """The transaction was refused before anything of it was written."""


class CommitUnclear(StoreError):  # noqa: N818 - named for what happened
    """The medium failed somewhere in the transaction: the database must be opened and read again."""


class Database:
    """A connection that holds the store alone. Not for use from several threads.

    `open` reads (and so rolls back what an interruption left) but leaves the journal to `wipe`, which the caller
    calls when it has read and understood everything.
    """

    def __init__(self, folder: Path, page_bytes: int) -> None:
        self._folder = folder
        self._page_bytes = page_bytes
        self._connection: Any = None
        self._rollback = -1
        self.unwiped = False
        """True after a transaction whose journal could not be zeroed; the next one has to do it first."""

    def open(self, key: bytearray) -> None:
        """Connect and take the database for this process alone. Raises InUse, Damaged."""
        try:
            self._connect(key, "rw")
            self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            # From here on the lock is held until `close`: with EXCLUSIVE locking a rollback does not give it back.
            self._connection.execute("BEGIN EXCLUSIVE")
            self._connection.execute("ROLLBACK")
            self._rollback = os.open(self._folder / ROLLBACK, os.O_RDWR)
        except sqlcipher.Error as error:
            self.close()
            raise (InUse if _code(error) == _BUSY else Damaged)("opening") from None
        except OSError:
            self.close()
            raise Damaged("opening") from None

    def make(self, key: bytearray, statements: Iterable[Update]) -> None:
        """Create the database file and carry out `statements` in one transaction. Raises StoreFailed."""
        try:
            self._connect(key, "rwc")
            self._carry_out(statements)
        except sqlcipher.Error as error:
            raise _not_made(error) from None

    def rehearse(self, updates: Iterable[Update], rollback_bytes: int) -> None:
        """A dummy transaction of the largest size, then the journal filled with zeros to its fixed size.

        Raises StoreFailed, OSError.
        """
        try:
            self._carry_out(updates)
        except sqlcipher.Error as error:
            raise _not_made(error) from None
        self._rollback = os.open(self._folder / ROLLBACK, os.O_RDWR)
        if os.fstat(self._rollback).st_size > rollback_bytes:
            raise AssertionError("the rollback journal is larger than planned")
        write_whole(self._rollback, bytes(rollback_bytes))
        os.fsync(self._rollback)

    def _carry_out(self, statements: Iterable[Update]) -> None:
        """One transaction. Raises sqlcipher's errors."""
        self._connection.execute("BEGIN EXCLUSIVE")
        for statement, values in statements:
            self._connection.execute(statement, values)
        self._connection.execute("COMMIT")

    def _connect(self, key: bytearray, mode: str) -> None:
        """Connect with the settings of DESIGN 8. `cached_statements=0`: the statement with the key is not kept."""
        path = quote(str(self._folder.resolve() / DATABASE))
        self._connection = sqlcipher.connect(
            f"file:{path}?mode={mode}", uri=True, isolation_level=None, cached_statements=0, timeout=0
        )
        self._apply_key(key)
        for setting in (
            f"cipher_page_size = {self._page_bytes}",
            "locking_mode = EXCLUSIVE",  # before anything that reads, or a hot journal is unlinked after its rollback
            "journal_mode = PERSIST",
            "temp_store = MEMORY",
            "auto_vacuum = NONE",
            f"cache_size = {_CACHE_PAGES}",
            f"cache_spill = {'ON' if mode == 'rwc' else 'OFF'}",
            "secure_delete = ON",
            "synchronous = FULL",
            "journal_size_limit = -1",
        ):
            self._connection.execute(f"PRAGMA {setting}").fetchall()

    def _apply_key(self, key: bytearray) -> None:
        """Give SQLCipher the raw key; neither the text nor an error that quotes it outlives this call."""
        statement = f"PRAGMA key = \"x'{key.hex()}'\""
        try:
            self._connection.execute(statement)
        except sqlcipher.Error:
            raise Damaged("opening") from None
        finally:
            del statement

    def rows(self, query: str, values: tuple[int, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one at a time. Raises Damaged if a page fails its HMAC or cannot be read."""
        try:
            yield from self._connection.execute(query, values)
        except sqlcipher.Error:
            raise Damaged("reading") from None

    def commit(self, updates: Iterable[Update]) -> None:
        """Carry out same-length UPDATEs as one transaction; durable when this returns.

        Raises NotCommitted (nothing was written) or CommitUnclear (open and read again to know). If only the zeroing
        of the journal failed, the transaction stands: this returns, and `unwiped` is set.
        """
        if self.unwiped:
            self.wipe_or_note()
            if self.unwiped:
                raise NotCommitted("commit")
        try:
            self._carry_out(updates)
        except sqlcipher.Error:
            raise CommitUnclear("commit") from None
        self.wipe_or_note()

    def wipe_or_note(self) -> None:
        """Zero the journal; if the medium will not, try once more, then leave a note for the next transaction."""
        for _ in range(2):
            try:
                self.wipe()
            except OSError:
                self.unwiped = True
            else:
                self.unwiped = False
                return

    def wipe(self) -> None:
        """Overwrite the whole journal with zeros, in place, and make that durable. Raises OSError."""
        size = os.fstat(self._rollback).st_size
        write_whole(self._rollback, bytes(size))
        os.fdatasync(self._rollback)

    def left_over(self) -> bool:
        """True if the journal holds anything but zeros: a transaction was cut short before its wipe. Raises Damaged."""
        try:
            size = os.fstat(self._rollback).st_size
            return os.pread(self._rollback, size, 0).count(0) != size
        except OSError:
            raise Damaged("reading") from None

    def close(self) -> None:
        """Give the database back. An open transaction is rolled back, now or by the next `open`."""
        if self._connection is not None:
            with suppress(sqlcipher.Error):
                self._connection.close()
            self._connection = None
        if self._rollback >= 0:
            os.close(self._rollback)
            self._rollback = -1


def _not_made(error: Exception) -> StoreFailed:
    return NoRoom("making") if _code(error) == _FULL else StoreFailed("making")


def _code(error: Exception) -> int:
    """SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
