"""Trouble in the background must never end a terminal: what could not be written or sent is tried again."""

from types import SimpleNamespace
from typing import cast

import pytest

from drivers.keystore.api import KeyStoreError
from kiosk.domain.polls import PollsState
from kiosk.effects.delivery import CarefulUploads, Delivery
from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.store import events
from kiosk.store.errors import JournalFull, StoreFailed
from kiosk.store.event import Event
from kiosk.sync.line import LinkTrouble
from kiosk.sync.upload import (
    IncidentKind,
    NoLink,
    Uploader,
    UploadIncident,
)
from protocol.documents.dsse import Signer


class Failing:
    """An uploader, or a store, whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.calls = 0

    def run_once(self) -> None:
        self._fail()

    def record(self, *_: object) -> None:
        self._fail()

    def _fail(self) -> None:
        self.calls += 1
        raise self._error


@pytest.mark.parametrize("error", [StoreFailed("mark sent"), JournalFull("mark sent"), OSError("no process")])
def test_a_store_that_fails_while_sending_is_tried_again_later(error: Exception) -> None:
    uploads = CarefulUploads(cast(Uploader, Failing(error)))
    assert uploads.run_once() == NoLink(LinkTrouble.STORE, 0)


def test_a_full_journal_keeps_nobody_from_voting() -> None:
    store = Failing(JournalFull("record"))
    delivery = Delivery(
        cast(Facts, SimpleNamespace()), cast(OpenStore, store), cast(Signer, None), cast(Uploader, None), 3600.0
    )
    delivery._told(NoLink(LinkTrouble.UNREACHABLE, 1))
    assert not delivery.link, "what staff are shown is right all the same"
    delivery._told(UploadIncident(IncidentKind.REFUSED, 1, "refused"))
    delivery._told(NoLink(LinkTrouble.STORE, 0))
    assert store.calls == 2, "the store's own trouble is not written to the store"


@pytest.mark.parametrize("error", [KeyStoreError("the chip is silent"), StoreFailed("seal"), OSError("no process")])
def test_sealing_that_fails_is_tried_again_at_the_next_look(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends its thread ends the program, and with it the session of whoever votes just then. It is said once."""
    said: list[Event] = []
    store = SimpleNamespace(do=lambda _: PollsState.OPEN, record=said.append)
    delivery = Delivery(
        cast(Facts, SimpleNamespace()), cast(OpenStore, store), cast(Signer, None), cast(Uploader, None), 0.0
    )
    tried: list[bool] = []

    def seal(*, last: bool) -> int:
        tried.append(last)
        if len(tried) == 3:
            delivery._stopping.set()
        raise error

    monkeypatch.setattr(delivery, "seal", seal)
    delivery._look()
    assert tried == [False] * 3
    assert said == [events.effect_failed("sealing", type(error).__name__)]
