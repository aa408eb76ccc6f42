"""The vote store's rules: what is cast, counted, sealed and answered, and what is refused."""

import dataclasses
import threading
from pathlib import Path

import pytest

from kiosk.domain.counters import Check, Counters, control_checks
from kiosk.domain.polls import PollsState
from kiosk.store import errors, events
from kiosk.store.batches import ANSWERED, BatchPart, BatchState
from kiosk.store.making import Shape
from kiosk.store.vote_store import Recovery, VoteStore
from tests.persistence import store_setting as setting


@pytest.fixture
def store(tmp_path: Path) -> VoteStore:
    return setting.create(tmp_path / "store")


def _checks(store: VoteStore) -> tuple[Check, ...]:
    """The control equations over what is counted anew."""
    unsealed = sum(store.unsealed_by_paper().values())
    pending = sum(batch.ballots for batch in store.batches() if batch.state not in ANSWERED)
    return control_checks(store.counters(), store.accepted_by_paper(), unsealed, pending)


def again(store: VoteStore) -> VoteStore:
    """The same store after a restart."""
    store.close()
    return setting.reopen(store._folder)


def test_a_cast_is_there_after_a_restart(store: VoteStore) -> None:
    setting.cast(store, 1)
    setting.cast(store, 2)
    counters = store.counters()
    assert counters == Counters(cards_spent=2, entitled=6, accepted=4, declined=2)
    store = again(store)
    assert store.recovery is Recovery.CLEAN
    assert store.counters() == counters
    assert store.polls_state() is PollsState.OPEN
    assert store.accepted_by_paper() == {"mayor": 2, "duma": 2, "question": 0}
    assert all(check.holds for check in _checks(store))
    assert store.slots_free == setting.SMALL.slots - 4
    expected = {ballot.code: ballot for voter in (1, 2) for ballot in setting.session(voter)}
    assert store.codes() == tuple(sorted(expected))
    for code, ballot in expected.items():
        assert store.ballot(code) == ballot.ballot_json
        assert store.is_spent(ballot.credential)
    assert not store.spent_any([setting.ballot("question", 1).credential])
    store.close()


def test_a_credential_casts_once(store: VoteStore) -> None:
    setting.cast(store, 1)
    before = (store.counters(), store.journal.head())
    other = dataclasses.replace(setting.ballot("mayor", 2), credential=setting.ballot("mayor", 1).credential)
    for ballots in (setting.session(1), [other]):
        with pytest.raises(errors.AlreadySpent):
            store.cast(ballots, declined=0, entitled=len(ballots), events=[events.session_cast()])
    assert (store.counters(), store.journal.head()) == before
    store = again(store)
    assert store.counters() == before[0]
    store.close()


@pytest.mark.parametrize("polls", [PollsState.NOT_OPENED, PollsState.CLOSED])
def test_no_cast_unless_the_polls_are_open(tmp_path: Path, polls: PollsState) -> None:
    store = VoteStore.create(
        tmp_path / "store",
        bytearray(setting.KEY),
        package_digest=setting.PACKAGE,
        terminal=setting.TERMINAL,
        papers=setting.PAPERS,
        shape=setting.SMALL,
        clock=setting.clock,
    )
    store.set_polls_state(polls)
    with pytest.raises(errors.PollsNotOpen):
        setting.cast(store, 1)
    assert store.counters() == Counters()
    store.close()


def test_closing_is_final(store: VoteStore) -> None:
    store.set_polls_state(PollsState.CLOSED, events.polls_closed())
    with pytest.raises(ValueError, match="final"):
        store.set_polls_state(PollsState.OPEN)
    store = again(store)
    assert store.polls_state() is PollsState.CLOSED
    store.close()


