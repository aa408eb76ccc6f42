"""Orders by way of the centre: verified and published as plain files while it serves, fetched over real TLS."""

import json
import shutil
from pathlib import Path

import pytest

from kiosk.sync.line import LinkTrouble
from kiosk.sync.orders import OrderFetcher
from kiosk.sync.upload import NoLink, NothingPending
from protocol.documents.acknowledgement import Status
from protocol.documents.order import open_order
from tests.factories.orders import Commission
from tests.interop.centre_setting import ElectionDay, Terminal, central, provision, running_centre


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ElectionDay:
    return provision(tmp_path_factory.mktemp("orders") / "election")


@pytest.fixture(scope="module")
def commission(day: ElectionDay) -> Commission:
    return Commission.of(day.path)


def test_an_order_goes_through_a_serving_centre_to_a_terminal(
    day: ElectionDay, commission: Commission, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    first, second = (
        commission.signed(commission.termination(order_id=name, scope=scope, takes_effect=when))
        for name, scope, when in (
            ("north", ("north",), "2026-09-20T15:00+03:00"),
            ("all", "everything", "2026-09-20T14:00+03:00"),
        )
    )
    files = {}
    for name, envelope in (("first", first), ("second", second)):
        files[name] = tmp_path / f"{name}.dsse.json"
        files[name].write_bytes(envelope)
    taken: list[bytes] = []
    with running_centre(day, data) as centre:
        fetcher = OrderFetcher(centre.url, day.tls(), known=lambda _: False, take=taken.append)
        assert fetcher.run_once() == NothingPending()
        for name in ("first", "second", "second"):
            done = central("order", "add", "--data", data, files[name])
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(f"order {'north' if name == 'first' else 'all'} published: ")
        (data / "orders" / f"{'0' * 64}.dsse.json").write_text("not an order")
        listed = centre.get("/orders")
        assert [line["order_id"] for line in listed] == ["all", "north"]
        assert listed[1]["scope"] == ["north"]
        with centre.client() as client:
            assert client.get(f"/orders/{listed[1]['sha256']}.dsse.json").content == first
            assert client.get(f"/orders/{'1' * 64}.dsse.json").status_code == 404
            assert client.get("/orders/..%2Fcentre.dsse.json").status_code == 404
        assert fetcher.run_once() == NothingPending()
        assert taken == [second, first]
        assert fetcher.run_once() == NothingPending()
        assert len(taken) == 2, "each is judged once"
        knows = OrderFetcher(
            centre.url, day.tls(), known=lambda sha256: sha256 == listed[0]["sha256"], take=taken.append
        )
        knows.run_once()
        assert taken == [second, first, first]
        assert {open_order(one, commission.opened, None).order.order_id for one in taken} == {"all", "north"}
        centre.stop()
        assert fetcher.run_once() == NoLink(LinkTrouble.UNREACHABLE, 0)


def test_what_no_terminal_would_obey_is_not_published(day: ElectionDay, commission: Commission, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    good = tmp_path / "good.json"
    good.write_bytes(commission.signed(commission.termination()))
    assert central("order", "add", "--data", data, good).returncode == 0
    for envelope, words in (
        (commission.signed(commission.termination(order_id="x"), "TEC-2"), "1 signatures, where 2 are needed"),
        (commission.signed(commission.termination(grace_seconds=0)), "another order is published as “stop-1”"),
        (b"{}", "envelope"),
        (b" " * 300_000, "longer than"),
    ):
        bad = tmp_path / "bad.json"
        bad.write_bytes(envelope)
        done = central("order", "add", "--data", data, bad)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert central("order", "add", "--data", data, tmp_path / "none.json").returncode == 1
    assert len(list((data / "orders").iterdir())) == 1


def test_a_list_that_is_none_is_trouble_and_nothing_more(day: ElectionDay, tmp_path: Path) -> None:
    """A centre of another version, or something in its place."""
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    with running_centre(day, data) as centre:
        elsewhere = OrderFetcher(f"{centre.url}/status", day.tls(), known=lambda _: False, take=lambda _: None)
        assert elsewhere.run_once() == NoLink(LinkTrouble.BROKEN_OFF, 0)
        assert json.dumps(centre.get("/orders")) == "[]"


def test_the_batches_of_a_revoked_terminal_are_kept_and_count_nothing(
    day: ElectionDay, commission: Commission, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    file = tmp_path / "order.json"
    file.write_bytes(commission.signed(commission.revocation(devices=("T-1",))))
    assert central("order", "add", "--data", data, file).returncode == 0
    with running_centre(day, data) as centre:
        assert centre.get("/orders")[0]["devices"] == ["T-1"]
        batch = Terminal(day, "T-1").sealed({"governor": [day.ballot(0)]})
        answer = day.acknowledgement(centre.post(batch).content)
        assert (answer.status, answer.accepted) == (Status.QUARANTINED, 0)
        other = Terminal(day, "T-2").sealed({"governor": [day.ballot(0)]})
        assert day.acknowledgement(centre.post(other, "T-2").content).accepted == 1, (
            "nor is the voter's credential used"
        )
