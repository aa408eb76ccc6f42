"""Fills a store to the last of 20,000 ballots in a process of its own, and prints what it took, as JSON.

`opened_empty` and `opened_full` are seconds to open the store, the least disturbed of some; `resident` the bytes in
memory after all ten thousand casts, `resident_fresh` those of a process that only opened the same store.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

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
OPENINGS = 5


def _open(folder: Path) -> VoteStore:
    return VoteStore.open(folder, bytearray(KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock)


def _seconds_to_open(folder: Path) -> float:
    seconds = []
    for _ in range(OPENINGS):
        start = time.perf_counter()
        store = _open(folder)
        seconds.append(time.perf_counter() - start)
        store.close()
    return min(seconds)


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
        for voter in range(CASTS):
            store.cast(_session(voter), declined=0, entitled=len(PAPERS), events=[events.session_cast()])
        resident = _resident()
        assert store.slots_free == 0
        store.close()
        told = {
            "opened_empty": opened_empty,
            "opened_full": _seconds_to_open(folder),
            "resident": resident,
            "resident_fresh": _resident_fresh(folder),
        }
        json.dump(told, sys.stdout)


def _resident_fresh(folder: Path) -> int:
    command = [sys.executable, "-m", "tests.bench.many_casts", str(folder)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300).stdout)


def look(folder: Path) -> None:
    """Open a store that is there, and print what that takes of memory."""
    store = _open(folder)
    print(_resident())
    store.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        look(Path(sys.argv[1]))
    else:
        main()
