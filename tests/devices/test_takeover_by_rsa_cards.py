"""A dead terminal's medium is opened by a card that holds its share by RSA-2048 together with one of P-256."""

import json
from collections.abc import Iterator

import pytest

from drivers.keystore.software import SoftwareKeyStore
from kiosk.effects.second_copy import TAKEN_STORE
from kiosk.flows.contract import Touch
from kiosk.store.second_key import read_shares
from protocol.documents.card_state import CardState
from tests.devices.takeover_setting import DeadTerminal, begin, by_quorum, dead_terminal, give, said
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace

BY_RSA = "secretary"
POINT_BYTES, RSA_BYTES = 65, 256


@pytest.fixture(scope="module")
def built() -> Iterator[DeadTerminal]:
    """T-1 died after two cards, one of them with an RSA key for its share, had opened its polls."""
    with dead_terminal(rsa=frozenset({BY_RSA})) as dead:
        yield dead


@pytest.fixture
def dead(built: DeadTerminal) -> Iterator[DeadTerminal]:
    """T-2 is switched on, and T-1's medium is in its slot."""
    with built.switched_on():
        yield built


def goes_on(dead: DeadTerminal) -> None:
    """T-2 starts anew with everything that T-1 had, and voting goes on there."""
    place = dead.place
    said(place, "takeover.done")
    assert place.anew.wait(WAIT_SECONDS)
    place.card.control.remove()
    place.restart()
    place.see("closed")
    assert place.app._store.line == ("T-1", "T-2")
    assert place.store(lambda store: store.codes()) == dead.codes
    assert place.store(lambda store: store.counters()) == dead.counters


def given(place: PollingPlace) -> list[object]:
    """Whose cards gave their share, by the journal."""
    return place.store(
        lambda store: [one.fields["role"] for one in store.journal.records() if one.event == "takeover_share_given"]
    )


def test_the_medium_holds_a_share_of_each_kind(dead: DeadTerminal) -> None:
    shares = read_shares(dead.medium)
    assert shares.threshold == 2
    assert sorted(len(share.ephemeral) // 2 for share in shares.shares) == [POINT_BYTES, POINT_BYTES, RSA_BYTES]


def test_a_card_of_p256_and_one_of_rsa_take_over(dead: DeadTerminal) -> None:
    place = dead.place
    begin(place, "chair")
    said(place, "takeover.lead_take")
    give(place, BY_RSA)
    goes_on(dead)
    by_quorum(place, Touch.RESUME_POLLS)
    place.insert(dead.unmarked, "after_power")
    place.remove("welcome")
    place.no_session()
    assert place.state(dead.unmarked) is CardState.SPENT, "its vote came along"


def test_the_rsa_card_comes_first(dead: DeadTerminal) -> None:
    begin(dead.place, BY_RSA)
    said(dead.place, "takeover.lead_take")
    give(dead.place, "chair")
    goes_on(dead)


def test_another_key_in_the_rsa_card_gives_no_share_and_costs_nobody_the_place(dead: DeadTerminal) -> None:
    place = dead.place
    path = place.wallet(BY_RSA)
    whole = path.read_text()
    other = json.loads(whole)
    other["keys"]["9D"] = other["keys"]["9C"]
    path.write_text(json.dumps(other))
    begin(place, "chair")
    said(place, "takeover.lead_take")
    give(place, BY_RSA)
    said(place, "refusal.unreadable")
    assert given(place) == ["chair"]
    assert SoftwareKeyStore(dead.device("T-2")).unseal(TAKEN_STORE) is None
    path.write_text(whole)
    give(place, BY_RSA)
    goes_on(dead)
