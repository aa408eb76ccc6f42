"""Fills a store to the last of 20,000 ballots in a process of its own, and prints what it took, as JSON.

`opened_empty` and `opened_full` are medians of seconds to open the store, `resident` the bytes in memory after a
thousand casts and after all ten thousand.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from statistics import median

from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.making import Shape
from kiosk.store.vote_store import StoredBallot, VoteStore
from tests.faults.acts import KEY, PACKAGE, TERMINAL, clock
from tests.faults.folder import quick_folder

CASTS = 10_000
PAPERS = ("mayor", "duma")
SHAPE = Shape(slots=CASTS * len(PAPERS), session_papers=len(PAPERS), journal_pages=256)
ROOM = 1 << 30
OPENINGS = 3


def _open(folder: Path) -> VoteStore:
    return VoteStore.open(folder, bytearray(KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock)


def _seconds_to_open(folder: Path) -> float:
    seconds = []
    for _ in range(OPENINGS):
        start = time.perf_counter()
        store = _open(folder)
        seconds.append(time.perf_counter() - start)
        store.close()
    return median(seconds)


def _session(voter: int) -> list[StoredBallot]:
    """Two ballots of 13 KB, as those of two contests with ten answers each are."""
    ballots = []
    for paper in PAPERS:
        name = hashlib.sha256(f"{paper}/{voter}".encode()).hexdigest()
        ballots.append(StoredBallot(paper, f"{name[:43]}", f"{name}", f'{{"ballot":"{name * 200}"}}'))
    return ballots


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Make, open, fill, open again; tell."""
    with quick_folder(ROOM) as root:
        folder = root / "store"
        VoteStore.create(
            folder,
            bytearray(KEY),
            package_digest=PACKAGE,
            terminal=TERMINAL,
            papers=PAPERS,
            shape=SHAPE,
            clock=clock,
        ).close()
        opened_empty = _seconds_to_open(folder)
        store = _open(folder)
        store.set_polls_state(PollsState.OPEN, events.polls_opened())
        resident = []
        for voter in range(CASTS):
            store.cast(_session(voter), declined=0, entitled=len(PAPERS), events=[events.session_cast()])
            if voter + 1 in (CASTS // 10, CASTS):
                resident.append(_resident())
        assert store.slots_free == 0
        store.close()
        json.dump(
            {"opened_empty": opened_empty, "opened_full": _seconds_to_open(folder), "resident": resident}, sys.stdout
        )


if __name__ == "__main__":
    main()
