"""Session after session at the real terminal: it grows by nothing, keeps nothing, and its window waits for nothing."""

import time
from collections.abc import Iterator

import pytest

from tests.bench.process_state import ProcessState, process_state
from tests.bench.station import Station, more_cards, open_station

SESSIONS = 40
PROCESSES = 4
"""Where the others come from, Python's keeper of what they share, papers, and the next session's."""
SEALED_SECONDS = 60.0
LEARNING = 10
GROWN_MIB = 16.0
"""A session's widgets and views are two: kept, those of thirty sessions would be sixty.

What a process shares with no other says nothing here: pages become its own when another process ends.
"""
"""After as many the terminal has seen every screen in every language that these voters use."""
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


def _grown(first: ProcessState, last: ProcessState) -> dict[str, tuple[int, int]]:
    """Of which types of ours there are more than there were: how many then and now.

    A batch that was sealed is known until the day ends; a session leaves nothing.
    """
    pairs = {name: (first.ours.get(name, 0), number) for name, number in last.ours.items()}
    return {name: pair for name, pair in pairs.items() if pair[1] > pair[0] and name != "kiosk.store.batches.Batch"}


def _state(station: Station, like: ProcessState | None = None) -> ProcessState:
    """What the terminal holds while no batch is being sealed or sent: those have processes, pipes and sockets.

    Waits for no more of anything than `like` had; returns what there is if that does not come.
    """
    pid = station.house.terminal_pid
    assert pid is not None
    until = time.monotonic() + SEALED_SECONDS
    while True:
        state = process_state(pid, station.eye)
        quiet = state.processes <= PROCESSES
        if quiet and (
            like is None or ((state.files, state.threads), _grown(like, state)) == ((like.files, like.threads), {})
        ):
            return state
        if time.monotonic() > until:
            return state
        station.eye.look()


@pytest.mark.slow
def test_forty_sessions_leave_nothing_behind(station: Station) -> None:
    station.eye.testimony()
    voters = station.voters(SESSIONS, 7)
    station.vote(voters[:LEARNING], quickly=True)
    first = _state(station)
    station.vote(voters[LEARNING:], quickly=True)
    last = _state(station, first)

    # Everything opened, started or loaded by the window's thread would have held the screen up.
    assert station.eye.testimony() == []
    assert last.processes == PROCESSES
    assert (last.files, last.threads, last.processes) == (first.files, first.threads, first.processes)
    assert (last.widgets, last.qt_objects) == (first.widgets, first.qt_objects)
    assert _grown(first, last) == {}
    assert {name: number for name, number in last.ours.items() if name.startswith(OF_A_VOTER)} == {}
    assert last.ours["kiosk.flows.views.View"] == 1
    assert last.resident - first.resident < GROWN_MIB
