"""The power fails at each durable step of a takeover: it is as if it had not begun, or it goes on at the next start.

The transactions themselves are struck at each system call in persistence/test_fault_matrix.py and test_power_cuts.py
(“take the store over”, “bring up a store that was taken over”); here it is what lies around them.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.layout import StoredBallot
from kiosk.store.vote_store import VoteStore
from tests.devices.takeover_victim import on
from tests.devices.terminal_setting import make_election

TOP = Path(__file__).resolve().parents[2]
NOW = datetime.fromisoformat("2026-09-20T12:00:00+03:00")
PAPERS = ("governor", "council")
DISKS = ("terminals/T-1", "terminals/T-2", "medium")
SAMPLED = 4
"""It is cut at every SAMPLEDth step: there are a hundred, most of them of the copying, which is all of one kind."""
PATIENCE_SECONDS = 120.0


def ballots(voter: int) -> list[StoredBallot]:
    name = hashlib.sha256(str(voter).encode()).hexdigest()
    return [StoredBallot(paper, f"{paper}-{name[:40]}", f"{paper}-{name}", name * 100) for paper in PAPERS]


def cast(voter: int, store: VoteStore) -> None:
    store.cast(ballots(voter), declined=0, entitled=2, events=(events.session_cast(),))


class Scene:
    """An election of which T-1 has died with three votes, T-2 was switched on once, and the medium is in its slot."""

    def __init__(self, folder: Path) -> None:
        self.election, self._saved = folder / "e", folder / "saved"
        make_election(self.election, quorum=2)
        (self.election / "medium").mkdir()
        _, store, _ = on(self.election, "T-1", NOW)
        store.do(lambda store: store.set_polls_state(PollsState.OPEN, events.polls_opened()))
        for voter in range(3):
            store.do(partial(cast, voter))
        self.codes = store.do(lambda store: store.codes())
        self.counters: Counters = store.do(lambda store: store.counters())
        store.close()
        on(self.election, "T-2", NOW)[1].close()
        for disk in DISKS:
            shutil.copytree(self.election / disk, self._saved / disk)
        self._victims = subprocess.Popen(
            [sys.executable, "-m", "tests.devices.takeover_victim", str(self.election), NOW.isoformat()],
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.steps = 0

    def again(self) -> None:
        for disk in DISKS:
            shutil.rmtree(self.election / disk)
            shutil.copytree(self._saved / disk, self.election / disk)

    def victim(self, step: int) -> str:
        """What became of a takeover whose power fails before this step."""
        assert self._victims.stdin is not None
        assert self._victims.stdout is not None
        self._victims.stdin.write(f"{step}\n")
        self._victims.stdin.flush()
        patience = threading.Timer(PATIENCE_SECONDS, self._victims.kill)
        patience.start()
        try:
            for line in self._victims.stdout:
                word, _, number = line.strip().partition(" ")
                if word == "steps":
                    self.steps = int(number)
                else:
                    return word
        finally:
            patience.cancel()
        return "silent"

    def end(self) -> None:
        assert self._victims.stdin is not None
        assert self._victims.stdout is not None
        self._victims.stdin.close()
        self._victims.stdout.close()
        assert self._victims.wait(60) == 0

    def found(self) -> str:
        """What a start of the spare finds, and then the dead terminal's: one of the two, whole."""
        _, store, _ = on(self.election, "T-2", NOW)
        line = store.line
        if line != ("T-2",):
            assert line == ("T-1", "T-2")
            assert store.restored is None
            assert store.do(lambda store: store.codes()) == self.codes
            assert store.do(lambda store: store.counters()) == self.counters
            assert store.do(lambda store: store.polls_state()) is PollsState.PAUSED
            store.do(lambda store: store.journal.verify_chain())
            told = store.do(lambda store: [record.event for record in store.journal.records()])
            assert (told.count("store_taken_over"), told.count("takeover_completed")) == (1, 1)
        store.close()
        _, dead, _ = on(self.election, "T-1", NOW)
        assert dead.replaced_by == (None if line == ("T-2",) else "T-2")
        assert dead.do(lambda store: store.codes()) == self.codes
        dead.close()
        return "nothing" if line == ("T-2",) else "everything"


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        scene = Scene(Path(folder))
        yield scene
        scene.end()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_power_fails_at_the_steps(scene: Scene) -> None:
    assert scene.victim(0) == "done"
    assert scene.found() == "everything"
    steps = scene.steps
    table: list[str] = []
    for step in range(1, steps + 1, SAMPLED):
        scene.again()
        assert scene.victim(step) == "cut", f"at step {step} of {steps}"
        table.append(scene.found())
        if table[-1] == "nothing" and table.count("nothing") % 3 == 1:
            assert scene.victim(0) == "done", "and it can be begun anew"
            assert scene.found() == "everything"
    print(f"{steps} steps: {dict(Counter(table))}")
    assert table == sorted(table, reverse=True), "there is one step that makes it so"
    assert set(table) == {"nothing", "everything"}
