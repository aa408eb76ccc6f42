"""An order terminates voting: time to finish for who is here, nobody new, and everybody told how to vote instead."""

from dataclasses import replace

import pytest

from kiosk.domain.orders import Termination
from kiosk.domain.polls import PollsState
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.terminal import Phase, Terminal
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import HANDLE, PAPERS, STATION, STOP_ALL, STOP_NORTH, Player, termination, words_of
from tests.flows.phase_examples import CODED, EFFECT, EMPTY, EXAMPLES, FILLED


def at(phase: Phase, *orders: Termination, polls: PollsState = PollsState.OPEN) -> Player:
    """A player at this phase, under these orders."""
    player = Player(Terminal.starting(STATION, polls, orders=orders))
    player.terminal = replace(player.terminal, phase=phase, next_id=1000)
    return player


def says(player: Player, key: str) -> bool:
    return any(getattr(words, "key", "") == key for words in words_of(player.view))


def test_with_nobody_here_the_screen_says_how_to_vote_instead() -> None:
    player = at(v.Waiting())
    assert player.do(c.OrderArrived(STOP_NORTH)) == "welcome", "the others go on"
    assert player.do(c.OrderArrived(STOP_ALL)) == "ordered_stop"
    assert "Instead in English" in repr(player.view)
    assert not player.timers
    again = player.terminal
    player.do(c.OrderArrived(STOP_ALL))
    assert player.terminal == again, "the same order twice is one order"


@pytest.mark.parametrize("polls", list(PollsState))
def test_a_terminal_that_starts_under_an_order_never_says_welcome(polls: PollsState) -> None:
    assert at(v.Waiting(), STOP_ALL, polls=polls).screen == "ordered_stop"


def test_the_voter_of_another_district_votes_and_that_of_this_one_keeps_the_card() -> None:
    player = at(v.Waiting(), STOP_NORTH)
    player.do(c.CardInserted())
    assert player.last(c.ReadCard).orders == (STOP_NORTH,)
    assert player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, PAPERS, district="south")) == "ballots"
    player = at(v.Waiting(), STOP_NORTH)
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.VotingStopped("north")) == "ordered_stop"
    assert says(player, "ordered_stop.take_card")
    assert "Instead in English" in repr(player.view)
    assert player.count(c.ReleaseCard) == 0
    assert player.do(c.CardRemoved()) == "welcome"


def test_an_order_that_comes_while_a_card_is_read_admits_nobody() -> None:
    player = at(v.Waiting())
    player.do(c.CardInserted())
    player.do(c.OrderArrived(STOP_NORTH))
    assert player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, PAPERS, district="north")) == "ordered_stop"
    assert says(player, "card.wait")
    player.answer(c.ReleaseCard, c.Done())
    assert says(player, "ordered_stop.take_card")
    assert player.last(c.EndSession) == c.EndSession(HANDLE)


def test_a_session_gets_its_time_is_told_twice_and_may_cast() -> None:
    player = at(v.Deciding(CODED))
    assert player.do(c.OrderArrived(STOP_ALL)) == "stop_notice"
    assert player.timers["grace_soon"] == 240.0
    assert says(player, "stop_notice.minutes")
    assert player.touch(Touch.CONTINUE) == "decide"
    assert player.run_out("grace_soon") == "stop_notice"
    assert player.timers["grace"] == 60.0
    player.touch(Touch.CONTINUE)
    assert player.touch(Touch.CAST) == "casting"
    assert "grace" not in player.timers, "Cast was pressed: nothing ends it any more"
    player.do(c.TimeUp("grace"))
    assert player.answer(c.Cast, c.Stored(2)) == "cast"
    player.answer(c.SpendCard, c.Done())
    player.answer(c.PrintCast, c.Printed())
    assert player.do(c.CardRemoved()) == "ordered_stop"


