"""The vote store on its own lane: every call to it goes through one thread."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kiosk.effects.lanes import Lane
from kiosk.store.event import Event
from kiosk.store.vote_store import VoteStore

R = TypeVar("R")


class OpenStore:
    """A store that is open for as long as the program runs."""

    def __init__(self, make: Callable[[], VoteStore]) -> None:
        """`make` opens the store; it runs on the lane, and what it raises is raised here."""
        self._lane = Lane("store")
        try:
            self._store = self._lane.do(make)
        except BaseException:
            self._lane.close()
            raise

    def do(self, work: Callable[[VoteStore], R]) -> R:
        """Do something with the store and wait for it. Raises what the store raises."""
        return self._lane.do(work, self._store)

    def record(self, *events: Event, sessions: int = 0, cards_released: int = 0, challenges: int = 0) -> None:
        """Write events and what they count, durably, before this returns. Raises StoreError."""
        self.do(
            lambda store: store.record(*events, sessions=sessions, cards_released=cards_released, challenges=challenges)
        )

    def close(self) -> None:
        """Close the store and end its thread."""
        self._lane.do(self._store.close)
        self._lane.close()


def store_folder(device_folder: Path) -> Path:
    """Where a terminal keeps its primary store."""
    return device_folder / "store"