def test_sessions_that_cannot_be_are_faults_of_the_program(store: VoteStore) -> None:
    mayor, duma = setting.session(1)
    for ballots, declined, entitled in (
        ([], 2, 2),
        ([mayor, duma], 1, 2),
        ([mayor, mayor], 0, 2),
        ([mayor, dataclasses.replace(duma, paper_id="mayor")], 0, 2),
        ([dataclasses.replace(mayor, paper_id="unknown")], 0, 1),
    ):
        with pytest.raises(ValueError, match="ballot"):
            store.cast(ballots, declined=declined, entitled=entitled, events=[])
    store.close()


def test_a_ballot_over_the_size_is_refused_before_anything_is_written(store: VoteStore) -> None:
    large = dataclasses.replace(setting.ballot("mayor", 1), ballot_json="x" * 40_000)
    with pytest.raises(errors.BallotTooLarge):
        store.cast([large], declined=0, entitled=1, events=[])
    assert store.slots_free == setting.SMALL.slots
    setting.cast(store, 1)
    store.close()


def test_larger_ballots_take_larger_pages(tmp_path: Path) -> None:
    store = setting.create(tmp_path / "large", dataclasses.replace(setting.SMALL, largest_ballot=60_000))
    large = dataclasses.replace(setting.ballot("mayor", 1), ballot_json="y" * 60_000)
    store.cast([large], declined=0, entitled=1, events=[])
    store = again(store)
    assert store.ballot(large.code) == large.ballot_json
    store.close()
    with pytest.raises(errors.BallotTooLarge):
        setting.create(tmp_path / "huge", dataclasses.replace(setting.SMALL, largest_ballot=100_000))
    assert not (tmp_path / "huge").exists()


def test_one_thread_alone_uses_a_store(store: VoteStore) -> None:
    caught: list[BaseException] = []

    def elsewhere() -> None:
        try:
            store.counters()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(caught) == 1
    store.close()


def test_a_closed_store_refuses(store: VoteStore) -> None:
    store.close()
    store.close()
    with pytest.raises(errors.StoreFailed):
        store.counters()


def test_counting_without_a_cast(store: VoteStore) -> None:
    store.record(events.card_inserted(), sessions=1)
    store.record(events.ballot_challenged(), challenges=1)
    store.record(events.card_released(), cards_released=1)
    store = again(store)
    assert store.counters() == Counters(sessions=1, challenges=1, cards_released=1)
    store.close()


def sealed(store: VoteStore, sequence: int, sizes: dict[str, int]) -> None:
    drawn = store.draw(sizes)
    store.record_batch(
        drawn, sequence, b"header %d" % sequence, b"sealed " * 9000, events=[events.batch_sealed(sequence, drawn.total)]
    )


def test_a_batch_goes_its_way(store: VoteStore) -> None:
    for voter in range(6):
        setting.cast(store, voter)
    drawn = store.draw({"mayor": 4, "duma": 2})
    assert drawn.total == 6
    for paper, codes in drawn.codes.items():
        assert list(codes) == sorted(codes)
        assert drawn.ballots[paper] == tuple(store.ballot(code) for code in codes)
    batch = store.record_batch(drawn, 1, b"header", b"sealed", events=[events.batch_sealed(1, 6)])
    assert (batch.state, batch.ballots) == (BatchState.SEALED, 6)
    store = again(store)
    assert store.unsealed_by_paper() == {"mayor": 2, "duma": 4, "question": 0}
    rest = store.draw({"mayor": 2, "duma": 4})
    assert not set(rest.codes["mayor"]) & set(drawn.codes["mayor"])
    assert store.batch_bytes(1, BatchPart.SEALED) == b"sealed"
    assert store.batch_bytes(1, BatchPart.HEADER) == b"header"
    store.mark_sent(1, events.batch_sent(1))
    store.acknowledge(1, b"answer", status=BatchState.ACKNOWLEDGED, accepted=5, events=[])
    store.mark_sent(1, events.batch_sent(1))
    store = again(store)
    (batch,) = store.batches()
    assert (batch.state, batch.accepted, batch.refused) == (BatchState.ACKNOWLEDGED, 5, 1)
    counters = store.counters()
    assert (counters.sealed, counters.acknowledged, counters.quarantined, counters.pending) == (6, 5, 1, 0)
    assert (counters.batches, counters.unsealed) == (1, 6)
    assert store.batch_bytes(1, BatchPart.ANSWER) == b"answer"
    store.close()


