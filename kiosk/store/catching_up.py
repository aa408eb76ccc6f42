"""Bringing one copy of a store up to the other: by code, in no order, and as often as it is begun anew.

A copy *holds* another if the other's journal is the beginning of its own and it has all of the other's ballots. What a
copy lacks is then copied: ballots first, a session's worth at a time and drawn at random, then rows and files of
batches, then journal pages beyond the copy's own end, and last one transaction with everything that says so. Cut short
at any point, the copy is what it was with some ballots more (`StoreState.partial` tells), and is brought up again.
"""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import msgspec

from kiosk.store.batches import Batch, BatchPart
from kiosk.store.change import BatchFile, Change, Transaction
from kiosk.store.errors import OutOfStep
from kiosk.store.journal import records_of
from kiosk.store.layout import StoredBallot
from kiosk.store.making import StoreState
from kiosk.store.vote_store import VoteStore

R = TypeVar("R")


class Do(Protocol):
    """Does something with a store, on the thread that the store belongs to, and waits for it."""

    def __call__(self, work: Callable[[VoteStore], R], /) -> R:
        """Raise what the work raises."""
        ...


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a copy is known to another: its state row, its codes, its batches."""

    state: StoreState
    codes: frozenset[str] = field(repr=False)
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """All that a copy with certain marks lacks, but for ballots."""

    batches: tuple[Batch, ...]
    files: tuple[BatchFile, ...]
    pages: Mapping[int, bytes] = field(repr=False)
    members: Mapping[str, int] = field(repr=False)
    state: StoreState


def marks_of(store: VoteStore) -> Marks:
    """The marks of a copy."""
    return Marks(store.state, frozenset(store.codes()), store.batches())


def holds(store: VoteStore, other: Marks) -> bool:
    """Whether everything that a copy with these marks has is here too."""
    if store.state.partial:
        return False
    end = other.state.journal
    mine = store.state.journal
    if end.records > mine.records or not other.codes <= set(store.codes()):
        return False
    if end.records == mine.records:
        return end.head == mine.head
    if end.records == 0:
        return end.head == store.journal.first_previous
    # Copies of one journal have each record at the same place.
    there = records_of(store.journal_page(end.page))
    return any(record.number == end.records and record.digest == end.head for record in there)


def lacking(store: VoteStore, codes: Collection[str], most: int) -> tuple[StoredBallot, ...]:
    """Up to `most` ballots that are here and not among `codes`, drawn at random."""
    missing = sorted(set(store.codes()) - set(codes))
    drawn = random.SystemRandom().sample(missing, min(most, len(missing)))
    return tuple(store.stored(code) for code in drawn)


def rest(store: VoteStore, other: Marks) -> Rest:
    """What a copy with these marks lacks, but for ballots."""
    before = dict(enumerate(other.batches))
    changed = [batch for place, batch in enumerate(store.batches()) if before.get(place) != batch]
    files = tuple(
        BatchFile(batch.sequence, part, store.batch_bytes(batch.sequence, part))
        for batch in changed
        for part in BatchPart
        if part is not BatchPart.ANSWER or batch.answer_sha256
    )
    first, last = other.state.journal.page, store.state.journal.page
    pages = {page: store.journal_page(page) for page in range(first, min(last, store.header.journal_pages - 1) + 1)}
    members = {code: member for code in store.codes() if (member := store.member(code))}
    return Rest(tuple(changed), files, pages, members, store.state)


def catch_up(source: Do, target: Do, told: Callable[[int, int], None], joined: Callable[[], None]) -> int:
    """Bring `target` up to `source`, which holds it; how many ballots were copied.

    `told` hears how many ballots are done and how many there are to do. The last step is done while `source` does
    nothing else, and `joined` is called in it: from there on `target` may follow. Raises what either store raises.
    """
    marks = target(marks_of)
    codes = set(marks.codes)
    chunk = target(lambda store: store.header.session_papers)
    todo = source(lambda store: len(store.codes())) - len(codes)

    def draw(store: VoteStore) -> tuple[StoredBallot, ...]:
        return lacking(store, codes, chunk)

    def copied(ballots: tuple[StoredBallot, ...]) -> int:
        target(lambda store: take(store, ballots))
        codes.update(ballot.code for ballot in ballots)
        return len(ballots)

    done = 0
    while ballots := source(draw):
        done += copied(ballots)
        told(done, max(done, todo))

    def finish(store: VoteStore) -> int:
        late = 0
        while ballots := draw(store):  # what was cast meanwhile; nothing is while this runs
            late += copied(ballots)
        missing = rest(store, marks)
        target(lambda copy: settle(copy, missing))
        joined()
        return late

    return done + source(finish)


def follow(copy: VoteStore, transaction: Transaction) -> None:
    """Do in a copy what the first one has just done.

    Raises OutOfStep (nothing is changed) if this copy is not where the first one was; StoreFull, StoreFailed,
    OutcomeUnknown.
    """
    if copy.state != transaction.before:
        raise OutOfStep("following")
    copy.apply(transaction.change, transaction.pages, transaction.after)


def take(copy: VoteStore, ballots: tuple[StoredBallot, ...]) -> None:
    """Copy ballots from the other copy, at most a session's worth; this one is `partial` until `settle`.

    Raises StoreFull, StoreFailed, OutcomeUnknown.
    """
    before = copy.state
    counters = replace(before.counters, accepted=before.counters.accepted + len(ballots))
    copy.apply(Change(ballots=ballots), {}, msgspec.structs.replace(before, counters=counters, partial=True))


def settle(copy: VoteStore, rest: Rest) -> None:
    """Become what the other copy is, once all its ballots are here. Raises OutOfStep, StoreFailed, OutcomeUnknown.

    What this copy's state row does not name yet goes first, in transactions of the usual size.
    """
    if len(copy.codes()) != rest.state.counters.accepted:
        raise OutOfStep("catching up")
    partial = msgspec.structs.replace(copy.state, partial=True)
    for batch in rest.batches:
        files = tuple(file for file in rest.files if file.sequence == batch.sequence)
        copy.apply(Change(batch=batch, files=files), {}, partial)
    tail = partial.journal.page
    for page, body in rest.pages.items():
        if page != tail:
            copy.apply(Change(), {page: body}, partial)
    last = {page: body for page, body in rest.pages.items() if page in (tail, rest.state.journal.page)}
    copy.apply(Change(members=rest.members), last, rest.state)
