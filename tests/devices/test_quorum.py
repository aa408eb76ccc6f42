"""The polls opened by a quorum of real control cards (simulated chips): nothing less opens them."""

import json
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from drivers.card.piv import CERTIFICATE_OF, Slot
from drivers.keystore.software import SoftwareKeyStore
from kiosk.domain.polls import PauseReason, PollsState
from kiosk.effects.place_key import SEALED
from kiosk.flows import contract as c
from kiosk.flows.contract import PinEntered, Touch
from kiosk.flows.views import View
from protocol.documents import opening
from protocol.documents.acts import open_act
from protocol.documents.certificates import MEMBERS, load_certificate
from protocol.documents.dsse import Trust
from protocol.documents.opening import OpenedStatement, OpeningStatement, Purpose
from protocol.documents.package import open_package
from protocol.errors import Refused
from tests.devices.observer import observed
from tests.devices.takeover_setting import until
from tests.devices.terminal_setting import PollingPlace, Watcher, make_election

ROLES = {"chair": "chair", "secretary": "secretary", "member": "voting_member"}
PINS = {"chair": "111111", "secretary": "222222", "member": "333333"}
WAKE = c.Finished(c.EffectId(1_000_000_000), c.Done())


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[PollingPlace]:
    """A polling place whose polls two of three cards open; the parameter says which have an RSA key for their share."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        made = PollingPlace.build(Path(folder), quorum=2, rsa=getattr(request, "param", frozenset()))
        try:
            made.see("closed")
            yield made
        finally:
            made.close()


def home(place: PollingPlace, card: str) -> None:
    """A member at the staff's home, which offers something."""
    place.insert(card, "staff_pin")
    place.pin(PINS[card], "staff_home")
    place.watcher.until(lambda view: view.primary is not None and view.primary.enabled)


def pause(place: PollingPlace) -> None:
    """The chair pauses voting, and goes."""
    home(place, "chair")
    place.touch(Touch.PAUSE_POLLS, "staff_pause")
    place.do(c.ReasonChosen(PauseReason.TECHNICAL), "staff_done")
    place.remove("closed")


def first(place: PollingPlace, card: str) -> View:
    """The first card begins opening; the next one is asked for."""
    home(place, card)
    return place.touch(Touch.OPEN_POLLS, "staff_quorum")


def following(place: PollingPlace, card: str, *screens: str) -> View:
    """Another card after the one that is in; then one of these screens, with nothing under way."""
    take(place)
    place.insert(card, "staff_pin")
    return place.pin(PINS[card], *screens)


def take(place: PollingPlace) -> None:
    """Take the card out of the quorum, and see that the next one is asked for."""
    place.remove("staff_quorum")
    place.watcher.until(lambda view: "quorum.lead'" in str(view.lead))


def polls(place: PollingPlace) -> PollsState:
    return place.store(lambda store: store.polls_state())


def key_of(place: PollingPlace) -> bytearray | None:
    """The polling-place key, as far as this terminal has it on disk."""
    return SoftwareKeyStore(place.folder / "e" / "terminals" / "T-1").unseal(SEALED)


def told(place: PollingPlace, event: str) -> list[dict[str, object]]:
    return place.store(lambda store: [dict(one.fields) for one in store.journal.records() if one.event == event])


@pytest.mark.parametrize("order", [pair for pair in permutations(PINS, 2) if "chair" in pair])
def test_any_two_with_the_chair_open_in_any_order(place: PollingPlace, order: tuple[str, str]) -> None:
    one, other = order
    first(place, one)
    assert key_of(place) is None, "one card's share tells nothing"
    following(place, other, "staff_done")
    assert polls(place) is PollsState.OPEN
    assert key_of(place) is not None
    place.remove("welcome")
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1, 2]
    card = place.issue("A")
    place.insert(card, "ballots")
    acts = observed(place)
    assert set(acts) == {"zero_report", "opening"}
    for act in acts.values():
        assert act.roles == {ROLES[one], ROLES[other]}, "both cards signed that they open this terminal"
        assert [signature.identity.role for signature in act.opened.signatures] == [ROLES[other]], "the last signs it"
        assert "opened by 2 cards, each signature right (2 needed, as the package says)" in act.said
    assert acts["zero_report"].quorum.sha256 == acts["opening"].quorum.sha256
    assert told(place, "key_released") == [{"statement": acts["opening"].quorum.sha256}]


def test_a_quorum_without_the_chair_opens_nothing(place: PollingPlace) -> None:
    first(place, "secretary")
    view = following(place, "member", "staff_quorum")
    assert "refusal.no_chair" in str(place.watcher.until(lambda view: "refusal." in str(view.content)))
    assert polls(place) is PollsState.NOT_OPENED
    assert key_of(place) is None
    assert {"reason": "no_chair"} in told(place, "control_card_refused")
    following(place, "chair", "staff_done")
    assert polls(place) is PollsState.OPEN
    assert view.primary is None


