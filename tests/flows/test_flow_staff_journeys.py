"""Staff at the terminal: who they are, opening, closing, and everything that goes wrong on the way."""

from datetime import UTC, datetime

from kiosk.domain.counters import Counters
from kiosk.domain.polls import Pause, PauseReason, PollsState
from kiosk.domain.words import message, plain
from kiosk.flows import contract as c
from kiosk.flows.contract import ActKind, Touch
from kiosk.flows.staff.states import Checklist
from kiosk.flows.views import Rows
from kiosk.flows.voter import interruptions
from tests.flows.flow_setting import HANDLE, MAYOR, Player
from texts import Catalogue

PASSED = c.Checked((c.CheckResult("printer"),))
STATUS = c.Status(Counters(), link=True, printer=None)


def member(polls: PollsState, status: c.Status = STATUS) -> Player:
    """A chair whose PIN was right."""
    player = Player().with_polls(polls)
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.StaffCard("Name", "chair", 3)) == "staff_pin"
    assert player.do(c.PinEntered(c.Handle("pin"))) == "staff_pin"
    assert player.answer(c.VerifyPin, c.PinAccepted()) == "staff_home"
    assert player.answer(c.ReadStatus, status) == "staff_home"
    return player


def opened(player: Player) -> None:
    """The steps of opening up to its act."""
    player.answer(c.CheckReadiness, PASSED)
    player.answer(c.ReleaseKey, c.Done())
    player.answer(c.PrintAct, c.Printed())
    player.answer(c.OpenPolls, c.Done())


def test_opening() -> None:
    player = member(PollsState.NOT_OPENED)
    assert player.touch(Touch.OPEN_POLLS) == "staff_checklist"
    opened(player)
    assert player.terminal.polls is PollsState.OPEN
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"
    acts = [each.act for each in player.asked if isinstance(each, c.PrintAct)]
    assert acts == [ActKind.ZERO_REPORT, ActKind.OPENING], "the zero report is on paper before the polls open"
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.count(c.EndStaff) == 1


def test_opening_with_a_failing_printer() -> None:
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    trouble = c.Checked((c.CheckResult("printer", message("printer.paper_out")),))
    assert player.answer(c.CheckReadiness, trouble) == "staff_checklist"
    assert player.touch(Touch.RETRY) == "staff_checklist"
    player.answer(c.CheckReadiness, PASSED)
    player.answer(c.ReleaseKey, c.Done())
    assert player.answer(c.PrintAct, c.NotPrinted(c.PrintTrouble.JAM)) == "staff_checklist"
    assert player.count(c.OpenPolls) == 0, "no polls without a zero report"
    player.touch(Touch.RETRY)
    player.answer(c.PrintAct, c.Printed())
    player.answer(c.OpenPolls, c.Done())
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"


def test_opening_before_the_hour() -> None:
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.answer(c.ReleaseKey, c.Done())
    player.answer(c.PrintAct, c.Printed())
    early = c.Checked((c.CheckResult("opening_hour", message("check.too_early_to_open", time="08:00")),))
    assert player.answer(c.OpenPolls, early) == "staff_checklist"
    assert player.terminal.polls.value == "not_opened"
    assert isinstance(player.view.content, Rows)
    rows = len(player.view.content.rows)
    keys = [getattr(row.title, "key", "") for row in player.view.content.rows]
    assert keys[keys.index("step.open") + 1] == "check.opening_hour", "it stands under the step that found it"
    player.touch(Touch.RETRY)
    player.answer(c.OpenPolls, c.Done())
    assert isinstance(player.view.content, Rows)
    assert len(player.view.content.rows) == rows - 1, "the trouble that is over is no longer shown"
    assert player.terminal.polls.value == "open"


def test_an_opening_act_that_was_left_for_later() -> None:
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    opened(player)
    player.answer(c.PrintAct, c.NotPrinted(c.PrintTrouble.PAPER_OUT))
    assert player.touch(Touch.LEAVE) == "staff_home"
    player.answer(c.ReadStatus, c.Status(Counters(), link=True, printer=None, unprinted=(ActKind.OPENING,)))
    assert player.touch(Touch.PRINT_ACT) == "staff_checklist"
    assert player.last(c.PrintAct) == c.PrintAct(ActKind.OPENING)
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"
    assert player.touch(Touch.FINISH) == "staff_home"


def test_closing() -> None:
    player = member(PollsState.OPEN)
    assert player.touch(Touch.CLOSE_POLLS) == "staff_checklist"
    assert player.answer(c.CheckReadiness, PASSED) == "staff_close"
    assert player.count(c.ClosePolls) == 0, "a person says yes first"
    assert player.touch(Touch.CONFIRM) == "staff_checklist"
    player.answer(c.ClosePolls, c.Done())
    assert player.terminal.polls is PollsState.CLOSED
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"
    assert player.do(c.CardRemoved()) == "closed"


