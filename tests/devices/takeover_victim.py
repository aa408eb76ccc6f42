"""A spare that takes over without screen and reader, in forked children that end themselves at a given step.

On standard input a number a line: the child ends as by a power cut just before that durable step, counted from 1; at 0
it goes on to the end. On standard output `steps N` and `done`, or `cut`. The steps are every sync, rename and removal
that our own code asks the system for, and the beginning and the end of every transaction of a store, from the first
card on until the spare is on again with everything.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from drivers.card.api import CardConnection, ReaderEvent
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import read_card_image
from drivers.keystore.software import SoftwareKeyStore
from drivers.media.api import MediaEvent, Medium
from kiosk.effects.cards import Cards
from kiosk.effects.facts import Facts
from kiosk.effects.lanes import Lane
from kiosk.effects.members import Members
from kiosk.effects.notices import Notices
from kiosk.effects.open_store import OpenStore
from kiosk.effects.takeover import Takeover
from kiosk.flows.contract import Done, ShareGiven, TakeoverBegun
from kiosk.modes import terminal
from kiosk.modes.device_folder import read_device_folder
from kiosk.modes.stores import open_store
from kiosk.modes.terminal import Devices
from kiosk.store.database import Database
from protocol.documents.certificates import Role

PINS = {"chair": b"111111", "member": b"333333"}
STEPS = ("fsync", "fdatasync", "rename", "replace", "unlink")


class Wallet:
    """A reader that the card in hand is in; nothing ever happens to it."""

    def __init__(self, cards: Path) -> None:
        self._cards = cards
        self.card = ""

    def wait_event(self, timeout: float) -> ReaderEvent | None:
        threading.Event().wait(timeout)
        return None

    def connect(self) -> CardConnection:
        return _InTheHand(self._cards / f"{self.card}.json")

    def close(self) -> None:
        return


class _InTheHand(CardConnection):
    def __init__(self, path: Path) -> None:
        self._applet = Applet(read_card_image(path), lambda _: None)

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        answer = self._applet.process(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:])

    def close(self) -> None:
        return


class LyingMedium:
    """A slot in which a medium lies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self) -> Medium | None:
        return Medium(self._folder, "ext4", 1 << 40, read_only=False)

    def wait_event(self, timeout: float) -> MediaEvent | None:
        threading.Event().wait(timeout)
        return None

    def close(self) -> None:
        return


def on(election: Path, device: str, now: datetime) -> tuple[Facts, OpenStore, SoftwareKeyStore]:
    """A terminal's store, opened as at a start, with the medium in its slot."""
    home = election / "terminals" / device
    keystore = SoftwareKeyStore(home)
    folder = read_device_folder(home, Role.TERMINAL, now)
    devices = Devices(Wallet(election / "cards"), None, keystore)  # type: ignore[arg-type]  # nothing is printed
    facts = terminal._facts(folder, "0" * 64, lambda: now, devices)
    return facts, open_store(folder, keystore, facts, LyingMedium(election / "medium")), keystore


def take_over(election: Path, now: datetime) -> None:
    """The chair's and a member's card, the medium, and a new start."""
    facts, store, keystore = on(election, "T-2", now)
    wallet, lane = Wallet(election / "cards"), Lane("card")
    cards = Cards(wallet, facts, lambda _: False, lambda _: False)
    members = Members(cards, facts)
    notices = Notices(facts, store, election / "terminals" / "T-2")
    takeover = Takeover(facts, store, keystore, members, keystore.device_signer(), notices, lane)
    if store.line == ("T-2",):
        begun = takeover.begin()
        assert isinstance(begun, TakeoverBegun), begun
        for card, pin in PINS.items():
            wallet.card = card
            cards.look(voters=False)
            assert members.verify(bytearray(pin)) is None
            gave = takeover.give_share()
            assert isinstance(gave, ShareGiven), gave
        assert isinstance(takeover.take_over(), Done)
    lane.close()
    store.close()
    on(election, "T-2", now)[1].close()


@contextmanager
def cut_at(step: int) -> Iterator[None]:
    """End this process just before its step of this number."""
    left, lock = step, threading.Lock()

    def tick() -> None:
        nonlocal left
        with lock:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def counted(call: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            tick()
            answer = call(*arguments, **named)
            if after:
                tick()
            return answer

        return counting

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    Database.commit = counted(Database.commit, after=True)  # type: ignore[method-assign]  # a child of its own
    yield
    os.write(1, f"steps {step - left}\n".encode())


def main(election: str, now: str) -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                with cut_at(int(line)):
                    take_over(Path(election), datetime.fromisoformat(now))
                os._exit(0)
            except BaseException:  # noqa: BLE001  (a forked child must never run on into the server's loop)
                sys.excepthook(*sys.exc_info())
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        cut = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        os.write(1, b"cut\n" if cut else b"done\n" if status == 0 else b"failed\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
