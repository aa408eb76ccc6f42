"""A polling place, the medium of its second copy, and what the two copies tell."""

import contextlib
import hashlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from drivers.keystore.software import SoftwareKeyStore
from kiosk.effects.second_copy import FOLDER, KEY, KEY_BYTES
from kiosk.flows.contract import SecondState
from kiosk.store import events
from kiosk.store.batches import BatchPart
from kiosk.store.catching_up import Marks, marks_of
from kiosk.store.layout import StoredBallot
from kiosk.store.vote_store import VoteStore
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace

PAPERS = ("governor", "council")
names = (f"medium-{number}" for number in itertools.count(1))
voters = itertools.count(1)


def refreshed(place: PollingPlace) -> PollingPlace:
    """The polling place with a fresh medium that has everything."""
    place.media.control.do("fill", free_bytes=None)
    place.media.control.do("write_protect", on=False)
    place.media.control.do("slow", seconds=0)
    swap(place, next(names))
    stands(place, SecondState.PRESENT)
    return place


def swap(place: PollingPlace, medium: str) -> None:
    if place.media.control.state()["medium"] is not None:
        pull(place)
    place.media.control.put_in(medium)


def pull(place: PollingPlace) -> None:
    place.media.control.pull_out()
    stands(place, SecondState.ABSENT)


def stands(place: PollingPlace, state: SecondState) -> None:
    """Wait until the second copy stands like this."""
    until = time.monotonic() + WAIT_SECONDS
    while (now := place.app._store.second) is None or now.state is not state:
        assert time.monotonic() < until, f"waited for {state}, it is {now}"
        place.store(lambda store: None)


def said(place: PollingPlace) -> list[tuple[str, dict[str, str | int]]]:
    """What the journal says of the copies."""

    def look(store: VoteStore) -> list[tuple[str, dict[str, str | int]]]:
        about = ("second_", "store_re")
        return [(r.event, r.fields) for r in store.journal.records() if r.event.startswith(about)]

    return place.store(look)


def cast(place: PollingPlace) -> None:
    """A voter casts two ballots, as far as the store can tell."""
    name = hashlib.sha256(str(next(voters)).encode()).hexdigest()
    ballots = [StoredBallot(paper, f"{paper}-{name[:40]}", f"{paper}-{name}", name * 100) for paper in PAPERS]
    place.store(lambda store: store.cast(ballots, declined=0, entitled=2, events=(events.session_cast(),)))


def primary(place: PollingPlace) -> Path:
    return place.folder / "e" / "terminals" / "T-1" / "store"


def device_keys(place: PollingPlace) -> SoftwareKeyStore:
    return SoftwareKeyStore(primary(place).parent)


def slot(place: PollingPlace) -> Path:
    (medium,) = (place.folder / "m" / "port").iterdir()
    return medium


def opened(place: PollingPlace, folder: Path, key: bytearray, *, note: bool = False) -> VoteStore:
    """T-1's store in `folder`, which nobody else may have open."""
    return VoteStore.open(folder, key, package_digest=place.opened.sha256, terminal="T-1", clock=place.clock, note=note)


def on_the_medium(place: PollingPlace, medium: Path) -> Marks:
    """What the store on a medium tells; nobody else may have it open."""
    store = opened(place, medium / FOLDER, device_keys(place).secret(KEY, KEY_BYTES))
    try:
        store.journal.verify_chain()
        for batch in store.batches():
            store.batch_bytes(batch.sequence, BatchPart.SEALED)
        return marks_of(store)
    finally:
        store.close()


@contextlib.contextmanager
def switched_off(place: PollingPlace) -> Iterator[None]:
    """The terminal is off meanwhile."""
    place.app.stop()
    yield
    place.watcher = type(place.watcher)()
    place.start()


def everything_twice(place: PollingPlace) -> None:
    """Switched off, both copies tell the same; and on again."""
    medium = slot(place)
    with switched_off(place):
        second = on_the_medium(place, medium)
        first = opened(place, primary(place), device_keys(place).secret("store", 32))
        assert marks_of(first) == second
        assert not second.state.partial
        first.close()
    place.see("welcome")


def files_of(medium: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in medium.rglob("*") if path.is_file()}
