"""One voter card and two terminals; and what a terminal keeps of the cards that it saw: nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from drivers.card.simulated.image import read_card_image
from kiosk.flows.contract import Touch
from protocol.documents.card_state import CardState
from tests.devices.terminal_setting import PollingPlace, Watcher, open_place
from tests.whole_day.day_search import leaks, opened_store, traces_of


@pytest.fixture
def place() -> Iterator[PollingPlace]:
    """A polling place of its own, polls open at T-1."""
    with open_place() as place:
        yield place


def to_decide(place: PollingPlace, card: str) -> None:
    place.insert(card, "ballots")
    place.mark(0)
    place.commit("decide")


def cast_and_pulled(place: PollingPlace, card: str) -> None:
    """The vote is stored, and the card is pulled before *spent* is written on it."""
    to_decide(place, card)
    place.card.control.pull_after(0)
    place.touch(Touch.CAST, "cast")
    place.watcher.until(lambda view: view.screen.value != "casting")
    place.no_session()
    assert place.state(card) is CardState.IN_SESSION
    assert len(place.store(lambda store: store.codes())) == 1


def switch_on(place: PollingPlace, terminal: str, medium: str) -> None:
    """The terminal that is on goes out, and another one takes its place before the voter."""
    place.app.stop()
    place.media.control.pull_out()
    place.media.control.put_in(medium)
    place.terminal = terminal
    place.watcher = Watcher()
    place.start()


def test_cast_here_not_marked_and_tried_at_another_terminal(place: PollingPlace) -> None:
    card = place.issue("B")
    cast_and_pulled(place, card)
    switch_on(place, "T-2", "second")
    place.open_polls()
    shown = place.insert(card, "card_trouble")
    assert "refusal.other_terminal" in str(shown.heading)
    assert "T-1" in str(shown.heading)
    assert "card_trouble.other_terminal" in str(shown.lead)
    place.remove("welcome")
    assert place.record(card).terminal == "T-1", "only T-1 may do anything about it"
    assert place.state(card) is CardState.IN_SESSION
    assert place.store(lambda store: store.codes()) == ()
    switch_on(place, "T-1", "first")
    place.see("welcome")
    place.insert(card, "after_power")
    place.remove("welcome")
    place.no_session()
    assert place.state(card) is CardState.SPENT
    assert len(place.store(lambda store: store.codes())) == 1, "one card, one vote"


def test_a_terminal_keeps_nothing_that_tells_one_voters_card_from_another(place: PollingPlace) -> None:
    """Admitted, cast, refused, left, interrupted: then everything the place wrote is searched, the store opened."""
    cast, left, copied, interrupted = (place.issue("B") for _ in range(4))
    to_decide(place, cast)
    place.cast()
    place.remove("welcome")
    place.insert(left, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.watcher.until(lambda view: "card.wait" not in str(view.lead))
    place.remove("welcome")
    place.write(copied, replace(place.record(left)))
    place.insert(copied, "card_trouble")
    place.remove("welcome")
    cast_again = place.insert(cast, "card_trouble")
    assert "refusal.spent" in str(cast_again.heading)
    place.remove("welcome")
    place.insert(interrupted, "ballots")
    place.restart()
    place.see("after_power")
    place.remove("welcome")
    place.no_session()
    place.app.stop()
    found = [
        trace
        for card in (cast, left, copied, interrupted)
        for trace in traces_of(read_card_image(place.wallet(card)), "e/cards/")
    ]
    assert len(found) == 4 * 8
    files = {
        path.relative_to(place.folder).as_posix(): path.read_bytes()
        for path in place.folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    for reader in ("c", "d"):
        # Both readers look into the one wallet.
        files = {name: data for name, data in files.items() if not name.startswith(f"{reader}/cards/")}
    files["store, opened"] = opened_store(place.folder / "e" / "terminals" / "T-1")
    assert leaks(found, {}, iter(files.items())) == []
    planted = {"e/terminals/T-1/log": b"card " + found[1].looks[1]}
    assert leaks(found, {}, iter(planted.items())), "the search finds what it looks for"
    place.watcher = Watcher()
    place.start()
