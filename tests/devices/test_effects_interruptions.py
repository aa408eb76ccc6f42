"""Every interruption of a session over the real parts: in each phase, with the cards that people put in."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from drivers.card.simulated.image import read_card_image
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Decision, View
from protocol.documents.card_state import CardState
from protocol.journal import Record
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace, open_place


@pytest.fixture(scope="module")
def building() -> Iterator[PollingPlace]:
    """A polling place whose polls are open; the tests of this file share it."""
    with open_place() as place:
        yield place


@pytest.fixture
def place(building: PollingPlace) -> Iterator[PollingPlace]:
    """The polling place with nobody at the terminal, before and after."""
    building.see("welcome")
    yield building
    building.printer.control.do("clear")
    building.remove("welcome")
    building.no_session()


def fill(place: PollingPlace) -> View:
    """The governor's paper with the second candidate marked."""
    place.do(c.PaperChosen("governor"), "contest")
    return place.do(c.OptionTouched(1), "contest")


def review(place: PollingPlace) -> View:
    fill(place)
    place.touch(Touch.NEXT, "ballots")
    return place.touch(Touch.NEXT, "review")


def undecided(place: PollingPlace) -> View:
    review(place)
    return place.touch(Touch.NEXT, "undecided")


def decide(place: PollingPlace) -> View:
    undecided(place)
    return place.touch(Touch.CONFIRM, "decide")


def checked(place: PollingPlace) -> View:
    decide(place)
    return place.touch(Touch.CHALLENGE, "checked")


def printer_waits(place: PollingPlace) -> View:
    undecided(place)
    place.printer.control.jam()
    return place.touch(Touch.CONFIRM, "printer_waits")


def opened_unprinted(place: PollingPlace) -> View:
    decide(place)
    place.printer.control.jam()
    return place.touch(Touch.CHALLENGE, "printer_waits")


def choose_check(place: PollingPlace) -> View:
    fill(place)
    place.touch(Touch.NEXT, "ballots")
    place.do(c.PaperChosen("referendum"), "contest")
    place.touch(Touch.NEXT, "contest")
    place.touch(Touch.NEXT, "ballots")
    place.commit("decide")
    return place.touch(Touch.CHALLENGE, "choose_check")


def still_here(place: PollingPlace) -> View:
    fill(place)
    place.ticks += 181
    return place.do(NOTHING, "still_here")


def helped(place: PollingPlace) -> View:
    decide(place)
    return place.touch(Touch.HELP, "help")


NOTHING = c.Finished(c.EffectId(1_000_000_000), c.Done())
"""Wakes the runner, which then looks at its timers; nobody did anything."""
Way = Callable[[PollingPlace], View]
UNDER: dict[str, tuple[Way, str]] = {
    "ballots": (lambda place: place.see("ballots"), "ballots"),
    "contest": (fill, "contest"),
    "review": (review, "review"),
    "undecided": (undecided, "undecided"),
    "decide": (decide, "decide"),
    "choose_check": (choose_check, "choose_check"),
    "checked": (checked, "checked"),
    "printer_waits": (printer_waits, "printer_waits"),
    "opened_unprinted": (opened_unprinted, "printer_waits"),
    "still_here": (still_here, "contest"),
    "help": (helped, "decide"),
}
"""Where a session can be, how a voter gets there, and the screen that comes back once the card does."""


def begin(place: PollingPlace, where: str) -> tuple[str, View]:
    """A voter of style A at a screen: card and view."""
    card = place.issue("A")
    place.insert(card, "ballots")
    return card, UNDER[where][0](place)


def journal(place: PollingPlace) -> list[Record]:
    """Every record of the journal."""
    return place.store(lambda store: list(store.journal.records()))


@pytest.mark.parametrize("where", UNDER)
def test_a_card_pulled_and_returned_in_each_phase(place: PollingPlace, where: str) -> None:
    card, before = begin(place, where)
    other = place.issue("B")
    place.remove("card_pulled")
    place.insert(other, "card_pulled")
    place.watcher.until(lambda view: "card_pulled_other" in str(view.heading))
    assert place.state(other) is CardState.ACTIVATED, "another voter's card is left as it is"
    place.remove("card_pulled")
    place.card.control.do("mute", on=True)
    place.insert(card, "card_pulled")
    place.watcher.until(lambda view: "card_pulled_unread" in str(view.heading))
    place.card.control.do("mute", on=False)
    place.remove("card_pulled")
    back = place.insert(card, UNDER[where][1])
    if where not in ("still_here", "help"):
        assert back == before, "the same voter goes on where they were"
    place.remove("card_pulled")
    place.ticks += 61
    place.do(NOTHING, "welcome")
    place.no_session()
    assert place.state(card) is CardState.IN_SESSION, "only this terminal gives it back"


