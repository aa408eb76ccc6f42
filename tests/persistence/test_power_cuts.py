"""Power cuts: the recorded writes, syncs and names of every act, replayed to the states a medium may be left in.

Each state is opened as after a restart and has to be the one or the other, whole, and from the last call on what was
done. `synchronous=OFF` fails here: a model in which nothing can be lost would prove nothing. The rules are those of the
fault matrix.
"""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.acts import Act
from tests.faults.cells import Cell, Fault, Matrix, Outcome, Rehearsal, Violation, bind, found_after_restart
from tests.faults.folder import quick_folder
from tests.faults.power import crash_states

SEED = 20_260_918


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with quick_folder() as folder, Matrix(folder) as matrix:
        yield matrix


@pytest.fixture
def root() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "after the cut"


def cut(act: Act, rehearsal: Rehearsal, root: Path, most: int, said: str = "done") -> tuple[Counter[str], int]:
    """Cut the power in every state: what was found, by words, and how many violations are among it."""
    found: Counter[str] = Counter()
    violations = 0
    for point, points, medium, state in crash_states(
        rehearsal.base, rehearsal.root, rehearsal.calls, random.Random(SEED), most
    ):
        medium.write(state, root)
        try:
            outcome = found_after_restart(act, root, rehearsal)
            bind(act, said if point == points else "", outcome)
            found[outcome.value] += 1
        except Violation as violation:
            violations += 1
            found[f"after {point} of {points} calls: {violation}"] += 1
        shutil.rmtree(root)
    return found, violations


@pytest.mark.parametrize("act", Act, ids=lambda act: act.name.lower())
def test_a_power_cut_leaves_the_one_or_the_other(
    matrix: Matrix, act: Act, root: Path, pytestconfig: pytest.Config
) -> None:
    """Making a store has hundreds of calls, so that fewer states are drawn at each."""
    full = pytestconfig.getoption("--full")
    most = (25 if full else 1) if act is Act.MAKE else (500 if full else 12)
    if act is Act.CAST_TWICE:  # twice the calls, and each state is judged by two stores
        most //= 4
    if act is Act.CARRY_ON:  # many transactions, all alike
        most //= 12
    found, violations = cut(act, matrix.rehearsal(act), root, most)
    print(f"{act.value}: {dict(found)}")
    assert violations == 0, found
    assert found[Outcome.ALL.value] > 0


def test_synchronous_off_is_found_out(matrix: Matrix, root: Path) -> None:
    """Without syncs a cast that was shown is lost, and a store is damaged."""
    spoilt = matrix.spoilt(Act.CAST, {"synchronous": "OFF"})
    found, violations = cut(Act.CAST, spoilt, root, 40)
    assert violations > 20
    assert any("said to be done, and lost" in words for words in found)
    assert any("Damaged" in words for words in found)


@pytest.mark.parametrize("number", range(5), ids=lambda number: f"sync {number + 1}")
def test_a_power_cut_after_a_sync_that_failed(matrix: Matrix, root: Path, number: int) -> None:
    """A failed sync is never made up for by the next one: what the voter is told then holds all the same."""
    step = [step for step in matrix.rehearsal(Act.CAST).steps if "sync" in step.call][number]
    said, struck = matrix.struck(Cell(Act.CAST, step, Fault.EIO))
    found, violations = cut(Act.CAST, struck, root, 12, said)
    print(f"{step}: said {said}: {dict(found)}")
    assert violations == 0, found
