"""A pause over the real parts: it outlives a power cut, forces nothing, and ends by a card, or in closing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kiosk.domain.polls import PauseReason
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from protocol.documents.card_state import CardState
from tests.devices.observer import observed
from tests.devices.terminal_setting import PollingPlace, open_place


@pytest.fixture
def place() -> Iterator[PollingPlace]:
    """A polling place of its own, polls open."""
    with open_place() as place:
        yield place


def home(place: PollingPlace) -> None:
    """The secretary at the staff's home; the chair before opening, whose card has the key."""
    opened = place.store(lambda store: store.polls_state()).value != "not_opened"
    card, pin = ("secretary", "222222") if opened else ("chair", "111111")
    place.insert(card, "staff_pin")
    place.pin(pin, "staff_home")
    place.watcher.until(lambda view: view.primary is not None and view.primary.enabled)


def pause(place: PollingPlace) -> None:
    """Voting paused; the member still there."""
    home(place)
    place.touch(Touch.PAUSE_POLLS, "staff_pause")
    place.do(c.ReasonChosen(PauseReason.TECHNICAL), "staff_done", "staff_checklist")


def papers(place: PollingPlace) -> list[str]:
    """The names of what is printed whole."""
    return [paper["name"] for paper in place.printer.control.papers() if paper["broken"] is None]


def said_since(place: PollingPlace) -> str:
    """The closed screen's second sentence."""
    return str(place.see("closed").lead)


def test_a_pause_outlives_restarts_and_ends_by_a_card(place: PollingPlace) -> None:
    cut_off = place.issue("B")
    place.insert(cut_off, "ballots")
    place.restart()
    place.see("after_power")
    place.remove("welcome")
    place.no_session()
    assert place.state(cut_off) is CardState.IN_SESSION

    pause(place)
    place.see("staff_done")
    assert papers(place)[-1] == "pause-act"
    place.remove("closed")
    since = said_since(place)
    local = place.clock.now.astimezone(place.opened.package.polling_places[0].zone())
    assert f"{local:%H:%M}" in since
    place.clock.now += timedelta(hours=2)
    place.restart()
    assert said_since(place) == since, "since when is kept over a power cut"
    assert place.store(lambda store: store.batches()) == (), "a pause forces nothing"

    fresh = place.issue("B")
    assert place.insert(fresh, "card_trouble").heading.key == "refusal.not_open"  # type: ignore[union-attr]  # a message
    assert place.state(fresh) is CardState.ACTIVATED
    place.remove("closed")
    place.insert(cut_off, "take_card")
    place.watcher.until(lambda view: "take_card_paused.lead" in str(view.lead))
    assert place.state(cut_off) is CardState.ACTIVATED, "who was cut off may vote at another terminal"
    place.remove("closed")
    place.no_session()

    home(place)
    place.touch(Touch.RESUME_POLLS, "staff_done")
    assert papers(place)[-1] == "resumption-act"
    place.remove("welcome")
    place.insert(fresh, "ballots")
    kinds = place.store(lambda store: [record.event for record in store.journal.records()])
    assert (kinds.count("polls_paused"), kinds.count("polls_resumed")) == (1, 1)
    acts = observed(place)
    assert sorted(acts) == ["opening", "pause", "resumption", "zero_report"]
    assert acts["resumption"].opened.statement is None, "the key was here: nobody gathered for it"
    assert len(acts["resumption"].act.members) == 1


def test_a_pause_for_a_broken_printer_owes_its_act_and_closing_ends_it(place: PollingPlace) -> None:
    place.printer.control.jam()
    pause(place)
    place.watcher.until(lambda view: view.primary is not None)
    assert place.store(lambda store: store.polls_state()).value == "paused", "nobody is admitted, paper or not"
    place.remove("closed")
    home(place)
    place.touch(Touch.RESUME_POLLS, "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None)
    assert place.store(lambda store: store.polls_state()).value == "paused", "nobody votes without a slip"
    place.printer.control.clear()
    place.touch(Touch.LEAVE, "staff_home")
    place.watcher.until(lambda view: "print_pause" in str(view.content))
    place.touch(Touch.PRINT_ACT, "staff_done")
    assert papers(place)[-1] == "pause-act"
    place.remove("closed")

    zone = place.opened.package.polling_places[0].zone()
    place.clock.now = place.opened.package.days[-1].closes_at(zone) + timedelta(minutes=1)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.touch(Touch.CONFIRM, "staff_done")
    assert papers(place)[-1] == "closing-act"
    assert place.store(lambda store: store.polls_state()).value == "closed"
    assert place.app._voting._place_key() is None
