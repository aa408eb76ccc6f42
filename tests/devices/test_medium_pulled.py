"""A medium that is pulled at the very moment at which something is done with it."""

import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kiosk.effects import second_copy
from kiosk.effects.second_copy import SecondCopyKeeper, StoreTerms
from kiosk.flows.contract import SecondState
from tests.devices.second_copy_setting import (
    cast,
    everything_twice,
    names,
    primary,
    pull,
    refreshed,
    said,
    slot,
    stands,
    switched_off,
)
from tests.devices.takeover_setting import until
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace, open_place


@pytest.fixture(scope="module")
def building() -> Iterator[PollingPlace]:
    """A polling place with its polls open; the tests of this file share it."""
    with open_place() as place:
        yield place


@pytest.fixture
def place(building: PollingPlace) -> PollingPlace:
    return refreshed(building)


@pytest.mark.parametrize(("work", "late"), [("open", False), ("create", False), ("create", True)])
def test_nothing_is_made_where_a_medium_was_pulled(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch, work: str, late: bool
) -> None:
    port = slot(place).parent
    pull(place)
    looked, do, join = queue.SimpleQueue[None](), getattr(StoreTerms, work), SecondCopyKeeper.join

    def pulled(*arguments: object, **named: object) -> object:
        found = do(*arguments, **named) if late else None
        place.media.control.pull_out()
        return found or do(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(StoreTerms, work, pulled)
        patch.setattr(SecondCopyKeeper, "join", lambda *those, **named: looked.put(join(*those, **named)))
        place.media.control.put_in(new := next(names))
        looked.get(timeout=WAIT_SECONDS)
    assert not list(port.iterdir()), "it would lie on the terminal's own disk"
    stands(place, SecondState.ABSENT)
    cast(place)
    place.media.control.put_in(new)
    stands(place, SecondState.PRESENT)
    everything_twice(place)


def test_a_medium_that_goes_while_a_cast_waits_for_it_is_lost_and_the_cast_is_not(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first copy has it; its thread waits for the medium's, and meanwhile the slot is seen to be empty."""
    monkeypatch.setattr(second_copy, "FOLLOW_SECONDS", WAIT_SECONDS)
    keeper, medium = place.app._store.keeper, slot(place).name
    assert keeper is not None
    accepted = place.store(lambda store: store.counters()).accepted
    free, waits, submit = threading.Event(), threading.Event(), keeper._lane.submit
    submit(free.wait)

    def submitted(work: Callable[[], object]) -> object:
        waits.set()
        return submit(work)

    monkeypatch.setattr(keeper._lane, "submit", submitted)
    with ThreadPoolExecutor(1) as voter:
        casting = voter.submit(cast, place)
        try:
            assert waits.wait(WAIT_SECONDS)
            place.media.control.pull_out()
            until(lambda: not keeper._follows, "the slot was not seen to be empty")
        finally:
            free.set()
        casting.result(WAIT_SECONDS)
    assert place.store(lambda store: store.counters()).accepted == accepted + 2
    assert said(place)[-1] == ("second_copy_lost", {"trouble": "absent"})
    place.media.control.put_in(medium)
    stands(place, SecondState.PRESENT)
    everything_twice(place)


def test_a_medium_that_goes_when_it_has_just_given_everything_is_not_followed(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    medium, image, joined = slot(place).name, place.folder / "image", SecondCopyKeeper._joined
    with switched_off(place):
        shutil.copytree(primary(place), image)
    cast(place)
    before = place.store(lambda store: (store.counters(), store.codes()))

    def pulled(keeper: SecondCopyKeeper) -> None:
        joined(keeper)
        place.media.control.pull_out()

    with monkeypatch.context() as patch:
        patch.setattr(SecondCopyKeeper, "_joined", pulled)
        with switched_off(place):
            shutil.rmtree(primary(place))
            image.rename(primary(place))
    stands(place, SecondState.ABSENT)
    assert place.store(lambda store: (store.counters(), store.codes())) == before
    cast(place)
    place.media.control.put_in(medium)
    stands(place, SecondState.PRESENT)
    everything_twice(place)
