"""What is done to a store while faults strike it, and what the store tells afterwards.

An act is everything that writes: making, opening, recovering, each kind of transaction. `prepare` brings a store to
where the act begins; `begin` opens it and gives what is left to do; `told` is all that a store tells about itself, by
which any state is judged: it has to be the one before the act or the one after it, whole.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from kiosk.domain.counters import Counters, control_checks
from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.batches import Batch, BatchPart, BatchState
from kiosk.store.catching_up import Do, catch_up, follow, holds, marks_of
from kiosk.store.change import Transaction
from kiosk.store.errors import NoStore, StoreError
from kiosk.store.making import Shape
from kiosk.store.takeover import line_of
from kiosk.store.vote_store import StoredBallot, VoteStore

KEY = bytes(range(32))
SECOND_KEY = bytes(range(32, 64))
SECOND = "second"
"""The folder of the second copy, where an act has one."""
PACKAGE = hashlib.sha256(b"package").hexdigest()
TERMINAL = "T-1"
PAPERS = ("mayor", "duma", "question")
SHAPE = Shape(slots=12, largest_ballot=14_000, session_papers=3, journal_pages=8, batch_rows=4)
EARLIER = (1, 2, 3)
"""Voters who have cast before the act."""
VOTER = 7
"""The voter who casts in `Act.CAST`."""
UNTOLD = ("store_opened", "write_rolled_back", "write_stands")
"""Events that every restart may add; they are left out of what is compared."""


R = TypeVar("R")


class Act(StrEnum):
    """What the victim is doing when the fault strikes."""

    MAKE = "make the store"
    OPEN_POLLS = "open the polls"
    RECORD = "write the journal"
    CAST = "cast"
    CAST_TWICE = "cast on both media"
    SEAL = "seal a batch"
    SEND = "note a batch as sent"
    ACKNOWLEDGE = "store an answer"
    CLOSE_POLLS = "close the polls"
    TAKE_OVER = "take the store over"
    CARRY_ON = "bring up a store that was taken over"
    OPEN = "open the store"
    ROLL_BACK = "open after half a cast"
    WIPE = "open after a cast, not wiped"


@dataclass(frozen=True, slots=True)
class Told:
    """All that a store tells: equal for equal states. `events` are the names of the journal's, but for restarts."""

    counters: Counters
    polls: PollsState
    codes: tuple[str, ...]
    events: tuple[str, ...]
    batches: tuple[tuple[int, BatchState, int, int, int], ...]
    unsealed: tuple[int, ...]
    held: tuple[str, ...]
    line: tuple[str, ...]


class Inconsistent(Exception):  # noqa: N818 - named for what happened
    """What the store tells does not agree with itself."""


def clock() -> datetime:
    """A clock that stands still, so that sizes and steps repeat."""
    return datetime(2026, 9, 18, 12, 34, 56, tzinfo=UTC)


def ballot(paper: str, voter: int) -> StoredBallot:
    """The ballot of a voter for a paper, 12 KB long, always the same."""
    name = hashlib.sha256(f"{paper}/{voter}".encode()).hexdigest()
    return StoredBallot(paper, f"code-{name[:38]}", f"cred-{name}", f'{{"ballot":"{name * 187}"}}')


def session(voter: int) -> list[StoredBallot]:
    """The ballots of a voter with two papers."""
    return [ballot(paper, voter) for paper in PAPERS[:2]]


