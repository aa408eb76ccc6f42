"""The list of a voter's papers says what is left to do, and never tells who has filled one to begin."""

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.domain.words import Message
from kiosk.flows.terminal import Terminal
from kiosk.flows.view import view
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import STATION
from tests.flows.phase_examples import EMPTY, FILLED, ONE


def lead(session: v.Session) -> tuple[str, int | None]:
    """What is said under the heading, and of how many papers."""
    said = view(Terminal(STATION, PollsState.OPEN, Settings(), v.Ballots(session))).lead
    assert isinstance(said, Message)
    return said.key, said.count


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (EMPTY, ("ballots.lead", None)),
        (EMPTY.without(0), ("ballots.lead", None)),
        (FILLED, ("ballots.lead_left", 1)),
        (FILLED.anew(0), ("ballots.lead_left", 2)),
        (FILLED.anew(0).without(2), ("ballots.lead_left", 1)),
        (FILLED.without(2), ("ballots.lead_review", None)),
        (FILLED.without(0).without(1).without(2), ("ballots.lead_declined", None)),
        (ONE, ("ballots.lead_review", None)),
        (ONE.anew(0), ("ballots.lead_one", None)),
    ],
)
def test_the_list_says_what_is_left(session: v.Session, said: tuple[str, int | None]) -> None:
    assert lead(session) == said