def test_a_member_counts_once(place: PollingPlace) -> None:
    first(place, "chair")
    following(place, "chair", "staff_quorum")
    place.watcher.until(lambda view: "refusal.same_member" in str(view.content))
    assert {"reason": "same_member"} in told(place, "control_card_refused")
    assert polls(place) is PollsState.NOT_OPENED
    following(place, "member", "staff_done")
    assert polls(place) is PollsState.OPEN


def test_a_wrong_pin_costs_a_try_and_nobodys_place(place: PollingPlace) -> None:
    first(place, "chair")
    take(place)
    place.insert("member", "staff_pin")
    place.pin("999999", "staff_pin")
    place.watcher.until(lambda view: "staff_pin.wrong" in str(view.content))
    place.pin(PINS["member"], "staff_done")
    assert polls(place) is PollsState.OPEN


def test_who_comes_too_late_begins_anew(place: PollingPlace) -> None:
    first(place, "chair")
    take(place)
    place.ticks += 601
    place.do(WAKE, "closed")
    place.insert("member", "staff_pin")
    place.pin(PINS["member"], "staff_home")
    place.watcher.until(lambda view: view.primary is not None and view.primary.enabled)
    place.touch(Touch.OPEN_POLLS, "staff_quorum")
    assert told(place, "quorum_ended") == [{"here": 1}]
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1, 1], "the chair is not here any more"
    following(place, "secretary", "staff_quorum")
    place.watcher.until(lambda view: "refusal.no_chair" in str(view.content))


def test_a_card_that_comes_while_the_last_members_paper_waits_is_read(place: PollingPlace) -> None:
    """The member took the card too soon and puts it back; the printer is still at it."""
    first(place, "chair")
    take(place)
    place.insert("member", "staff_pin")
    printing = threading.Event()
    place.app._printer_lane.submit(printing.wait)
    try:
        place.pin(PINS["member"], "staff_checklist")
        until(lambda: bool(told(place, "act_signed")), "the zero report is not signed")
        place.card.control.remove()
        place.card.control.insert("secretary")
        until(lambda: getattr(place.app._runner.terminal.phase, "card_back", False), "the card was not seen")
    finally:
        printing.set()
    place.see("staff_pin")
    place.pin(PINS["secretary"], "staff_home")
    place.watcher.until(lambda view: view.primary is not None and view.primary.enabled)
    place.touch(Touch.OPEN_POLLS, "staff_done")
    assert polls(place) is PollsState.OPEN
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1, 2], "the quorum had not been lost"


def test_power_that_fails_in_a_quorum_leaves_no_share(place: PollingPlace) -> None:
    first(place, "chair")
    place.card.control.remove()
    place.restart()
    place.see("closed")
    assert key_of(place) is None
    first(place, "secretary")
    following(place, "chair", "staff_done")
    assert polls(place) is PollsState.OPEN


def test_a_key_that_power_left_before_the_polls_were_opened_is_forgotten(place: PollingPlace) -> None:
    place.app.stop()
    SoftwareKeyStore(place.folder / "e" / "terminals" / "T-1").seal(SEALED, bytearray(32))
    place.start()
    place.see("closed")
    assert key_of(place) is None


def test_a_share_that_was_changed_opens_nothing_and_says_so(place: PollingPlace) -> None:
    """The package is signed, so this is a fault of the card: its key is another one than its certificate says."""
    path, other = place.wallet("member"), place.wallet("secretary")
    mine, theirs = json.loads(path.read_text()), json.loads(other.read_text())
    mine["keys"]["9D"] = theirs["keys"]["9D"]
    path.write_text(json.dumps(mine))
    first(place, "chair")
    following(place, "member", "staff_quorum")
    place.watcher.until(lambda view: "refusal.no_share" in str(view.content))
    following(place, "secretary", "staff_done")
    assert polls(place) is PollsState.OPEN


