"""Wherever a PIN is asked for, the pad is as the terminal's settings have it."""

from dataclasses import replace

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.flows.staff import states as s
from kiosk.flows.terminal import Terminal
from kiosk.flows.view import view
from kiosk.flows.views import PinPad
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import STATION
from tests.flows.phase_examples import EXAMPLES


@pytest.mark.parametrize("kind", [s.StaffPin, s.QuorumPin, s.GatherPin, v.ResetPin])
def test_the_pad_is_shuffled_where_the_terminal_says_so(kind: type) -> None:
    for phase in EXAMPLES[kind]:
        for shuffled in (False, True):
            station = replace(STATION, shuffled_pin=shuffled)
            content = view(Terminal(station, PollsState.OPEN, Settings("en"), phase, next_id=100)).content
            assert isinstance(content, PinPad)
            assert content.shuffled is shuffled
