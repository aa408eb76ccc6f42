"""A cast is durable or never was: killed, EIO and ENOSPC at every write and sync of it (DESIGN 8).

The victim is a real process under strace, which kills it or fails a call at the Nth write or sync. Afterwards the
store is opened as after a restart, and ballots, spent credentials, counters and journal must tell one story.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.store.errors import WrongKey
from kiosk.store.vote_store import Recovery, VoteStore
from tests.persistence import store_setting as setting

STRACE = "/usr/bin/strace"
HERE = Path(__file__).parent
VOTER = 7
EARLIER = 3
STEPS = "pwrite64,write,pwritev,fsync,fdatasync,sync_file_range,ftruncate,unlink,unlinkat,rename,fallocate"


@dataclass(frozen=True)
class Step:
    """The `nth` call named `call` of the victim's life, on the file `file`."""

    call: str
    nth: int
    file: str


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one earlier cast in it."""
    assert Path(STRACE).exists(), f"{STRACE} is missing: install the Debian package strace"
    folder = tmp_path_factory.mktemp("prepared") / "store"
    store = setting.create(folder)
    setting.cast(store, EARLIER)
    store.close()
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared store, to be broken."""
    return fresh(prepared, tmp_path)


def fresh(prepared: Path, tmp_path: Path) -> Path:
    target = tmp_path / "store"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(prepared, target)
    return target


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The victim under strace, which looks only at the database and its rollback journal."""
    paths = [argument for name in ("votes.db", "votes.db-journal") for argument in ("-P", str(folder / name))]
    command = [STRACE, "-f", "-qq", "-y", "-s", "16", *paths, *options]
    return subprocess.run(
        [*command, sys.executable, "-P", str(HERE / "cast_program.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=HERE.parent.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
    )


def trace(folder: Path) -> list[str]:
    """The calls of a cast that meets no fault, between the marks; and before them, up to the first mark."""
    log = folder.parent / "trace"
    done = run(folder, "-o", str(log), "-e", f"trace={STEPS},readlink")
    assert done.stdout == "cast\n", done.stderr
    return log.read_text("utf-8").splitlines()


def steps_of_a_cast(lines: list[str]) -> Iterator[Step]:
    """Every write and sync between the two marks, counted by call from the victim's start as strace counts."""
    counts: dict[str, int] = {}
    marks = 0
    for line in lines:
        found = re.match(r"\d+ +(\w+)\((?:\d+<([^>]*)>)?", line)
        assert found, line
        call = found[1]
        if call == "readlink":
            marks += 1
            continue
        counts[call] = counts.get(call, 0) + 1
        if marks == 1:
            yield Step(call, counts[call], Path(found[2] or "").name)


def story(store: VoteStore) -> bool:
    """Whether the victim's ballots are stored; fails unless everything in the store tells the same."""
    counters = store.counters()
    casts = [record for record in store.journal.records() if record.event == "session_cast"]
    store.journal.verify_chain()
    spent = [store.is_spent(ballot.credential) for ballot in setting.session(VOTER)]
    stored = [ballot.code in store.codes() for ballot in setting.session(VOTER)]
    assert len(set(spent + stored)) == 1, "all of a session or nothing of it"
    there = spent[0]
    assert len(casts) == counters.cards_spent == 1 + there
    assert (counters.accepted, counters.declined, counters.entitled) == (2 + 2 * there, 1 + there, 3 + 3 * there)
    assert sum(store.accepted_by_paper().values()) == counters.accepted
    for ballot in setting.session(EARLIER) + (setting.session(VOTER) if there else []):
        assert store.ballot(ballot.code) == ballot.ballot_json
    return there


def after_restart(folder: Path) -> bool:
    """Open as after a restart, hear the story, and see that the journal file is wiped and still the same file."""
    rollback = folder / "votes.db-journal"
    before = rollback.stat()
    store = setting.reopen(folder)
    there = story(store)
    store.close()
    after = rollback.stat()
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size)
    assert not any(rollback.read_bytes())
    return there


def judge(folder: Path, said: str) -> None:
    """What the victim said binds: "cast" means stored, a refusal means not; silence and "unknown" bind to neither."""
    there = after_restart(folder)
    match said.strip():
        case "cast":
            assert there
        case "StoreFailed":
            assert not there
        case "" | "OutcomeUnknown":
            pass
        case other:
            pytest.fail(f"the victim said {other}")


