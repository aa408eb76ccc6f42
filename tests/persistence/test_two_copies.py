"""Two copies of a store: the second follows each commit, and a copy that fell behind is brought up, by code."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.domain.counters import control_checks
from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.batches import BatchPart, BatchState
from kiosk.store.catching_up import Do, catch_up, follow, holds, marks_of, rest, settle
from kiosk.store.change import Transaction
from kiosk.store.errors import OutOfStep, StoreFailed
from kiosk.store.vote_store import VoteStore
from tests.persistence.store_setting import PACKAGE, PAPERS, SMALL, TERMINAL, cast, clock, create, reopen, session

SECOND_KEY = bytes(range(32, 64))
R = TypeVar("R")


def make_second(folder: Path) -> VoteStore:
    return VoteStore.create(
        folder,
        bytearray(SECOND_KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=PAPERS,
        shape=SMALL,
        clock=clock,
        note=False,
    )


def open_second(folder: Path) -> VoteStore:
    return VoteStore.open(
        folder, bytearray(SECOND_KEY), package_digest=PACKAGE, terminal=TERMINAL, clock=clock, note=False
    )


def on(store: VoteStore) -> Do:
    def do(work: Callable[[VoteStore], R]) -> R:
        return work(store)

    return do


def bring_up(source: VoteStore, target: VoteStore) -> int:
    return catch_up(on(source), on(target), lambda done, todo: None, lambda: None)


def assert_same(first: VoteStore, second: VoteStore) -> None:
    """Everything that a copy tells is what the other tells, and both agree with themselves."""
    for store in (first, second):
        store.journal.verify_chain()
        counters = store.counters()
        pending = sum(b.ballots for b in store.batches() if b.state in (BatchState.SEALED, BatchState.SENT))
        unsealed = sum(store.unsealed_by_paper().values())
        assert all(check.holds for check in control_checks(counters, store.accepted_by_paper(), unsealed, pending))
    assert first.state == second.state
    assert not second.state.partial
    assert first.codes() == second.codes()
    assert [first.stored(code) for code in first.codes()] == [second.stored(code) for code in second.codes()]
    assert [first.member(code) for code in first.codes()] == [second.member(code) for code in second.codes()]
    assert first.batches() == second.batches()
    for batch in first.batches():
        for part in BatchPart:
            if part is not BatchPart.ANSWER or batch.answer_sha256:
                assert first.batch_bytes(batch.sequence, part) == second.batch_bytes(batch.sequence, part)
    assert list(first.journal.records()) == list(second.journal.records())


def busy_day(store: VoteStore, voters: range) -> None:
    """Everything that writes."""
    for voter in voters:
        store.record(events.card_inserted(), sessions=1)
        cast(store, voter)
    sequence = store.counters().batches + 1
    drawn = store.draw(dict.fromkeys(PAPERS[:2], 2))
    store.record_batch(drawn, sequence, b"header", b"sealed %d" % sequence, events=[events.batch_sealed(sequence, 4)])
    store.mark_sent(sequence, events.batch_sent(sequence))


def answer(store: VoteStore, sequence: int) -> None:
    store.acknowledge(
        sequence,
        b"answer",
        status=BatchState.ACKNOWLEDGED,
        accepted=4,
        events=[events.batch_acknowledged(sequence, 4, 0)],
    )


def test_the_second_follows_everything_that_the_first_writes(tmp_path: Path) -> None:
    first = create(tmp_path / "a")
    second = make_second(tmp_path / "b")
    assert bring_up(first, second) == 0
    first.follower = partial(follow, second)
    busy_day(first, range(4))
    answer(first, 1)
    first.set_polls_state(PollsState.CLOSED, events.polls_closed())
    assert_same(first, second)
    first.close()
    second.close()
    first, second = reopen(tmp_path / "a"), open_second(tmp_path / "b")
    assert not holds(second, marks_of(first)), "opening is written in the first alone"
    bring_up(first, second)
    assert_same(first, second)
    first.close()
    second.close()


def test_slots_are_shuffled_for_each_copy_by_itself(tmp_path: Path) -> None:
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    first.follower = partial(follow, second)
    for voter in range(8):
        cast(first, voter)
    places = [[store._contents.slot_of[code] for code in first.codes()] for store in (first, second)]
    assert places[0] != places[1]
    first.close()
    second.close()


def test_a_new_medium_in_the_middle_of_the_day_gets_everything(tmp_path: Path) -> None:
    first = create(tmp_path / "a")
    busy_day(first, range(4))
    answer(first, 1)
    busy_day(first, range(4, 8))
    second = make_second(tmp_path / "b")
    heard: list[tuple[int, int]] = []
    joined: list[bool] = []
    copied = catch_up(on(first), on(second), lambda *now: heard.append(now), lambda: joined.append(True))
    assert copied == 16
    assert heard[-1] == (16, 16)
    assert joined == [True]
    assert_same(first, second)
    assert bring_up(first, second) == 0, "again changes nothing"
    assert_same(first, second)
    first.close()
    second.close()


def test_a_copy_that_was_away_is_brought_up_and_follows_again(tmp_path: Path) -> None:
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    first.follower = partial(follow, second)
    busy_day(first, range(3))
    first.follower = None
    second.close()
    answer(first, 1)
    busy_day(first, range(3, 7))
    second = open_second(tmp_path / "b")
    assert holds(first, marks_of(second))
    with pytest.raises(OutOfStep):
        settle(second, rest(first, marks_of(second)))  # the last step without the ballots
    assert bring_up(first, second) == 8
    assert_same(first, second)
    first.follower = partial(follow, second)
    cast(first, 9)
    assert_same(first, second)
    first.close()
    second.close()


def test_catching_up_may_be_cut_short_at_any_transaction(tmp_path: Path) -> None:
    """After each cut the copy opens, is held by the first one, holds nothing itself, and is brought up anew."""
    first = create(tmp_path / "a")
    busy_day(first, range(4))
    second = make_second(tmp_path / "b")
    bring_up(first, second)
    second.close()
    answer(first, 1)
    busy_day(first, range(4, 7))
    for page_filling in range(160):  # over a page of the journal
        first.record(events.staff_called() if page_filling else events.reader_lost())
    cuts = 0
    while True:
        second = open_second(tmp_path / "b")
        assert holds(first, marks_of(second))
        if cuts > 1:
            assert second.state.partial
            assert not holds(second, marks_of(first))
        commit, left = second._database.commit, 1 + cuts

        def cut(updates: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise _Cut
            commit(updates)  # type: ignore[arg-type]  # noqa: B023  # as it came, to this round's store

        second._database.commit = cut  # type: ignore[method-assign]  # the power goes here
        try:
            bring_up(first, second)
            break
        except _Cut:
            second.close()
            cuts += 1
    assert cuts >= 3
    del second._database.commit
    assert_same(first, second)
    second.close()
    second = open_second(tmp_path / "b")
    assert_same(first, second)
    first.close()
    second.close()


class _Cut(Exception):  # noqa: N818 - the power goes
    pass


def test_a_copy_out_of_step_follows_nothing(tmp_path: Path) -> None:
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    cast(first, 1)
    told: list[Exception] = []

    def following(transaction: Transaction) -> None:
        try:
            follow(second, transaction)
        except OutOfStep as error:
            told.append(error)

    first.follower = following
    before = marks_of(second)
    cast(first, 2)
    assert len(told) == 1
    assert marks_of(second) == before
    first.close()
    second.close()


def test_an_older_first_copy_is_brought_up_from_the_second(tmp_path: Path) -> None:
    """The union the other way round: the primary is an older image of itself."""
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    first.follower = partial(follow, second)
    cast(first, 1)
    first.close()
    older = {path: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    first = reopen(tmp_path / "a")
    bring_up(first, second)
    first.follower = partial(follow, second)
    busy_day(first, range(2, 6))
    wanted = marks_of(first)
    first.close()
    for path, content in older.items():
        path.write_bytes(content)
    first = VoteStore.open(
        tmp_path / "a",
        bytearray(range(32)),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        clock=clock,
        note=False,
    )
    assert not holds(first, marks_of(second))
    assert holds(second, marks_of(first))
    assert bring_up(second, first) == 8
    assert marks_of(first) == wanted
    assert_same(first, second)
    first.close()
    second.close()


def test_copies_that_went_apart_hold_neither_the_other(tmp_path: Path) -> None:
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    cast(first, 1)
    second.cast(session(2), declined=1, entitled=3, events=[events.session_cast()])
    assert not holds(first, marks_of(second))
    assert not holds(second, marks_of(first))
    first.close()
    second.close()


def test_copies_whose_journals_went_apart_hold_neither_the_other(tmp_path: Path) -> None:
    """The ballots are the same, one journal is longer: it is no beginning of the other for that."""
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    second.record(events.reader_lost())
    for _ in range(2):
        first.record(events.staff_called())
    assert not holds(first, marks_of(second))
    assert not holds(second, marks_of(first))
    first.close()
    second.close()


def test_a_second_copy_that_fails_leaves_the_first_as_it_is(tmp_path: Path) -> None:
    first, second = create(tmp_path / "a"), make_second(tmp_path / "b")
    bring_up(first, second)
    lost: list[Exception] = []

    def following(transaction: Transaction) -> None:
        try:
            follow(second, transaction)
        except StoreFailed as error:
            lost.append(error)
            first.follower = None

    first.follower = following
    second.close()
    cast(first, 1)
    cast(first, 2)
    assert len(lost) == 1
    assert first.counters().accepted == 4
    second = open_second(tmp_path / "b")
    assert bring_up(first, second) == 4
    assert_same(first, second)
    first.close()
    second.close()
