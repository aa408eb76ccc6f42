"""The whole terminal but its window: cards, printer, store and session processes are the real parts."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.card.simulated.image import read_card_image
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Decision, PinPad, View
from protocol.ballot import verify_ballot
from protocol.challenge import check_code, read_slip
from protocol.code import from_shown
from protocol.documents.card_state import CardState
from protocol.election import parse_election
from tests.devices.terminal_setting import PollingPlace


@pytest.fixture(scope="module")
def building() -> Iterator[PollingPlace]:
    """A polling place whose polls the chair has opened; the tests of this file share it."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        place = PollingPlace.build(Path(folder))
        try:
            place.see("closed")
            refused_before_opening(place)
            open_the_polls(place)
            yield place
        finally:
            place.close()


@pytest.fixture
def place(building: PollingPlace) -> Iterator[PollingPlace]:
    """The polling place with nobody at the terminal, before and after."""
    building.see("welcome")
    yield building
    for mend in ("clear", "paper_in", "cover_close", "online"):
        building.printer.control.do(mend)
    building.remove("welcome")
    building.no_session()


def refused_before_opening(place: PollingPlace) -> None:
    """A voter who comes too early: the card is refused and left as it was."""
    card = place.issue("A")
    assert refusal(place.insert(card, "card_trouble")) == "refusal.not_open"
    assert place.state(card) is CardState.ACTIVATED
    place.remove("closed")


