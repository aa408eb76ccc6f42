"""The staff's home while somebody mends what it tells of: it looks again by itself, and nobody is disturbed by that."""

import pytest

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.staff import looking
from kiosk.flows.views import Mark
from kiosk.flows.views import StaffHome as HomeContent
from kiosk.flows.voter import interruptions
from tests.flows.flow_setting import Player
from tests.flows.test_flow_staff_journeys import STATUS, member

NO_PAPER = c.Status(Counters(), link=True, printer=c.PrintTrouble.PAPER_OUT)


def printer_row(player: Player) -> tuple[str, Mark]:
    """What the home says of the printer."""
    content = player.view.content
    assert isinstance(content, HomeContent)
    row = next(row for row in content.health if getattr(row.title, "key", "") == "health.printer")
    return getattr(row.detail, "key", ""), row.mark


def test_a_row_changes_when_the_thing_does_and_nobody_presses_anything() -> None:
    player = member(PollsState.OPEN, NO_PAPER)
    assert printer_row(player) == ("printer.paper_out", Mark.TROUBLE)
    shown = player.view
    assert player.run_out(looking.AGAIN) == "staff_home"
    assert player.view == shown, "what is known stays on screen while the terminal looks"
    player.answer(c.ReadStatus, STATUS)
    assert printer_row(player) == ("health.ready", Mark.DONE)
    player.run_out(looking.AGAIN)
    player.answer(c.ReadStatus, NO_PAPER)
    assert printer_row(player) == ("printer.paper_out", Mark.TROUBLE)


def test_a_look_that_failed_is_not_the_last() -> None:
    player = member(PollsState.OPEN)
    player.run_out(looking.AGAIN)
    player.answer(c.ReadStatus, c.Crashed())
    assert player.view.primary is not None
    assert not player.view.primary.enabled
    player.run_out(looking.AGAIN)
    player.answer(c.ReadStatus, STATUS)
    assert player.view.primary.enabled


def test_who_has_gone_is_not_taken_for_present_because_the_terminal_looks() -> None:
    player = member(PollsState.OPEN)
    before = player.asked.count(c.SetTimer(interruptions.IDLE, 180.0))
    assert before
    for status in (NO_PAPER, STATUS):
        player.run_out(looking.AGAIN)
        player.answer(c.ReadStatus, status)
    assert player.asked.count(c.SetTimer(interruptions.IDLE, 180.0)) == before
    assert player.run_out(interruptions.IDLE) == "take_card"


def test_one_look_at_a_time() -> None:
    player = member(PollsState.OPEN)
    player.touch(Touch.RETRY)
    assert looking.AGAIN not in player.timers
    player.do(c.TimeUp(looking.AGAIN))
    assert len(player.waiting) == 1
    player.answer(c.ReadStatus, STATUS)
    player.do(c.SecondChanged(c.SecondCopy(c.SecondState.ABSENT)))
    player.run_out(looking.AGAIN)
    assert len(player.waiting) == 1


@pytest.mark.parametrize("event", [c.CardRemoved(), c.Touched(Touch.LEAVE), c.Touched(Touch.CLOSE_POLLS)])
def test_nobody_looks_once_the_home_is_left(event: c.Event) -> None:
    player = member(PollsState.OPEN)
    assert player.timers[looking.AGAIN] == looking.AGAIN_SECONDS
    player.do(event)
    assert looking.AGAIN not in player.timers
    looked = player.count(c.ReadStatus)
    player.do(c.TimeUp(looking.AGAIN))
    assert player.count(c.ReadStatus) == looked