def under_way() -> list[Phase]:
    """Every example of a phase with a session that has not pressed *Cast*, of the northern district."""
    kinds = (*EXAMPLES,)
    phases = [phase for kind in kinds for phase in EXAMPLES[kind]]
    mine = v.Interactive | v.Working | v.Helped | v.LeavingAsked | v.StillHere | v.AfterPower
    found: list[Phase] = []
    for phase in phases:
        if isinstance(phase, mine) and "'north'" in repr(phase):
            found.append(phase)
    return found


def test_at_the_end_of_the_time_nothing_is_cast_and_the_card_is_usable() -> None:
    assert len(under_way()) > 40
    for phase in under_way():
        player = at(phase)
        player.do(c.OrderArrived(termination("short", "north", grace=45.0)))
        assert player.run_out("grace") == "ordered_stop"
        assert player.count(c.Cast) == 0
        assert player.last(c.ReleaseCard) == c.ReleaseCard(HANDLE)
        player.do(c.Finished(EFFECT, c.Encrypted("mayor", "CODE")))
        player.answer(c.ReleaseCard, c.Done())
        assert player.last(c.EndSession) == c.EndSession(HANDLE)
        assert says(player, "ordered_stop.take_card")
        assert not set(player.timers) - {"card_left"}, phase  # a member is called for a card that nobody takes
        assert player.do(c.CardRemoved()) == "welcome"


def test_without_grace_the_session_ends_at_once() -> None:
    player = at(v.Reviewing(FILLED))
    assert player.do(c.OrderArrived(termination("now", grace=0.0))) == "ordered_stop"
    assert player.answer(c.ReleaseCard, c.CardRefused(c.Refusal.UNREADABLE)) == "ordered_stop"
    assert says(player, "card.held")


def test_an_order_about_another_district_disturbs_nobody() -> None:
    for phase in under_way():
        player = at(phase)
        before = player.view
        player.do(c.OrderArrived(termination("south", "south")))
        assert player.view == before
        assert "grace" not in player.timers


def test_a_second_order_does_not_lengthen_the_time() -> None:
    player = at(v.Reviewing(FILLED))
    player.do(c.OrderArrived(termination("short", "north", grace=30.0)))
    player.do(c.OrderArrived(STOP_ALL))
    assert player.timers["grace"] == 30.0
    assert "grace_soon" not in player.timers


def test_who_waits_for_the_terminal_is_told_at_the_next_screen() -> None:
    player = at(v.Offering(CODED, EFFECT))
    assert player.do(c.OrderArrived(STOP_NORTH)) == "encrypting"
    assert player.do(c.Finished(EFFECT, c.Printed())) == "stop_notice"
    assert player.touch(Touch.CONTINUE) == "decide"


def test_a_card_that_is_away_when_the_time_ends_is_released_when_it_comes_back() -> None:
    player = at(v.Reviewing(FILLED))
    player.do(c.OrderArrived(termination("short", "north", grace=45.0)))
    player.do(c.CardRemoved())
    assert player.run_out("grace") == "welcome"
    assert player.last(c.EndSession) == c.EndSession(HANDLE)
    assert not player.timers
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.VotingStopped("north")) == "ordered_stop"


def before_a_member(order: Termination, *, pin: bool) -> Player:
    """A voter's session under an order; its card is out, and a member's with or without its PIN is in its place."""
    player = at(v.Deciding(CODED))
    player.do(c.OrderArrived(order))
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.StaffCard("Name", "secretary", 3, 12)) == "staff_pin"
    if pin:
        player.do(c.PinEntered(c.Handle("pin")))
        assert player.answer(c.VerifyPin, c.PinAccepted()) == "staff_reset"
    return player


