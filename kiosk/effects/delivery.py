"""Sealing and sending: the store's batches on their way to the centre (DESIGN 9).

A batch is sealed only when the rules of `kiosk.store.batching` let it, never because of a single cast; the thread
looks at the store at intervals that no cast sets.
"""

import base64
import contextlib
import random
import threading

from drivers.keystore.api import KeyStoreError
from kiosk.domain.polls import PollsState
from kiosk.effects.facts import Facts
from kiosk.effects.nursery import nursery
from kiosk.effects.open_store import OpenStore
from kiosk.store import events
from kiosk.store.batches import ANSWERED, Batch, BatchPart, BatchState
from kiosk.store.batching import batch_sizes
from kiosk.store.errors import StoreError
from kiosk.store.event import Event
from kiosk.store.vote_store import VoteStore
from kiosk.sync.line import LinkTrouble
from kiosk.sync.loop import UploadLoop
from kiosk.sync.sealing import SealingFailed, SealingJob, seal_in_process
from kiosk.sync.upload import (
    Delivered,
    NoLink,
    NothingPending,
    PendingBatch,
    Uploader,
    UploadIncident,
    UploadResult,
)
from protocol.batch_interface import header_sha256, stated_header
from protocol.documents.acknowledgement import Acknowledgement, Status
from protocol.documents.batch import BatchContext
from protocol.documents.dsse import Signer


class StoredBatches:
    """The store's batches as `kiosk.sync` sees them."""

    def __init__(self, store: OpenStore) -> None:
        self._store = store

    def first_pending(self) -> PendingBatch | None:
        """The batch of the lowest sequence that the centre has not answered for."""

        def find(store: VoteStore) -> PendingBatch | None:
            batch = next((each for each in store.batches() if each.state not in ANSWERED), None)
            return None if batch is None else _pending(store, batch)

        return self._store.do(find)

    def batch(self, sequence: int) -> PendingBatch | None:
        """Any batch of the store."""

        def find(store: VoteStore) -> PendingBatch | None:
            batch = next((each for each in store.batches() if each.sequence == sequence), None)
            return None if batch is None else _pending(store, batch)

        return self._store.do(find)

    def mark_sent(self, sequence: int) -> None:
        """The batch is about to leave."""
        self._store.do(lambda store: store.mark_sent(sequence, events.batch_sent(sequence)))

    def store_acknowledgement(self, sequence: int, envelope: bytes, acknowledgement: Acknowledgement) -> None:
        """Keep the centre's verified answer."""
        accepted, refused = acknowledgement.accepted, len(acknowledgement.refused)
        match acknowledgement.status:
            case Status.QUARANTINED:
                status, event = BatchState.QUARANTINED, events.batch_quarantined(sequence)
            case Status.ACCEPTED:
                status = BatchState.ACKNOWLEDGED
                event = events.batch_acknowledged(sequence, accepted, refused)
        self._store.do(
            lambda store: store.acknowledge(sequence, envelope, status=status, accepted=accepted, events=(event,))
        )


def _pending(store: VoteStore, batch: Batch) -> PendingBatch:
    header = store.batch_bytes(batch.sequence, BatchPart.HEADER)
    sealed = store.batch_bytes(batch.sequence, BatchPart.SEALED)
    return PendingBatch(batch.sequence, batch.ballots, header, sealed)


def _headers(store: VoteStore) -> list[bytes]:
    return [store.batch_bytes(batch.sequence, BatchPart.HEADER) for batch in store.batches()]


class CarefulUploads:
    """An uploader whose store may fail: then it tries again later, and voting goes on."""

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader

    def run_once(self) -> UploadResult:
        """One attempt."""
        try:
            return self._uploader.run_once()
        except (StoreError, OSError):
            return NoLink(LinkTrouble.STORE, 0)

    def interrupt(self) -> None:
        """Break the attempt under way off."""
        self._uploader.interrupt()


