"""Orders on this terminal: taken in from wherever they come, kept durably, brought into force at their hour.

What makes an order binding is in `protocol.documents.order`; how its bytes got here means nothing. Once an order was in
force it stays so whatever the clock says later: the journal remembers.
"""

import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from kiosk.domain.from_package import revocation, termination
from kiosk.domain.orders import Revocation, Standing, Termination, stopping_all
from kiosk.domain.words import Words, message, plain
from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.flows.contract import Event, OrderArrived
from kiosk.store import events
from kiosk.store.errors import StoreError
from kiosk.store.event import Event as StoreEvent
from kiosk.store.medium import sync_folder, write_durably
from kiosk.sync.line import LinkTrouble
from kiosk.sync.loop import Sends, UploadLoop
from kiosk.sync.upload import NoLink, NothingPending, UploadResult
from protocol.documents import order as order_documents
from protocol.documents.order import ENVELOPE_LIMIT, OpenedOrder, open_order
from protocol.errors import ProtocolError
from protocol.journal import Record

FOLDER = "orders"
SUFFIX = ".dsse.json"
LOOK_SECONDS = 1.0
"""How often it is looked whether an order's hour has come."""


class Intake(StrEnum):
    """What became of an envelope that was brought here."""

    TAKEN = "taken"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class _Held:
    opened: OpenedOrder
    order: Termination | Revocation
    effective: datetime
    in_force: bool


