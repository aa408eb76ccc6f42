"""The vote store of one terminal: a grow-only set of ballots keyed by code, and all that is committed with it.

A cast is one transaction: ballots, spent credentials, counters, journal records. It is durable when `cast` returns;
if `cast` raises, nothing of it is stored (the one exception, `OutcomeUnknown`, says that this cannot be known before
the next start). No order of casts is anywhere on disk: a ballot goes into a slot drawn at random in memory, every
row is rewritten in place at the same length, and the rollback journal is zeroed after each transaction (DESIGN 8).

Which batch a slot's ballot went into stands in the `membership` table, two bytes a slot, so that sealing a batch of
any size is one small transaction. A second medium is a second store of the same key space, written in the same step
by the caller above; nothing here depends on being the only one.
"""

import os
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import msgspec

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.store import events as journal_events
from kiosk.store.batches import ANSWERED, Batch, BatchFiles, BatchPart, BatchState, digest_of
from kiosk.store.batching import Drawn, choose
from kiosk.store.change import BatchFile, Change, Transaction, check_session, planned
from kiosk.store.contents import Contents
from kiosk.store.database import CommitUnclear, Database, NotCommitted
from kiosk.store.errors import (
    AlreadySpent,
    BatchRefused,
    CannotOpen,
    Damaged,
    JournalFull,
    OutcomeUnknown,
    PollsNotOpen,
    StoreFailed,
    StoreFull,
)
from kiosk.store.event import Event
from kiosk.store.journal import Appended, Clock, Journal
from kiosk.store.layout import STATE_BYTES, Header, StoredBallot, padded, stored_of
from kiosk.store.making import HEADER, Shape, StoreState, make_store, read_header, update
from kiosk.store.medium import take_alone
from kiosk.store.opening import RECOVERED, Recovery, look_at_files

__all__ = ["Drawn", "Recovery", "Shape", "StoredBallot", "VoteStore"]