def test_closing_too_early() -> None:
    player = member(PollsState.OPEN)
    player.touch(Touch.CLOSE_POLLS)
    early = c.Checked((c.CheckResult("closing_hour", message("check.too_early_to_close", time="20:00")),))
    assert player.answer(c.CheckReadiness, early) == "staff_checklist"
    assert player.touch(Touch.CONFIRM) == "staff_checklist"
    assert player.count(c.ClosePolls) == 0
    assert player.touch(Touch.LEAVE) == "staff_home"
    assert player.terminal.polls is PollsState.OPEN


def test_closing_is_not_confirmed_without_the_card() -> None:
    """The card goes while the hour is looked at: nobody is there who may confirm."""
    player = member(PollsState.OPEN)
    player.touch(Touch.CLOSE_POLLS)
    assert player.do(c.CardRemoved()) == "staff_checklist"
    assert player.answer(c.CheckReadiness, PASSED) == "welcome"
    player.touch(Touch.CONFIRM)
    assert player.count(c.ClosePolls) == 0


def test_polls_that_close_while_the_card_goes() -> None:
    player = member(PollsState.OPEN)
    player.touch(Touch.CLOSE_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.touch(Touch.CONFIRM)
    player.do(c.CardRemoved())
    assert player.answer(c.ClosePolls, c.Done()) == "closed"
    assert player.count(c.PrintAct) == 0, "without the card nothing is signed; the act is asked for at home"


def test_the_card_goes_while_a_person_is_asked() -> None:
    player = member(PollsState.OPEN)
    player.touch(Touch.CLOSE_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.count(c.EndStaff) == 1


def test_who_took_the_card_too_soon_reads_that_it_is_to_come_back() -> None:
    """Not after the last step, and not for good: the next who comes meets the usual sign."""
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.do(c.CardRemoved())
    assert player.answer(c.ReleaseKey, c.Done()) == "closed"
    assert "'closed.cut_short'" in str(player.view.lead)
    player.do(c.TimeUp(interruptions.IDLE))
    assert "closed.cut_short" not in str(player.view.lead)
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    assert (
        player.answer(c.CheckReadiness, c.Checked((c.CheckResult("x", message("step.failed")),))) == "staff_checklist"
    )
    player.do(c.CardRemoved())
    assert "'closed.cut_short'" in str(player.view.lead), "left in the middle of a step in trouble"
    player.do(c.CardInserted())
    player.do(c.CardRemoved())
    assert "closed.cut_short" not in str(player.view.lead)
    player = member(PollsState.OPEN)
    player.touch(Touch.CLOSE_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.touch(Touch.CONFIRM)
    player.answer(c.ClosePolls, c.Done())
    player.do(c.CardRemoved())
    assert player.answer(c.PrintAct, c.Printed()) == "closed"
    assert "closed.cut_short" not in str(player.view.lead), "the last paper was out"


def test_a_card_that_comes_while_a_step_still_works_is_read_when_that_is_done() -> None:
    """The member's own, put back, or a voter's: the polls are open, and the opening act is being printed."""
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.do(c.CardRemoved())
    assert player.do(c.CardInserted()) == "staff_checklist"
    assert player.answer(c.ReleaseKey, c.Done()) == "reading"
    assert player.last(c.ReadCard) == c.ReadCard(voters=False)
    assert player.answer(c.ReadCard, c.StaffCard("Name", "chair", 3)) == "staff_pin", "who it is has to be proved anew"
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    opened(player)
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.PrintAct, c.NotPrinted(c.PrintTrouble.JAM)) == "reading"
    assert player.last(c.ReadCard).voters, "the polls are open"
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    for event in (c.CardRemoved(), c.CardInserted(), c.CardRemoved()):
        player.do(event)
    assert player.answer(c.CheckReadiness, PASSED) == "closed", "out again"


PAUSE = Pause(PauseReason.EMERGENCY, datetime(2026, 9, 20, 14, 23, tzinfo=UTC))


def paused() -> Player:
    """Voting paused by a member, its act printed."""
    player = member(PollsState.OPEN)
    assert player.touch(Touch.PAUSE_POLLS) == "staff_pause"
    assert player.touch(Touch.CONFIRM) == "staff_pause", "nothing is paused without a reason"
    assert player.do(c.ReasonChosen(PauseReason.EMERGENCY)) == "staff_checklist"
    assert player.last(c.PausePolls) == c.PausePolls(PauseReason.EMERGENCY)
    player.answer(c.PausePolls, c.Paused(PAUSE))
    assert player.last(c.PrintAct) == c.PrintAct(ActKind.PAUSE)
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"
    return player


def test_a_pause_admits_nobody_and_says_since_when() -> None:
    player = paused()
    assert player.do(c.CardRemoved()) == "closed"
    said = Catalogue("en").say(player.view.lead or plain(""))
    assert "14:23" in said
    assert "20 September" in said
    player.do(c.CardInserted())
    assert player.last(c.ReadCard) == c.ReadCard(voters=False, interrupted=True)
    player.answer(c.ReadCard, c.CardRefused(c.Refusal.NOT_OPEN))
    assert player.do(c.CardRemoved()) == "closed"


def test_who_was_in_a_session_before_the_pause_gets_the_card_released() -> None:
    player = paused()
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,), interrupted=True)) == "take_card"
    assert player.answer(c.ReleaseCard, c.Done()) == "take_card"
    assert "take_card_paused" in str(player.view.lead)
    assert player.do(c.CardRemoved()) == "closed"
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.AlreadyCast()) == "after_power"