class Orders:
    """The orders that this terminal holds. Every method may be called from any thread."""

    def __init__(self, facts: Facts, store: OpenStore, folder: Path, send: Callable[[Event], None]) -> None:
        """Read what is kept in `folder`; `send` is told of every order that comes into force after this.

        A file there that is no good order is an incident, and is left as it is. Raises StoreError.
        """
        self._facts = facts
        self._store = store
        self._folder = folder
        self._send = send
        self._lock = threading.Lock()
        self._bringing = threading.Lock()
        """Held until the flow is told: an order that was taken in has reached it, whichever thread found it due."""
        self._held: dict[str, _Held] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="orders", daemon=True)
        seen = {str(record.fields["digest"]) for record in _records(store) if record.event == "order_in_force"}
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            self._read(path, seen)
        self._become_due()

    # --- taking in ----------------------------------------------------------------------------------------------

    def take(self, envelope: bytes) -> Intake:
        """Judge an envelope, from the network, a medium or a code alike; a good one is kept before this returns.

        One that is refused is an incident and changes nothing. Raises OSError, StoreError: then it was not taken.
        """
        try:
            opened = open_order(envelope[: ENVELOPE_LIMIT + 1], self._facts.opened, self._facts.clock())
        except ProtocolError as error:
            self._store.record(events.order_refused(type(error).__name__, error.where[:80]))
            return Intake.REFUSED
        with self._lock:
            if opened.sha256 in self._held:
                return Intake.KNOWN
            if any(one.opened.order.order_id == opened.order.order_id for one in self._held.values()):
                self._store.record(events.order_refused("IdTaken", opened.order.order_id))
                return Intake.REFUSED
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder.parent)
            write_durably(self._folder / f"{opened.sha256}{SUFFIX}", envelope)
            self._hold(opened, in_force=False)
        self._note(events.order_taken(opened.order.order_id, opened.sha256))
        self._bring_into_force()
        return Intake.TAKEN

    def known(self, digest: str) -> bool:
        """Whether the order with this digest is held."""
        with self._lock:
            return digest in self._held

    # --- what is so ---------------------------------------------------------------------------------------------

    def in_force(self) -> tuple[Termination | Revocation, ...]:
        """The orders in force, the first to take effect first."""
        return tuple(standing.order for standing in self.standing() if standing.in_force)

    def stopping(self) -> tuple[Termination, ...]:
        """The orders in force that terminate voting, the first to take effect first."""
        return tuple(order for order in self.in_force() if isinstance(order, Termination))

    def revoked(self, certificate: str) -> bool:
        """Whether an order in force revokes the card's certificate with this fingerprint."""
        revocations = self._revocations()
        return any(certificate in order.certificates for order in revocations)

    def device_revoked(self, device: str) -> bool:
        """Whether an order in force revokes this terminal or desk."""
        return any(device in order.devices for order in self._revocations())

    def _revocations(self) -> list[Revocation]:
        with self._lock:
            return [one.order for one in self._held.values() if one.in_force and isinstance(one.order, Revocation)]

    def standing(self) -> tuple[Standing, ...]:
        """Every order held, in force or not yet, for staff and acts."""
        with self._lock:
            held = sorted(self._held.values(), key=lambda one: (one.effective, one.opened.sha256))
        return tuple(Standing(one.order, self._moment(one.effective), one.in_force) for one in held)

    def everything_stopped(self) -> bool:
        """Whether voting is terminated everywhere."""
        return stopping_all(self.stopping()) is not None

    def order(self, digest: str) -> Termination | None:
        """The order with this digest that terminates voting, if it is held."""
        with self._lock:
            held = self._held.get(digest)
        return held.order if held is not None and isinstance(held.order, Termination) else None

    # --- its hour -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look whether an order's hour has come."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self._bring_into_force()

    def _bring_into_force(self) -> None:
        with self._bringing:
            for order in self._become_due():
                # The flow has to know of a termination alone: whether a card is revoked is asked when it comes.
                if isinstance(order, Termination):
                    self._send(OrderArrived(order))

    def _become_due(self) -> list[Termination | Revocation]:
        """Bring into force whatever is due; the orders that were not in force before."""
        now = self._facts.clock()
        with self._lock:
            due = [one for one in self._held.values() if not one.in_force and one.effective <= now]
            for one in due:
                self._held[one.opened.sha256] = _Held(one.opened, one.order, one.effective, in_force=True)
        for one in due:
            # Obeyed even if the journal cannot take it: then the next start does not know more than the clock.
            self._note(events.order_in_force(one.opened.order.order_id, one.opened.sha256))
        return [one.order for one in due]

    # --- inside -------------------------------------------------------------------------------------------------

    def _read(self, path: Path, seen: set[str]) -> None:
        """A kept order. Its signers were judged by the hour when it came: their certificates may run out since."""
        try:
            opened = open_order(path.read_bytes(), self._facts.opened, None)
        except (ProtocolError, OSError) as error:
            self._note(events.order_damaged(path.name[:80], type(error).__name__))
            return
        self._hold(opened, in_force=opened.sha256 in seen)

    def _hold(self, opened: OpenedOrder, *, in_force: bool) -> None:
        order: Termination | Revocation
        match opened.order:
            case order_documents.Termination():
                order = termination(opened.order, opened.sha256, self._facts.package)
            case order_documents.Revocation():
                order = revocation(opened.order, opened.sha256)
            case _:
                assert_never(opened.order)
        self._held[opened.sha256] = _Held(opened, order, opened.order.effective_at(), in_force)

    def _moment(self, at: datetime) -> Words:
        local = at.astimezone(self._facts.place.zone())
        clock = plain(f"{local:%H:%M}")
        return message("order.moment", day=local.day, month=message(f"month.{local.month}"), time=clock)

    def _note(self, event: StoreEvent) -> None:
        with contextlib.suppress(StoreError):
            self._store.record(event)


def _records(store: OpenStore) -> list[Record]:
    return store.do(lambda opened: list(opened.journal.records()))


class CarefulFetching:
    """Fetchers, one after another, whose terminal may fail to keep what they bring: then it is fetched again later."""

    def __init__(self, *fetchers: Sends) -> None:
        self._fetchers = fetchers

    def run_once(self) -> UploadResult:
        """One look at each of the centre's lists; the last trouble, if there was one."""
        result: UploadResult = NothingPending()
        for fetcher in self._fetchers:
            try:
                one = fetcher.run_once()
            except (StoreError, OSError):
                one = NoLink(LinkTrouble.STORE, 0)
            result = result if isinstance(one, NothingPending) else one
        return result

    def interrupt(self) -> None:
        """Break the look under way off."""
        for fetcher in self._fetchers:
            fetcher.interrupt()


def order_loop(*fetchers: Sends) -> UploadLoop:
    """The loop that looks for news at the centre; whether that is reached is told by the delivery of batches."""
    return UploadLoop(CarefulFetching(*fetchers), lambda _: None, random.SystemRandom().random, name="fetching orders")
