"""An order arrives at a terminal of real parts: in a session, before it, across a restart, and offline."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from kiosk.effects.orders import Intake
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.store.event import Event
from protocol.documents.acts import Act
from protocol.documents.card_state import CardState
from protocol.documents.dsse import Envelope
from protocol.documents.payload import decode
from tests.devices.terminal_setting import PollingPlace, open_place
from tests.factories.orders import Commission


@pytest.fixture
def place() -> Iterator[PollingPlace]:
    """A polling place of its own, polls open."""
    with open_place() as place:
        yield place


def home(place: PollingPlace) -> None:
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")


def commission(place: PollingPlace) -> Commission:
    return Commission.of(place.folder / "e")


def now(place: PollingPlace) -> str:
    return place.clock().isoformat(timespec="minutes")


def order(place: PollingPlace, **changes: object) -> bytes:
    """An order that is in force at once, everywhere unless `scope` says other."""
    made = commission(place)
    return made.signed(made.termination(**{"takes_effect": now(place), **changes}))


def journal(place: PollingPlace) -> list[str]:
    return [record.event for record in place.store(lambda store: list(store.journal.records()))]


def kept(place: PollingPlace) -> list[Path]:
    return sorted((place.folder / "e" / "terminals" / "T-1" / "orders").glob("*"))


def advance(place: PollingPlace, seconds: float) -> None:
    """Let timers run: by their clock, and by an event that makes the runner look."""
    place.ticks += seconds
    place.app.send(c.Attended())


def fill(place: PollingPlace) -> None:
    place.mark(0)


def to_review(place: PollingPlace) -> None:
    fill(place)
    place.touch(Touch.NEXT, "review")


def to_decide(place: PollingPlace) -> None:
    to_review(place)
    place.touch(Touch.NEXT, "undecided")
    place.touch(Touch.CONFIRM, "decide")


@pytest.mark.parametrize(
    "begin", [to_review, pytest.param(fill, marks=pytest.mark.slow), pytest.param(to_decide, marks=pytest.mark.slow)]
)
def test_a_session_that_does_not_finish_in_time_is_ended_and_its_card_is_usable(
    place: PollingPlace, begin: Callable[[PollingPlace], None]
) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    begin(place)
    assert place.state(card) is CardState.IN_SESSION
    assert place.app.take_order(order(place, grace_seconds=45)) is Intake.TAKEN
    place.see("stop_notice")
    place.touch(Touch.CONTINUE, "ballots", "review", "decide")
    advance(place, 46)
    shown = place.watcher.until(lambda view: "ordered_stop.take_card" in str(view.lead))
    assert "Vote at School No. 3." in str(shown.content)
    assert place.state(card) is CardState.ACTIVATED
    place.no_session()
    assert place.store(lambda store: store.codes()) == ()
    counters = place.store(lambda store: store.counters())
    assert (counters.sessions, counters.cards_released, counters.accepted) == (1, 1, 0)
    place.remove("ordered_stop")


@pytest.mark.slow
@pytest.mark.parametrize("pin", [False, True], ids=["at the PIN", "at the question"])
def test_the_time_ends_while_a_member_stands_before_the_session(place: PollingPlace, pin: bool) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    to_decide(place)
    place.app.take_order(order(place, grace_seconds=45))
    place.see("stop_notice")
    place.remove("card_pulled")
    place.insert("secretary", "staff_pin")
    if pin:
        place.pin("222222", "staff_reset")
    advance(place, 46)
    place.see("staff_reset_ended")
    assert place.state(card) is CardState.IN_SESSION
    place.card.control.remove()
    place.insert(card, "take_card")
    place.watcher.until(lambda view: "card.wait" not in str(view.lead))
    assert place.state(card) is CardState.ACTIVATED
    place.remove("ordered_stop")
    place.no_session()
    assert place.store(lambda store: store.codes()) == ()
    counters = place.store(lambda store: store.counters())
    assert (counters.sessions, counters.cards_released, counters.accepted) == (1, 1, 0)


@pytest.mark.slow
def test_cast_in_time_counts_and_its_voter_is_told(place: PollingPlace) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    to_decide(place)
    place.app.take_order(order(place, grace_seconds=45))
    place.see("stop_notice")
    place.touch(Touch.CONTINUE, "decide")
    place.cast()
    advance(place, 46)
    place.see("take_card")
    place.remove("ordered_stop")
    place.no_session()
    assert place.state(card) is CardState.SPENT
    assert len(place.store(lambda store: store.codes())) == 1


@pytest.mark.slow
def test_a_card_that_was_away_at_the_end_is_released_when_it_comes_back(place: PollingPlace) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    to_review(place)
    place.app.take_order(order(place, grace_seconds=30))
    place.see("stop_notice")
    place.remove("card_pulled")
    advance(place, 31)
    place.see("ordered_stop")
    assert place.state(card) is CardState.IN_SESSION
    place.insert(card, "ordered_stop")
    place.watcher.until(lambda view: "ordered_stop.take_card" in str(view.lead))
    assert place.state(card) is CardState.ACTIVATED
    place.remove("ordered_stop")


def test_a_district_stops_and_the_other_goes_on_also_after_a_restart_without_a_network(place: PollingPlace) -> None:
    north, south = place.issue("A"), place.issue("B")
    place.app.take_order(order(place, scope=("north",)))
    for _ in range(2):
        place.insert(north, "ordered_stop")
        assert place.state(north) is CardState.ACTIVATED
        place.remove("welcome")
        place.insert(south, "ballots")
        place.touch(Touch.LEAVE, "leave")
        place.touch(Touch.CONFIRM, "take_card")
        place.watcher.until(lambda view: "card.wait" not in str(view.lead))
        place.remove("welcome")
        place.restart()
        place.see("welcome")
    assert journal(place).count("voting_stopped") == 2
    assert journal(place).count("order_in_force") == 1


def test_an_order_that_is_taken_in_has_reached_the_flow_whichever_thread_found_it_due(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that looks at the clock finds an order due, and is slow to write it down while another one comes."""
    orders, told = place.app._orders, list[str]()
    seen_at_return: list[list[str]] = []
    note, send = orders._note, orders._send

    def tell(event: c.Event) -> None:
        assert isinstance(event, c.OrderArrived)
        told.append(event.order.number)
        send(event)

    def take() -> None:
        assert orders.take(order(place, order_id="second", scope=("north",))) is Intake.TAKEN
        seen_at_return.append(list(told))

    taking, found = threading.Thread(target=take), threading.Event()

    def slowly(event: Event) -> None:
        if event.name == "order_in_force" and taking.ident is None:
            taking.start()
            taking.join(0.5)
            found.set()
        note(event)

    monkeypatch.setattr(orders, "_send", tell)
    monkeypatch.setattr(orders, "_note", slowly)
    later = place.clock() + timedelta(hours=1)
    orders.take(order(place, order_id="first", scope=("north",), takes_effect=later.isoformat(timespec="minutes")))
    place.clock.now = later
    assert found.wait(60)
    taking.join(60)
    assert seen_at_return == [["41/7", "41/7"]]


