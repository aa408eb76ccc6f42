"""A card pulled at each APDU of each flow, through a real pcscd: what screen, card and store say then.

How many APDUs a flow has the test finds out: it pulls at one more each time, until the flow comes through. What needs
more than one card is in test_pcsc_pulled_quorum.py and test_pcsc_pulled_takeover.py.
"""

import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from drivers.card.simulated.virtual import VirtualReaders
from kiosk.domain.polls import PollsState
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import View
from protocol.documents.card_state import CardState
from tests.devices.pulled_setting import BOTH, MOST_APDUS, pull, pulled
from tests.devices.terminal_setting import PollingPlace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WAKE = c.Finished(c.EffectId(1_000_000_000), c.Done())


@pytest.fixture
def closed(virtual: VirtualReaders) -> Iterator[PollingPlace]:
    """A polling place whose terminal reads cards through pcscd, its polls not open yet."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        made = PollingPlace.build(Path(folder), virtual)
        try:
            made.see("closed")
            yield made
        finally:
            made.close()


@pytest.fixture
def place(closed: PollingPlace) -> PollingPlace:
    """The same with open polls."""
    closed.open_polls()
    return closed


def accepted(place: PollingPlace) -> int:
    return place.store(lambda store: store.counters().accepted)


def idle(place: PollingPlace) -> None:
    """Take the card out if it is in, and wait until nobody is there and no session runs."""
    if place.remove("welcome", "card_pulled").screen.value == "card_pulled":
        place.ticks += 61
        place.do(WAKE, "welcome")
    place.no_session()


def test_while_a_voter_is_admitted(place: PollingPlace) -> None:
    card = place.issue("A")
    for apdus, executed in product(range(MOST_APDUS), BOTH):
        pull(place, apdus, executed)
        place.insert(card, "welcome", "ballots", "after_power")
        through = place.watcher.wait("ballots", "after_power", "welcome").screen.value != "welcome" and not pulled(
            place
        )
        idle(place)
        assert place.state(card) in (CardState.ACTIVATED, CardState.IN_SESSION)
        if through:
            break
    else:
        pytest.fail("the flow never comes through")
    assert apdus >= 10
    assert_usable(place, card)


def assert_usable(place: PollingPlace, card: str) -> None:
    """The card brings its voter in here, and leaves as fresh as it was issued."""
    view = place.insert(card, "ballots", "after_power")
    if view.screen.value == "after_power":
        place.touch(Touch.NEXT, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.watcher.until(lambda view: view.screen.value == "take_card" and "card.wait" not in str(view.lead))
    idle(place)
    assert place.state(card) is CardState.ACTIVATED


def enter(place: PollingPlace, card: str) -> None:
    view = place.insert(card, "ballots", "after_power")
    if view.screen.value == "after_power":
        place.touch(Touch.NEXT, "ballots")


def test_while_a_card_is_given_back(place: PollingPlace) -> None:
    card = place.issue("A")
    for apdus, executed in product(range(MOST_APDUS), BOTH):
        enter(place, card)
        place.touch(Touch.LEAVE, "leave")
        pull(place, apdus, executed)
        place.touch(Touch.CONFIRM, "take_card", "welcome")
        place.watcher.until(settled)
        through = not pulled(place)
        idle(place)
        assert place.state(card) in (CardState.ACTIVATED, CardState.IN_SESSION)
        if through:
            break
    else:
        pytest.fail("the flow never comes through")
    assert apdus >= 4
    assert place.state(card) is CardState.ACTIVATED


def settled(view: View) -> bool:
    return view.screen.value == "welcome" or (view.screen.value == "take_card" and "card.wait" not in str(view.lead))


def test_while_a_vote_is_cast(place: PollingPlace) -> None:
    for apdus, executed in product(range(MOST_APDUS), BOTH):
        card = place.issue("A")
        before = accepted(place)
        enter(place, card)
        place.mark()
        place.commit("decide")
        pull(place, apdus, executed)
        place.touch(Touch.CAST, "cast")
        assert accepted(place) == before + 1, "shown as cast, so stored exactly once"
        place.watcher.until(lambda view: view.screen.value in ("welcome", "take_card") or key_of(view) == "cast.lead")
        place.app._card_lane.do(lambda: None)
        through = not pulled(place)
        idle(place)
        assert place.state(card) in (CardState.IN_SESSION, CardState.SPENT)
        assert place.state(card) is CardState.SPENT or not through
        again = place.insert(card, "after_power", "card_trouble")
        assert again.primary is None, "it was cast: no screen leads to another ballot"
        idle(place)
        assert place.state(card) is CardState.SPENT
        assert accepted(place) == before + 1
        if through:
            break
    else:
        pytest.fail("the flow never comes through")
    assert apdus >= 4


def key_of(view: View) -> str:
    return str(getattr(view.lead, "key", ""))


def begun_or_left(view: View) -> bool:
    """Whether the staff's home offers something, or the card is out."""
    return view.screen.value != "staff_home" or (view.primary is not None and view.primary.enabled)


def test_while_the_polls_are_opened(closed: PollingPlace) -> None:
    place = closed
    idle_screens = ("closed", "welcome")
    for apdus, executed in product(range(MOST_APDUS), BOTH):
        pull(place, apdus, executed)
        shown = place.insert("chair", "staff_pin", *idle_screens).screen.value
        if shown == "staff_pin":
            shown = place.pin("111111", "staff_home", *idle_screens).screen.value
        if shown == "staff_home":
            # Nothing can be begun before the numbers are there.
            shown = place.watcher.until(begun_or_left).screen.value
        if shown == "staff_home":
            # Pulled once they were open, only the act is left to be signed and printed.
            opened = place.store(lambda store: store.polls_state()) is PollsState.OPEN
            shown = place.touch(
                Touch.PRINT_ACT if opened else Touch.OPEN_POLLS, "staff_done", *idle_screens
            ).screen.value
        through = shown == "staff_done" and not pulled(place)
        place.remove(*idle_screens)
        if through:
            break
    else:
        pytest.fail("the polls are never opened")
    assert apdus >= 15
    place.see("welcome")
    assert {card["tries"] for card in place.card.control.cards()} == {3}, "no try of a PIN is lost"
    card = place.issue("A")
    assert_usable(place, card)
