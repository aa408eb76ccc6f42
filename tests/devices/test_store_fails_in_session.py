"""The medium of the store fails while a voter casts: the screen says what is true, and so does the next start."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kiosk.flows.contract import Touch
from kiosk.store.errors import OutcomeUnknown
from protocol.documents.card_state import CardState
from tests.devices.terminal_setting import PollingPlace, open_place
from tests.devices.victim_setting import Victim, switched_on, voting
from tests.faults.strace import STRACE


@pytest.fixture(scope="module")
def place() -> Iterator[PollingPlace]:
    with open_place() as place:
        yield place


@contextmanager
def failing(place: PollingPlace, victim: Victim, file: str, faults: str) -> Iterator[None]:
    """The system calls of the terminal that touch a file of its store fail as strace's `inject` says."""
    path = place.folder / "e" / "terminals" / "T-1" / "store" / file
    command = [STRACE, "-f", "-qq", "-p", str(victim.pid), "-P", str(path), "-o", "/dev/null", "-e", f"inject={faults}"]
    # Without -qq strace tells when it is attached; with -f it tells for each thread.
    command.remove("-qq")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        assert "attached" in strace.stderr.readline()
        try:
            yield
        finally:
            strace.terminate()
            strace.communicate(timeout=30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "faults", "screen"),
    [
        ("votes.db-journal", "fsync:error=EIO:when=1", "not_stored"),
        ("votes.db-journal", "pwrite64:error=ENOSPC:when=1+", "not_stored"),
        # Half in place, and nothing can be undone or read again: only the next start can tell.
        ("votes.db", "pwrite64:error=EIO:when=2+", "out_of_order"),
    ],
    ids=["a sync fails", "the disk is full", "the medium dies"],
)
def test_the_voter_hears_what_is_true(place: PollingPlace, file: str, faults: str, screen: str) -> None:
    before = set(place.store(lambda store: store.codes()))
    victim, card = voting(place)
    with failing(place, victim, file, faults):
        told = victim.tell("touch CAST", "view not_stored", "view out_of_order", "view cast ")
        assert told.split()[1] == screen
        victim.kill()
    view = switched_on(place)
    assert set(place.store(lambda store: store.codes())) == before
    if view.screen.value == "after_power":
        assert view.primary is not None
        place.touch(Touch.NEXT, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.no_session()
    place.remove("welcome")
    assert place.state(card) is CardState.ACTIVATED


def test_a_store_that_died_between_voters_is_said_of_the_terminal_and_not_of_their_cards(place: PollingPlace) -> None:
    """Voter and member alike: until a restart nothing is done here, and the next start says how it is."""
    card = place.issue("B")
    codes = place.store(lambda store: store.codes())
    with pytest.raises(OutcomeUnknown):
        place.store(lambda store: store._give_up())
    place.insert(card, "out_of_order")
    place.card.control.remove()
    assert place.state(card) is CardState.ACTIVATED
    place.restart()
    place.see("welcome")
    assert place.store(lambda store: store.codes()) == codes
    place.vote(card)
    place.no_session()
