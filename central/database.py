"""The centre's database: batches, ballots, rounds and what went wrong. SQLite, one transaction a batch.

Everything that decides whether a ballot counts is decided inside `BatchTransaction`, so that a centre killed at
any point either knows the whole batch with its acknowledgement or nothing of it.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

SCHEMA_VERSION = 1
CACHE_KIB = 128 * 1024
APPLICATION_ID = 0x50544331  # "PTC1"

# A batch's row is written last in its transaction, when its acknowledgement is known: hence the deferred keys.
SCHEMA = """
CREATE TABLE centre (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    package TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;
CREATE TABLE papers (
    paper_id TEXT PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    settled_by TEXT
) STRICT;
CREATE TABLE batches (
    batch INTEGER PRIMARY KEY,
    terminal TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    header_sha256 TEXT NOT NULL,
    header BLOB NOT NULL,
    sealed BLOB NOT NULL,
    acknowledgement BLOB NOT NULL,
    accepted INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    UNIQUE (terminal, sequence)
) STRICT;
CREATE TABLE ballots (
    paper_id TEXT NOT NULL REFERENCES papers,
    code TEXT NOT NULL,
    credential TEXT NOT NULL,
    ballot TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    round INTEGER,
    PRIMARY KEY (paper_id, code),
    UNIQUE (paper_id, credential)
) STRICT;
CREATE INDEX ballots_by_round ON ballots (paper_id, round, code);
CREATE TABLE rounds (
    paper_id TEXT NOT NULL REFERENCES papers,
    round INTEGER NOT NULL,
    ballots INTEGER NOT NULL,
    appended INTEGER NOT NULL CHECK (appended IN (0, 1)),
    PRIMARY KEY (paper_id, round)
) STRICT;
CREATE TABLE refused_ballots (
    batch INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    paper_id TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    ballot TEXT NOT NULL
) STRICT;
CREATE TABLE conflicts (
    paper_id TEXT NOT NULL,
    credential TEXT NOT NULL,
    accepted_code TEXT NOT NULL,
    accepted_batch INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED,
    refused_code TEXT NOT NULL,
    refused_batch INTEGER NOT NULL REFERENCES batches DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE incidents (
    incident INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    terminal TEXT NOT NULL,
    sequence INTEGER,
    header_sha256 TEXT,
    header BLOB NOT NULL,
    times INTEGER NOT NULL,
    UNIQUE (kind, terminal, sequence, header_sha256)
) STRICT;
"""


class DatabaseTrouble(Exception):  # noqa: N818 -- a trouble to explain to a person, named like the others of the house
    """The database cannot be used; the text says why and what to do."""


class PaperState(StrEnum):
    """Whether a paper still takes ballots."""

    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch that was answered: the digest of its header, and the answer."""

    header_sha256: str
    acknowledgement: bytes


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One published line about a batch."""

    terminal: str
    sequence: int
    header_sha256: str
    accepted: int
    refused: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two ballots of one credential: the one that stands and the one refused, with their batches."""

    paper_id: str
    credential: str
    accepted_code: str
    accepted_terminal: str
    accepted_sequence: int
    refused_code: str
    refused_terminal: str
    refused_sequence: int


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper's numbers: ballots accepted, and those of them that are in the archive."""

    paper_id: str
    uuid: str
    state: PaperState
    accepted: int
    published: int


@dataclass(frozen=True, slots=True)
class AcceptedBallot:
    """An accepted ballot in the order of its archive: sorted by round, then by code."""

    code: str
    ballot: str


class BatchTransaction:
    """The open transaction of one batch; made by `Database.batch_transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT coalesce(max(batch), 0) + 1 FROM batches").fetchone()
        self._batch = int(row[0])

    def code_of(self, paper_id: str, credential: str) -> str | None:
        """The code of the accepted ballot of this credential."""
        query = "SELECT code FROM ballots WHERE paper_id = ? AND credential = ?"
        row = self._connection.execute(query, (paper_id, credential)).fetchone()
        return None if row is None else str(row[0])

    def accept(self, paper_id: str, code: str, credential: str, ballot: str) -> None:
        """Store an accepted ballot; the unique keys refuse a second one of its credential."""
        self._connection.execute(
            "INSERT INTO ballots VALUES (?, ?, ?, ?, ?, NULL)",
            (paper_id, code, credential, ballot, self._batch),
        )

    def refuse(self, paper_id: str, code: str, reason: str, ballot: str) -> None:
        """Keep a refused ballot with its reason; it never enters an archive."""
        self._connection.execute(
            "INSERT INTO refused_ballots VALUES (?, ?, ?, ?, ?)",
            (self._batch, paper_id, code, reason, ballot),
        )

    def conflict(self, paper_id: str, credential: str, accepted_code: str, refused_code: str) -> None:
        """Record that a second ballot of a credential came."""
        query = "SELECT batch FROM ballots WHERE paper_id = ? AND code = ?"
        accepted_batch = self._connection.execute(query, (paper_id, accepted_code)).fetchone()[0]
        self._connection.execute(
            "INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?)",
            (paper_id, credential, accepted_code, accepted_batch, refused_code, self._batch),
        )

    def answer(
        self,
        *,
        terminal: str,
        sequence: int,
        header_sha256: str,
        header: bytes,
        sealed: bytes,
        acknowledgement: bytes,
        accepted: int,
        refused: int,
    ) -> None:
        """Store the batch with its acknowledgement, which is what every retry will be given."""
        self._connection.execute(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._batch,
                terminal,
                sequence,
                header_sha256,
                header,
                sealed,
                acknowledgement,
                accepted,
                refused,
            ),
        )


class Database:
    """The database of one centre for one election package. Usable from several threads, one at a time."""

    def __init__(self, path: Path, package: str, mode: str, papers: Iterable[tuple[str, str]]) -> None:
        """Open or make it; `papers` are (paper_id, uuid). Raises DatabaseTrouble."""
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise DatabaseTrouble(f"{path} cannot be opened as the centre's database: {error}") from error
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            # The keys of 100,000 ballots are hashes, at random places: they must fit, or each costs more than the last.
            self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            with self._transaction() as connection:
                self._prepare(connection, package, mode, papers)
        except sqlite3.Error as error:
            self._connection.close()
            raise DatabaseTrouble(f"{path} cannot be used as the centre's database: {error}") from error
        except DatabaseTrouble:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- batches ---

    def stored_batch(self, terminal: str, sequence: int) -> StoredBatch | None:
        """The batch of a terminal under a sequence number, if it was answered."""
        query = "SELECT header_sha256, acknowledgement FROM batches WHERE terminal = ? AND sequence = ?"
        row = self._row(query, terminal, sequence)
        return None if row is None else StoredBatch(str(row[0]), bytes(row[1]))

    def stored_header(self, terminal: str, sequence: int) -> bytes | None:
        """The header envelope of an answered batch, as it came."""
        row = self._row("SELECT header FROM batches WHERE terminal = ? AND sequence = ?", terminal, sequence)
        return None if row is None else bytes(row[0])

    def head(self, terminal: str) -> tuple[int, str] | None:
        """Sequence and header digest of the terminal's last batch."""
        with self._lock:
            return _head(self._connection, terminal)

    @contextmanager
    def batch_transaction(self) -> Iterator[BatchTransaction]:
        """One batch, all or nothing: committed when the block ends, undone when it raises."""
        with self._transaction() as connection:
            yield BatchTransaction(connection)

    def record_incident(self, kind: str, terminal: str, sequence: int, header_sha256: str, header: bytes) -> None:
        """Keep a header that was refused although a terminal of the election signed it; repeats are counted."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO incidents (kind, terminal, sequence, header_sha256, header, times)"
                " VALUES (?, ?, ?, ?, ?, 1)"
                " ON CONFLICT (kind, terminal, sequence, header_sha256) DO UPDATE SET times = times + 1",
                (kind, terminal, sequence, header_sha256, header),
            )

    def batches(self) -> tuple[BatchLine, ...]:
        """Every answered batch, by terminal and sequence."""
        rows = self._rows(
            "SELECT terminal, sequence, header_sha256, accepted, refused FROM batches ORDER BY terminal, sequence"
        )
        return tuple(BatchLine(str(a), int(b), str(c), int(d), int(e)) for a, b, c, d, e in rows)

    def incidents(self) -> tuple[tuple[str, str, int, str, int], ...]:
        """Kind, terminal, sequence, header digest and number of times of every recorded incident."""
        rows = self._rows("SELECT kind, terminal, sequence, header_sha256, times FROM incidents ORDER BY incident")
        return tuple((str(a), str(b), int(c), str(d), int(e)) for a, b, c, d, e in rows)

    def conflicts(self, paper_id: str | None = None) -> tuple[Conflict, ...]:
        """Second ballots of one credential, of a paper or of all."""
        rows = self._rows(
            "SELECT c.paper_id, c.credential, c.accepted_code, a.terminal, a.sequence,"
            " c.refused_code, r.terminal, r.sequence FROM conflicts c"
            " JOIN batches a ON a.batch = c.accepted_batch JOIN batches r ON r.batch = c.refused_batch"
            " WHERE ?1 IS NULL OR c.paper_id = ?1 ORDER BY c.paper_id, c.refused_code",
            paper_id,
        )
        return tuple(
            Conflict(str(a), str(b), str(c), str(d), int(e), str(f), str(g), int(h)) for a, b, c, d, e, f, g, h in rows
        )

    # --- papers and rounds ---

    def papers(self) -> tuple[PaperLine, ...]:
        """Every paper with its numbers."""
        rows = self._rows(
            "SELECT p.paper_id, p.uuid, p.state,"
            " (SELECT count(*) FROM ballots b WHERE b.paper_id = p.paper_id),"
            " (SELECT coalesce(sum(r.ballots), 0) FROM rounds r WHERE r.paper_id = p.paper_id AND r.appended)"
            " FROM papers p ORDER BY p.paper_id"
        )
        return tuple(PaperLine(str(a), str(b), PaperState(c), int(d), int(e)) for a, b, c, d, e in rows)

    def paper_states(self) -> dict[str, PaperState]:
        """Which papers still take ballots."""
        return {str(paper): PaperState(state) for paper, state in self._rows("SELECT paper_id, state FROM papers")}

    def plan_round(self, paper_id: str) -> bool:
        """Write down that every ballot not yet in a round goes into a new one; False if there is none.

        This is the intent that outlives a crash: which ballots, and by their codes in which order.
        """
        with self._transaction() as connection:
            query = "SELECT coalesce(max(round), 0) + 1 FROM rounds WHERE paper_id = ?"
            number = connection.execute(query, (paper_id,)).fetchone()[0]
            query = "UPDATE ballots SET round = ? WHERE paper_id = ? AND round IS NULL"
            moved = connection.execute(query, (number, paper_id)).rowcount
            if moved:
                connection.execute("INSERT INTO rounds VALUES (?, ?, ?, 0)", (paper_id, number, moved))
            return bool(moved)

    def rounds_pending(self, paper_id: str) -> bool:
        """True if a round was planned that is not known to be in the archive."""
        query = "SELECT count(*) FROM rounds WHERE paper_id = ? AND NOT appended"
        row = self._row(query, paper_id)
        return row is not None and bool(row[0])

    def planned_codes(self, paper_id: str) -> tuple[str, ...]:
        """Codes of the ballots of every planned round, in the archive's order."""
        query = "SELECT code FROM ballots WHERE paper_id = ? AND round IS NOT NULL ORDER BY round, code"
        return tuple(str(row[0]) for row in self._rows(query, paper_id))

    def pending_ballots(self, paper_id: str) -> tuple[AcceptedBallot, ...]:
        """Ballots of the planned rounds not known to be in the archive, in the archive's order."""
        rows = self._rows(
            "SELECT b.code, b.ballot FROM ballots b JOIN rounds r ON r.paper_id = b.paper_id AND r.round = b.round"
            " WHERE b.paper_id = ? AND NOT r.appended ORDER BY b.round, b.code",
            paper_id,
        )
        return tuple(AcceptedBallot(str(code), str(ballot)) for code, ballot in rows)

    def rounds_appended(self, paper_id: str) -> None:
        """Note that every planned round of the paper is durable in its archive."""
        with self._transaction() as connection:
            connection.execute("UPDATE rounds SET appended = 1 WHERE paper_id = ?", (paper_id,))

    def end_paper(self, paper_id: str, settled_by: str | None) -> None:
        """Take no more ballots of a paper; `settled_by` names the act that settled its conflicts."""
        with self._transaction() as connection:
            query = "UPDATE papers SET state = 'ended', settled_by = coalesce(?, settled_by) WHERE paper_id = ?"
            connection.execute(query, (settled_by, paper_id))

    # --- inside ---

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have made SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _row(self, query: str, *values: str | int | None) -> tuple[Any, ...] | None:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    def _rows(self, query: str, *values: str | int | None) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def _prepare(
        self, connection: sqlite3.Connection, package: str, mode: str, papers: Iterable[tuple[str, str]]
    ) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if version == 0 and application == 0:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO centre VALUES (1, ?, ?)", (package, mode))
            for paper_id, uuid in papers:
                connection.execute("INSERT INTO papers VALUES (?, ?, 'open', NULL)", (paper_id, uuid))
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            return
        if application != APPLICATION_ID or version != SCHEMA_VERSION:
            raise DatabaseTrouble(
                f"the database is of schema {version}, this centre needs {SCHEMA_VERSION}: use the matching release"
            )
        stored = connection.execute("SELECT package, mode FROM centre").fetchone()
        if stored != (package, mode):
            raise DatabaseTrouble("the database belongs to another election package: use the folder it was made in")


def _head(connection: sqlite3.Connection, terminal: str) -> tuple[int, str] | None:
    query = "SELECT sequence, header_sha256 FROM batches WHERE terminal = ? ORDER BY sequence DESC LIMIT 1"
    row = connection.execute(query, (terminal,)).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))
