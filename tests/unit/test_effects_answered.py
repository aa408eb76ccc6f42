"""Whatever an effect runs into, the flow hears of its end: one that hears nothing waits for ever."""

import queue
from types import SimpleNamespace
from typing import cast

import pytest

from kiosk.effects.lanes import Lane
from kiosk.effects.open_store import OpenStore
from kiosk.effects.order_paper import OrderPaper
from kiosk.effects.performer import Performer
from kiosk.effects.staff import Staff
from kiosk.effects.voting import Voting
from kiosk.flows.contract import CallReason, CallStaff, Crashed, EffectId, Event, Finished, Request
from kiosk.store.errors import OutcomeUnknown, StoreFailed

WAIT_SECONDS = 60.0


@pytest.mark.parametrize("also", [StoreFailed("record"), OutcomeUnknown("record"), OSError("no descriptor")], ids=repr)
def test_an_effect_that_breaks_and_cannot_be_written_down_is_answered(also: Exception) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("broken")

    def record(*_: object) -> None:
        raise also

    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    performer = Performer(
        cast(Voting, SimpleNamespace(call_staff=breaks)),
        cast(Staff, None),
        cast(OrderPaper, None),
        cast(OpenStore, SimpleNamespace(record=record)),
        Lane("card"),
        Lane("printer"),
        heard.put,
        lambda: None,
    )
    performer.perform(Request(EffectId(1), CallStaff(CallReason.ASKED)))
    assert heard.get(timeout=WAIT_SECONDS) == Finished(EffectId(1), Crashed())
    performer.close()
