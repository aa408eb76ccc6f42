"""The fault matrix: every durable step of every act of the store × killed, EIO and ENOSPC, once and from then on.

The steps are recorded from the act itself, so that a step added to the store is a row added here; a system call that
the recording does not know fails it. `--full` strikes every cell; the quick run strikes the whole cast and every
eleventh cell of the other acts. What has to hold is in tests/faults/cells.py.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.store.database import DATABASE, ROLLBACK
from kiosk.store.errors import WrongKey
from kiosk.store.vote_store import Recovery, VoteStore
from tests.faults import acts
from tests.faults.acts import Act
from tests.faults.cells import Cell, Fault, Matrix, Outcome, Violation
from tests.faults.folder import quick_folder
from tests.faults.strace import Step

SAMPLED = 11


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with quick_folder() as folder, Matrix(folder) as matrix:
        yield matrix


def drawn(cells: list[Cell], config: pytest.Config) -> list[Cell]:
    """All cells, or in the quick run every SAMPLEDth (a number that shares no factor with the number of faults).

    Bringing a store up is five hundred cells of transactions that are all alike: of those, so many less.
    """
    if cells[0].act is Act.CARRY_ON:
        return cells[:: 3 if config.getoption("--full") else 3 * SAMPLED]
    return cells if config.getoption("--full") or cells[0].act is Act.CAST else cells[::SAMPLED]


@pytest.mark.parametrize("act", Act, ids=lambda act: act.name.lower())
def test_what_was_said_is_true_after_a_restart(matrix: Matrix, act: Act, pytestconfig: pytest.Config) -> None:
    cells = drawn(matrix.cells(act), pytestconfig)
    table = Counter((cell.fault.value, said, found.value) for cell in cells for said, found in [matrix.strike(cell)])
    for (fault, said, found), count in sorted(table.items()):
        print(f"{act.value}: {fault}: said {said or 'nothing'}, found {found}: {count}")
    assert sum(table.values()) == len(cells) > 0


def test_every_act_ends_synced(matrix: Matrix) -> None:
    """The last durable step on each file is a sync of it, and a name is made or changed only before its folder is."""
    for act in Act:
        last: dict[str, str] = {}
        for step in matrix.rehearsal(act).steps:
            if step.call not in ("openat", "mkdir", "rename", "rmdir", "unlink", "unlinkat"):
                last[step.file] = step.call
        gone = {file for file in last if ".making" in file}
        assert {file: call for file, call in last.items() if file not in gone and "sync" not in call} == {}, act


def test_a_commit_ends_in_a_sync_and_then_the_journal_is_zeroed_and_synced(matrix: Matrix) -> None:
    """The trace of a cast: nothing is unlinked or truncated, and the last call on each file is a sync."""
    shape = [(step.call, Path(step.file).name) for step in matrix.rehearsal(Act.CAST).steps]
    assert {call for call, _ in shape} <= {"pwrite64", "fsync", "fdatasync"}
    syncs = [place for place, (call, _) in enumerate(shape) if call != "pwrite64"]
    assert [shape[place][1] for place in syncs] == [ROLLBACK, ROLLBACK, DATABASE, ROLLBACK, ROLLBACK]
    journal_sync, header_sync, pages_sync, commit_sync, wipe_sync = syncs
    assert all(file == ROLLBACK for _, file in shape[:header_sync])
    assert all(file == DATABASE for _, file in shape[header_sync + 1 : pages_sync])
    assert shape[pages_sync + 1 : commit_sync] == [("pwrite64", ROLLBACK)], "the header is zeroed: the commit"
    assert shape[commit_sync + 1 : wipe_sync] == [("pwrite64", ROLLBACK)], "the whole journal is zeroed"
    assert wipe_sync == len(shape) - 1
    assert journal_sync > 0


def test_a_hot_journal_is_left_alone_by_a_wrong_key_and_undone_by_the_right_one(matrix: Matrix, tmp_path: Path) -> None:
    """Killed with half its pages in place: a refused opening rolls nothing back, the next one does, and says so."""
    root = tmp_path / "victim"
    shutil.copytree(matrix.rehearsal(Act.ROLL_BACK).prepared, root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert before[root / "store" / ROLLBACK][:8] == bytes.fromhex("d9d505f920a163d7"), "not hot"
    with pytest.raises(WrongKey):
        VoteStore.open(
            root / "store", bytearray(32), package_digest=acts.PACKAGE, terminal=acts.TERMINAL, clock=acts.clock
        )
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    store = acts.reopen(root)
    assert store.recovery is Recovery.ROLLED_BACK
    assert [record.event for record in store.journal.records()][-2:] == ["store_opened", "write_rolled_back"]
    assert acts.told(store) == matrix.rehearsal(Act.CAST).before
    acts.cast(store, acts.VOTER)
    store.close()


def test_killed_at_each_step_of_a_cast_there_is_one_commit_point(matrix: Matrix) -> None:
    """Nothing until some step, everything from there on; and nothing is unlinked or truncated."""
    steps = matrix.rehearsal(Act.CAST).steps
    assert {step.call for step in steps} == {"pwrite64", "fsync", "fdatasync"}
    outcomes = [matrix.strike(Cell(Act.CAST, step, Fault.KILLED))[1] for step in steps]
    commit = outcomes.index(Outcome.ALL)
    assert outcomes == [Outcome.NOTHING] * commit + [Outcome.ALL] * (len(steps) - commit)
    assert commit > 0


def test_a_fault_that_never_comes_is_noticed(matrix: Matrix) -> None:
    """The matrix would be worth nothing if its cells could miss."""
    with pytest.raises(Violation, match="never came"):
        matrix.strike(Cell(Act.CAST, Step("fsync", 99, "store/votes.db"), Fault.EIO))
