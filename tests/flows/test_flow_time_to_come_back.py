"""How long a session is kept without its card: the election package says it, and the screen says the same."""

from dataclasses import replace

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.domain.station import Limits
from kiosk.flows.terminal import Terminal
from kiosk.flows.view import view
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import STATION
from tests.flows.phase_examples import EMPTY
from texts import Catalogue


@pytest.mark.parametrize("seconds", [5.0, 21.0, 60.0, 600.0])
@pytest.mark.parametrize(("given_back", "reader_lost"), [(False, False), (True, False), (False, True)])
def test_who_pulled_a_card_is_told_the_time_of_the_package(seconds: float, given_back: bool, reader_lost: bool) -> None:
    station = replace(STATION, limits=Limits(pulled=seconds))
    phase = v.CardPulled(v.Ballots(EMPTY), given_back=given_back)
    terminal = replace(Terminal(station, PollsState.OPEN, Settings(), phase), reader_lost=reader_lost)
    lead = view(terminal).lead
    assert lead is not None
    for language, unit in (("ru", "сек"), ("en", "sec")):
        assert f" {seconds:.0f} {unit}" in Catalogue(language).say(lead)
