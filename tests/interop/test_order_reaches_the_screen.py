"""An order from the centre to the screen: published by a serving centre, fetched over real TLS by a whole terminal."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from demo.relay import Relay
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from protocol.documents.card_state import CardState
from tests.devices.terminal_setting import PollingPlace, open_place
from tests.factories.orders import Commission
from tests.interop.centre_setting import ElectionDay, central, running_centre


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.close()


@pytest.fixture
def place(relay: Relay) -> Iterator[PollingPlace]:
    """Open polls, and a terminal that looks for its centre at the relay, which leads nowhere yet."""
    with open_place(served=f"https://127.0.0.1:{relay.port}") as place:
        yield place


@pytest.mark.slow
def test_an_order_that_the_centre_publishes_comes_to_the_voter_and_to_the_screen(
    place: PollingPlace, relay: Relay, tmp_path: Path
) -> None:
    election = place.folder / "e"
    data = Path(shutil.copytree(election / "centre", tmp_path / "data"))
    card = place.issue("B")
    place.insert(card, "ballots")
    place.do(c.PaperChosen("governor"), "contest")
    place.do(c.OptionTouched(0), "contest")
    commission = Commission.of(election)
    order = commission.termination(takes_effect=place.clock().isoformat(timespec="minutes"))
    file = tmp_path / "order.dsse.json"
    file.write_bytes(commission.signed(order))
    with running_centre(ElectionDay(election, place.opened, {}), data) as centre:
        port = urlsplit(centre.url).port
        assert port is not None
        relay.connect(port)
        added = central("order", "add", "--data", data, file)
        assert added.returncode == 0, added.stderr
        place.app.wake_delivery()
        notice = place.see("stop_notice")
        assert "stop_notice.minutes" in str(notice)
        centre.stop()
    # Time to finish: what is cast now counts, and whoever comes next is told how to vote instead.
    place.touch(Touch.CONTINUE, "contest")
    place.touch(Touch.NEXT, "ballots")
    place.commit("decide")
    place.cast()
    stopped = place.remove("ordered_stop")
    assert "Vote at School No. 3." in str(stopped.content)
    place.no_session()
    assert place.state(card) is CardState.SPENT
    names = [record.event for record in place.store(lambda store: list(store.journal.records()))]
    assert (names.count("order_in_force"), names.count("session_cast")) == (1, 1)
    # The centre is gone, the order is kept.
    place.restart()
    place.see("ordered_stop")
