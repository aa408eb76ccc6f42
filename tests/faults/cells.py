"""The cells of the fault matrix: an act, one of its durable steps, a fault; and what has to hold afterwards (DESIGN 8).

The steps of an act are what strace recorded of it, so that a step added to the store is a row added to the matrix.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.store.errors import AlreadySpent
from tests.faults.acts import (
    SECOND,
    VOTER,
    Act,
    Told,
    cast,
    create,
    prepare,
    reopen,
    reopen_second,
    session,
    told,
    told_after_restart,
)
from tests.faults.strace import Call, Fate, Step, Victims, paths_of, steps_of

OPENING = (Act.OPEN, Act.ROLL_BACK, Act.WIPE, Act.CARRY_ON)
"""Acts that a restart finishes: they have no "nothing of it"."""
CUT_SHORT = {Act.ROLL_BACK: ("store/votes.db", 2), Act.WIPE: ("store/votes.db-journal", -2)}
"""Where the cast is killed that these acts find: at the second page in place, and at the wipe (the last but one step
of the journal file)."""


class Fault(StrEnum):
    """What happens at a step. The lasting ones go on: from that step every durable call fails."""

    KILLED = "killed"
    EIO = "EIO"
    ENOSPC = "ENOSPC"
    EIO_LASTING = "EIO from then on"
    ENOSPC_LASTING = "ENOSPC from then on"


class Outcome(StrEnum):
    """What a restart found."""

    NOTHING = "nothing of it"
    ALL = "all of it"


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one step of one act."""

    act: Act
    step: Step
    fault: Fault

    def __str__(self) -> str:
        return f"{self.act.value}: {self.fault.value} at {self.step}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An act that was recorded without a fault: its calls, and what the store told before and after.

    `prepared` is the store before the program started, `base` the same when the act began: opening writes too.
    """

    prepared: Path
    base: Path
    calls: tuple[Call, ...]
    root: Path
    before: Told | None
    after: Told

    @property
    def steps(self) -> list[Step]:
        """Its durable steps."""
        return steps_of(self.calls, self.root)

    @property
    def paths(self) -> list[str]:
        """All files that it touches, relative to its folder."""
        return paths_of(self.calls, self.root)


class Violation(Exception):  # noqa: N818 - named for what happened
    """A rule of DESIGN 8 does not hold."""


class Matrix:
    """Strikes cells in a folder of its own, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._victims = Victims()
        self._rehearsals: dict[Act, Rehearsal] = {}
        self._root = folder / "struck"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._victims.__exit__(kind, error, trace)

    def rehearsal(self, act: Act) -> Rehearsal:
        """The act, recorded once."""
        if act not in self._rehearsals:
            self._rehearsals[act] = self._rehearse(act)
        return self._rehearsals[act]

    def spoilt(self, act: Act, settings: dict[str, str]) -> Rehearsal:
        """The act recorded anew with a store that is spoilt by `settings`."""
        rehearsal = self.rehearsal(act)
        base = rehearsal.base.with_name("base of the spoilt")
        _copy(rehearsal.prepared, rehearsal.root)
        shutil.rmtree(base, ignore_errors=True)
        return replace(rehearsal, base=base, calls=tuple(self._victims.record(act, rehearsal.root, base, settings)))

    def struck(self, cell: Cell) -> tuple[str, Rehearsal]:
        """A cell carried out and recorded: what the victim said, and the act with the failed calls in it."""
        rehearsal = self.rehearsal(cell.act)
        base = rehearsal.base.with_name("base of the struck")
        _copy(rehearsal.prepared, rehearsal.root)
        shutil.rmtree(base, ignore_errors=True)
        injections = _injections(cell, rehearsal.steps)
        said, calls = self._victims.record_struck(cell.act, rehearsal.root, base, injections, rehearsal.paths)
        return said, replace(rehearsal, base=base, calls=tuple(calls))

    def cells(self, act: Act) -> list[Cell]:
        """Every cell of an act."""
        return [Cell(act, step, fault) for step in self.rehearsal(act).steps for fault in Fault]

    def strike(self, cell: Cell) -> tuple[str, Outcome]:
        """Carry a cell out on a copy: what the victim said, and what a restart found. Raises Violation."""
        rehearsal = self.rehearsal(cell.act)
        _copy(rehearsal.prepared, self._root)
        injections = _injections(cell, rehearsal.steps)
        fate = self._victims.strike(cell.act, self._root, injections, rehearsal.paths)
        try:
            return fate.said, _judged(cell, fate, self._root, rehearsal)
        except Violation as violation:
            raise Violation(f"{cell}, said {fate.said or 'nothing'}: {violation}") from violation.__cause__

    def _rehearse(self, act: Act) -> Rehearsal:
        place = self._folder / act.name.lower()
        prepared, root, base = place / "prepared", place / "root", place / "base"
        prepare(act, prepared)
        if act in CUT_SHORT:
            self._cut_a_cast_short(prepared, *CUT_SHORT[act])
        _copy(prepared, root)
        before = None if act is Act.MAKE else told_after_restart(root)
        _copy(prepared, root)
        calls = tuple(self._victims.record(act, root, base, {}))
        after = told_after_restart(root)
        assert after is not None
        return Rehearsal(prepared, base, calls, root, before, after)

    def _cut_a_cast_short(self, root: Path, file: str, place: int) -> None:
        casting = self.rehearsal(Act.CAST)
        steps = [step for step in casting.steps if step.file == file]
        step = steps[place if place < 0 else place - 1]
        fate = self._victims.strike(Act.CAST, root, _injections(Cell(Act.CAST, step, Fault.KILLED), []), casting.paths)
        assert fate == Fate("", True)


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def _injections(cell: Cell, steps: Sequence[Step]) -> list[str]:
    """The fault in strace's words."""
    step = cell.step
    match cell.fault:
        case Fault.KILLED:
            return [f"inject={step.call}:signal=KILL:when={step.nth}"]
        case Fault.EIO | Fault.ENOSPC:
            return [f"inject={step.call}:error={cell.fault.name}:when={step.nth}"]
        case Fault.EIO_LASTING | Fault.ENOSPC_LASTING:
            # Strace counts each call by itself: of every other call that is still to come, the next is the first.
            following = steps[steps.index(step) :]
            first = {one.call: one.nth for one in reversed(following)}
            first.setdefault("fdatasync", 1 + max((one.nth for one in steps if one.call == "fdatasync"), default=0))
            error = cell.fault.name.removesuffix("_LASTING")
            return [f"inject={call}:error={error}:when={nth}+" for call, nth in sorted(first.items())]


