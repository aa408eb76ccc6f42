"""Faults drawn at random: acts, steps and kinds of fault, and power cuts, over stores that are filled differently."""

import queue
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

from tests.faults.acts import Act
from tests.faults.cells import Cell, Fault, Matrix, Outcome, Rehearsal, Violation, bind, found_after_restart
from tests.faults.folder import quick_folder
from tests.faults.power import Medium
from tests.faults.strace import Call, durable

POWER_CUT = "power cut"
SILENCE_SECONDS = 120.0
"""A worker that brings nothing for so long hangs."""
CAST_SHARE = 0.5
"""How often the act is a cast."""
CUT_SHARE = 0.25
"""How often the fault is a power cut."""


@dataclass(frozen=True, slots=True)
class Struck:
    """One fault and what came of it; `violation` is "" where the rules held."""

    act: Act
    step: str
    fault: str
    found: str
    violation: str = ""


class Broken(Exception):  # noqa: N818 - named for what happened
    """A worker ended or hangs: the soak cannot be finished."""


def struck_by(workers: int, faults: int, seed: int) -> Iterator[Struck]:
    """`faults` faults, drawn and struck by that many processes; each comes as soon as it is judged. Raises Broken."""
    context = get_context("spawn")
    results: Queue[Struck] = context.Queue()
    shares = [faults // workers + (number < faults % workers) for number in range(workers)]
    processes = [
        context.Process(target=_work, args=(f"{seed}/{number}", share, results), daemon=True)
        for number, share in enumerate(shares)
    ]
    for process in processes:
        process.start()
    try:
        for _ in range(faults):
            try:
                yield results.get(timeout=SILENCE_SECONDS)
            except queue.Empty:
                raise Broken("a worker ended before its time, or hangs; its words are above") from None
        for process in processes:
            process.join(SILENCE_SECONDS)
    finally:
        for process in processes:
            process.kill()
            process.join()


def _work(seed: str, faults: int, results: "Queue[Struck]") -> None:
    chance = random.Random(seed)
    others = [act for act in Act if act is not Act.CAST]
    with quick_folder() as folder, Matrix(folder) as matrix:
        for _ in range(faults):
            act = Act.CAST if chance.random() < CAST_SHARE else chance.choice(others)
            if chance.random() < CUT_SHARE:
                results.put(_cut(matrix.rehearsal(act), act, folder / "cut", chance))
            else:
                results.put(_strike(matrix, chance.choice(matrix.cells(act))))


def _strike(matrix: Matrix, cell: Cell) -> Struck:
    step = f"{cell.step.call} {Path(cell.step.file).name}"
    try:
        _, found = matrix.strike(cell)
    except Violation as violation:
        return Struck(cell.act, step, cell.fault.value, "", str(violation))
    return Struck(cell.act, step, cell.fault.value, found.value)


def _cut(rehearsal: Rehearsal, act: Act, root: Path, chance: random.Random) -> Struck:
    """Cut the power somewhere in the act, and draw what reached the medium."""
    medium = Medium(rehearsal.base, rehearsal.root)
    played: list[Call] = [call for call in rehearsal.calls if durable(call)]
    point = chance.randrange(len(played) + 1)
    for call in played[:point]:
        medium.play(call)
    state = chance.choice(list(medium.states(chance, 30)))
    shutil.rmtree(root, ignore_errors=True)
    medium.write(state, root)
    step = f"before {played[point].name}" if point < len(played) else "at the end"
    try:
        found = found_after_restart(act, root, rehearsal)
        bind(act, "done" if point == len(played) else "", found)
    except Violation as violation:
        return Struck(act, step, POWER_CUT, "", f"{act.value}: power cut after {point} calls: {violation}")
    return Struck(act, step, POWER_CUT, found.value)


FAULTS = (*(fault.value for fault in Fault), POWER_CUT)


def counted(struck: list[Struck]) -> dict[tuple[str, str], dict[str, Counter[str]]]:
    """By act and step, by fault: how often which outcome."""
    table: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    for one in struck:
        row = table.setdefault((one.act.value, one.step), {fault: Counter() for fault in FAULTS})
        row[one.fault][one.found or "VIOLATED"] += 1
    return dict(sorted(table.items()))


SHORT = {Outcome.NOTHING.value: "none", Outcome.ALL.value: "all", "VIOLATED": "VIOLATED"}
