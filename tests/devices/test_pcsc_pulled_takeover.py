"""A spare takes over by two cards through a real pcscd, and each is pulled at each APDU: nobody loses their place.

How many APDUs each card's part has the test finds out: it pulls at one more each time, until the part is done.
"""

from collections.abc import Iterator

import pytest

from drivers.card.simulated.virtual import VirtualReaders
from drivers.keystore.software import SoftwareKeyStore
from kiosk.effects.notices import FOLDER as NOTICES
from kiosk.effects.notices import NOTICE
from kiosk.effects.second_copy import TAKEN_STORE
from kiosk.flows.contract import Touch
from kiosk.flows.views import Mark, Rows, View
from protocol.documents.takeover import open_notice
from tests.devices.pulled_setting import Pulls, enter_pin, insert, pulled
from tests.devices.takeover_setting import PINS, QUORUM, DeadTerminal, dead_terminal
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CARDS = {"first": "chair", "second": "secretary"}
"""Whose card comes at each stage."""


@pytest.fixture
def dead(virtual: VirtualReaders) -> Iterator[DeadTerminal]:
    """T-1 has just died; T-2 is on and reads cards through pcscd, T-1's medium in its slot.

    The secretary's card holds its share by RSA-2048, the chair's by P-256.
    """
    with dead_terminal(virtual, rsa=frozenset({"secretary"})) as made, made.switched_on():
        yield made


def given(place: PollingPlace) -> list[object]:
    """Whose cards gave their share, by the journal."""
    return place.store(
        lambda store: [one.fields["role"] for one in store.journal.records() if one.event == "takeover_share_given"]
    )


def held(place: PollingPlace) -> int:
    """How many shares of the medium's key the terminal has in its memory."""
    under_way = place.app._performer._staff.takeover._under_way
    return 0 if under_way is None else QUORUM - under_way.gathering.missing


def says(view: View, *keys: str) -> bool:
    return any(f"'{key}'" in str(view) for key in keys)


def out(view: View) -> bool:
    """No card is in."""
    return view.screen.value == "closed" or says(view, "takeover.lead_next")


def at_rest(view: View) -> bool:
    return view.screen.value == "staff_pin" or out(view)


def gone_on(view: View) -> bool:
    """The PIN was judged, and what follows is over: the takeover is offered, or a share was given or not."""
    home = view.screen.value == "staff_home" and says(view, "action.take_over")
    return home or says(view, "takeover.lead_take", "takeover.done") or out(view)


def come(place: PollingPlace, card: str) -> View:
    """A member comes, and goes as far as the card lets them; what was shown then."""
    view = insert(place, card, at_rest)
    if view.screen.value == "staff_pin":
        view = enter_pin(place, PINS[card], gone_on)
    if view.screen.value == "staff_home":
        place.touch(Touch.TAKE_OVER, "staff_takeover")
        place.watcher.until(lambda view: says(view, "takeover.lead_asked"))
        before, views = len(place.watcher.views), place.watcher.views
        place.touch(Touch.CONFIRM, "staff_takeover")
        view = place.watcher.until(lambda view: len(views) > before and gone_on(view))
    return view


def test_each_card_is_pulled_at_each_apdu_and_the_spare_takes_over(dead: DeadTerminal) -> None:
    place, pulls = dead.place, Pulls(dead.place)
    done = False
    while not done:
        at = "second" if given(place) else "first"
        pulls.set(at)
        done = says(come(place, CARDS[at]), "takeover.done")
        if done:
            break
        if not pulled(place):
            place.card.control.remove()
        shown = place.watcher.until(out)
        whose = given(place)
        assert whose in ([], ["chair"]), "no card counts half or twice"
        assert held(place) == len(whose), "a card that did not sign for its share has given none"
        if shown.screen.value != "closed":
            assert isinstance(shown.content, Rows)
            assert [row.mark for row in shown.content.rows].count(Mark.DONE) == len(whose)
            assert shown.back is not None
        assert shown.screen.value == "staff_takeover" or not whose, "the chair keeps the place"
        assert SoftwareKeyStore(dead.device("T-2")).unseal(TAKEN_STORE) is None, "nothing is taken over by one card"
    assert pulls.apdus("first") >= 20
    assert pulls.apdus("second") >= 20
    assert given(place) == ["chair", "secretary"]
    assert {card["tries"] for card in place.card.control.cards()} == {3}, "no try of a PIN is lost"
    assert place.anew.wait(WAIT_SECONDS)
    place.card.control.remove()
    place.restart()
    place.see("closed")
    assert place.store(lambda store: store.codes()) == dead.codes
    assert place.app._store.line == ("T-1", "T-2")
    notice = (dead.device("T-2") / NOTICES / NOTICE).read_bytes()
    members = open_notice(notice, place.opened, None).members
    assert {one.identity.role.value for one in members} == {"chair", "secretary"}, "both signed it"
    view = insert(place, "secretary", at_rest)
    assert view.screen.value == "staff_pin", "the reader works for the next card"
    place.remove("closed")