def test_an_order_is_kept_once_and_a_bad_one_is_an_incident(place: PollingPlace) -> None:
    made = commission(place)
    later = made.termination(takes_effect="2026-09-20T19:00+03:00")
    envelope = made.signed(later)
    assert place.app.take_order(envelope) is Intake.TAKEN
    assert place.app.take_order(made.signed(later, "TEC-2", "TEC-3")) is Intake.KNOWN
    assert [path.read_bytes() for path in kept(place)] == [envelope]
    for bad in (
        b"junk",
        made.signed(made.termination(order_id="x"), "TEC-1"),
        made.signed(made.termination(grace_seconds=0)),
    ):
        assert place.app.take_order(bad) is Intake.REFUSED
    assert len(kept(place)) == 1
    assert journal(place).count("order_refused") == 3
    place.see("welcome")


@pytest.mark.slow
def test_an_order_waits_for_its_hour_and_stays_in_force_whatever_the_clock_says(place: PollingPlace) -> None:
    begun = place.clock()
    later = begun + timedelta(hours=2)
    place.app.take_order(order(place, takes_effect=later.isoformat(timespec="minutes")))
    home(place)
    place.watcher.until(lambda view: "health.order_coming" in str(view.content))
    place.remove("welcome")
    place.clock.now = later
    place.see("ordered_stop")
    place.clock.now = begun
    place.restart()
    place.see("ordered_stop")
    home(place)
    place.watcher.until(lambda view: "health.order_in_force" in str(view.content))
    place.remove("ordered_stop")


@pytest.mark.slow
def test_the_paper_prints_and_the_polls_close_before_the_hour(place: PollingPlace) -> None:
    envelope = order(place)
    place.app.take_order(envelope)
    place.see("ordered_stop")
    place.touch(Touch.PRINT_ORDER, "ordered_stop")
    place.watcher.until(lambda view: "take_paper" in str(view.lead))
    assert place.printer.control.papers()[-1]["name"] == "order-notice"
    place.touch(Touch.FINISH, "ordered_stop")
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.touch(Touch.CONFIRM, "staff_done")
    place.remove("ordered_stop")
    assert place.store(lambda store: store.polls_state()).value == "closed"
    (act,) = (place.folder / "e" / "terminals" / "T-1" / "acts").glob("closing-*")
    signed = decode(act.read_bytes(), Envelope, "act", 100_000)
    written = decode(base64.b64decode(signed.payload), Act, "act", 100_000)
    assert written.notes == (f"order 41/7 {kept(place)[0].name.split('.')[0]}",)


@pytest.mark.slow
def test_a_kept_order_that_is_damaged_is_an_incident_and_voting_is_not_stopped_by_it(place: PollingPlace) -> None:
    place.app.take_order(order(place, takes_effect="2026-09-20T19:00+03:00"))
    (path,) = kept(place)
    path.write_bytes(path.read_bytes()[:-40])
    place.restart()
    place.see("welcome")
    assert "order_damaged" in journal(place)


def test_what_an_order_revokes_is_not_trusted_from_its_hour_on_and_after_a_restart(place: PollingPlace) -> None:
    made = commission(place)
    cards = json.loads((place.folder / "e" / "territorial" / "control_cards.json").read_text())
    voter = place.issue("A")
    later = place.clock() + timedelta(hours=1)
    revocation = msgspec.structs.replace(
        made.revocation(cards["chair"][0], devices=("D-1",)), takes_effect=later.isoformat(timespec="minutes")
    )
    assert place.app.take_order(made.signed(revocation)) is Intake.TAKEN
    home(place)
    place.watcher.until(lambda view: "health.revoked_coming" in str(view.content))
    place.remove("welcome")
    place.clock.now = later
    for _ in range(2):
        place.restart()
        place.see("welcome")
        for card in ("chair", voter):
            shown = place.insert(card, "card_trouble")
            assert "refusal.revoked" in str(shown.heading)
            place.remove("welcome")
    assert place.state(voter) is CardState.ACTIVATED
    place.insert("secretary", "staff_pin")
    place.pin("222222", "staff_home")
    place.watcher.until(lambda view: "health.revoked_in_force" in str(view.content))
    place.remove("welcome")
    assert journal(place).count("order_in_force") == 1
