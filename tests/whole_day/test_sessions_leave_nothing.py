"""Session after session at the real terminal: it grows by nothing, keeps nothing, and its window waits for nothing."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.bench.process_state import ProcessState, process_state
from tests.bench.station import Station, more_cards, open_station

SESSIONS = 40
PROCESSES = 4
"""Where the others come from, Python's keeper of what they share, papers, and the next session's."""
SEALED_SECONDS = 60.0
SETTLING_SECONDS = 5.0
"""Far longer than any file that is read or request that is made while nobody votes is open."""
LEARNING = 10
"""After as many the terminal has seen every screen in every language that these voters use."""
GROWN_MIB = 16.0
"""A session's widgets and views are two: kept, those of thirty sessions would be sixty.

What a process shares with no other says nothing here: pages become its own when another process ends.
"""
OF_A_VOTER = (
    "kiosk.domain.ballots.Selection",
    "kiosk.effects.cards.VoterFound",
    "kiosk.effects.voting.",
    "kiosk.effects.session_process.",
    "kiosk.flows.contract.OptionTouched",
    "kiosk.flows.views.Choice",
    "kiosk.flows.views.Review",
    "kiosk.screens.parts.options.",
    "kiosk.screens.voter.contest.",
    "protocol.documents.authorisation.",
)
"""Types of what belongs to one voter, or the beginnings of their names."""


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    with open_station(lambda _: None, more_cards(SESSIONS + 1), witness=True) as station:
        yield station


def _more(first: ProcessState, last: ProcessState) -> list[str]:
    """What there is more of than there was, and all that belongs to a voter.

    A batch that was sealed is known until the day ends; a session leaves nothing.
    """
    kept = {name: number for name, number in last.ours.items() if name != "kiosk.store.batches.Batch"}
    pairs = {
        "threads": (first.threads, last.threads),
        "processes": (first.processes, last.processes),
        "widgets": (first.widgets, last.widgets),
        "Qt objects": (first.qt_objects, last.qt_objects),
    } | {name: (0 if name.startswith(OF_A_VOTER) else first.ours.get(name, 0), number) for name, number in kept.items()}
    grown = [f"{now} {name}, not {before}" for name, (before, now) in pairs.items() if now > before]
    return grown + list((Counter(last.files) - Counter(first.files)).elements())


def _least(station: Station) -> ProcessState:
    """The least that it holds at any moment of a while: a look may meet a file being read, a batch being sent.

    Waits for its batches' processes to have ended; what is returned says so if they did not.
    """
    until = time.monotonic() + SEALED_SECONDS
    while (state := _state(station)).processes > PROCESSES and time.monotonic() < until:
        station.eye.look()
    least = state
    until = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < until:
        station.eye.look()
        least = min(least, _state(station), key=lambda one: (one.processes, len(one.files), one.threads))
    return least


def _no_more(station: Station, than: ProcessState) -> ProcessState:
    """A state in which it holds no more of anything than it did, waited for; what there is if that does not come."""
    until = time.monotonic() + SEALED_SECONDS
    while _more(than, state := _state(station)) and time.monotonic() < until:
        station.eye.look()
    return state


def _state(station: Station) -> ProcessState:
    pid = station.house.terminal_pid
    assert pid is not None
    return process_state(pid, station.eye)


@pytest.mark.slow
def test_forty_sessions_leave_nothing_behind(station: Station) -> None:
    station.eye.testimony()
    voters = station.voters(SESSIONS, 7)
    station.vote(voters[:LEARNING], quickly=True)
    first = _least(station)
    station.vote(voters[LEARNING:], quickly=True)
    last = _no_more(station, first)

    # Everything opened, started or loaded by the window's thread would have held the screen up.
    assert station.eye.testimony() == []
    assert first.processes == PROCESSES
    assert _more(first, last) == []
    assert last.ours["kiosk.flows.views.View"] == 1
    assert last.resident - first.resident < GROWN_MIB
