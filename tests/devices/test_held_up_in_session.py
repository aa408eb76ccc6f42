"""What people do while the terminal works: it is held up in its working phases, and goes on when it is let go.

A process that is stopped is a slow one: the session's process holds up encrypting and casting, the printer the slips.
"""

import base64
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.card.simulated.image import read_card_image
from kiosk.flows.contract import Touch
from kiosk.store.layout import StoredBallot
from protocol.documents.card_state import CardState
from tests.devices.terminal_setting import PollingPlace, open_place, opened_in
from tests.devices.test_effects_interruptions import NOTHING, decide, undecided


@pytest.fixture(scope="module")
def building() -> Iterator[PollingPlace]:
    with open_place() as place:
        yield place


@pytest.fixture
def place(building: PollingPlace) -> Iterator[PollingPlace]:
    """The polling place with nobody at the terminal, before and after."""
    building.see("welcome")
    yield building
    building.remove("welcome")
    building.no_session()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process stands still meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def session_pid(place: PollingPlace) -> int:
    (pid,) = place.session_pids()
    return pid


def encrypting(place: PollingPlace) -> tuple[int, Touch]:
    undecided(place)
    return session_pid(place), Touch.CONFIRM


def offering(place: PollingPlace) -> tuple[int, Touch]:
    undecided(place)
    return place.printer.pid, Touch.CONFIRM


def opening(place: PollingPlace) -> tuple[int, Touch]:
    decide(place)
    return place.printer.pid, Touch.CHALLENGE


AFTER = {"encrypting": "decide", "offering": "decide", "opening": "checked"}
Way = Callable[[PollingPlace], tuple[int, Touch]]


def worked(place: PollingPlace) -> None:
    """What was held up has been done, and the terminal knows it."""
    place.watcher.until(lambda view: "reset.working" not in str(view.content))


@pytest.mark.parametrize("way", [encrypting, offering, opening])
def test_a_card_pulled_while_the_terminal_works_comes_back_to_what_it_did(place: PollingPlace, way: Way) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    pid, touch = way(place)
    with stopped(pid):
        place.touch(touch, "encrypting")
        place.remove("card_pulled")
    place.insert(card, "encrypting", AFTER[way.__name__])
    place.see(AFTER[way.__name__])
    place.remove("card_pulled")
    place.ticks += 61
    place.do(NOTHING, "welcome")


@pytest.mark.parametrize("way", [encrypting, offering, opening])
def test_a_member_ends_a_session_while_the_terminal_works(place: PollingPlace, way: Way) -> None:
    before = place.store(lambda store: store.counters().accepted)
    card = place.issue("B")
    place.insert(card, "ballots")
    pid, touch = way(place)
    with stopped(pid):
        place.touch(touch, "encrypting")
        place.remove("card_pulled")
        place.insert("secretary", "staff_pin")
        place.pin("222222", "staff_reset")
        assert "reset.working" in str(place.see("staff_reset").content)
    worked(place)
    place.touch(Touch.CONFIRM, "staff_reset_ended")
    place.remove("staff_reset_ended")
    place.insert(card, "take_card")
    place.watcher.until(lambda view: "take_card_reset.lead" in str(view.lead))
    assert place.state(card) is CardState.ACTIVATED
    assert place.store(lambda store: store.counters().accepted) == before


def test_a_control_card_put_in_during_a_cast_waits_and_nothing_is_lost(place: PollingPlace) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    decide(place)
    before = set(place.store(lambda store: store.codes()))
    contents = read_card_image(place.wallet("secretary")).objects
    with stopped(session_pid(place)):
        place.touch(Touch.CAST, "casting")
        place.remove("casting")
        place.card.control.insert("secretary")
        place.app.send(NOTHING)
        assert place.see("casting").screen.value == "casting"
    place.see("cast")
    place.watcher.until(lambda view: "printing" not in str(view.lead))
    assert len(set(place.store(lambda store: store.codes())) - before) == 1
    assert read_card_image(place.wallet("secretary")).objects == contents
    place.remove("welcome")
    # Its card could not be marked while another one was in: it is known by what the store has.
    place.insert(card, "after_power", "card_trouble")
    assert place.watcher.views[-1].primary is None
    assert place.state(card) is CardState.SPENT


def test_a_store_that_fills_up_meanwhile_takes_nothing_and_the_card_is_usable(short_dir: Path) -> None:
    """Room is looked at before the voter begins; should it be gone at the cast, the voter hears what is so."""
    place = opened_in(short_dir)
    try:
        card = place.issue("B")
        place.insert(card, "ballots")
        decide(place)
        for number in range(place.store(lambda store: store.slots_free)):
            code = base64.b64encode(bytes([number]) * 32).decode().rstrip("=")
            other = StoredBallot("governor", code, f"credential {number}", "{}")
            place.store(lambda store, one=other: store.cast([one], declined=0, entitled=1, events=()))  # type: ignore[misc]  # bound here
        codes = set(place.store(lambda store: store.codes()))
        place.touch(Touch.CAST, "not_stored")
        place.watcher.until(lambda view: "not_stored_full.lead" in str(view.lead))
        assert set(place.store(lambda store: store.codes())) == codes
        assert place.state(card) is CardState.ACTIVATED
        place.remove("welcome")
    finally:
        place.close()