@pytest.mark.parametrize("where", UNDER)
def test_a_member_ends_a_session_in_each_phase(place: PollingPlace, where: str) -> None:
    counted = place.store(lambda store: store.counters())
    start = len(journal(place))
    card, seen = begin(place, where)
    shown = len(place.watcher.views)
    place.remove("card_pulled")
    place.clock.now += timedelta(minutes=7)
    place.insert("secretary", "staff_pin")
    place.pin("222222", "staff_reset")
    assert "count=7" in str(place.see("staff_reset").content)
    place.touch(Touch.CONFIRM, "staff_reset_ended")
    place.app._card_lane.do(lambda: None)
    assert place.session_pids() == set(), "credential and choices are gone at once, card or no card"
    place.remove("staff_reset_ended")
    assert place.app._members.holder is None
    place.insert(card, "take_card")
    place.watcher.until(lambda view: "take_card_reset.lead" in str(view.lead))
    assert place.state(card) is CardState.ACTIVATED
    place.remove("welcome")
    place.no_session()

    now = place.store(lambda store: store.counters())
    assert (now.accepted, now.entitled, now.cards_spent) == (counted.accepted, counted.entitled, counted.cards_spent)
    assert now.cards_released == counted.cards_released + 1
    said = str(place.watcher.views[shown:])
    assert "Берёзкин" not in said
    if isinstance(seen.content, Decision):
        assert all(item.code not in said for item in seen.content.codes)
    records = journal(place)[start:]
    kinds = [record.event for record in records]
    assert kinds.count("session_reset") == 1
    assert kinds.index("control_card_accepted") < kinds.index("session_reset") < kinds.index("card_released")
    first = kinds.index("card_admitted")
    assert all(record.time.endswith("0:00Z") for record in records[first:]), "no time is finer than ten minutes"


def test_a_released_card_votes_again(place: PollingPlace) -> None:
    card, _ = begin(place, "decide")
    place.remove("card_pulled")
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_reset")
    place.touch(Touch.CONFIRM, "staff_reset_ended")
    place.remove("staff_reset_ended")
    place.insert(card, "take_card")
    place.watcher.until(lambda view: "take_card_reset.lead" in str(view.lead))
    place.remove("welcome")
    place.insert(card, "ballots")
    decide(place)
    place.cast()
    place.app._card_lane.do(lambda: None)
    assert place.state(card) is CardState.SPENT


def test_a_session_that_was_given_back_is_cast(place: PollingPlace) -> None:
    card, before = begin(place, "decide")
    place.remove("card_pulled")
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_reset")
    place.touch(Touch.CONTINUE, "card_pulled")
    place.remove("card_pulled")
    assert place.insert(card, "decide") == before
    place.cast()


def test_the_card_of_an_ended_session_that_comes_too_late_begins_anew(place: PollingPlace) -> None:
    card, _ = begin(place, "decide")
    place.remove("card_pulled")
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_reset")
    place.touch(Touch.CONFIRM, "staff_reset_ended")
    place.remove("staff_reset_ended")
    place.touch(Touch.LEAVE, "welcome")
    place.no_session()
    assert place.state(card) is CardState.IN_SESSION
    place.insert(card, "after_power")
    place.touch(Touch.NEXT, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.no_session()
    assert place.state(card) is CardState.ACTIVATED


def test_a_control_card_is_never_written_to(place: PollingPlace) -> None:
    """The session breaks while another card is in: what would release its card must not touch that one."""
    card = place.issue("B")
    place.insert(card, "ballots")
    undecided(place)
    (pid,) = place.session_pids()
    os.kill(pid, 19)
    place.touch(Touch.CONFIRM, "encrypting")
    place.remove("card_pulled")
    contents = read_card_image(place.wallet("member")).objects
    place.insert("member", "staff_pin")
    os.kill(pid, 9)
    place.see("staff_reset_ended")
    place.app._card_lane.do(lambda: None)
    assert read_card_image(place.wallet("member")).objects == contents
    other = place.issue("B")
    place.remove("staff_reset_ended")
    place.insert(other, "staff_reset_ended")
    place.watcher.until(lambda view: "lead_other" in str(view.lead))
    assert place.state(other) is CardState.ACTIVATED
    place.remove("staff_reset_ended")
    place.insert(card, "take_card")
    place.watcher.until(lambda view: "take_card_reset.lead" in str(view.lead))
    assert place.state(card) is CardState.ACTIVATED


@pytest.mark.parametrize("where", ["contest", "checked", "printer_waits"])
def test_a_call_for_a_member_leaves_the_session_as_it_is(place: PollingPlace, where: str) -> None:
    start = len(journal(place))
    _, before = begin(place, where)
    after = place.touch(Touch.CALL, before.screen.value)
    assert "sign.asked" in str(after.sign)
    assert after.content == before.content
    until = time.monotonic() + WAIT_SECONDS
    while "staff_called" not in [record.event for record in journal(place)[start:]]:
        assert time.monotonic() < until
    place.app.send(c.Touched(Touch.CALL))
    place.remove("card_pulled")
    kinds = [record.event for record in journal(place)[start:]]
    assert kinds.count("staff_called") == 1
    place.ticks += 61
    place.do(NOTHING, "welcome")
    place.watcher.until(lambda view: view.sign is None)


def test_a_card_that_nobody_takes_calls_a_member_after_half_a_minute_once(place: PollingPlace) -> None:
    start = len(journal(place))
    begin(place, "contest")
    place.touch(Touch.BACK, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.watcher.until(lambda view: view.card_left)
    place.ticks += 29
    place.app.send(NOTHING)
    assert place.see("take_card").sign is None
    place.ticks += 2
    place.app.send(NOTHING)
    place.watcher.until(lambda view: view.screen.value == "take_card" and "sign.card_left" in str(view.sign))
    place.ticks += 100
    place.app.send(NOTHING)
    place.remove("welcome")
    place.watcher.until(lambda view: view.screen.value == "welcome" and view.sign is None)
    kinds = [record.event for record in journal(place)[start:]]
    assert kinds.count("card_left") == 1
    assert "staff_called" not in kinds, "nobody asked"
