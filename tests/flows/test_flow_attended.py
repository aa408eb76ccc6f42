"""Who listens is not idle: `Attended` starts the idle timer anew, and does nothing else."""

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.flows import contract as c
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.voter import interruptions
from kiosk.flows.voter import states as voter
from tests.flows.flow_setting import STATION
from tests.flows.phase_examples import EXAMPLES


@pytest.mark.parametrize("kind", [voter.Ballots, voter.Filling, voter.Reviewing, voter.Deciding])
def test_listening_starts_the_idle_timer_anew_and_changes_nothing(kind: type[voter.VoterPhase]) -> None:
    for phase in EXAMPLES[kind]:
        terminal = Terminal(STATION, PollsState.OPEN, Settings("en", sound=True), phase, next_id=100)
        after, requests = step(terminal, c.Attended())
        assert (after.phase, after.settings, after.polls) == (terminal.phase, terminal.settings, terminal.polls)
        assert [request.effect for request in requests] == [c.SetTimer(interruptions.IDLE, STATION.limits.idle)]


def test_listening_does_not_answer_for_a_voter_who_is_asked() -> None:
    for phase in EXAMPLES[voter.StillHere]:
        terminal = Terminal(STATION, PollsState.OPEN, Settings("en", sound=True), phase, next_id=100)
        after, requests = step(terminal, c.Attended())
        assert after.phase == phase
        assert requests == ()
