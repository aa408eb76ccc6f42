"""A polling place in which T-1 has died with votes on its medium, and T-2 is fresh: what a takeover begins with."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.card.simulated.virtual import VirtualReaders
from kiosk.domain.counters import Counters
from kiosk.flows import contract as c
from kiosk.flows.contract import PinEntered, Touch
from kiosk.flows.views import View
from protocol.documents.card_state import CardState
from tests.devices.observer import observed
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace, Watcher

PINS = {"chair": "111111", "secretary": "222222", "member": "333333"}
MEDIUM = "first"
QUORUM = 2


@dataclass
class DeadTerminal:
    """The polling place, and what T-1 knew when it died. Nothing is switched on."""

    place: PollingPlace
    in_session: str
    """A card that T-1 had in session when it died, with nothing cast."""
    unmarked: str
    """A card whose ballots T-1 stored, and died before it was marked."""
    fresh: str
    """A card that no terminal has seen."""
    codes: tuple[str, ...]
    counters: Counters
    records: int

    @classmethod
    def build(
        cls, folder: Path, virtual: VirtualReaders | None = None, *, rsa: frozenset[str] = frozenset()
    ) -> "DeadTerminal":
        """Open T-1, vote at it, and let it die. `virtual` and `rsa` are the polling place's."""
        place = PollingPlace.build(folder, virtual, quorum=QUORUM, rsa=rsa)
        place.see("closed")
        by_quorum(place, Touch.OPEN_POLLS)
        place.watcher.until(lambda view: "one_copy" not in str(view.station))
        in_session, unmarked, fresh = (place.issue("B") for _ in range(3))
        to_decide(place, unmarked)
        place.card.control.pull_after(0)
        place.touch(Touch.CAST, "cast")
        place.watcher.until(lambda view: view.screen.value == "welcome")
        place.no_session()
        place.insert(in_session, "ballots")
        assert place.state(in_session) is place.state(unmarked) is CardState.IN_SESSION
        found = cls(
            place,
            in_session,
            unmarked,
            fresh,
            place.store(lambda store: store.codes()),
            place.store(lambda store: store.counters()),
            place.store(lambda store: store.journal.place.records),
        )
        place.app.stop()
        place.card.control.remove()
        for name, path in found._disks():
            shutil.copytree(path, folder / "saved" / name)
        return found

    def again(self) -> None:
        """Everything as it was when T-1 had just died, and T-2 as it was provisioned; its medium in the slot."""
        place = self.place
        for device, empty in ((place.media, "medium"), (place.card, "inserted")):
            if device.control.state()[empty] is not None:
                device.control.pull_out() if device is place.media else device.control.remove()
        for name, path in self._disks():
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(place.folder / "saved" / name, path)
        place.media.control.put_in(MEDIUM)
        place.anew.clear()
        place.terminal = "T-2"

    @contextmanager
    def switched_on(self) -> "Iterator[DeadTerminal]":
        """Everything as it was when T-1 had just died; T-2 is on, and waits for somebody."""
        self.again()
        self.place.watcher = Watcher()
        self.place.start()
        try:
            self.place.see("closed")
            yield self
        finally:
            self.place.app.stop()

    def close(self) -> None:
        """End everything; the terminal is off."""
        place = self.place
        place.desk_reader.close()
        if place.virtual is not None:
            place.virtual.detach()
        for device in (place.card, place.desk_card, place.printer, place.media):
            device.stop()

    @property
    def medium(self) -> Path:
        """The medium's folder, wherever it is."""
        port = self.place.folder / "m" / "port" / MEDIUM
        return port if port.exists() else self.place.folder / "m" / "drawer" / MEDIUM

    def device(self, terminal: str) -> Path:
        """A terminal's folder."""
        return self.place.folder / "e" / "terminals" / terminal

    def _disks(self) -> list[tuple[str, Path]]:
        cards = self.place.folder / "e" / "cards"
        medium = self.place.folder / "m" / "drawer" / MEDIUM if not self.medium.exists() else self.medium
        return [*((name, self.device(name)) for name in ("T-1", "T-2")), ("cards", cards), ("medium", medium)]


def to_decide(place: PollingPlace, card: str) -> None:
    """A voter who wants the governor alone, before *Cast*."""
    place.insert(card, "ballots")
    place.mark(0)
    place.commit("decide")


def by_quorum(place: PollingPlace, touch: Touch) -> None:
    """The chair begins to open the polls, or to resume, and the secretary's card is the second; then voting is on.

    The act says so by both cards, to anybody.
    """
    at_home(place)
    place.touch(touch, "staff_quorum")
    place.remove("staff_quorum")
    place.watcher.until(lambda view: "quorum.lead'" in str(view.lead))
    place.insert("secretary", "staff_pin")
    place.pin(PINS["secretary"], "staff_done")
    place.remove("welcome")
    act = observed(place)["opening" if touch is Touch.OPEN_POLLS else "resumption"]
    assert act.quorum.statement.terminal == place.terminal
    assert act.roles == {"chair", "secretary"}


def at_home(place: PollingPlace, card: str = "chair") -> View:
    """A member's card is in and its PIN was right; the home screen with its numbers."""
    place.insert(card, "staff_pin")
    place.pin(PINS[card], "staff_home")
    return place.watcher.until(lambda view: view.primary is not None and view.primary.enabled)


def said(place: PollingPlace, *keys: str) -> View:
    """Wait until the screen says one of these."""
    return place.watcher.until(lambda view: any(f"'{key}'" in str(view) for key in keys))


def begin(place: PollingPlace, card: str = "chair") -> None:
    """A member asks for the takeover and confirms it; the member's own card is the first."""
    at_home(place, card)
    place.watcher.until(lambda view: "'action.take_over'" in str(view.content))
    place.touch(Touch.TAKE_OVER, "staff_takeover")
    said(place, "takeover.lead_asked")
    place.app.send(c.Touched(Touch.CONFIRM))


def give(place: PollingPlace, card: str) -> None:
    """The next member's card, and its PIN."""
    place.card.control.remove()
    said(place, "takeover.lead_next")
    place.insert(card, "staff_pin")
    place.app.send(PinEntered(place.app.deposit.leave(bytearray(PINS[card].encode()))))


def take_over(place: PollingPlace) -> None:
    """The chair and the secretary take over, and the terminal starts anew with what it took."""
    begin(place)
    said(place, "takeover.lead_take")
    give(place, "secretary")
    said(place, "takeover.done")
    assert place.anew.wait(WAIT_SECONDS)
    place.card.control.remove()
    place.restart()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state that no view tells."""
    end = time.monotonic() + 2 * WAIT_SECONDS
    while not holds():
        assert time.monotonic() < end, what


@contextmanager
def dead_terminal(
    virtual: VirtualReaders | None = None, *, rsa: frozenset[str] = frozenset()
) -> Iterator[DeadTerminal]:
    """A dead T-1 in a folder of its own; see `DeadTerminal.build`."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        dead = DeadTerminal.build(Path(folder), virtual, rsa=rsa)
        try:
            yield dead
        finally:
            dead.close()