def open_the_polls(place: PollingPlace) -> None:
    """By the chair's card and PIN, with a printer that has no paper at first."""
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    place.printer.control.paper_out()
    place.touch(Touch.OPEN_POLLS, "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None)
    assert place.store(lambda store: store.polls_state()).value == "not_opened"
    place.printer.control.paper_in()
    place.touch(Touch.RETRY, "staff_done")
    assert [paper["name"] for paper in place.printer.control.papers()] == ["zero-report", "opening-act"]
    place.remove("welcome")


def refusal(view: View) -> str:
    """The key of a refusal's words."""
    return getattr(view.heading, "key", "")


def codes(view: View) -> list[str]:
    """The codes on screen."""
    assert isinstance(view.content, Decision)
    return [item.code for item in view.content.codes]


def fill_governor(place: PollingPlace, *screens: str) -> None:
    """Mark the second candidate."""
    place.do(c.PaperChosen("governor"), "contest")
    place.do(c.OptionTouched(1), "contest")
    place.touch(Touch.NEXT, *screens)


def offered(place: PollingPlace, style: str = "B") -> tuple[str, str]:
    """A voter with the governor's paper encrypted; card and code."""
    card = place.issue(style)
    place.insert(card, "ballots")
    assert place.state(card) is CardState.IN_SESSION
    fill_governor(place, "ballots")
    return card, codes(place.commit("decide"))[0]


def ballots(place: PollingPlace) -> set[str]:
    """The codes in the store."""
    return set(place.store(lambda store: store.codes()))


def sealed_card(place: PollingPlace) -> None:
    """Take the card of a voter who has cast, when everything is printed."""
    place.watcher.until(lambda view: "cast.lead'" in str(view.lead))
    place.app._card_lane.do(lambda: None)  # asked for before the slip: the card is marked now
    place.remove("welcome")
    place.no_session()


# --- votes ----------------------------------------------------------------------------------------------------------


def test_a_vote_of_style_b_is_stored_as_it_was_offered(place: PollingPlace) -> None:
    before, counted = ballots(place), place.store(lambda store: store.counters())
    card, code = offered(place)
    (pid,) = place.session_pids()
    assert ballots(place) == before, "nothing is stored before the voter casts"
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert place.state(card) is CardState.SPENT
    assert ballots(place) == before | {from_shown(code)}
    text = place.store(lambda store: store.ballot(from_shown(code)))
    election = parse_election(place.opened.package.paper("governor").election)
    assert verify_ballot(election, text).hash_b64 == from_shown(code)
    now = place.store(lambda store: store.counters())
    assert (now.entitled, now.accepted, now.declined) == (
        counted.entitled + 2,
        counted.accepted + 1,
        counted.declined + 1,
    )
    assert now.sessions == counted.sessions + 1
    assert now.cards_spent == counted.cards_spent + 1
    assert not Path(f"/proc/{pid}").exists(), "the process that held the credential is gone"


def test_a_vote_of_style_a_casts_three_papers(place: PollingPlace) -> None:
    before = ballots(place)
    place.insert(place.issue("A"), "ballots")
    fill_governor(place, "ballots")
    place.do(c.PaperChosen("council"), "contest")
    place.do(c.OptionTouched(0), "contest")
    place.do(c.OptionTouched(7), "contest")
    place.touch(Touch.NEXT, "ballots")
    place.do(c.PaperChosen("referendum"), "contest")
    place.touch(Touch.NEXT, "contest")
    place.do(c.OptionTouched(0), "contest")
    place.touch(Touch.NEXT, "review")
    shown = codes(place.touch(Touch.NEXT, "decide"))
    place.touch(Touch.CAST, "cast")
    assert ballots(place) == before | {from_shown(code) for code in shown}
    assert len(shown) == 3
    sealed_card(place)


def test_a_checked_ballot_recomputes_and_is_never_stored(place: PollingPlace) -> None:
    card, code = offered(place)
    challenges = place.store(lambda store: store.counters()).challenges
    place.touch(Touch.CHALLENGE, "checked")
    paper = place.printer.control.papers()[-1]["file"]
    slip = read_slip(str(place.folder / "p" / "paper" / paper))
    assert slip.code == code
    assert slip.choices == ((0, 0, 1, 0, 0, 0),)
    check_code(slip, parse_election(place.opened.package.paper("governor").election))
    assert place.store(lambda store: store.counters()).challenges == challenges + 1
    place.touch(Touch.NEXT, "contest")
    place.do(c.OptionTouched(0), "contest")
    place.touch(Touch.NEXT, "review")
    second = codes(place.touch(Touch.NEXT, "decide"))[0]
    assert second != code
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert from_shown(code) not in ballots(place)
    assert from_shown(second) in ballots(place)
    assert place.state(card) is CardState.SPENT


def test_a_paper_declined_after_it_was_encrypted_is_neither_printed_nor_cast(place: PollingPlace) -> None:
    before, declined = ballots(place), place.store(lambda store: store.counters()).declined
    place.insert(place.issue("B"), "ballots")
    fill_governor(place, "ballots")
    place.do(c.PaperChosen("referendum"), "contest")
    place.touch(Touch.NEXT, "contest")
    place.touch(Touch.NEXT, "review")
    assert len(codes(place.touch(Touch.NEXT, "decide"))) == 2
    place.touch(Touch.CHALLENGE, "choose_check")
    place.do(c.PaperChosen("governor"), "checked")
    place.touch(Touch.NEXT, "contest")
    place.touch(Touch.BACK, "ballots")
    place.do(c.DeclineChosen("referendum"), "decline")
    place.touch(Touch.CONFIRM, "ballots")
    fill_governor(place, "review")
    (code,) = codes(place.touch(Touch.NEXT, "decide"))
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert ballots(place) == before | {from_shown(code)}
    assert place.store(lambda store: store.counters()).declined == declined + 1


def test_a_voter_who_leaves_keeps_the_card(place: PollingPlace) -> None:
    before = ballots(place)
    released = place.store(lambda store: store.counters()).cards_released
    card, _ = offered(place)
    place.touch(Touch.CHALLENGE, "checked")
    place.touch(Touch.NEXT, "contest")
    place.touch(Touch.BACK, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.no_session()
    assert place.state(card) is CardState.ACTIVATED
    assert place.store(lambda store: store.counters()).cards_released == released + 1
    assert ballots(place) == before
    place.remove("welcome")
    place.insert(card, "ballots")
    assert place.remove("card_pulled")
    place.insert(card, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")


# --- cards that are refused -----------------------------------------------------------------------------------------


def test_a_spent_card_is_refused_by_what_is_written_and_by_what_is_stored(place: PollingPlace) -> None:
    card = place.issue("B")
    activated = place.record(card)
    place.insert(card, "ballots")
    fill_governor(place, "ballots")
    place.commit("decide")
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert refusal(place.insert(card, "card_trouble")) == "refusal.spent"
    place.remove("welcome")
    count = len(ballots(place))
    place.write(card, activated)
    assert refusal(place.insert(card, "card_trouble")) == "refusal.spent", "a copied-back record votes no second time"
    assert place.state(card) is CardState.SPENT
    assert len(ballots(place)) == count


def test_a_wrong_pin_counts_and_a_right_one_forgives(place: PollingPlace) -> None:
    place.insert("secretary", "staff_pin")
    place.pin("999999", "staff_pin")
    place.watcher.until(lambda view: isinstance(view.content, PinPad) and view.content.trouble is not None)
    assert read_card_image(place.wallet("secretary")).tries == 2
    place.pin("222222", "staff_home")
    assert read_card_image(place.wallet("secretary")).tries == 3
    place.remove("welcome")
    place.app._card_lane.do(lambda: None)
    assert place.app._members.holder is None, "the PIN goes with the card"


def test_closing_before_the_hour_is_refused(place: PollingPlace) -> None:
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    place.touch(Touch.CLOSE_POLLS, "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None)
    assert place.store(lambda store: store.polls_state()).value == "open"


# --- interruptions --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("executed", [False, True], ids=["before", "after"])
def test_a_card_pulled_at_every_step_of_its_admission(place: PollingPlace, executed: bool) -> None:
    """Whatever was written: the terminal welcomes, and the same card then begins, or begins anew."""
    card = place.issue("B")
    admitted = False
    steps = 0
    while not admitted:
        before = len(place.watcher.views)
        place.card.control.pull_after(steps, executed=executed)
        place.card.control.insert(card)
        # The first new view is "reading"; what follows is the answer.
        view = place.watcher.wait("welcome", "ballots", "after_power", after=before + 1)
        admitted = view.screen.value != "welcome"
        if not admitted:
            place.no_session()
            assert place.state(card) in (CardState.ACTIVATED, CardState.IN_SESSION)
            assert place.record(card).terminal in ("", "T-1")
        steps += 1
    place.card.control.pull_after(1_000)
    assert steps > 8
    if place.see("ballots", "after_power").screen.value == "after_power":
        place.touch(Touch.NEXT, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.no_session()
    assert place.state(card) is CardState.ACTIVATED


def test_a_card_pulled_in_the_middle_and_put_back(place: PollingPlace) -> None:
    card, code = offered(place)
    other = place.issue("B")
    place.remove("card_pulled")
    place.insert(other, "card_pulled")
    place.app._card_lane.do(lambda: None)
    assert place.state(other) is CardState.ACTIVATED, "another voter's card is left as it is"
    place.remove("card_pulled")
    assert codes(place.insert(card, "decide")) == [code]
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    assert place.state(card) is CardState.SPENT


def test_a_session_process_that_dies_takes_nothing_with_it(place: PollingPlace) -> None:
    before = ballots(place)
    card, _ = offered(place)
    (pid,) = place.session_pids()
    os.kill(pid, 9)
    place.touch(Touch.CAST, "not_stored")
    place.no_session()
    assert ballots(place) == before
    assert place.state(card) is CardState.ACTIVATED


def test_a_spare_process_that_died_costs_one_try(place: PollingPlace) -> None:
    spare = place.app._voting._lane.do(lambda: place.app._voting._sessions._ready)
    assert spare is not None
    assert spare.pid is not None
    os.kill(spare.pid, 9)
    card = place.issue("B")
    place.insert(card, "card_trouble")
    place.remove("welcome")
    place.insert(card, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")


def test_switched_off_before_and_after_the_cast(place: PollingPlace) -> None:
    card, _ = offered(place)
    place.restart()
    view = place.see("after_power")
    assert view.primary is not None, "nothing was stored: the voter begins anew"
    place.touch(Touch.NEXT, "ballots")
    fill_governor(place, "ballots")
    code = codes(place.commit("decide"))[0]
    in_session = place.record(card)
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    place.write(card, in_session)  # as if power had failed before the card was marked
    place.restart()
    place.see("welcome")
    view = place.insert(card, "after_power")
    assert view.primary is None, "the vote was accepted"
    assert from_shown(code) in ballots(place)
    assert place.state(card) is CardState.SPENT


def test_no_process_is_left_when_the_terminal_ends(place: PollingPlace) -> None:
    place.insert(place.issue("B"), "ballots")
    pids = place.session_pids()
    place.restart()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    place.see("after_power")


def test_no_secret_lies_in_the_files(place: PollingPlace) -> None:
    """The PIN and the polling-place key are nowhere in clear in what the terminal writes."""
    key = place.app._voting._place_key()
    assert key is not None
    written = [path.read_bytes() for path in (place.folder / "e" / "terminals").rglob("*") if path.is_file()]
    assert len(written) > 10
    for secret in (key, key.hex().encode(), b'"111111"', b'"222222"'):
        assert not any(secret in content for content in written)


def test_the_reader_is_unplugged_in_the_middle(place: PollingPlace) -> None:
    _, code = offered(place)
    place.card.control.unplug()
    place.see("card_pulled")
    place.card.control.plug()
    assert codes(place.see("decide")) == [code]
    place.touch(Touch.CAST, "cast")
    sealed_card(place)


def test_a_pulled_card_that_does_not_come_back(place: PollingPlace) -> None:
    """The time is over: nothing is stored, the process is gone, and only this terminal takes the card again."""
    before = ballots(place)
    card, _ = offered(place)
    place.remove("card_pulled")
    place.ticks += 61
    place.do(c.Touched(Touch.PRINT_ACT), "welcome")
    place.no_session()
    assert ballots(place) == before
    assert place.state(card) is CardState.IN_SESSION
    place.insert(card, "after_power")
    place.touch(Touch.NEXT, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.no_session()
    assert place.state(card) is CardState.ACTIVATED


def test_the_journal_says_what_happened_and_of_whom_nothing(place: PollingPlace) -> None:
    start = len(place.store(lambda store: list(store.journal.records())))
    card, code = offered(place)
    place.touch(Touch.CAST, "cast")
    sealed_card(place)
    records = place.store(lambda store: list(store.journal.records()))[start:]
    kinds = [record.event for record in records]
    for kind in ("card_inserted", "card_admitted", "slip_offered_printed", "session_cast", "card_spent"):
        assert kinds.count(kind) == 1, kinds
    assert kinds.index("card_admitted") < kinds.index("slip_offered_printed") < kinds.index("session_cast")
    text = str(records)
    assert code not in text
    assert from_shown(code) not in text
    assert card not in text