@pytest.mark.parametrize("pin", [False, True], ids=["at the PIN", "at the question"])
@pytest.mark.parametrize("scope", ["north", "everything"])
def test_the_time_ends_while_a_member_stands_before_the_session(scope: str, pin: bool) -> None:
    order = termination("short", *(() if scope == "everything" else (scope,)), grace=45.0)
    player = before_a_member(order, pin=pin)
    assert player.timers["grace"] == 45.0, "a member does not stop the time"
    assert player.run_out("grace") == "staff_reset_ended"
    assert (player.count(c.EndStaff), player.count(c.ResetSession), player.count(c.Cast)) == (1, 1, 0)
    assert "grace" not in player.timers
    # The member goes, the voter comes: the card is made usable again, and the screen says how to vote instead.
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "take_card"
    assert player.last(c.ReleaseCard) == c.ReleaseCard(HANDLE)
    player.answer(c.ReleaseCard, c.Done())
    assert player.last(c.EndSession) == c.EndSession(HANDLE)
    assert player.do(c.CardRemoved()) == ("ordered_stop" if scope == "everything" else "welcome")
    assert not set(player.timers)


def test_a_session_that_a_member_gives_back_has_what_is_left_of_its_time() -> None:
    player = before_a_member(termination("short", "north", grace=45.0), pin=True)
    assert player.touch(Touch.CONTINUE) == "card_pulled"
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) in ("decide", "stop_notice")
    assert player.timers["grace"] == 45.0
    assert player.run_out("grace") == "ordered_stop"
    assert player.last(c.ReleaseCard) == c.ReleaseCard(HANDLE)
    assert player.count(c.Cast) == 0


def test_the_notice_gives_way_to_everything_else() -> None:
    player = at(v.Ballots(EMPTY))
    player.do(c.OrderArrived(STOP_NORTH))
    assert player.do(c.CardRemoved()) == "card_pulled"
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "ballots"
    player.run_out("grace_soon")
    assert player.run_out("idle") == "still_here"
    assert player.touch(Touch.STILL_HERE) == "ballots"


def test_the_paper_is_printed_for_whoever_asks() -> None:
    player = at(v.Waiting(), STOP_ALL)
    player.touch(Touch.PRINT_ORDER)
    assert player.last(c.PrintOrder) == c.PrintOrder(STOP_ALL.digest, "ru")
    player.answer(c.PrintOrder, c.NotPrinted(c.PrintTrouble.PAPER_OUT))
    assert says(player, "ordered_stop.not_printed")
    player.touch(Touch.PRINT_ORDER)
    assert player.last(c.PrintOrder).reprint
    player.answer(c.PrintOrder, c.Printed())
    assert says(player, "ordered_stop.take_paper")
    player.touch(Touch.PRINT_ORDER)
    assert player.count(c.PrintOrder) == 2, "one paper is enough"
    player.run_out("idle")
    assert isinstance(player.terminal.phase, v.Waiting)


def test_an_order_before_opening_leaves_nothing_to_open_and_a_card_is_told_why() -> None:
    player = at(v.Waiting(), STOP_ALL, polls=PollsState.NOT_OPENED)
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.CardRefused(c.Refusal.NOT_OPEN)) == "ordered_stop"
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard("Name", "chair", 3))
    player.do(c.PinEntered(c.Handle("pin")))
    player.answer(c.VerifyPin, c.PinAccepted())
    assert player.view.primary is None
    player.touch(Touch.OPEN_POLLS)
    assert player.count(c.CheckReadiness) == 0


def test_the_polls_close_under_an_order() -> None:
    player = at(v.Waiting(), STOP_ALL)
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard("Name", "chair", 3))
    player.do(c.PinEntered(c.Handle("pin")))
    player.answer(c.VerifyPin, c.PinAccepted())
    player.touch(Touch.CLOSE_POLLS)
    player.answer(c.CheckReadiness, c.Checked((c.CheckResult("closing_hour"),)))
    player.touch(Touch.CONFIRM)
    player.answer(c.ClosePolls, c.Done())
    player.answer(c.PrintAct, c.Printed())
    assert player.do(c.CardRemoved()) == "ordered_stop"
    assert player.terminal.polls is PollsState.CLOSED