@pytest.mark.parametrize("place", [frozenset({"member"})], indirect=True, ids=["an RSA card"])
def test_a_card_that_has_only_rsa_for_its_share_opens_with_one_of_p256(place: PollingPlace) -> None:
    package = place.opened.package.polling_places[0]
    assert sorted(len(share.ephemeral) // 2 for share in package.key.shares) == [65, 65, 256]
    path = place.wallet("member")
    whole = path.read_text()
    damaged = json.loads(whole)
    damaged["keys"]["9D"] = damaged["keys"]["9C"]
    path.write_text(json.dumps(damaged))
    first(place, "chair")
    following(place, "member", "staff_quorum")
    place.watcher.until(lambda view: "refusal.unreadable" in str(view.content))
    assert key_of(place) is None, "a key of another kind than its certificate's gives no share"
    take(place)
    path.write_text(whole)
    place.insert("member", "staff_pin")
    place.pin(PINS["member"], "staff_done")
    assert polls(place) is PollsState.OPEN
    assert key_of(place) is not None
    place.remove("welcome")
    place.insert(place.issue("A"), "ballots")


def test_a_card_that_signs_something_else_is_a_copy_and_costs_nobody_their_place(place: PollingPlace) -> None:
    """Its log-in key and its share are the member's own; what it signs would not be the member's for anybody."""
    path, other = place.wallet("member"), place.wallet("secretary")
    mine, theirs = json.loads(path.read_text()), json.loads(other.read_text())
    mine["keys"]["9C"] = theirs["keys"]["9C"]
    path.write_text(json.dumps(mine))
    first(place, "chair")
    following(place, "member", "staff_quorum")
    place.watcher.until(lambda view: "refusal.copy" in str(view.content))
    assert {"reason": "copy"} in told(place, "control_card_refused")
    assert polls(place) is PollsState.NOT_OPENED
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1]
    following(place, "secretary", "staff_done")
    assert observed(place)["opening"].roles == {"chair", "secretary"}


def test_a_card_certified_to_sign_nothing_is_not_counted(
    place: PollingPlace,
) -> None:
    path = place.wallet("member")
    card = json.loads(path.read_text())
    objects = card["objects"]
    objects[f"{CERTIFICATE_OF[Slot.SIGNATURE]:X}"] = objects[f"{CERTIFICATE_OF[Slot.KEY_MANAGEMENT]:X}"]
    card["keys"]["9C"] = card["keys"]["9D"]
    path.write_text(json.dumps(card))
    first(place, "chair")
    following(place, "member", "staff_quorum")
    place.watcher.until(lambda view: "refusal.not_authentic" in str(view.content))
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1]
    following(place, "secretary", "staff_done")
    assert polls(place) is PollsState.OPEN


def test_a_statement_of_a_gathering_that_was_left_opens_nothing(place: PollingPlace) -> None:
    """Who was there the first time, and left, stands in no act: each gathering has a statement of its own."""
    first(place, "secretary")
    take(place)
    place.touch(Touch.LEAVE, "closed")
    place.clock.now += timedelta(minutes=2)
    first(place, "member")
    following(place, "chair", "staff_done")
    acts = observed(place)
    assert all(act.roles == {"chair", "voting_member"} for act in acts.values())
    records = place.store(lambda store: list(store.journal.records()))
    heads = [record.digest for record in records]
    left = [record.event for record in records].index("quorum_ended")
    assert heads.index(acts["opening"].quorum.statement.journal_head) >= left, "it is of the second gathering"


def second_pulled(place: PollingPlace, apdus: int, *, executed: bool) -> View:
    """The secretary is the second, and the card is pulled at this APDU from the PIN on; where that ends."""
    place.insert("secretary", "staff_pin")
    place.card.control.pull_after(apdus, executed=executed)
    before = len(place.watcher.views)
    place.app.send(PinEntered(place.app.deposit.leave(bytearray(PINS["secretary"].encode()))))

    def over(view: View) -> bool:
        again = view.screen.value == "staff_quorum" and "quorum.lead'" in str(view.lead)
        return len(place.watcher.views) > before and (again or view.screen.value == "closed")

    return place.watcher.until(over)


@pytest.mark.parametrize("executed", [False, True], ids=["before", "after"])
def test_the_second_card_pulled_at_every_step_counts_wholly_or_not_at_all(place: PollingPlace, executed: bool) -> None:
    first(place, "chair")
    take(place)
    apdus = 0
    while second_pulled(place, apdus, executed=executed).screen.value == "staff_quorum":
        assert [fields["here"] for fields in told(place, "quorum_joined")] == [1], "and the chair is still here"
        assert told(place, "key_released") == []
        assert key_of(place) is None
        apdus += 1
    assert apdus > 8
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1, 2], "from there on it has counted"
    assert polls(place) is PollsState.NOT_OPENED
    place.card.control.pull_after(1_000)
    home(place, "chair")
    place.touch(Touch.OPEN_POLLS, "staff_done")
    assert all(act.roles == {"chair", "secretary"} for act in observed(place).values())


