"""The second copy of the vote store, on a medium of its own (DESIGN 8).

The commit point is the first copy's transaction. The second follows before anybody is told of the success; if it
cannot, that is an incident, and voting goes on with one copy. When its medium comes back it is brought up, by code and
in no order. At a start the copies are compared before anything is written: whichever lacks what the other has is
brought up.

A disk that hangs must not hold up a voter: the copy is written on a lane of its own, and given up after a while.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509

from drivers.keystore.api import KeyStore, KeyStoreError
from drivers.media.api import Media, MediaEvent, MediaSilent, Medium
from kiosk.effects.lanes import Lane
from kiosk.effects.medium_refused import MediumRefused, state_of
from kiosk.flows.contract import SecondCopy, SecondState
from kiosk.store import errors, events
from kiosk.store.catching_up import Do, catch_up, follow, holds, marks_of
from kiosk.store.change import Transaction
from kiosk.store.errors import StoreError
from kiosk.store.event import Event
from kiosk.store.journal import Clock
from kiosk.store.making import Shape, made_for, store_bytes
from kiosk.store.second_key import SecondContext, keep_shares
from kiosk.store.takeover import line_of
from kiosk.store.vote_store import VoteStore

R = TypeVar("R")

FOLDER: Final = "vote-store"
"""The store's folder on the medium."""
KEY: Final = "second-store"
KEY_BYTES: Final = 32
TAKEN_KEY: Final = "takeover-key"
"""Sealed by a spare that took a store over: the key of that store's second copies, in place of one of its own."""
TAKEN_STORE: Final = "takeover-of"
"""Sealed after that key: the terminal that the store was made for."""
BEHIND: Final = "second-behind"
"""Sealed while the first copy is written without the second: then the second alone is not everything."""
FOLLOW_SECONDS: Final = 5.0
"""How long a voter waits for the second copy, before the terminal goes on without it."""
BRING_UP_SECONDS: Final = 60.0
WATCH_SECONDS: Final = 0.5
APPEAR_SECONDS: Final = 10.0
"""How long a start that cannot go on without the medium waits for it."""
RETRY_SECONDS: Final = 20.0
"""How soon a medium that failed and is still there is tried again."""
TRIED_AGAIN: Final = (SecondState.FAILED, SecondState.SLOW, SecondState.NO_KEY)


@dataclass(frozen=True, slots=True)
class StoreTerms:
    """Whose store it is and how large: the same for both copies.

    `terminal` is the one that the store was made for, `device` the one that this is: another one, if it took over.
    """

    package_digest: str
    terminal: str
    device: str
    papers: Sequence[str]
    shape: Shape
    clock: Clock
    place: SecondContext
    quorum: int
    cards: Sequence[x509.Certificate]
    """The control cards' 9D certificates; `quorum` of them open the second copy on another terminal."""

    def open(self, folder: Path, key: bytearray, *, note: bool = False) -> VoteStore:
        """Open a copy; `note`: see `VoteStore.open`. Raises CannotOpen."""
        return VoteStore.open(
            folder, key, package_digest=self.package_digest, terminal=self.terminal, clock=self.clock, note=note
        )

    def create(
        self, folder: Path, key: bytearray, *, steps: int = 0, partial: bool = False, note: bool = False
    ) -> VoteStore:
        """Make a copy; `steps` and the others: see `VoteStore.create`. Raises StoreError, OSError."""
        return VoteStore.create(
            folder,
            key,
            package_digest=self.package_digest,
            terminal=self.terminal,
            papers=self.papers,
            shape=self.shape,
            clock=self.clock,
            steps=steps,
            partial=partial,
            note=note,
        )


