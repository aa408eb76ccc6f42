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


def test_who_is_spoken_to_is_not_idle() -> None:
    for phase in EXAMPLES[voter.Filling]:
        terminal = Terminal(STATION, PollsState.OPEN, Settings("en", sound=True), phase, next_id=100)
        after, requests = step(terminal, c.Speaking())
        assert after.phase == phase
        assert [request.effect for request in requests] == [c.SetTimer(interruptions.IDLE, STATION.limits.idle)]


def test_the_time_to_answer_begins_when_the_question_is_heard() -> None:
    for phase in EXAMPLES[voter.StillHere]:
        terminal = Terminal(STATION, PollsState.OPEN, Settings("en", sound=True), phase, next_id=100)
        after, requests = step(terminal, c.Speaking())
        assert after.phase == phase
        assert [request.effect for request in requests] == [c.SetTimer(interruptions.ANSWER, STATION.limits.answer)]


def test_the_voice_keeps_no_card_from_its_time_and_no_staff_screen_open() -> None:
    """What has no voter before it hears of speech and does nothing."""
    for kind in (voter.CardPulled, voter.TakeCard, voter.Encrypting):
        for phase in EXAMPLES[kind]:
            terminal = Terminal(STATION, PollsState.OPEN, Settings("en", sound=True), phase, next_id=100)
            after, requests = step(terminal, c.Speaking())
            assert (after.phase, requests) == (phase, ())
