"""The terminal over a real pcscd: opening, voting, and everything that happens to readers and cards meanwhile."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from drivers.card.simulated.image import read_card_image, write_card_image
from drivers.card.simulated.virtual import VirtualReaders
from drivers.simulation.start import start_device
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import PinPad, View
from protocol.documents.card_state import CardState
from protocol.journal import Record
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace


@pytest.fixture(scope="module")
def building(pcscd_room: VirtualReaders) -> Iterator[PollingPlace]:
    """A polling place whose terminal reads cards through pcscd, opened by the chair. Shared by the tests here."""
    pcscd_room.start()
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        place = PollingPlace.build(Path(folder), pcscd_room)
        try:
            place.see("closed")
            place.insert("chair", "staff_pin")
            place.pin("111112", "staff_pin")
            place.watcher.until(lambda view: isinstance(view.content, PinPad) and view.content.trouble is not None)
            place.pin("111111", "staff_home")
            place.touch(Touch.OPEN_POLLS, "staff_done")
            place.remove("welcome")
            yield place
        finally:
            place.close()
            pcscd_room.stop()


@pytest.fixture
def place(building: PollingPlace) -> Iterator[PollingPlace]:
    """The polling place with nobody at the terminal, before and after."""
    building.see("welcome")
    yield building
    building.remove("welcome")
    building.no_session()


def vote(place: PollingPlace, card: str) -> None:
    """From the card in to the card out."""
    place.insert(card, "ballots")
    decide(place)
    cast(place, card)
    place.remove("welcome")


def cast(place: PollingPlace, card: str) -> None:
    """Cast, and wait until the card is written, as a voter does who reads that it may be taken."""
    place.touch(Touch.CAST, "cast")
    until = time.monotonic() + WAIT_SECONDS
    while place.state(card) is not CardState.SPENT:
        assert time.monotonic() < until, "the card was not written"
        place.app._card_lane.do(lambda: None)


def decide(place: PollingPlace) -> View:
    place.mark()
    return place.commit("decide")


def told(place: PollingPlace, wanted: str, part: str) -> View:
    """How soon it is told is for `./run bench` to say."""
    return place.watcher.until(lambda view: view.screen.value == wanted and part in str(view))


def journal(place: PollingPlace) -> list[Record]:
    return place.store(lambda store: list(store.journal.records()))


def foreign_card(place: PollingPlace, name: str, **changes: object) -> str:
    """A card of somebody else in the terminal's wallet, made from the chair's."""
    image = msgspec.structs.replace(read_card_image(place.wallet("chair")), name=name, **changes)
    write_card_image(place.wallet(name), image)
    return name


def test_a_voter_votes(place: PollingPlace) -> None:
    card = place.issue("A")
    vote(place, card)
    assert place.state(card) is CardState.SPENT
    place.insert(card, "card_trouble")
    told(place, "card_trouble", "refusal.spent")


def test_pcscd_dies_in_a_session_and_comes_back(place: PollingPlace) -> None:
    card = place.issue("A")
    place.insert(card, "ballots")
    before = decide(place)
    assert place.virtual is not None
    place.virtual.kill()
    told(place, "card_pulled", "reader_lost_session")
    place.virtual.start()
    assert place.see("decide") == before
    cast(place, card)
    place.remove("welcome")
    assert {"reader_lost", "reader_back"} <= {record.event for record in journal(place)}


def test_pcscd_dies_while_nobody_is_there(place: PollingPlace) -> None:
    assert place.virtual is not None
    place.virtual.kill()
    told(place, "out_of_order", "reader_lost")
    place.virtual.start()
    place.see("welcome")
    vote(place, place.issue("A"))


def test_the_reader_is_taken_away_and_put_back(place: PollingPlace) -> None:
    assert place.virtual is not None
    card = place.issue("A")
    place.insert(card, "ballots")
    place.virtual.stop()
    place.virtual.start(readers=False)
    told(place, "card_pulled", "reader_lost_session")
    place.virtual.stop()
    place.virtual.start()
    place.see("ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.watcher.until(lambda view: view.screen.value == "take_card" and "card.wait" not in str(view.lead))
    place.remove("welcome")
    place.no_session()
    assert place.state(card) is CardState.ACTIVATED


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("bank", {"aid": "a0000000031010"}, "refusal.foreign"),
        ("empty", {"keys": {}, "objects": {}}, "refusal.empty"),
    ],
)
def test_cards_that_are_none_of_ours(place: PollingPlace, name: str, changes: dict[str, object], said: str) -> None:
    foreign_card(place, name, **changes)
    place.insert(name, "card_trouble")
    told(place, "card_trouble", said)
    place.remove("welcome")
    vote(place, place.issue("A"))


def test_a_card_that_is_in_upside_down(place: PollingPlace) -> None:
    card = place.issue("A")
    place.card.control.do("mute", on=True)
    place.insert(card, "card_trouble")
    told(place, "card_trouble", "refusal.mute")
    place.card.control.do("mute", on=False)
    place.remove("welcome")
    vote(place, card)


def test_a_second_reader_serves_as_well(place: PollingPlace) -> None:
    assert place.virtual is not None
    state = place.folder / "second"
    state.mkdir()
    (state / "cards").symlink_to(place.folder / "e" / "cards", target_is_directory=True)
    with start_device("drivers.card.simulated", state, place.folder / "second.s") as second:
        place.virtual.attach(second.path, slot=1)
        card, other = place.issue("A"), place.issue("B")
        before = len(place.watcher.views)
        second.control.insert(card)
        place.watcher.wait("ballots", after=before)
        place.card.control.insert(other)  # the next voter is early, at the other reader
        decide(place)
        cast(place, card)
        before = len(place.watcher.views)
        second.control.remove()
        place.watcher.wait("ballots", after=before)
        place.remove("card_pulled")
        place.ticks += 61
        place.app.send(c.Finished(c.EffectId(1_000_000_000), c.Done()))
        place.see("welcome")