class VoteStore:
    """An open store. It is used from the one thread that opened it; another raises RuntimeError.

    Make one with `create` or `open`; end with `close`. Methods that write raise StoreFailed (nothing is stored),
    OutcomeUnknown (stop the terminal) and JournalFull beside what they name.
    """

    def __init__(self, folder: Path, key: bytearray, header: Header, clock: Clock) -> None:
        """Use `create` or `open`."""
        self._thread = threading.get_ident()
        self._folder = folder
        self._key = bytearray(key)  # needed once more if the medium fails in a commit; zeroed by `close`
        self._header = header
        self._clock = clock
        self._chance = random.SystemRandom()
        self._database = Database(folder, header.page_bytes)
        self._files = BatchFiles(folder)
        self._alone = -1
        self.usable = True  # until it is closed, or dies of OutcomeUnknown; may be asked from any thread
        self.recovery = Recovery.CLEAN
        """What the last opening found and did."""
        self.follower: Callable[[Transaction], None] | None = None
        """Called after each commit with what was committed; it must not raise, and not use this store."""
        self.stepped = 0
        """What the key store's counter shows, as far as is known; the caller above keeps it true."""

    # --- life ---------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        folder: Path,
        key: bytearray,
        *,
        package_digest: str,
        terminal: str,
        papers: Sequence[str],
        shape: Shape,
        clock: Clock,
        steps: int = 0,
        partial: bool = False,
        note: bool = True,
    ) -> "VoteStore":
        """Make a new store and open it; `folder` must not exist, and appears whole or not at all.

        `steps` is what the key store's counter shows. `partial`: see `make_store`. `note`: see `open`.
        Raises StoreExists, UnsafeMedium, BallotTooLarge, StoreFailed, OSError, ValueError.
        """
        make_store(folder, key, package_digest, terminal, papers=papers, shape=shape, steps=steps, partial=partial)
        store = cls.open(folder, key, package_digest=package_digest, terminal=terminal, clock=clock, note=note)
        try:
            if note:
                store.record(journal_events.store_made(shape.slots))
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(
        cls, folder: Path, key: bytearray, *, package_digest: str, terminal: str, clock: Clock, note: bool = True
    ) -> "VoteStore":
        """Open a store, undoing what an interruption cut short. `key` may be wiped by the caller afterwards.

        With `note` false nothing is written in its journal, so that it may be compared with its other copy;
        `note_opening` does it then, or never for a copy that follows.

        Raises NoStore, NewerFormat, AnotherElection, WrongKey, Damaged, InUse, UnsafeMedium; the files are then as
        they were (save that a cut-short transaction may have been rolled back before a page was found damaged).
        """
        header = read_header(folder, key, package_digest, terminal)
        store = cls(folder, key, header, clock)
        try:
            store._alone = take_alone(folder / HEADER)
            store._load()
            store.stepped = store._contents.state.steps
            store._wipe_left_over()
            if note:
                store.note_opening()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Give the files back and forget the key. Closing twice does no harm."""
        self._check_thread()
        self.usable = False
        self._database.close()
        self._key[:] = bytes(len(self._key))
        if self._alone >= 0:
            os.close(self._alone)
            self._alone = -1

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("the vote store is used from the thread that opened it")

    def _check(self) -> None:
        self._check_thread()
        if not self.usable:
            raise StoreFailed("closed")

    # --- reading ------------------------------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """The event journal, for reading; `record` writes to it."""
        self._check()
        return self._journal

    @property
    def slots_free(self) -> int:
        """How many ballots there is room for. Refuse a new session below `papers of a session`."""
        self._check()
        return len(self._contents.free)

    def counters(self) -> Counters:
        """The control counters."""
        self._check()
        return self._contents.state.counters

    def accepted_by_paper(self) -> dict[str, int]:
        """Ballots stored of each paper of the package, counted from the slots and not from the counters."""
        self._check()
        return self._contents.by_paper()

    def unsealed_by_paper(self) -> dict[str, int]:
        """Ballots of each paper that no batch holds yet."""
        self._check()
        return {paper: len(codes) for paper, codes in self._contents.unsealed().items()}

    def polls_state(self) -> PollsState:
        """Where this terminal is in its day."""
        self._check()
        return self._contents.state.polls

    @property
    def steps(self) -> int:
        """What the key store's counter has to show: one more than `stepped` while a step is owed, never two."""
        self._check()
        return self._contents.state.steps

    def is_spent(self, credential: str) -> bool:
        """Whether a public credential has cast here."""
        return self.spent_any((credential,))

    def spent_any(self, credentials: Iterable[str]) -> bool:
        """Whether any of these public credentials has cast here."""
        self._check()
        return any(credential in self._contents.spent for credential in credentials)

    def codes(self) -> tuple[str, ...]:
        """The codes of all ballots, sorted."""
        self._check()
        return tuple(sorted(self._contents.slot_of))

    def ballot(self, code: str) -> str:
        """The ballot JSON of a code. Raises KeyError, Damaged."""
        return self.stored(code).ballot_json

    def stored(self, code: str) -> StoredBallot:
        """The whole ballot of a code, with its paper and credential. Raises KeyError, Damaged."""
        self._check()
        ((body,),) = self._database.rows("SELECT body FROM slot WHERE id = ?", (self._contents.slot_of[code],))
        return stored_of(body)

    def member(self, code: str) -> int:
        """The batch that a ballot went into, 0 for none. Raises KeyError."""
        self._check()
        return self._contents.member(self._contents.slot_of[code])

    @property
    def state(self) -> StoreState:
        """The state row: what two copies that are in step have in common."""
        self._check()
        return self._contents.state

    @property
    def header(self) -> Header:
        """What the store was made as."""
        return self._header

    def journal_page(self, page: int) -> bytes:
        """A page of the journal as it is stored. Raises Damaged."""
        self._check_thread()
        ((body,),) = self._database.rows("SELECT body FROM journal WHERE id = ?", (page,))
        return bytes(body)

    def batches(self) -> tuple[Batch, ...]:
        """Every batch, by its number."""
        self._check()
        return tuple(self._contents.batches)

    def batch_bytes(self, sequence: int, part: BatchPart) -> bytes:
        """The header envelope, the sealed bytes or the answer of a batch. Raises Damaged, KeyError."""
        batch = self._batch(sequence)
        digests = {
            BatchPart.HEADER: batch.header_sha256,
            BatchPart.SEALED: batch.sealed_sha256,
            BatchPart.ANSWER: batch.answer_sha256,
        }
        if not digests[part]:
            raise KeyError(part)
        return self._files.read(sequence, part, digests[part])

    # --- writing ------------------------------------------------------------------------------------------------

    def cast(self, ballots: Sequence[StoredBallot], *, declined: int, entitled: int, events: Sequence[Event]) -> None:
        """Store the ballots of one session: all of it durable when this returns, or nothing if it raises.

        `entitled` papers were the voter's, `declined` of them are not cast. `events` (say `session_cast()`) are
        written in the same transaction. Raises AlreadySpent, StoreFull, PollsNotOpen, BallotTooLarge, StoreFailed;
        OutcomeUnknown; ValueError for a session that cannot be.
        """
        self._check()
        check_session(ballots, declined, entitled, self._header)
        if self._contents.state.polls not in (PollsState.OPEN, PollsState.PAUSED):
            raise PollsNotOpen("cast")
        if any(
            ballot.credential in self._contents.spent or ballot.code in self._contents.slot_of for ballot in ballots
        ):
            raise AlreadySpent("cast")
        if len(self._contents.free) < len(ballots):
            raise StoreFull("cast")
        counters = self._contents.state.counters
        counters = replace(
            counters,
            cards_spent=counters.cards_spent + 1,
            entitled=counters.entitled + entitled,
            accepted=counters.accepted + len(ballots),
            declined=counters.declined + declined,
        )

        self._commit(Change(ballots=tuple(ballots)), events, counters=counters)

    def record(self, *events: Event, sessions: int = 0, cards_released: int = 0, challenges: int = 0) -> None:
        """Write events, and count what they tell of, in one transaction. Raises JournalFull: see `Event.kept`."""
        self._check()
        counters = self._contents.state.counters
        counters = replace(
            counters,
            sessions=counters.sessions + sessions,
            cards_released=counters.cards_released + cards_released,
            challenges=counters.challenges + challenges,
        )
        self._commit(Change(), events, counters=counters, reserve=any(event.kept for event in events))

    def step(self, *events: Event) -> None:
        """Write events, and owe the key store's counter a step."""
        self._check()
        self._commit(Change(), events, step=True)

    def set_polls_state(self, polls: PollsState, *events: Event) -> None:
        """Change the state of the polls, and owe a step. Raises ValueError on a way out of CLOSED, which is final."""
        self._check()
        if self._contents.state.polls is PollsState.CLOSED and polls is not PollsState.CLOSED:
            raise ValueError("closing is final")
        self._commit(Change(), events, polls=polls, step=True)

    def hand_over(self, holder: str, *events: Event, polls: PollsState | None = None) -> None:
        """From here on `holder` carries the store on, and nobody who did before; a step is owed."""
        self._check()
        self._commit(Change(), events, polls=polls, step=True, holder=holder)

    def draw(self, sizes: Mapping[str, int]) -> Drawn:
        """Draw ballots at random among the unsealed ones, `sizes[paper]` of each paper (see `batching.batch_sizes`).

        Nothing is written: a drawn batch is a batch when `record_batch` returns. Raises ValueError if there are fewer.
        """
        self._check()
        codes = choose(self._contents.unsealed(), sizes, self._chance)
        ballots = {paper: tuple(self.ballot(code) for code in chosen) for paper, chosen in codes.items()}
        return Drawn(codes, ballots)

    def record_batch(
        self, drawn: Drawn, sequence: int, header_envelope: bytes, sealed: bytes, *, events: Sequence[Event]
    ) -> Batch:
        """Store a sealed batch: its files first, then, in one transaction, its row and its ballots' membership.

        A step is owed. `sequence` must be the next number (`counters().batches + 1`). Raises BatchRefused if it is not
        or a ballot is in a batch already, StoreFull (the last row is kept for the batch after closing), StoreFailed.
        """
        self._check()
        slots = [self._contents.slot_of.get(code, -1) for codes in drawn.codes.values() for code in codes]
        counters = self._contents.state.counters
        if sequence != counters.batches + 1 or not slots or len(set(slots)) != len(slots):
            raise BatchRefused(f"batch {sequence}")
        if any(slot < 0 or self._contents.member(slot) for slot in slots):
            raise BatchRefused(f"batch {sequence}")
        if sequence > self._header.batch_rows - (self._contents.state.polls is not PollsState.CLOSED):
            raise StoreFull(f"batch {sequence}")
        batch = Batch(sequence, BatchState.SEALED, len(slots), digest_of(header_envelope), digest_of(sealed))
        change = Change(
            members={code: sequence for codes in drawn.codes.values() for code in codes},
            batch=batch,
            files=(
                BatchFile(sequence, BatchPart.HEADER, header_envelope),
                BatchFile(sequence, BatchPart.SEALED, sealed),
            ),
        )
        counters = replace(counters, batches=sequence, sealed=counters.sealed + len(slots))
        self._commit(change, events, counters=counters, step=True)
        return batch

    def mark_sent(self, sequence: int, *events: Event) -> None:
        """Note that a batch has left the terminal; one that is sent or answered stays as it is. Raises KeyError."""
        batch = self._batch(sequence)
        if batch.state is BatchState.SEALED:
            self._commit(Change(batch=msgspec.structs.replace(batch, state=BatchState.SENT)), events)

    def acknowledge(
        self, sequence: int, answer: bytes, *, status: BatchState, accepted: int, events: Sequence[Event]
    ) -> None:
        """Store the centre's signed answer: `status` ACKNOWLEDGED or QUARANTINED, `accepted` of its ballots taken.

        The ballots not taken count as quarantined. The same answer again changes nothing. Raises BatchRefused if the
        batch is answered otherwise or the numbers cannot be; KeyError, StoreFailed.
        """
        batch = self._batch(sequence)
        if batch.state in ANSWERED:
            if self._files.read(sequence, BatchPart.ANSWER, batch.answer_sha256) != answer:
                raise BatchRefused(f"batch {sequence}")
            return
        most = batch.ballots if status is BatchState.ACKNOWLEDGED else 0
        if status not in ANSWERED or not 0 <= accepted <= most:
            raise BatchRefused(f"batch {sequence}")
        refused = batch.ballots - accepted
        batch = msgspec.structs.replace(
            batch, state=status, answer_sha256=digest_of(answer), accepted=accepted, refused=refused
        )
        counters = self._contents.state.counters
        counters = replace(
            counters, acknowledged=counters.acknowledged + accepted, quarantined=counters.quarantined + refused
        )
        change = Change(batch=batch, files=(BatchFile(sequence, BatchPart.ANSWER, answer),))
        self._commit(change, events, counters=counters)

    def apply(self, change: Change, pages: Mapping[int, bytes], after: StoreState) -> None:
        """Files first; then one transaction of everything else; then memory is brought up to it.

        For the copies of a store (`catching_up`): no event is written, and the follower is not told. Raises StoreFull,
        StoreFailed, OutcomeUnknown.
        """
        self._check()
        if len(self._contents.free) < len(change.ballots):
            raise StoreFull("copying")
        before, plan = self._contents.state, planned(change, self._contents, self._header)
        for file in change.files:
            try:
                self._files.write(file.sequence, file.part, file.content)
            except OSError:
                raise StoreFailed(f"batch {file.sequence}") from None
        updates = [*plan.updates, *(update("journal", page, body) for page, body in pages.items())]
        try:
            self._database.commit([*updates, update("state", 0, padded(after, STATE_BYTES))])
        except NotCommitted:
            raise StoreFailed("commit") from None
        except CommitUnclear:
            self._resolve(before, after)
            return
        plan.remember()
        self._journal.accept(Appended(dict(pages), after.journal))
        self._contents.state = after

    # --- within -------------------------------------------------------------------------------------------------

    def _commit(
        self,
        change: Change,
        events: Sequence[Event],
        *,
        counters: Counters | None = None,
        polls: PollsState | None = None,
        reserve: bool = True,
        step: bool = False,
        holder: str | None = None,
    ) -> None:
        """One transaction: the change, the events and the state row; then the follower is told."""
        appended = self._journal.plan(events, reserve=reserve)
        before = self._contents.state
        steps = self.stepped + 1 if step else before.steps
        carried = before.carried if holder is None else (*before.carried, holder)
        after = StoreState(counters or before.counters, polls or before.polls, appended.place, steps, carried=carried)
        self.apply(change, appended.pages, after)
        if self.follower is not None:
            self.follower(Transaction(change, appended.pages, before, after))

    def _resolve(self, before: StoreState, after: StoreState) -> None:
        """The medium failed in a transaction: read everything again and tell the truth.

        Returns if the transaction stands, raises StoreFailed if it does not and OutcomeUnknown if the medium will not
        say. Read as undone it is undone for good: either no page was written in place, or the rollback of the
        reopening was synced. Read as standing it may so far stand only in the page cache, which shows the zeroed
        header even when its fsync failed; the wipe writes and syncs that header anew, so it must succeed.
        """
        self._database.close()
        try:
            self._load()
        except CannotOpen:
            self._give_up()
        if self._contents.state == before:
            self._database.wipe_or_note()
            raise StoreFailed("commit")
        try:
            self._database.wipe()
        except OSError:
            self._give_up()
        if self._contents.state != after:
            self._give_up()

    def _give_up(self) -> NoReturn:
        self.usable = False
        self._database.close()
        raise OutcomeUnknown("commit") from None

    def _load(self) -> None:
        """Open the database, rolling back what was cut short, and read it all. The wipe is left to the caller."""
        self.recovery = look_at_files(self._folder, self._header)
        self._database.open(self._key)
        self._contents = Contents(self._database, self._header)
        self._journal = Journal(self.journal_page, self._header, self._contents.state.journal, self._clock)
        self._journal.check_pages()
        if self.recovery is Recovery.CLEAN and self._database.left_over():
            self.recovery = Recovery.WIPED

    def _wipe_left_over(self) -> None:
        """Wipe what an interrupted transaction left in the rollback journal. Raises Damaged if the medium refuses."""
        if self.recovery is not Recovery.CLEAN:
            try:
                self._database.wipe()
            except OSError:
                raise Damaged("opening") from None

    def note_opening(self) -> None:
        """Tell the journal of the opening, as far as it has room; a full journal does not keep a store shut."""
        events = [journal_events.store_opened()]
        if self.recovery in RECOVERED:
            events.append(RECOVERED[self.recovery]())
        try:
            self.record(*events)
        except JournalFull:
            return

    def _batch(self, sequence: int) -> Batch:
        self._check()
        if not 0 < sequence <= len(self._contents.batches):
            raise KeyError(sequence)
        return self._contents.batches[sequence - 1]
