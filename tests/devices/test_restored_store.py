"""A store that was put back from an older image is seen at start, and nothing is done with it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.keystore.api import KeyStoreError
from drivers.keystore.software import SoftwareKeyStore
from kiosk.domain.words import message
from kiosk.flows.contract import Touch, Touched
from kiosk.store.vote_store import VoteStore
from tests.devices.terminal_setting import PollingPlace

CHAIR = "chair"


@pytest.fixture
def place(short_dir: Path) -> Iterator[PollingPlace]:
    place = PollingPlace.build(short_dir)
    # A medium that has everything would bring the older image up (devices/test_second_copy.py).
    place.media.control.pull_out()
    yield place
    place.close()


def store_of(place: PollingPlace) -> Path:
    return place.folder / "e" / "terminals" / "T-1" / "store"


def image_of(place: PollingPlace) -> Path:
    """An image of the store as the disk holds it while the terminal is off."""
    image = place.folder / "image"
    shutil.copytree(store_of(place), image)
    return image


def off(place: PollingPlace) -> None:
    place.app.stop()


def on(place: PollingPlace) -> None:
    place.watcher = type(place.watcher)()
    place.start()


def steps(place: PollingPlace) -> tuple[int, int]:
    """What the store expects, and what the counter shows."""
    keystore = SoftwareKeyStore(store_of(place).parent)
    return place.store(lambda store: store.steps), keystore.counter_value()


def incidents(place: PollingPlace) -> list[dict[str, str | int]]:
    def look(store: VoteStore) -> list[dict[str, str | int]]:
        return [record.fields for record in store.journal.records() if record.event == "store_restored"]

    return place.store(look)


def test_every_start_is_counted_and_none_is_held_against_the_terminal(place: PollingPlace) -> None:
    stored, counted = steps(place)
    assert stored == counted
    for more in (1, 2):
        place.restart()
        place.see("closed")
        assert steps(place) == (stored + more, counted + more)
    assert incidents(place) == []


def test_an_image_from_while_the_terminal_was_off_is_seen_and_nothing_is_done_with_it(place: PollingPlace) -> None:
    place.see("closed")
    off(place)
    image = image_of(place)
    on(place)
    place.see("closed")
    off(place)
    shutil.rmtree(store_of(place))
    image.rename(store_of(place))
    on(place)
    view = place.see("out_of_order")
    assert view.heading == message("quarantined.heading")
    (incident,) = incidents(place)
    assert incident["counted"] == int(incident["stored"]) + 1
    before = steps(place)
    place.card.control.insert(CHAIR)
    place.app.send(Touched(Touch.OPEN_POLLS))
    place.restart()
    view = place.see("out_of_order")
    assert view.heading == message("quarantined.heading")
    assert len(incidents(place)) == 2
    assert steps(place) == before


def test_a_counter_that_went_back_is_seen_too(place: PollingPlace) -> None:
    """Then the keys' folder is the older one, and the store in it cannot be judged any more."""
    device = store_of(place).parent
    off(place)
    old = (device / "counter.sealed").read_bytes()
    for _ in range(2):
        on(place)
        place.see("closed")
        off(place)
    (device / "counter.sealed").write_bytes(old)
    on(place)
    assert place.see("out_of_order").heading == message("quarantined.heading")


def test_a_counter_that_fails_stops_nobody_and_is_not_held_against_the_terminal(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.see("closed")

    def broken(_: SoftwareKeyStore) -> int:
        raise KeyStoreError("the counter is broken")

    with monkeypatch.context() as patched:
        patched.setattr(SoftwareKeyStore, "counter_step", broken)
        for _ in range(3):
            place.store(lambda store: store.step())
        stored, counted = steps(place)
        assert stored == counted + 1
        events = place.store(lambda store: [record.event for record in store.journal.records()])
        assert events.count("counter_failed") == 1
        off(place)
    on(place)
    place.see("closed")
    assert incidents(place) == []
    stored, counted = steps(place)
    assert stored == counted
