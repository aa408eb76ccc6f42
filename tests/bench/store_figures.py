"""The performance figures of the vote store: a cast against a bare commit, restart and memory with 20,000 ballots.

What "a bare durable commit of the same bytes plus the signing" is here: the ballot is signed, and plain SQLite of the
standard library, unencrypted, rewrites rows of the same number and length (the ballot's slot, the state row, the page
of the event journal) in one transaction in the same journal mode (PERSIST, synchronous=FULL). That is the least that a
program would do that trusts SQLite to be atomic and durable; what the store adds to it is encryption, a hash chain,
shuffled slots, and the wiping of the rollback journal with a sync of its own. A single fdatasync of the same bytes in
place would be cheaper than either and durable, but not atomic. Both sides take turns in one run on one disk.
"""

import functools
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec

from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.layout import STATE_BYTES, leaf_bytes
from kiosk.store.making import Shape
from kiosk.store.vote_store import StoredBallot, VoteStore
from protocol.ballot import ballot_hash, sign
from protocol.election import Question
from tests.bench.figure import Figure
from tests.factories.records import make_paper
from tests.faults.acts import KEY, PACKAGE, TERMINAL, clock, join

ROOT = Path(__file__).parents[2]
ROUNDS = 3
CASTS = 300
CONTESTS = 10
PAGE_BYTES = 65_536
LARGEST = 64_000
"""A ballot of 50 selections in ten contests, Ed25519, is 63.8 kB of JSON."""


class ManyCasts(msgspec.Struct, frozen=True):
    """What the program `many_casts` tells."""

    opened_empty: float
    opened_full: float
    resident: int
    resident_fresh: int


def casting() -> float:
    """The p99 of signing and casting 50 selections over the p99 of signing and a bare commit of the same bytes."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        return median(_casting(Path(name) / str(number)) for number in range(ROUNDS))


def casting_twice() -> float:
    """The same with a second copy that follows each cast, over the same bare commit."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        return median(_casting(Path(name) / str(number), copies=2) for number in range(ROUNDS))


def _second(folder: Path, first: VoteStore, shape: Shape) -> VoteStore:
    """A second copy that is in step and follows."""
    second = VoteStore.create(
        folder,
        bytearray(KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=("council",),
        shape=shape,
        clock=clock,
        note=False,
    )
    join(first, second)
    return second


def _casting(folder: Path, copies: int = 1) -> float:
    folder.mkdir()
    questions = [Question(tuple(f"{number}" for number in range(10)), 0, 5, False, "") for _ in range(CONTESTS)]
    paper = make_paper("Ed25519", 1, 1, questions)
    unsigned = paper.encrypt(0, [[1] * 5 + [0] * 5] * CONTESTS)
    shape = Shape(slots=CASTS, largest_ballot=LARGEST, session_papers=1, journal_pages=16, batch_rows=2)
    store = VoteStore.create(
        folder / "store",
        bytearray(KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=("council",),
        shape=shape,
        clock=clock,
    )
    second = _second(folder / "second", store, shape) if copies == 2 else None
    store.set_polls_state(PollsState.OPEN, events.polls_opened())
    bare = _bare(folder / "bare.db")
    ours: list[float] = []
    theirs: list[float] = []
    for voter in range(CASTS):
        start = time.perf_counter()
        text = sign(unsigned, paper.election, paper.exponents[0])
        # Always the same ballot: the store knows ballots by the code and the credential that it is told.
        ballot = StoredBallot("council", f"{ballot_hash(text)}{voter}", f"{voter}", text)
        store.cast([ballot], declined=0, entitled=1, events=[events.session_cast()])
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        text = sign(unsigned, paper.election, paper.exponents[0])
        _commit(bare, voter, text)
        theirs.append(time.perf_counter() - start)
    if second is not None:
        assert second.codes() == store.codes()
        second.close()
    store.close()
    bare.close()
    return _p99(ours) / _p99(theirs)


def _bare(path: Path) -> sqlite3.Connection:
    """A plain database with the rows of the store that a cast of one ballot rewrites, all written."""
    bare = sqlite3.connect(path, isolation_level=None)
    for setting in (
        f"page_size = {PAGE_BYTES}",
        "locking_mode = EXCLUSIVE",
        "journal_mode = PERSIST",
        "synchronous = FULL",
    ):
        bare.execute(f"PRAGMA {setting}").fetchall()
    bare.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
    bare.execute("BEGIN")
    for number in range(CASTS + 2):
        bare.execute("INSERT INTO row VALUES (?, ?)", (number, bytes(leaf_bytes(PAGE_BYTES))))
    bare.execute("COMMIT")
    return bare


def _commit(bare: sqlite3.Connection, voter: int, text: str) -> None:
    leaf = leaf_bytes(PAGE_BYTES)
    bare.execute("BEGIN")
    bare.execute("UPDATE row SET body = ? WHERE id = ?", (text.encode().ljust(leaf, b"\0"), voter))
    bare.execute("UPDATE row SET body = ? WHERE id = ?", (f"{voter}".encode().ljust(leaf, b"\0"), CASTS))
    bare.execute("UPDATE row SET body = ? WHERE id = ?", (f"{voter}".encode().ljust(STATE_BYTES, b"\0"), CASTS + 1))
    bare.execute("COMMIT")


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


@functools.cache
def _many_casts() -> ManyCasts:
    """Measured once for the two figures that come from it."""
    command = [sys.executable, "-m", "tests.bench.many_casts"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=900)
    return msgspec.json.decode(done.stdout, type=ManyCasts)


def reopening() -> float:
    """The time of opening a store with 20,000 ballots over that of opening the same store with none."""
    many = _many_casts()
    return many.opened_full / many.opened_empty


def growing() -> float:
    """The memory of a process after 10,000 casts over that of one that has just opened the same store.

    Both hold the index of codes and credentials; whatever else 10,000 casts left behind is only in the first.
    """
    many = _many_casts()
    return many.resident / many.resident_fresh


FIGURES = (
    Figure("cast 50 selections, p99, to a bare durable commit of the same bytes, both signed", casting, 3.0, "less"),
    Figure("cast 50 selections to both media, p99, to one bare commit, both signed", casting_twice, 3.0, "less"),
    Figure("restart with 20,000 stored ballots, to the restart with none", reopening, 2.0, "less"),
    Figure("memory after 10,000 casts, to that of a fresh start with the same ballots", growing, 1.1, "less"),
)