def test_a_commit_ends_in_a_sync_and_then_the_journal_is_zeroed_and_synced(folder: Path) -> None:
    """The trace of a cast: nothing is unlinked or truncated, and the last call on each file is a sync."""
    steps = list(steps_of_a_cast(trace(folder)))
    shape = [(step.call, step.file) for step in steps]
    assert {call for call, _ in shape} <= {"pwrite64", "fsync", "fdatasync"}
    rollback, database = "votes.db-journal", "votes.db"
    syncs = [place for place, (call, _) in enumerate(shape) if call != "pwrite64"]
    assert [shape[place][1] for place in syncs] == [rollback, rollback, database, rollback, rollback]
    journal_sync, header_sync, pages_sync, commit_sync, wipe_sync = syncs
    assert all(file == rollback for _, file in shape[:header_sync])
    assert all(file == database for _, file in shape[header_sync + 1 : pages_sync])
    assert shape[pages_sync + 1 : commit_sync] == [("pwrite64", rollback)], "the header is zeroed: the commit"
    assert shape[commit_sync + 1 : wipe_sync] == [("pwrite64", rollback)], "the whole journal is zeroed"
    assert wipe_sync == len(shape) - 1
    assert journal_sync > 0


def test_killed_at_each_sync(prepared: Path, folder: Path, tmp_path: Path) -> None:
    """Five kills, one at each sync; the first leave nothing, the last leave all."""
    outcomes = []
    for step in [step for step in steps_of_a_cast(trace(folder)) if step.call != "pwrite64"]:
        victim = fresh(prepared, tmp_path)
        said = run(victim, "-o", "/dev/null", "-e", f"inject={step.call}:signal=KILL:when={step.nth}").stdout
        assert said == ""
        outcomes.append(after_restart(victim))
    # Killed at the sync of the zeroed header the page cache has it already: only a power cut could still undo it.
    assert outcomes == [False, False, False, True, True]


def test_a_hot_journal_is_left_alone_by_a_wrong_key_and_undone_by_the_right_one(
    prepared: Path, folder: Path, tmp_path: Path
) -> None:
    """Killed with half its pages in place: a refused opening rolls nothing back, the next one does, and says so."""
    in_place = next(step for step in steps_of_a_cast(trace(folder)) if step.file == "votes.db")
    victim = fresh(prepared, tmp_path)
    run(victim, "-o", "/dev/null", "-e", f"inject={in_place.call}:signal=KILL:when={in_place.nth + 1}")
    before = {path.name: path.read_bytes() for path in victim.iterdir() if path.is_file()}
    assert before["votes.db"] != (prepared / "votes.db").read_bytes()
    with pytest.raises(WrongKey):
        VoteStore.open(
            victim, bytearray(32), package_digest=setting.PACKAGE, terminal=setting.TERMINAL, clock=setting.clock
        )
    assert before == {path.name: path.read_bytes() for path in victim.iterdir() if path.is_file()}
    store = setting.reopen(victim)
    assert store.recovery is Recovery.ROLLED_BACK
    assert [record.event for record in store.journal.records()][-2:] == ["store_opened", "write_rolled_back"]
    assert story(store) is False
    setting.cast(store, VOTER)
    store.close()


@pytest.mark.slow
def test_killed_at_every_step(prepared: Path, folder: Path, tmp_path: Path) -> None:
    """A kill at each write and sync of a cast: nothing until some step, everything from there on."""
    outcomes = []
    for step in steps_of_a_cast(trace(folder)):
        victim = fresh(prepared, tmp_path)
        said = run(victim, "-o", "/dev/null", "-e", f"inject={step.call}:signal=KILL:when={step.nth}").stdout
        assert said == ""
        outcomes.append(after_restart(victim))
    assert outcomes == sorted(outcomes)
    assert outcomes[0] is False
    assert outcomes[-1] is True


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("lasting", ["", "+"], ids=["once", "from then on"])
def test_a_failing_first_write_leaves_nothing(
    folder: Path, prepared: Path, tmp_path: Path, error: str, lasting: str
) -> None:
    """The medium refuses the first write of a cast: nothing is stored, and the voter hears so."""
    step = next(iter(steps_of_a_cast(trace(folder))))
    victim = fresh(prepared, tmp_path)
    said = run(victim, "-o", "/dev/null", "-e", f"inject={step.call}:error={error}:when={step.nth}{lasting}").stdout
    assert said == "StoreFailed\n"
    assert after_restart(victim) is False


@pytest.mark.slow
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("lasting", ["", "+"], ids=["once", "from then on"])
def test_an_error_at_every_step(folder: Path, prepared: Path, tmp_path: Path, error: str, lasting: str) -> None:
    """Each write and sync of a cast fails once, or from then on: what the victim says is true."""
    steps = list(steps_of_a_cast(trace(folder)))
    for step in steps:
        victim = fresh(prepared, tmp_path)
        fault = f"inject={step.call}:error={error}:when={step.nth}{lasting}"
        said = run(victim, "-o", "/dev/null", "-e", fault).stdout
        assert said, f"the victim died of {fault}"
        judge(victim, said)
