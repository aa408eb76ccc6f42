"""Making a store: every page it will ever have is written once, with real zeros, before the first vote (DESIGN 8)."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.store.batches import BatchFiles
from kiosk.store.database import DATABASE, Database, Update
from kiosk.store.errors import AnotherElection, Damaged, NewerFormat, NoStore, StoreExists, WrongKey
from kiosk.store.journal import RESERVE_PAGES, JournalPlace
from kiosk.store.layout import (
    BATCH_BYTES,
    FORMAT,
    KEY_BYTES,
    STATE_BYTES,
    Header,
    key_check,
    leaf_bytes,
    padded,
    page_bytes_for,
    rollback_bytes,
)
from kiosk.store.medium import check_file_system, read_plain, sync_folder, write_durably
from protocol.journal import first_previous

HEADER: Final = "store.json"
HEADER_LONGEST: Final = 65_536


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a store is made; none of it can grow later.

    `slots` ballots in all, `largest_ballot` bytes of ballot JSON, `session_papers` ballots in one cast,
    `journal_pages` of about 150 events each, `batch_rows` sealed batches.
    """

    slots: int
    largest_ballot: int = 30_000
    session_papers: int = 8
    journal_pages: int = 256
    batch_rows: int = 512


def store_bytes(shape: Shape) -> int:
    """About how much room a store of this shape takes, in bytes, batches left out. Raises BallotTooLarge."""
    page = page_bytes_for(shape.largest_ballot)
    leaf = leaf_bytes(page)
    membership = -(-shape.slots // (leaf // 2))
    batches = -(-shape.batch_rows * BATCH_BYTES // leaf)
    pages = shape.slots + shape.journal_pages + membership + batches + 16
    return pages * page + rollback_bytes(page, shape.session_papers + membership + 5)


class StoreState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one row that every transaction rewrites in place. What can be computed from slots is not in it.

    `steps` is what the key store's counter has to show (see `VoteStore.steps`). `partial` is true of a copy that is
    being brought up to the other: it has ballots that neither its counters nor its journal tell of. `carried` names the
    spare terminals that took the store over, one after another: the last of them carries it on.
    """

    counters: Counters
    polls: PollsState
    journal: JournalPlace
    steps: int = 0
    partial: bool = False
    carried: tuple[str, ...] = ()


def make_store(
    folder: Path,
    key: bytearray,
    package_digest: str,
    terminal: str,
    *,
    papers: Sequence[str],
    shape: Shape,
    steps: int = 0,
    partial: bool = False,
) -> None:
    """Make a store in `folder`, which must not exist: it appears whole or not at all.

    What it lies in must exist: made here, it would be made where a medium was pulled, too.
    `steps` is what the key store's counter shows. `partial`: it is to be brought up from its other copy, and until it
    is, it is no store to begin with.

    Raises StoreExists, UnsafeMedium, BallotTooLarge, StoreFailed and OSError (no room), ValueError (a key not of
    32 bytes, a shape without room).
    """
    if len(key) != KEY_BYTES:
        raise ValueError("the key of a store has 32 bytes")
    if shape.slots < shape.session_papers or shape.journal_pages <= RESERVE_PAGES + 1 or shape.batch_rows < 2:
        raise ValueError("a store of this shape has no room")
    if folder.exists():
        raise StoreExists("making")
    check_file_system(folder.parent)
    making = folder.with_name(folder.name + ".making")
    if making.exists():  # an earlier making was cut short; it was never opened, so it holds no vote
        shutil.rmtree(making)
    making.mkdir(mode=0o700)
    page_bytes = page_bytes_for(shape.largest_ballot)
    header = Header(
        format=FORMAT,
        package_digest=package_digest,
        terminal=terminal,
        papers=tuple(papers),
        slots=shape.slots,
        page_bytes=page_bytes,
        session_papers=shape.session_papers,
        journal_pages=shape.journal_pages,
        batch_rows=shape.batch_rows,
        database_bytes=0,
        rollback_bytes=0,
        key_check=key_check(key),
    )
    first = JournalPlace(first_previous(header.package_digest, header.terminal))
    # Page 1, the state, two pages of the journal, a batch: the rest of what one transaction can touch.
    pages = shape.session_papers + header.membership_rows + 5
    header = msgspec.structs.replace(header, rollback_bytes=rollback_bytes(page_bytes, pages))
    try:
        _make_database(making, key, header, StoreState(Counters(), PollsState.NOT_OPENED, first, steps, partial))
        header = msgspec.structs.replace(header, database_bytes=(making / DATABASE).stat().st_size)
        BatchFiles(making).make()
        write_durably(making / HEADER, msgspec.json.format(msgspec.json.encode(header), indent=2))
    except BaseException:
        shutil.rmtree(making)
        raise
    making.rename(folder)
    sync_folder(folder.parent)


def read_header(folder: Path, key: bytearray, package_digest: str, terminal: str) -> Header:
    """What the store says of itself, judged before its database is touched.

    Raises NoStore, NewerFormat, AnotherElection, WrongKey, Damaged.
    """
    try:
        text = read_plain(folder / HEADER, HEADER_LONGEST)
    except FileNotFoundError:
        raise (Damaged if (folder / DATABASE).exists() else NoStore)("opening") from None
    except OSError:
        raise Damaged("opening") from None
    try:
        # The version is judged first: what else a later format writes is not known here.
        if msgspec.json.decode(text, type=_Versioned).format > FORMAT:
            raise NewerFormat("opening")
        header = msgspec.json.decode(text, type=Header)
    except msgspec.DecodeError:
        raise Damaged("opening") from None
    if (header.package_digest, header.terminal) != (package_digest, terminal):
        raise AnotherElection("opening")
    if header.key_check != key_check(key):
        raise WrongKey("opening")
    return header


def made_for(folder: Path) -> str | None:
    """The terminal that the store in `folder` was made for, as it says itself; None if there is none to be read."""
    try:
        return msgspec.json.decode(read_plain(folder / HEADER, HEADER_LONGEST), type=Header).terminal
    except (OSError, msgspec.DecodeError):
        return None


def inner_header(header: Header) -> Header:
    """The copy of the header that lies inside the database, which cannot know its own size."""
    return msgspec.structs.replace(header, database_bytes=0)


class _Versioned(msgspec.Struct, frozen=True):
    """What a header of any version has."""

    format: int


def _make_database(folder: Path, key: bytearray, header: Header, begun: StoreState) -> None:
    """Write the database and its rollback journal in full, durably."""
    state = padded(begun, STATE_BYTES)
    database = Database(folder, header.page_bytes)
    try:
        database.make(key, _tables(header, state))
        database.rehearse(_largest_transaction(header, state), header.rollback_bytes)
    finally:
        database.close()
    descriptor = os.open(folder / DATABASE, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)


def _tables(header: Header, state: bytes) -> Iterator[Update]:
    """The tables and all their rows, zeros. Leaf rows fill a page each, so that a row never moves."""
    leaf = leaf_bytes(header.page_bytes)
    meta = padded(inner_header(header), STATE_BYTES)
    for table, length, rows in (
        ("meta", STATE_BYTES, [meta]),
        ("state", STATE_BYTES, [state]),
        ("membership", leaf, [bytes(leaf)] * header.membership_rows),
        ("batch", BATCH_BYTES, [bytes(BATCH_BYTES)] * header.batch_rows),
        ("journal", leaf, [bytes(leaf)] * header.journal_pages),
        ("slot", leaf, [bytes(leaf)] * header.slots),
    ):
        yield (
            f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, body BLOB NOT NULL"
            f" CHECK (typeof(body) = 'blob' AND length(body) = {length}))",
            (),
        )
        for number, body in enumerate(rows):
            yield f"INSERT INTO {table} VALUES (?, ?)", (number, body)  # noqa: S608  (names from the list above)


def _largest_transaction(header: Header, state: bytes) -> Iterator[Update]:
    """Updates that touch as many pages as any transaction may: each row to ones and back (equals write nothing)."""
    leaf = header.leaf_bytes
    for body in (b"\xff", b"\0"):
        for table, length, rows in (
            ("slot", leaf, header.session_papers),
            ("journal", leaf, 2),
            ("membership", leaf, header.membership_rows),
            ("batch", BATCH_BYTES, 1),
        ):
            for number in range(rows):
                yield update(table, number, body * length)
    yield update("state", 0, b"\xff" * STATE_BYTES)
    yield update("state", 0, state)


def update(table: str, number: int, body: bytes) -> Update:
    """A same-length rewrite of one row in place."""
    return f"UPDATE {table} SET body = ? WHERE id = ?", (body, number)  # noqa: S608  (the callers' own table names)
