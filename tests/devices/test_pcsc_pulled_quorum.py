"""Two cards open the polls through a real pcscd, and each of them is pulled at each APDU: nobody loses their place.

How many APDUs each part has the test finds out: it pulls at one more each time, until the part is done. While cards are
counted each APDU is pulled at both ways, not carried out and carried out. Once the quorum is complete, or the polls are
open and only the act lacks, a card is read and its PIN judged as before, and each is pulled at once, by turns.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.card.simulated.virtual import VirtualReaders
from kiosk.domain.polls import PollsState
from kiosk.flows.contract import Touch, Touched
from kiosk.flows.views import Mark, Rows, View
from tests.devices.observer import observed
from tests.devices.pulled_setting import Pulls, enter_pin, insert, pulled
from tests.devices.takeover_setting import PINS
from tests.devices.terminal_setting import PollingPlace

NEEDED = 2

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def place(virtual: VirtualReaders) -> Iterator[PollingPlace]:
    """A polling place whose polls two cards open, its terminal reading cards through pcscd.

    The secretary's card holds its share by RSA-2048, the chair's by P-256.
    """
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        made = PollingPlace.build(Path(folder), virtual, quorum=NEEDED, rsa=frozenset({"secretary"}))
        try:
            made.see("closed")
            yield made
        finally:
            made.close()


def told(place: PollingPlace, event: str) -> list[dict[str, object]]:
    return place.store(lambda store: [dict(one.fields) for one in store.journal.records() if one.event == event])


def stage(place: PollingPlace) -> str:
    """What there is before a card comes, as the journal knows it."""
    if place.store(lambda store: store.polls_state()) is PollsState.OPEN:
        return "opened"
    if told(place, "key_released"):
        return "released"
    return "second" if told(place, "quorum_joined") else "first"


def held(place: PollingPlace) -> int:
    """How many shares of the polling-place key the terminal has in its memory, while a quorum is gathered."""
    gathering = place.app._performer._staff._quorum._gathering
    return 0 if gathering is None else NEEDED - gathering.missing


CARDS = {"first": "chair", "second": "secretary", "released": "chair", "opened": "secretary"}
"""Whose card comes at each stage: once the quorum was complete, anybody's goes on."""


BEGUN = "staff_checklist"
"""The screen of a procedure that was begun."""


def at_rest(view: View) -> bool:
    """Nobody's card is in, or one is that waits for a PIN."""
    return view.screen.value in ("closed", "welcome", "staff_pin") or "'quorum.lead'" in str(view.lead)


def gone_on(view: View) -> bool:
    """The PIN was judged: the home offers something, a card was counted or not, all is done, or the card is out."""
    if view.screen.value == "staff_home":
        return view.primary is not None and view.primary.enabled
    return view.screen.value == "staff_done" or "'quorum.lead_take'" in str(view.lead) or out(view)


def out(view: View) -> bool:
    return view.screen.value in ("closed", "welcome") or "'quorum.lead'" in str(view.lead)


def come(place: PollingPlace, at: str) -> View:
    """The member whose turn it is comes, and goes as far as the card lets them; what was shown then."""
    card = CARDS[at]
    view = insert(place, card, at_rest)
    if view.screen.value == "staff_pin":
        view = enter_pin(place, PINS[card], gone_on)
    if view.screen.value == "staff_home":
        views, before = place.watcher.views, len(place.watcher.views)
        place.app.send(Touched(Touch.PRINT_ACT if at == "opened" else Touch.OPEN_POLLS))
        view = place.watcher.until(lambda view: BEGUN in screens(views[before:]) and gone_on(view))
    return view


def screens(views: list[View]) -> list[str]:
    return [view.screen.value for view in views]


def test_each_card_is_pulled_at_each_apdu_and_the_quorum_opens_the_polls(place: PollingPlace) -> None:
    pulls = Pulls(place, once=frozenset({"released", "opened"}))
    done = False
    while not done:
        at = stage(place)
        pulls.set(at)
        seen, before = place.watcher.views, len(place.watcher.views)
        done = come(place, at).screen.value == "staff_done"
        if not pulled(place):
            place.card.control.remove()
        shown, now = place.watcher.until(out), stage(place)
        assert len(told(place, "quorum_joined")) == {"first": 0, "second": 1}.get(now, 2), "nobody counts half or twice"
        if now in ("first", "second"):
            assert held(place) == len(told(place, "quorum_joined")), "who is not counted has given no share"
        says_what_to_do(shown, now, BEGUN in screens(seen[before:]))
    assert pulls.apdus("first") >= 15
    assert pulls.apdus("second") >= 15
    assert {card["tries"] for card in place.card.control.cards()} == {3}, "no try of a PIN is lost"
    assert [fields["here"] for fields in told(place, "quorum_joined")] == [1, 2]
    acts = observed(place)
    assert sorted(acts) == ["opening", "zero_report"]
    assert all(len(one.act.members) == 2 for one in acts.values()), "both stand in the acts, once"
    assert all(one.roles == {"chair", "secretary"} for one in acts.values()), "each by what their card signed"
    place.insert(place.issue("A"), "ballots")


def says_what_to_do(view: View, at: str, begun: bool) -> None:
    """Whoever stands there with a card in the hand reads how it goes on, and who was counted is on the screen."""
    match at:
        case "first" | "released":
            assert view.screen.value == "closed", "nothing is open"
            assert ("'closed.cut_short'" in str(view.lead)) is begun
        case "second":
            assert view.screen.value == "staff_quorum"
            assert isinstance(view.content, Rows)
            assert [row.mark for row in view.content.rows].count(Mark.DONE) == 1, "the chair is still here"
            assert view.back is not None
        case _:
            assert view.screen.value == "welcome", "the polls are open, and voters are asked in"