def create(root: Path) -> VoteStore:
    """A new store."""
    return VoteStore.create(
        root / "store",
        bytearray(KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=PAPERS,
        shape=SHAPE,
        clock=clock,
    )


def reopen(root: Path) -> VoteStore:
    """The store opened as after a restart."""
    return VoteStore.open(root / "store", bytearray(KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock)


def reopen_plainly(root: Path) -> VoteStore:
    """The store opened, and nothing written in it before it is compared with the second copy."""
    return VoteStore.open(
        root / "store", bytearray(KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock, note=False
    )


def create_second(root: Path) -> VoteStore:
    """The second copy of a store, new and empty."""
    return VoteStore.create(
        root / SECOND,
        bytearray(SECOND_KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=PAPERS,
        shape=SHAPE,
        clock=clock,
        note=False,
    )


def reopen_second(root: Path) -> VoteStore:
    """The second copy opened as after a restart."""
    return VoteStore.open(
        root / SECOND, bytearray(SECOND_KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock, note=False
    )


def join(first: VoteStore, second: VoteStore) -> None:
    """Bring the second copy up, and let it follow until it fails, as `SecondCopyKeeper` does on its lanes."""
    if not holds(first, marks_of(second)):
        raise Inconsistent("the second copy has what the first has not")
    catch_up(_plainly(first), _plainly(second), lambda done, todo: None, lambda: None)

    def following(transaction: Transaction) -> None:
        try:
            follow(second, transaction)
        except (StoreError, OSError):
            first.follower = None

    first.follower = following


def carry_on(first: VoteStore, second: VoteStore) -> None:
    """Bring the first copy up if the second has what it lacks, as a start does."""
    if not holds(first, marks_of(second)) and holds(second, marks_of(first)):
        catch_up(_plainly(second), _plainly(first), lambda done, todo: None, lambda: None)


def _plainly(store: VoteStore) -> Do:
    def do(work: Callable[[VoteStore], R]) -> R:
        return work(store)

    return do


def cast(store: VoteStore, voter: int) -> None:
    """A voter with three papers casts two and declines one."""
    store.cast(session(voter), declined=1, entitled=3, events=[events.session_cast()])


def prepare(act: Act, root: Path) -> None:
    """Bring a store to where `act` begins, closed; ROLL_BACK and WIPE begin where OPEN does, with a cut-short cast."""
    root.mkdir(parents=True)
    if act is Act.MAKE:
        return
    store = create(root)
    if act in (Act.CAST_TWICE, Act.CARRY_ON):
        second = create_second(root)
        join(store, second)
    if act is not Act.OPEN_POLLS:
        store.set_polls_state(PollsState.OPEN, events.polls_opened())
        for voter in EARLIER:
            cast(store, voter)
    if act in (Act.SEND, Act.ACKNOWLEDGE, Act.CARRY_ON):
        _seal(store)
    store.close()
    if act is Act.CARRY_ON:
        # The spare's first copy is new, and the medium says whose it is now.
        take_over(second)
        shutil.rmtree(root / "store")
        _create_plainly(root).close()
    if act in (Act.CAST_TWICE, Act.CARRY_ON):
        second.close()


def _create_plainly(root: Path) -> VoteStore:
    return VoteStore.create(
        root / "store",
        bytearray(KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=PAPERS,
        shape=SHAPE,
        clock=clock,
        note=False,
    )


def take_over(copy: VoteStore) -> None:
    """The one transaction that makes a spare the one that carries the store on."""
    told = [events.store_taken_over(TERMINAL, "T-2", PACKAGE, PACKAGE), events.polls_paused("technical", "now")]
    copy.hand_over("T-2", *told, polls=PollsState.PAUSED)


def begin(act: Act, root: Path) -> Callable[[], VoteStore]:
    """Come to where `act` begins, and give what does it and returns the open store."""
    match act:
        case Act.MAKE:
            return lambda: create(root)
        case Act.OPEN | Act.ROLL_BACK | Act.WIPE:
            return lambda: reopen(root)
        case Act.CARRY_ON:
            first, second = reopen_plainly(root), reopen_second(root)

            def bring_up() -> VoteStore:
                carry_on(first, second)
                return first

            return bring_up
        case _:
            store = reopen(root)
            if act is Act.CAST_TWICE:
                join(store, reopen_second(root))

            def work() -> VoteStore:
                _do(act, store)
                return store

            return work


def _do(act: Act, store: VoteStore) -> None:
    match act:
        case Act.OPEN_POLLS:
            store.set_polls_state(PollsState.OPEN, events.polls_opened())
        case Act.RECORD:
            store.record(events.reader_lost(), sessions=1)
        case Act.CAST | Act.CAST_TWICE:
            cast(store, VOTER)
        case Act.SEAL:
            _seal(store)
        case Act.SEND:
            store.mark_sent(1, events.batch_sent(1))
        case Act.ACKNOWLEDGE:
            store.acknowledge(
                1,
                b"answer" * 200,
                status=BatchState.ACKNOWLEDGED,
                accepted=4,
                events=[events.batch_acknowledged(1, 4, 0)],
            )
        case Act.CLOSE_POLLS:
            store.set_polls_state(PollsState.CLOSED, events.polls_closed())
        case Act.TAKE_OVER:
            take_over(store)
        case _:
            raise AssertionError(act)


def _seal(store: VoteStore) -> None:
    drawn = store.draw({"mayor": 2, "duma": 2})
    store.record_batch(drawn, 1, b"header" * 100, b"sealed" * 1000, events=[events.batch_sealed(1, 4)])


def told(store: VoteStore) -> Told:
    """Everything the store tells, checked against itself. Raises Inconsistent, and what reading raises."""
    store.journal.verify_chain()
    counters, batches = store.counters(), store.batches()
    pending = sum(batch.ballots for batch in batches if batch.state in (BatchState.SEALED, BatchState.SENT))
    unsealed = store.unsealed_by_paper()
    checks = control_checks(counters, store.accepted_by_paper(), sum(unsealed.values()), pending)
    if broken := [check.name for check in checks if not check.holds]:
        raise Inconsistent(f"control equations: {broken}")
    names = tuple(record.event for record in store.journal.records() if record.event not in UNTOLD)
    if names.count("session_cast") != counters.cards_spent:
        raise Inconsistent("journal and counters")
    held: list[str] = []
    for voter in (*EARLIER, VOTER):
        for one in session(voter):
            there = one.code in store.codes()
            if store.is_spent(one.credential) is not there:
                raise Inconsistent("ballots and spent credentials")
            if there and store.ballot(one.code) != one.ballot_json:
                raise Inconsistent("a ballot's bytes")
            held += [one.code] if there else []
    for batch in batches:
        _read_files(store, batch)
    rows = tuple((one.sequence, one.state, one.ballots, one.accepted, one.refused) for one in batches)
    line = line_of(store.header, store.state)
    return Told(counters, store.polls_state(), store.codes(), names, rows, tuple(unsealed.values()), tuple(held), line)


def _read_files(store: VoteStore, batch: Batch) -> None:
    for part in BatchPart:
        if part is not BatchPart.ANSWER or batch.answer_sha256:
            store.batch_bytes(batch.sequence, part)


def told_after_restart(root: Path) -> Told | None:
    """What the store tells when it is opened again, and again after that; None where there is no store yet."""
    twice = (root / SECOND).exists()
    try:
        store = reopen_plainly(root) if twice else reopen(root)
    except NoStore:
        return None
    try:
        if twice:
            second = reopen_second(root)
            carry_on(store, second)
            store.note_opening()
        first = told(store)
        if twice:
            _agree(store, second, first)
    finally:
        store.close()
    for rollback in root.glob("*/votes.db-journal"):
        if any(rollback.read_bytes()):
            raise Inconsistent("the rollback journal is not wiped")
    return first


def _agree(first: VoteStore, second: VoteStore, wanted: Told) -> None:
    """The start brings the second copy up: it lacks at most what was cut short, and then tells the same."""
    try:
        join(first, second)
        if told(second) != wanted or second.state != first.state:
            raise Inconsistent("the two copies")
    finally:
        second.close()