def test_an_opening_act_drawn_up_after_a_power_cut_has_the_statement_of_the_zero_report(place: PollingPlace) -> None:
    """Power failed between the polls and their act: the report has the statement, and any member has it printed."""
    first(place, "chair")
    following(place, "secretary", "staff_done")
    before = observed(place)["opening"].quorum
    place.remove("welcome")
    place.restart()
    place.see("welcome")
    for path in (place.folder / "e/terminals/T-1/acts").glob("opening-*"):
        path.unlink()
    place.insert("member", "staff_pin")
    place.pin(PINS["member"], "staff_home")
    place.app._card_lane.do(place.app._performer._staff._acts.draw_up, c.ActKind.OPENING)
    act = observed(place)["opening"]
    assert act.quorum == before
    assert act.roles == {"chair", "secretary"}, "who opened"
    assert [one.identity.role.value for one in act.opened.signatures] == ["voting_member"], "who signs that it was so"
    assert len(act.act.members) == 3


def test_a_zero_report_of_another_quorum_is_not_printed_again(place: PollingPlace) -> None:
    """It was signed and did not print; then other members came."""
    first(place, "chair")
    take(place)
    place.printer.control.jam()
    place.insert("secretary", "staff_pin")
    place.pin(PINS["secretary"], "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None and "printer." in str(view))
    place.remove("closed")
    place.printer.control.clear()
    place.restart()
    place.see("closed")
    first(place, "chair")
    following(place, "member", "staff_done")
    signed = [str(fields["digest"]) for fields in told(place, "act_signed") if fields["act"] == "zero_report"]
    assert len(set(signed)) == 2
    assert told(place, "act_printed") == [{"act": "zero_report"}, {"act": "opening"}]
    reports = [paper for paper in place.printer.control.papers() if paper["name"] == "zero-report"]
    assert [paper["reprint"] for paper in reports if paper["broken"] is None] == [False]
    whole = (place.folder / "e/terminals/T-1/acts" / f"zero_report-{signed[-1][:16]}.dsse.json").read_bytes()
    stated = open_act(whole, Trust(place.opened.root, MEMBERS, place.clock())).statement
    assert stated is not None
    assert {one.identity.role.value for one in stated.members} == {"chair", "voting_member"}


def test_who_gave_the_key_for_one_pause_does_not_stand_in_the_next_ones_act(place: PollingPlace) -> None:
    first(place, "chair")
    following(place, "secretary", "staff_done")
    place.remove("welcome")
    pause(place)
    place.app.stop()
    SoftwareKeyStore(place.folder / "e" / "terminals" / "T-1").erase(SEALED)
    place.watcher = Watcher()
    place.start()
    place.see("closed")
    home(place, "chair")
    place.touch(Touch.RESUME_POLLS, "staff_quorum")
    following(place, "member", "staff_done")
    place.remove("welcome")
    act = observed(place)["resumption"]
    assert act.roles == {"chair", "voting_member"}
    assert act.quorum.statement.purpose is Purpose.RESUME
    (kept,) = (place.folder / "e/terminals/T-1/acts").glob("resumption-*")
    kept.unlink()
    pause(place)
    home(place, "chair")
    place.touch(Touch.RESUME_POLLS, "staff_done")
    again = observed(place)["resumption"]
    assert again.opened.statement is None
    assert [member.role for member in again.act.members] == ["chair"]


def test_the_package_judges_what_cards_signed(tmp_path: Path) -> None:
    """Their statement says itself how many were needed, and where: without the package that is their word."""
    make_election(tmp_path / "e", quorum=2)
    root = load_certificate((tmp_path / "e" / "root.pem").read_bytes())
    election = open_package((tmp_path / "e" / "package" / "package.dsse.json").read_bytes(), root)
    stated = OpeningStatement(
        opening.FORMAT,
        election.package.election_id,
        election.sha256,
        election.package.mode,
        election.package.polling_places[0].place_id,
        "T-1",
        "0" * 64,
        Purpose.OPEN,
        2,
        "2026-09-20T07:40+03:00",
        "0" * 64,
    )
    opening.check_quorum(OpenedStatement(stated, "", ()), election)
    for changes, match in (
        ({"needed": 1}, "it asks for 1 cards, where 2 of the package's quorum are needed"),
        ({"terminal": "T-9"}, "no such terminal in that polling place"),
        ({"terminal": "D-1"}, "no such terminal in that polling place"),
        ({"place": "9999"}, "no such terminal in that polling place"),
        ({"package": "1" * 64}, "another election, or another package"),
        ({"election_id": "other"}, "another election, or another package"),
        ({"mode": "official" if stated.mode != "official" else "test"}, "another election, or another package"),
    ):
        changed = OpenedStatement(msgspec.structs.replace(stated, **changes), "", ())
        with pytest.raises(Refused, match=match):
            opening.check_quorum(changed, election)
