"""A terminal that is killed between any two effects of a cast: store, journal, counters and card tell one story.

The places are counted in a cast that nobody disturbs: behind each signing, transaction, card command, paper and
screen between *Cast* and the card being taken. After each kill the terminal is switched on again, and the
voter's next screen has to say what the store says (DESIGN 8). What happens within a transaction is the fault matrix's.
"""

from collections.abc import Iterator

import pytest

from kiosk.domain.counters import control_checks
from kiosk.flows.contract import Recovered, SecondCopy, SecondState, Touch
from kiosk.store.vote_store import VoteStore
from protocol.documents.card_state import CardState
from tests.devices.terminal_setting import PollingPlace, open_place
from tests.devices.victim_setting import Victim, cast, switched_on

SHARES = 4
"""Each place once, shared out among so many tests, so that two cores work."""


@pytest.fixture(scope="module")
def place() -> Iterator[PollingPlace]:
    with open_place() as place:
        yield place


def consistent(store: VoteStore) -> None:
    store.journal.verify_chain()
    counters = store.counters()
    checks = control_checks(counters, store.accepted_by_paper(), sum(store.unsealed_by_paper().values()), 0)
    assert all(check.holds for check in checks), checks
    names = [record.event for record in store.journal.records()]
    assert names.count("session_cast") == counters.cards_spent


def test_a_cast_that_nobody_disturbs_passes_every_kind_of_place(place: PollingPlace) -> None:
    before = set(place.store(lambda store: store.codes()))
    victim, card = cast(place, 0)
    assert victim.end() == 0
    kinds = {mark.split(" ", 1)[1] for mark in victim.marks}
    assert kinds >= {"signing", "transaction", "card command", "paper", "casting", "cast"}, kinds
    assert victim.marks.index("after transaction") < victim.marks.index("screen cast")
    switched_on(place)
    place.remove("welcome")
    assert place.state(card) is CardState.SPENT
    assert len(set(place.store(lambda store: store.codes())) - before) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_each_place(place: PollingPlace, share: int) -> None:
    """Nothing until the transaction, everything after it; and the voter's next screen says which."""
    at = share + 1
    while True:
        before = set(place.store(lambda store: store.codes()))
        victim, card = cast(place, at)
        killed = victim.end() == -9
        if not killed:
            # What the card and the printer do at the same time may come in another order: past the last place.
            assert victim.marks
            switched_on(place)
            place.remove("welcome")
            assert place.state(card) is CardState.SPENT
            return
        judge(place, victim, card, before)
        at += SHARES


def second_codes(place: PollingPlace) -> set[str]:
    """What the second copy holds once the terminal is on again."""
    keeper = place.app._store._second
    assert keeper is not None
    return set(keeper._do(lambda copy: copy.codes()))


def judge(place: PollingPlace, victim: Victim, card: str, before: set[str]) -> None:
    """After a kill: the store decides, and the rest agrees."""
    where = victim.marks[-1]
    view = switched_on(place)
    stored = set(place.store(lambda store: store.codes())) - before
    place.store(consistent)
    committed = "after transaction" in victim.marks
    assert bool(stored) is committed, where
    if "cast" in victim.shown:
        assert len(stored) == 1, f"shown as cast, and lost: {where}"
        assert place.app._store.report.found is not Recovered.TO_SECOND or not place.app._store.report.ballots, (
            f"shown as cast, and not on the second medium, which was there: {where}"
        )
    assert place.app._store.second == SecondCopy(SecondState.PRESENT), where
    assert second_codes(place) >= stored | before, where
    if not stored:
        assert view.screen.value == "after_power", where
        assert view.primary is not None, f"nothing is stored, and the voter cannot begin anew: {where}"
        place.touch(Touch.NEXT, "ballots")
        place.touch(Touch.LEAVE, "leave")
        place.touch(Touch.CONFIRM, "take_card")
        place.no_session()
        place.remove("welcome")
        assert place.state(card) is CardState.ACTIVATED, where
        return
    if view.screen.value == "after_power":
        assert view.primary is None, f"the vote stands, and the voter could vote again: {where}"
    else:
        assert view.screen.value == "card_trouble", where
        assert "refusal.spent" in str(view.heading), where
    place.remove("welcome")
    assert place.state(card) is CardState.SPENT, where
