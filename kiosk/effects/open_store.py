"""The vote store on its own lane: every call to it goes through one thread, and the counter follows it.

The store and the key store's counter show an older image of the store. Opening, sealing, closing and each start
write into the store the value that the counter will have, in the same transaction; then the counter steps. So the
store is at most one step ahead, when the power went between the two, and the next start takes the step. A store that
is behind the counter is an older image, whatever medium it comes from: nothing is cast into it and nothing sealed.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from drivers.keystore.api import KeyStoreError
from kiosk.effects.lanes import Lane
from kiosk.effects.second_copy import SecondCopyKeeper
from kiosk.flows.contract import Recovered, SecondCopy, StartReport
from kiosk.store import events
from kiosk.store.errors import Incomplete, JournalFull, StoreError, TakenOver
from kiosk.store.event import Event
from kiosk.store.opening import Recovery
from kiosk.store.takeover import line_of
from kiosk.store.vote_store import VoteStore

R = TypeVar("R")


class StepCounter(Protocol):
    """The part of a key store that counts."""

    def counter_value(self) -> int:
        """The counter as it stands. Raises KeyStoreError."""
        ...

    def counter_step(self) -> int:
        """Add one and return the new value. Raises KeyStoreError."""
        ...


@dataclass(frozen=True, slots=True)
class Restored:
    """The store is not the one that the counter goes with: `stored` steps, where the counter shows `counted`."""

    stored: int
    counted: int


class OpenStore:
    """A store that is open for as long as the program runs."""

    def __init__(
        self,
        make: Callable[[], VoteStore],
        counter: StepCounter,
        second: SecondCopyKeeper | None = None,
        device: str | None = None,
    ) -> None:
        """`make` opens the store; it runs on the lane, and what it raises is raised here, as is KeyStoreError.

        `device` is this terminal, if another one's store may be here; None for whom the store was made for.

        With a `second` copy `make` writes no note: the two are compared first, and the one that is behind is brought
        up, before anything new is written and before anybody is admitted.
        """
        self._lane = Lane("store")
        self._counter = counter
        self._second = second
        self._device = device
        self._told = False
        self.replaced_by: str | None = None
        """The spare terminal that took the votes over, if this one knows of one. Then nothing is cast here any more."""
        self._replaced: Callable[[str], None] | None = None
        self.restored: Restored | None = None
        """Why this store must not be used, or None."""
        try:
            self._store = self._lane.do(make)
        except BaseException:
            self._lane.close()
            if second is not None:
                second.close()
            raise
        try:
            if second is not None:
                second.join(self._plainly, starting=True)
            self._lane.do(self._begin)
        except BaseException:
            self.close()
            raise

    def do(self, work: Callable[[VoteStore], R]) -> R:
        """Do something with the store and wait for it. Raises what the store raises."""
        return self._lane.do(self._done, work)

    def do_as_holder(self, work: Callable[[VoteStore], R]) -> R:
        """Like `do`, for what only the terminal that carries the store on may do. Raises TakenOver."""
        return self.do(lambda store: work(self._held(store)))

    def _held(self, store: VoteStore) -> VoteStore:
        if self.replaced_by is not None:
            raise TakenOver("store", self.replaced_by)
        return store

    def replace(self, by: str, known_from: str) -> None:
        """Another terminal has taken the votes over: note it durably; from here on this one votes no more."""
        self._lane.do(self._replace, by, known_from)

    def record(self, *events: Event, sessions: int = 0, cards_released: int = 0, challenges: int = 0) -> None:
        """Write events and what they count, durably, before this returns. Raises StoreError.

        Once the journal has only the room left that it keeps, what that is not kept for is not written and keeps nobody
        from anything: polls are closed on it, whatever it was that filled it.
        """
        try:
            self.do(
                lambda store: store.record(
                    *events, sessions=sessions, cards_released=cards_released, challenges=challenges
                )
            )
        except JournalFull:
            if any(event.kept for event in events):
                raise

    def watch(self, tell: Callable[[SecondCopy], None], replaced: Callable[[str], None]) -> None:
        """Begin to watch the slot of the second copy, where there is one; `tell` hears how the copy stands.

        `replaced` hears the name of a terminal that has taken over, however that came to be known.
        """
        self._replaced = replaced
        if self._second is not None:
            self._second.watch(self._plainly, lambda: self._lane.do(self._note_second), tell)

    @property
    def dead(self) -> bool:
        """Whether the medium failed so that only a restart can tell what is stored: nothing is done here before."""
        return not self._store.usable

    @property
    def line(self) -> tuple[str, ...]:
        """Every terminal that carried this store on, the one that it was made for first."""
        return self.do(lambda store: line_of(store.header, store.state))

    @property
    def keeper(self) -> SecondCopyKeeper | None:
        """Who keeps the second copy, where there is a slot for one."""
        return self._second

    @property
    def second(self) -> SecondCopy | None:
        """How the second copy stands; None where there is no slot for one."""
        return None if self._second is None else self._second.now

    @property
    def report(self) -> StartReport:
        """What this start found and did."""
        return self._report

    def close(self) -> None:
        """Close the store and end its thread."""
        if self._second is not None:
            self._second.close()
        self._lane.do(self._store.close)
        self._lane.close()

    # --- the second copy, on the lane ---------------------------------------------------------------------------

    def _plainly(self, work: Callable[[VoteStore], R]) -> R:
        """What the second copy's keeper does with the first: no step and no note follow from it."""
        return self._lane.do(work, self._store)

    def _begin(self) -> None:
        """The copies are compared: note the opening, and let the second follow. Raises StoreError, KeyStoreError."""
        line = line_of(self._store.header, self._store.state)
        if self._store.state.partial or (self._device is not None and self._device not in line):
            # It was being brought up from the second copy, and that is not here to go on.
            raise Incomplete("opening")
        self.replaced_by = None if self._device in (None, line[-1]) else line[-1]
        self._report = _report(self._store.recovery, self._second)
        if self._second is not None:
            self._store.follower = self._second.follow
            new = not self._store.journal.place.records
            self._store.note_opening()
            if new:
                self._store.record(events.store_made(self._store.slots_free))
        self._compare()
        self._note_second()

    def _note_second(self) -> None:
        """Write down what became of the second copy. A journal that cannot take it must not stop voting."""
        if self._second is not None:
            for event in self._second.notes():
                with contextlib.suppress(StoreError):
                    self._store.record(event)
            if self._second.taken_by is not None:
                with contextlib.suppress(StoreError):
                    self._replace(self._second.taken_by, "medium")

    def _replace(self, by: str, known_from: str) -> None:
        """Whatever the disk says to it, no vote is taken from here on."""
        if self.replaced_by is not None:
            return
        self.replaced_by = by
        try:
            if self.restored is None:
                self._store.hand_over(by, events.terminal_replaced(by, known_from))
        finally:
            if self._replaced is not None:
                self._replaced(by)

    # --- the counter, on the lane -------------------------------------------------------------------------------

    def _compare(self) -> None:
        """Judge the store by the counter, and step for this start. Raises KeyStoreError, StoreError."""
        stored, counted = self._store.steps, self._counter.counter_value()
        if stored - counted not in (0, 1):
            self.restored = Restored(stored, counted)
            with contextlib.suppress(JournalFull):
                self._store.record(events.store_restored(stored, counted))
            return
        self._store.stepped = counted
        # A start steps too: an image made while the terminal was off is older from here on.
        self._store.step()
        self._follow()

    def _done(self, work: Callable[[VoteStore], R]) -> R:
        try:
            return work(self._store)
        finally:
            if self.restored is None:
                self._follow()
            self._note_second()

    def _follow(self) -> None:
        """Take the step that the store owes. A counter that fails stops nobody: it is taken later, or at a start."""
        try:
            if self._store.steps > self._store.stepped:
                # A step may have been taken though its answer was lost. Taken again, it would leave the store one
                # behind the counter, which is how an older image looks: the next start would put it away for good.
                counted = self._counter.counter_value()
                self._store.stepped = counted if counted >= self._store.steps else self._counter.counter_step()
                self._told = False
        except (KeyStoreError, OSError):
            if not self._told:
                self._told = True
                with contextlib.suppress(StoreError):
                    self._store.record(events.counter_failed())
        except StoreError:
            # The store is of no use any more: what it owes is seen at the next start.
            return


def _report(recovery: Recovery, second: SecondCopyKeeper | None) -> StartReport:
    """The most important thing that a start found."""
    if second is not None and second.taken:
        return StartReport(Recovered.FROM_SECOND, second.taken)
    if recovery is Recovery.ROLLED_BACK:
        return StartReport(Recovered.UNDONE)
    if second is not None and second.copied:
        return StartReport(Recovered.TO_SECOND, second.copied)
    return StartReport(Recovered.KEPT if recovery is Recovery.WIPED else Recovered.CLEAN)


def store_folder(device_folder: Path) -> Path:
    """Where a terminal keeps its primary store."""
    return device_folder / "store"