def test_an_answer_is_taken_once(store: VoteStore) -> None:
    setting.cast(store, 1)
    sealed(store, 1, {"mayor": 1})
    with pytest.raises(errors.BatchRefused):
        store.acknowledge(1, b"answer", status=BatchState.QUARANTINED, accepted=1, events=[])
    with pytest.raises(errors.BatchRefused):
        store.acknowledge(1, b"answer", status=BatchState.ACKNOWLEDGED, accepted=2, events=[])
    store.acknowledge(1, b"answer", status=BatchState.QUARANTINED, accepted=0, events=[])
    head = store.journal.head()
    store.acknowledge(1, b"answer", status=BatchState.QUARANTINED, accepted=0, events=[])
    assert store.journal.head() == head
    with pytest.raises(errors.BatchRefused):
        store.acknowledge(1, b"another", status=BatchState.ACKNOWLEDGED, accepted=1, events=[])
    assert store.counters().quarantined == 1
    with pytest.raises(KeyError):
        store.mark_sent(2)
    store.close()


def test_a_ballot_is_in_one_batch_and_batches_follow_on(store: VoteStore) -> None:
    for voter in range(3):
        setting.cast(store, voter)
    drawn = store.draw({"mayor": 2})
    with pytest.raises(errors.BatchRefused):
        store.record_batch(drawn, 2, b"h", b"s", events=[])
    store.record_batch(drawn, 1, b"h", b"s", events=[])
    with pytest.raises(errors.BatchRefused):
        store.record_batch(drawn, 2, b"h", b"s", events=[])
    with pytest.raises(ValueError, match="larger than population"):
        store.draw({"mayor": 2})
    assert store.counters().batches == 1
    store.close()


def test_the_last_batch_row_is_kept_for_closing(tmp_path: Path) -> None:
    store = setting.create(tmp_path / "store", dataclasses.replace(setting.SMALL, batch_rows=2))
    for voter in range(3):
        setting.cast(store, voter)
    sealed(store, 1, {"mayor": 1})
    with pytest.raises(errors.StoreFull):
        sealed(store, 2, {"mayor": 1})
    store.set_polls_state(PollsState.CLOSED, events.polls_closed())
    sealed(store, 2, store.unsealed_by_paper())
    assert store.counters().unsealed == 0
    store.close()


def test_a_batch_file_that_was_changed_is_found(store: VoteStore) -> None:
    setting.cast(store, 1)
    sealed(store, 1, {"mayor": 1})
    (path,) = (store._folder / "batches").glob("*.sealed")
    path.write_bytes(b"changed")
    with pytest.raises(errors.Damaged):
        store.batch_bytes(1, BatchPart.SEALED)
    store.close()


def test_a_store_without_room_is_not_made(tmp_path: Path) -> None:
    for shape in (Shape(slots=2), Shape(slots=20, journal_pages=4), Shape(slots=20, batch_rows=1)):
        with pytest.raises(ValueError, match="no room"):
            setting.create(tmp_path / "store", shape)
    with pytest.raises(ValueError, match="32 bytes"):
        VoteStore.create(
            tmp_path / "store",
            bytearray(16),
            package_digest=setting.PACKAGE,
            terminal=setting.TERMINAL,
            papers=setting.PAPERS,
            shape=setting.SMALL,
            clock=setting.clock,
        )
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_holds_a_ballot_shows_it(store: VoteStore) -> None:
    ballot = setting.ballot("mayor", 1)
    setting.cast(store, 1)
    for shown in (repr(ballot), repr(store.draw({"mayor": 1})), repr(store)):
        assert ballot.code not in shown
        assert ballot.credential not in shown
        assert ballot.ballot_json[:40] not in shown
    store.close()
