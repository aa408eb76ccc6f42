"""The store that the tests of this folder use: its key, names, clock and ballots."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.making import Shape
from kiosk.store.vote_store import StoredBallot, VoteStore

KEY = bytes(range(32))
PACKAGE = hashlib.sha256(b"package").hexdigest()
TERMINAL = "T-1"
PAPERS = ("mayor", "duma", "question")
SMALL = Shape(slots=24, largest_ballot=14_000, session_papers=3, journal_pages=8, batch_rows=8)
NOW = datetime(2026, 9, 18, 12, 34, 56, tzinfo=UTC)


def clock() -> datetime:
    """A clock that stands still, so that sizes and steps repeat."""
    return NOW


def ballot(paper: str, voter: int) -> StoredBallot:
    """The ballot of a voter for a paper, 12 KB long, always the same."""
    name = hashlib.sha256(f"{paper}/{voter}".encode()).hexdigest()
    return StoredBallot(paper, f"code-{name[:38]}", f"cred-{name}", f'{{"ballot":"{name * 187}"}}')


def session(voter: int) -> list[StoredBallot]:
    """The ballots of a voter with two papers."""
    return [ballot(paper, voter) for paper in PAPERS[:2]]


def create(folder: Path, shape: Shape = SMALL) -> VoteStore:
    """A new store with its polls open."""
    store = VoteStore.create(
        folder, bytearray(KEY), package_digest=PACKAGE, terminal=TERMINAL, papers=PAPERS, shape=shape, clock=clock
    )
    store.set_polls_state(PollsState.OPEN, events.polls_opened())
    return store


def reopen(folder: Path) -> VoteStore:
    """The store in a folder, opened again."""
    return VoteStore.open(folder, bytearray(KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock)


def cast(store: VoteStore, voter: int) -> None:
    """A voter with three papers casts two and declines one."""
    store.cast(session(voter), declined=1, entitled=3, events=[events.session_cast()])