def test_voting_goes_on_or_is_closed_after_a_pause() -> None:
    player = paused()
    player.touch(Touch.FINISH)
    player.answer(c.ReadStatus, STATUS)
    assert player.view.primary is not None
    assert player.view.primary.event == c.Touched(Touch.RESUME_POLLS), "pausing never looks like closing"
    assert player.touch(Touch.CLOSE_POLLS) == "staff_checklist"
    assert player.answer(c.CheckReadiness, PASSED) == "staff_close"
    player.touch(Touch.LEAVE)
    player.answer(c.ReadStatus, STATUS)
    player.touch(Touch.RESUME_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.answer(c.ReleaseKey, c.Done())
    player.answer(c.ResumePolls, c.Done())
    assert player.terminal.polls is PollsState.OPEN
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"
    assert player.do(c.CardRemoved()) == "welcome"


def test_a_step_that_breaks_is_tried_again() -> None:
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    assert player.answer(c.CheckReadiness, c.Crashed()) == "staff_checklist"
    assert player.touch(Touch.RETRY) == "staff_checklist"
    player.answer(c.CheckReadiness, PASSED)
    assert player.answer(c.ReleaseKey, c.CardRefused(c.Refusal.NO_SHARE)) == "staff_checklist"
    phase = player.terminal.phase
    assert isinstance(phase, Checklist)
    assert phase.trouble is not None


def test_a_wrong_pin_and_a_blocked_card() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard("Name", "chair", 3))
    for _ in range(2):
        player.do(c.PinEntered(c.Handle("pin")))
        assert player.do(c.PinEntered(c.Handle("pin"))) == "staff_pin", "the first one is still judged"
        assert player.answer(c.VerifyPin, c.CardRefused(c.Refusal.PIN_WRONG)) == "staff_pin"
    assert player.count(c.VerifyPin) == 2
    assert "1" in str(player.view.content)
    player.do(c.PinEntered(c.Handle("pin")))
    assert player.answer(c.VerifyPin, c.CardRefused(c.Refusal.PIN_BLOCKED)) == "staff_pin"
    assert "refusal.pin_blocked" in str(player.view.content)
    assert player.do(c.CardRemoved()) == "welcome"


def test_home_begins_nothing_that_does_not_fit() -> None:
    player = member(PollsState.CLOSED)
    assert player.touch(Touch.OPEN_POLLS) == "staff_home"
    assert player.touch(Touch.CLOSE_POLLS) == "staff_home"
    assert player.view.primary is None
    assert player.touch(Touch.RETRY) == "staff_home"
    assert player.count(c.ReadStatus) == 2
    assert player.touch(Touch.LEAVE) == "take_card"
    assert player.count(c.EndStaff) == 1, "the PIN does not outlast the member's work"
    assert player.do(c.CardRemoved()) == "closed"


def test_a_member_who_walks_away_leaves_neither_pin_nor_home_behind() -> None:
    player = member(PollsState.OPEN)
    assert player.run_out("idle") == "take_card"
    assert player.count(c.EndStaff) == 1
    assert player.touch(Touch.CLOSE_POLLS) == "take_card"
    assert player.do(c.CardRemoved()) == "welcome"


def test_who_walks_away_from_a_question_has_nobody_else_answer_it() -> None:
    """Closing is for good: a passer-by must not find a member's card in, and only *yes* to be pressed."""
    player = member(PollsState.OPEN)
    player.touch(Touch.CLOSE_POLLS)
    assert "idle" not in player.timers, "what is under way ends by itself"
    player.answer(c.CheckReadiness, PASSED)
    assert player.run_out("idle") == "take_card"
    assert player.count(c.EndStaff) == 1
    assert player.touch(Touch.CONFIRM) == "take_card"
    assert player.count(c.ClosePolls) == 0

    player = member(PollsState.OPEN)
    player.touch(Touch.PAUSE_POLLS)
    assert player.run_out("idle") == "take_card", "why is to be said by the member"

    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    player.answer(c.CheckReadiness, c.Checked((c.CheckResult("x", message("step.failed")),)))
    assert player.run_out("idle") == "take_card", "a step in trouble waits for who mends it, not for ever"