def _judged(cell: Cell, fate: Fate, root: Path, rehearsal: Rehearsal) -> Outcome:
    """What a restart found. Raises Violation if it is not what the victim said, or neither the one nor the other."""
    if not fate.struck:
        raise Violation("the fault never came")
    if fate.said == "" and cell.fault is not Fault.KILLED:
        raise Violation("the victim died of an error")
    if cell.act is Act.CAST_TWICE and fate.said == "done" and cell.fault in (Fault.EIO, Fault.ENOSPC):
        _shown_means_on_both(cell, root)
    outcome = found_after_restart(cell.act, root, rehearsal)
    bind(cell.act, fate.said, outcome)
    return outcome


def _shown_means_on_both(cell: Cell, root: Path) -> None:
    """Shown as cast: stored on every medium that is present, which the second is unless the fault struck it."""
    if cell.step.file.startswith(SECOND):
        return
    second = reopen_second(root)
    try:
        if not {ballot.code for ballot in session(VOTER)} <= set(second.codes()):
            raise Violation("said to be done, and not on the second medium, which is there")
    finally:
        second.close()


def bind(act: Act, said: str, outcome: Outcome) -> None:
    """What was said binds: "done" means all of it, a refusal nothing; silence and "unknown" bind to neither.

    Raises Violation.
    """
    match said:
        case "done" if outcome is Outcome.NOTHING:
            raise Violation("said to be done, and lost")
        case "StoreFailed" if outcome is Outcome.ALL and act not in (Act.MAKE, *OPENING):
            raise Violation("said to have failed, and stored")
        case "Damaged" if act not in (Act.MAKE, *OPENING):
            raise Violation("a store that was open is called damaged")
        case "OSError" | "NoRoom" if act is not Act.MAKE:
            raise Violation("an error that nobody expects")
        case "done" | "StoreFailed" | "OutcomeUnknown" | "Damaged" | "OSError" | "NoRoom" | "":
            return
        case _:
            raise Violation("an error that nobody expects")


def found_after_restart(act: Act, root: Path, rehearsal: Rehearsal) -> Outcome:
    """Open as after a restart, and see one of the two, whole. Raises Violation."""
    try:
        found = told_after_restart(root)
        again = told_after_restart(root)
    except Exception as error:  # whatever it is, the store did not survive
        raise Violation(f"after the restart: {type(error).__name__}: {error}") from error
    if found != again:
        raise Violation("a second restart finds something else")
    if found is None:
        if rehearsal.before is not None:
            raise Violation("the store is gone")
        create(root).close()
        return Outcome.NOTHING
    if act in OPENING:
        if found != rehearsal.after:
            raise Violation(f"found {found}")
        return Outcome.ALL
    if found == rehearsal.after:
        outcome = Outcome.ALL
    elif found == rehearsal.before or (act is Act.MAKE and not found.events and not found.codes):
        outcome = Outcome.NOTHING
    else:
        raise Violation(f"neither before nor after: {found}")
    if act in (Act.CAST, Act.CAST_TWICE):
        _voter_comes_again(root, outcome)
    return outcome


def _voter_comes_again(root: Path, outcome: Outcome) -> None:
    """The voter's next try: a cast that stands is refused as spent, one that does not is taken."""
    store = reopen(root)
    try:
        cast(store, VOTER)
    except AlreadySpent:
        if outcome is not Outcome.ALL:
            raise Violation("refused as spent, and nothing is stored") from None
    else:
        if outcome is Outcome.ALL:
            raise Violation("a second cast of the same card was taken")
    finally:
        told(store)
        store.close()