class SecondCopyKeeper:
    """Keeps the second copy in step. `follow` belongs to the first copy's lane, `watch` has a thread of its own."""

    def __init__(
        self,
        media: Media,
        keystore: KeyStore,
        terms: StoreTerms,
        tell: Callable[[SecondCopy], None] | None = None,
    ) -> None:
        """Nothing is touched before `join`; `tell` hears how the copy stands until `watch` names another."""
        self._media = media
        self._keystore = keystore
        self._terms = terms
        self._tell = tell
        self._lane = Lane("medium")
        self._copy: VoteStore | None = None
        self._medium: Medium | None = None
        self._follows = False
        self._lock = threading.RLock()
        self._now = SecondCopy(SecondState.ABSENT)
        self._notes: list[Event] = []
        self._refused: SecondState | None = None
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self.copied = self.taken = 0
        """Ballots that the last `join` brought to the second copy, and to the first."""
        self.taken_by: str | None = None
        """The spare terminal that took this one's votes over, if a medium told of one."""

    @property
    def now(self) -> SecondCopy:
        """How it stands."""
        return self._now

    def notes(self) -> list[Event]:
        """Events that the journal has not heard of yet; giving them forgets them."""
        with self._lock:
            notes, self._notes = self._notes, []
        return notes

    # --- following, on the first copy's lane --------------------------------------------------------------------

    def follow(self, transaction: Transaction) -> None:
        """Do what the first copy has just done, if the medium is there; raises nothing."""
        if not self._follows:
            return
        try:
            self._do(lambda copy: follow(copy, transaction), FOLLOW_SECONDS)
        except MediumRefused as refused:
            self._lose(refused.state)

    def _still_there(self, medium: Medium) -> None:
        """Raise MediumRefused if `medium` was pulled: then its folder is one of this terminal's own disk, or none."""
        found = self._media.look()
        if found is None or found.folder != medium.folder:
            raise MediumRefused(SecondState.ABSENT)
        if found.read_only:
            raise MediumRefused(SecondState.READ_ONLY)

    def _lose(self, state: SecondState) -> None:
        """The copy does not follow any more: noted durably before the voter hears of the cast."""
        with self._lock:
            if not self._follows:
                return
            self._notes.append(events.second_copy_lost(state.value))
            self._mark_behind()
            self._let_go(stuck=state is SecondState.SLOW)
        self._is(SecondCopy(state))

    def _let_go(self, *, stuck: bool = False) -> None:
        """Follow no more, and close the copy on its lane; a lane that is stuck is left to itself."""
        with self._lock:
            self._follows = False
            # The lane finds no copy from here on: what is queued there is done before the closing, or finds none.
            copy, self._copy, self._medium = self._copy, None, None
            if copy is not None:
                self._lane.submit(copy.close)
            if stuck:
                self._lane.abandon()
                self._lane = Lane("medium")

    def _mark_behind(self) -> None:
        # A key store that fails has its own incident; without the mark only the rebuilding of a lost first copy is
        # judged too kindly, and the counter still sees an older image.
        with contextlib.suppress(KeyStoreError, OSError):
            self._keystore.seal(BEHIND, b"1")

    def _is(self, now: SecondCopy) -> None:
        self._now = now
        if self._tell is not None:
            self._tell(now)

    # --- joining ------------------------------------------------------------------------------------------------

    def join(self, first: Do, *, starting: bool) -> None:
        """Look at the medium and bring whichever copy is behind up to the other; raises nothing of the medium's.

        Only while the program starts the first copy can be the one that is behind; what the first copy raises then is
        raised here, and KeyStoreError, if the copy's key is not to be had.
        """
        self.copied = self.taken = 0
        try:
            if self._present():
                self._bring_up(first, starting=starting)
            else:
                self._miss(starting=starting)
        except MediumRefused as refused:
            if refused.state is SecondState.ABSENT:
                self._miss(starting=starting)
            else:
                self._refuse(refused.state)
        except StoreError:
            self._let_go()
            raise
        except KeyStoreError:
            if starting:
                raise
            self._refuse(SecondState.NO_KEY)  # and tried again: the watch must outlive a key store's bad moment

    def _miss(self, *, starting: bool) -> None:
        """There is no medium, or there was one a moment ago."""
        if starting:
            self._notes.append(events.second_copy_missing())
        self._mark_behind()
        self._let_go()
        self._is(SecondCopy(SecondState.ABSENT))

    def _refuse(self, state: SecondState) -> None:
        if state is not self._refused:  # said once, however often it is tried again
            self._notes.append(events.second_copy_refused(state.value))
        self._refused = state
        self._mark_behind()
        self._let_go(stuck=state is SecondState.SLOW)
        self._is(SecondCopy(state))

    def _present(self) -> bool:
        """Open the copy on the medium, or make it there; False if there is no medium. Raises MediumRefused."""
        medium = self._on_lane(self._media.look)
        if medium is None:
            return False
        if medium.read_only:
            raise MediumRefused(SecondState.READ_ONLY)
        if self._copy is None:
            self._copy = self._on_lane(lambda: self._open(medium))
        self._medium = medium
        return True

    def _open(self, medium: Medium) -> VoteStore:
        key = self._key()
        try:
            copy = self._open_or_make(medium, key)
            try:
                self._still_there(medium)
                terms = self._terms
                keep_shares(medium.folder, key, terms.quorum, terms.cards, terms.place, terms.package_digest)
            except BaseException:
                copy.close()
                raise
            return copy
        finally:
            key[:] = bytes(len(key))

    def _key(self) -> bytearray:
        """The key of every second copy of this store. Raises WrongKey, KeyStoreError."""
        if self._terms.terminal == self._terms.device:
            return self._keystore.secret(KEY, KEY_BYTES)
        key = self._keystore.unseal(TAKEN_KEY)
        if key is None:
            raise errors.WrongKey("second copy")
        return key

    def _open_or_make(self, medium: Medium, key: bytearray) -> VoteStore:
        try:
            return self._terms.open(medium.folder / FOLDER, key)
        except errors.NoStore:
            if medium.free_bytes < store_bytes(self._terms.shape):
                raise MediumRefused(SecondState.FULL) from None
            self._still_there(medium)  # where one was pulled there is no store either
            copy = self._terms.create(medium.folder / FOLDER, key)
            self._notes.append(events.second_copy_made())
            return copy

    def _bring_up(self, first: Do, *, starting: bool) -> None:
        self._check_holder(first(_line))
        marks = self._do(marks_of)
        if first(lambda store: holds(store, marks)):
            self._is(SecondCopy(SecondState.CATCHING_UP))
            self.copied = catch_up(first, self._do, self._progress, self._joined)
        elif starting and self._second_holds(first):
            self.taken = catch_up(self._do, first, self._progress, self._joined)
            self._notes.append(events.store_recovered(self.taken))
        else:
            raise MediumRefused(SecondState.OTHER)
        self._refused = None
        with self._lock:
            if self._follows:  # or a cast found it failing since: then that is how it stands
                self._notes.append(events.second_copy_joined(self.copied))
                self._is(SecondCopy(SecondState.PRESENT))

    def _check_holder(self, mine: tuple[str, ...]) -> None:
        """Refuse a copy that another terminal has taken over since. Raises MediumRefused."""
        theirs = self._do(_line)
        if theirs[: len(mine)] == mine and theirs[-1] not in (mine[-1], self._terms.device):
            self.taken_by = theirs[-1]
            raise MediumRefused(SecondState.TAKEN_OVER)

    def _second_holds(self, first: Do) -> bool:
        marks = first(marks_of)
        return self._do(lambda copy: holds(copy, marks))

    def _progress(self, done: int, todo: int) -> None:
        self._is(SecondCopy(SecondState.CATCHING_UP, done, todo))

    def _joined(self) -> None:
        with contextlib.suppress(KeyStoreError, OSError):
            self._keystore.erase(BEHIND)
        self._follows = True

    def _do(self, work: Callable[[VoteStore], R], seconds: float = BRING_UP_SECONDS) -> R:
        """Do something with the copy. Raises MediumRefused, also if its medium went meanwhile."""

        def do() -> R:
            # Asked here, where the copy is closed, too: it may have been let go of since this was queued.
            copy, medium = self._copy, self._medium
            if copy is None or medium is None:
                raise MediumRefused(SecondState.ABSENT)
            self._still_there(medium)
            done = work(copy)
            # What was written to a medium that is not there any more was not written.
            self._still_there(medium)
            return done

        return self._on_lane(do, seconds)

    def _on_lane(self, work: Callable[[], R], seconds: float = BRING_UP_SECONDS) -> R:
        """Do something with the medium; whatever goes wrong with it is raised as MediumRefused."""
        with self._lock:  # an abandoned lane takes nothing any more
            working = self._lane.submit(work)
        try:
            return working.result(seconds)
        except TooSlow:
            raise MediumRefused(SecondState.SLOW) from None
        except (StoreError, OSError, MediaSilent) as error:
            raise MediumRefused(state_of(error)) from error

    def stands_for(self, counted: int) -> bool:
        """Whether the medium alone has everything that was stored: then a lost first copy is made anew from it.

        `counted` is what the key store's counter shows.
        """
        try:
            if not self._present() or self._keystore.unseal(BEHIND) is not None:
                return False
            state, line = self._do(lambda copy: copy.state), self._do(_line)
        except (MediumRefused, KeyStoreError):
            return False
        return not state.partial and state.steps - counted in (0, 1) and line[-1] == self._terms.device

    def line(self) -> tuple[str, ...] | None:
        """Every terminal that carried the copy in the slot on, in their order; None if there is no medium.

        A machine that was just switched on may need a while to find its medium. Nothing is made there.

        Raises MediumRefused for a medium that is none of this store's, or cannot be used.
        """
        until = time.monotonic() + APPEAR_SECONDS
        while (medium := self._on_lane(self._media.look)) is None:
            if time.monotonic() > until:
                return None
            self._media.wait_event(WATCH_SECONDS)
        if self._on_lane(lambda: made_for(medium.folder / FOLDER)) != self._terms.terminal:
            raise MediumRefused(SecondState.OTHER)
        return self._do(_line) if self._present() else None

    def step_aside(self) -> None:
        """Let go of the medium, for another keeper of the same slot."""
        self._let_go()
        self._lane.close()

    def borrow(self, work: Callable[[Medium], R]) -> R:
        """Do something with a medium that is not this terminal's own. Raises MediumRefused; StoreError is passed on."""
        medium = self._on_lane(self._media.look)
        if medium is None:
            raise MediumRefused(SecondState.ABSENT)
        if medium.read_only:
            raise MediumRefused(SecondState.READ_ONLY)
        return self._on_lane(lambda: work(medium))

    # --- watching -----------------------------------------------------------------------------------------------

    def watch(self, first: Do, noted: Callable[[], None], tell: Callable[[SecondCopy], None]) -> None:
        """Begin to watch the slot. `noted` is called when there are notes for the journal.

        `tell` hears, from any thread, how the copy stands: now, and whenever that changes.
        """
        self._tell = tell
        tell(self._now)
        self._watcher = threading.Thread(target=self._watch, args=(first, noted), name="second copy", daemon=True)
        self._watcher.start()

    def _watch(self, first: Do, noted: Callable[[], None]) -> None:
        tried = time.monotonic()
        while not self._stopping.is_set():
            event = self._media.wait_event(WATCH_SECONDS)
            if event is None and self._now.state in TRIED_AGAIN:
                event = MediaEvent.APPEARED if time.monotonic() - tried > RETRY_SECONDS else None
            match event:
                case MediaEvent.APPEARED if not self._follows:
                    with contextlib.suppress(StoreError):  # the first copy's: whoever uses it hears of it
                        self.join(first, starting=False)
                    tried = time.monotonic()
                    noted()
                case MediaEvent.GONE:
                    self._lose(SecondState.ABSENT)
                    self._refused = None
                    self._is(SecondCopy(SecondState.ABSENT))
                    noted()
                case _:
                    continue

    def close(self) -> None:
        """End the watch, and give the medium back."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._lock:
            self._let_go()
        self._lane.close()
        self._media.close()


def _line(store: VoteStore) -> tuple[str, ...]:
    return line_of(store.header, store.state)
