"""How the second copy stands is told to staff, and to nobody who is voting."""

import pytest

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.domain.words import Message
from kiosk.flows import contract as c
from kiosk.flows.staff.states import StaffHome
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import Mark
from kiosk.flows.views import StaffHome as HomeContent
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import STATION
from tests.flows.phase_examples import EXAMPLES


def key_of(terminal: Terminal) -> str:
    """Which line says where this is."""
    line = view(terminal).station
    assert isinstance(line, Message)
    return line.key


def told(terminal: Terminal, state: c.SecondState) -> Terminal:
    """The terminal once it heard of the second copy."""
    after, requests = step(terminal, c.SecondChanged(c.SecondCopy(state, 3, 40)))
    assert requests == ()
    assert after.phase is terminal.phase
    return after


def test_a_lost_copy_stands_on_the_idle_screen_until_it_is_back() -> None:
    terminal = Terminal.starting(STATION, PollsState.OPEN)
    assert key_of(terminal) == "frame.station"
    terminal = told(terminal, c.SecondState.ABSENT)
    assert key_of(terminal) == "frame.station_one_copy"
    terminal = told(terminal, c.SecondState.CATCHING_UP)
    assert key_of(terminal) == "frame.station_copying"
    assert key_of(told(terminal, c.SecondState.PRESENT)) == "frame.station"


@pytest.mark.parametrize(
    "kind", [v.Ballots, v.Reviewing, v.Deciding, v.Casting, v.Accepted], ids=lambda kind: kind.__name__
)
def test_a_voter_is_not_troubled_with_it(kind: type[v.VoterPhase]) -> None:
    for phase in EXAMPLES[kind]:
        terminal = told(
            Terminal(STATION, PollsState.OPEN, Terminal.starting(STATION, PollsState.OPEN).settings, phase),
            c.SecondState.FAILED,
        )
        assert key_of(terminal) == "frame.station"


def rows(status: c.Status) -> dict[str, tuple[str, Mark]]:
    """The staff's status by the names of its rows."""
    home = StaffHome("Name", "chair", None, status)
    content = view(
        Terminal(STATION, PollsState.OPEN, Terminal.starting(STATION, PollsState.OPEN).settings, home)
    ).content
    assert isinstance(content, HomeContent)
    return {getattr(row.title, "key", ""): (getattr(row.detail, "key", ""), row.mark) for row in content.health}


@pytest.mark.parametrize("state", c.SecondState)
def test_the_status_says_how_the_copy_stands(state: c.SecondState) -> None:
    status = c.Status(Counters(), link=True, printer=None, second=c.SecondCopy(state))
    mark = Mark.DONE if state is c.SecondState.PRESENT else Mark.ATTENTION
    found = rows(status)
    assert found["health.second"] == (f"health.second_{state.value}", mark)
    assert (next(iter(found)) == "health.second") is (mark is Mark.ATTENTION), "what needs somebody comes first"


@pytest.mark.parametrize("found", c.Recovered)
def test_the_status_says_what_a_start_had_to_do(found: c.Recovered) -> None:
    shown = rows(c.Status(Counters(), link=True, printer=None, start=c.StartReport(found, 2)))
    if found is c.Recovered.CLEAN:
        assert "health.start" not in shown
    else:
        mark = Mark.ATTENTION if found is c.Recovered.FROM_SECOND else Mark.DONE
        assert shown["health.start"] == (f"health.start_{found.value}", mark)


def test_a_terminal_without_a_slot_says_nothing_of_it() -> None:
    assert "health.second" not in rows(c.Status(Counters(), link=True, printer=None))


@pytest.mark.parametrize("trouble", [None, *c.PrintTrouble])
def test_the_status_has_a_row_for_each_printer(trouble: c.PrintTrouble | None) -> None:
    shown = rows(c.Status(Counters(), link=True, printer=None, sheets=c.ReportPrinter(trouble)))
    assert shown["health.printer"] == ("health.ready", Mark.DONE)
    told = ("health.ready", Mark.DONE) if trouble is None else (f"printer.{trouble.value}", Mark.TROUBLE)
    assert shown["health.report_printer"] == told
    assert "health.report_printer" not in rows(c.Status(Counters(), link=True, printer=None))