class Delivery:
    """Seals when the rules let it, and keeps sending until the centre has signed for everything."""

    def __init__(self, facts: Facts, store: OpenStore, signer: Signer, uploader: Uploader, look_seconds: float) -> None:
        self._facts = facts
        self._store = store
        self._signer = signer
        self._loop = UploadLoop(CarefulUploads(uploader), self._told, random.SystemRandom().random)
        self._sealing = threading.Lock()
        self._stopping = threading.Event()
        self._look_seconds = look_seconds
        self._thread = threading.Thread(target=self._look, name="sealing", daemon=True)
        self._link = True

    def start(self) -> None:
        """Begin to seal and to send."""
        self._thread.start()
        self._loop.start()

    @property
    def link(self) -> bool:
        """Whether the centre answered the last time it was spoken to."""
        return self._link

    def wake(self) -> None:
        """Try to send at once."""
        self._loop.wake()

    def seal(self, *, last: bool) -> int:
        """Seal what the rules let; with `last` (after closing) all that is left. Ballots sealed.

        Raises SealingFailed, StoreError, KeyStoreError, OSError: the ballots are then where they were.
        """
        with self._sealing:
            sealed = self._seal(last=last)
        if sealed:
            self._loop.wake()
        return sealed

    def _seal(self, *, last: bool) -> int:
        if self._store.replaced_by is not None:
            # What is not sealed yet is sealed by the terminal that took over.
            return 0
        policies = self._facts.package.policies
        sizes = self._store.do(lambda store: batch_sizes(store.unsealed_by_paper(), policies.min_batch, last=last))
        if not sizes:
            return 0
        drawn = self._store.do(lambda store: store.draw(sizes))
        terminal = self._facts.station.terminal
        # Those of a terminal before this one have numbers and a chain of their own.
        stored = self._store.do(_headers)
        batches = [one for one in stored if stated_header(one).terminal == terminal]
        context = BatchContext(
            terminal=terminal,
            place=self._facts.place.place_id,
            package=self._facts.opened.sha256,
            mode=self._facts.station.mode.value,
            sequence=len(batches) + 1,
            previous=header_sha256(batches[-1]) if batches else None,
        )
        job = SealingJob(context, base64.b64decode(self._facts.package.centre.hpke_public), drawn.ballots)
        sealed = seal_in_process(job, self._signer, nursery())
        number = len(stored) + 1
        event = events.batch_sealed(number, drawn.total)
        self._store.do_as_holder(
            lambda store: store.record_batch(drawn, number, sealed.header_envelope, sealed.sealed, events=(event,))
        )
        return drawn.total

    def _look(self) -> None:
        said = ""
        while not self._stopping.wait(self._look_seconds):
            try:
                # After closing nothing more comes: whatever a power cut left unsealed goes now.
                self.seal(last=self._store.do(lambda store: store.polls_state()) is PollsState.CLOSED)
                trouble = ""
            except SealingFailed as error:
                trouble = str(error)[:200]
            except (StoreError, KeyStoreError, OSError) as error:
                trouble = type(error).__name__
            # Nothing is lost: the ballots are in the store, and the next look tries again. It is said once.
            if trouble and trouble != said:
                self._note(events.effect_failed("sealing", trouble))
            said = trouble

    def _told(self, result: UploadResult) -> None:
        """Journal what changed; the numbers are in the store already."""
        match result:
            case NothingPending() | NoLink(LinkTrouble.STORE):
                return
            case Delivered():
                self._set_link(up=True)
            case NoLink():
                self._set_link(up=False)
            case UploadIncident(kind, sequence):
                self._note(events.batch_refused(sequence, kind.value))

    def _note(self, event: Event) -> None:
        """Write an event. A journal that cannot take it must not stop voting over a matter of the background."""
        with contextlib.suppress(StoreError):
            self._store.record(event)

    def _set_link(self, *, up: bool) -> None:
        if up is self._link:
            return
        self._link = up
        self._note(events.link_back() if up else events.link_lost())

    def stop(self) -> None:
        """End both threads; what was being sent is sent again at the next start."""
        self._stopping.set()
        self._loop.stop()
        self._thread.join()
