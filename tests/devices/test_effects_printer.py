"""The printer in a voter's way: before the question, at the check, after the cast; nothing is lost or counted twice.

And before a member, who sees it as it is now.
"""

from collections.abc import Iterator

import pytest

from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Mark, StaffHome, View
from protocol.challenge import check_code, read_slip
from protocol.code import from_shown
from protocol.documents.card_state import CardState
from protocol.election import parse_election
from tests.devices.terminal_setting import PollingPlace, open_place
from tests.devices.test_effects_interruptions import NOTHING
from tests.devices.test_effects_terminal import ballots, codes, fill_governor, offered, sealed_card


@pytest.fixture(scope="module")
def building() -> Iterator[PollingPlace]:
    """Open polls; the tests of this file share them."""
    with open_place() as place:
        yield place


@pytest.fixture
def place(building: PollingPlace) -> Iterator[PollingPlace]:
    """The polling place with nobody at the terminal and a printer in order, before and after."""
    building.see("welcome")
    yield building
    for mend in ("clear", "paper_in", "cover_close", "online"):
        building.printer.control.do(mend)
    building.remove("welcome")
    building.no_session()


def test_no_paper_before_the_question(place: PollingPlace) -> None:
    place.insert(place.issue("B"), "ballots")
    fill_governor(place, "ballots")
    place.printer.control.paper_out()
    place.commit("printer_waits")
    before = ballots(place)
    place.printer.control.paper_in()
    code = codes(place.touch(Touch.RETRY, "decide"))[0]
    assert place.printer.control.papers()[-1]["reprint"]
    assert ballots(place) == before
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert ballots(place) == before | {from_shown(code)}


def test_no_paper_after_the_cast(place: PollingPlace) -> None:
    card, code = offered(place)
    place.printer.control.paper_out()
    place.touch(Touch.CAST, "cast")
    place.watcher.until(lambda view: view.primary is not None)
    assert from_shown(code) in ballots(place), "the vote stands, whatever the printer does"
    place.printer.control.paper_in()
    place.touch(Touch.RETRY, "cast")
    sealed_card(place)
    assert place.printer.control.papers()[-1]["reprint"]
    assert place.state(card) is CardState.SPENT


@pytest.mark.parametrize("trouble", ["paper_out", "jam"])
def test_a_check_that_does_not_print_is_printed_again_and_the_voter_votes_anew(
    place: PollingPlace, trouble: str
) -> None:
    """The paper is out before the slip, or jams in the middle of it."""
    before, printed = ballots(place), len(place.printer.control.papers())
    card, code = offered(place)
    if trouble == "jam":
        place.printer.control.fail_after(1)
    else:
        place.printer.control.paper_out()
    waits = place.touch(Touch.CHALLENGE, "printer_waits")
    assert "printer_waits.lead_opened" in str(waits.lead)
    assert f"printer.{trouble}" in str(waits.lead)
    assert place.session_pids(), "the session waits"
    for mend in ("clear", "paper_in"):
        place.printer.control.do(mend)
    place.touch(Touch.RETRY, "checked")
    offer, *tries = place.printer.control.papers()[printed:]
    assert (offer["reprint"], offer["broken"]) == (False, None)
    assert [paper["broken"] is not None for paper in tries] == ([True, False] if trouble == "jam" else [False])
    assert tries[-1]["reprint"], "what comes second says so"
    slip = read_slip(str(place.folder / "p" / "paper" / tries[-1]["file"]))
    assert slip.code == code
    check_code(slip, parse_election(place.opened.package.paper("governor").election))
    place.touch(Touch.NEXT, "contest")
    place.do(c.OptionTouched(0), "contest")
    place.touch(Touch.NEXT, "review")
    second = codes(place.touch(Touch.NEXT, "decide"))[0]
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert ballots(place) == before | {from_shown(second)}, "what was opened is never cast, printed or not"
    assert place.state(card) is CardState.SPENT


@pytest.mark.parametrize("job", ["offered", "opened"])
def test_who_does_not_wait_for_the_printer_goes_with_a_usable_card(place: PollingPlace, job: str) -> None:
    before = ballots(place)
    if job == "offered":
        card = place.issue("B")
        place.insert(card, "ballots")
        fill_governor(place, "ballots")
        place.printer.control.paper_out()
        waits = place.commit("printer_waits")
    else:
        card, _ = offered(place)
        place.printer.control.paper_out()
        waits = place.touch(Touch.CHALLENGE, "printer_waits")
    assert f"printer_waits.lead_{job}" in str(waits.lead)
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.no_session()
    assert place.state(card) is CardState.ACTIVATED
    assert ballots(place) == before
    place.printer.control.paper_in()
    place.remove("welcome")
    place.insert(card, "ballots")
    fill_governor(place, "ballots")
    code = codes(place.commit("decide"))[0]
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert ballots(place) == before | {from_shown(code)}


def mark_of_the_printer(view: View) -> Mark | None:
    """How the staff's home marks the printer, if it does."""
    rows = view.content.health if isinstance(view.content, StaffHome) else ()
    return next((row.mark for row in rows if "health.printer" in str(row.title)), None)


def test_a_member_sees_the_paper_go_and_come_without_pressing_anything(place: PollingPlace) -> None:
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    place.watcher.until(lambda view: mark_of_the_printer(view) is Mark.DONE)
    for command, mark in (("paper_out", Mark.TROUBLE), ("paper_in", Mark.DONE)):
        place.printer.control.do(command)
        place.ticks += 6
        place.app.send(NOTHING)
        place.watcher.until(lambda view, mark=mark: mark_of_the_printer(view) is mark)  # type: ignore[misc]
