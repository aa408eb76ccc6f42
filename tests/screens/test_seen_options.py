"""The screen tells which options of a contest it shows: each once, and none that no page has shown."""

from collections.abc import Callable

from demo.gallery import STATION
from demo.large_contents import contest, session
from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings, TextSize
from kiosk.flows.contract import OptionsShown
from kiosk.flows.terminal import Terminal
from kiosk.flows.view import view
from kiosk.flows.voter.states import Filling
from kiosk.screens.theme import PANEL_10, Panel
from tests.screens.conftest import Kiosk

COUNT = 30


def shown(kiosk: Kiosk, first: int = 0, paper: int = 0) -> list[int]:
    """Show a long contest; the options that were told of since."""
    kiosk.shown.clear()
    phase = Filling(session(2, contest(COUNT, 5), ()), paper, 0, first=first)
    kiosk.show(view(Terminal(STATION, PollsState.OPEN, Settings("ru", TextSize.LARGEST), phase)))
    return told(kiosk, f"p{paper + 1}")


def told(kiosk: Kiosk, paper: str) -> list[int]:
    assert all(isinstance(event, OptionsShown) and event.paper_id == paper for event in kiosk.shown)
    return [option for event in kiosk.shown for option in event.options]


def test_every_page_is_told_when_it_is_turned_to(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_10)
    first = shown(kiosk)
    assert 0 < len(first) < COUNT
    assert first == list(range(len(first)))
    frame = kiosk.shell.frame
    assert frame is not None
    assert frame.paged is not None
    paged = frame.paged
    while paged.page + 1 < paged.pages:
        paged.turn(paged.page + 1)
    assert told(kiosk, "p1") == list(range(COUNT)), "each once, in order"


def test_the_list_opens_where_something_was_not_seen(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_10)
    options = shown(kiosk, first=17)
    assert 17 in options
    assert 0 not in options


def test_another_paper_with_the_same_names_is_told_anew(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_10)
    assert shown(kiosk) == shown(kiosk, paper=1)
