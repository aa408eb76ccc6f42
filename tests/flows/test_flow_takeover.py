"""A spare takes over: members' cards one after another, and whatever may happen in between; and the one it replaced."""

import pytest

from kiosk.domain.counters import Counters
from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.staff.states import GatherCard, Gathering, TakingOver
from kiosk.flows.terminal import Phase, Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import Mark, Rows
from kiosk.flows.voter import states as v
from kiosk.flows.voter.ordered_stop import under_way
from tests.flows.flow_setting import CODE, HANDLE, MAYOR, STATION, STOP_ALL, Player
from tests.flows.phase_examples import EXAMPLES

MEMBERS = (("Anna", "chair"), ("Boris", "secretary"), ("Vera", "voting_member"))
BEGUN = c.TakeoverBegun("T-9", 2, MEMBERS)
FRESH = c.Status(Counters(), link=True, printer=None, may_take_over=True)


def card(player: Player, member: tuple[str, str]) -> str:
    """A member's card goes in and its PIN is right; the screen after it."""
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard(*member, 3))
    player.do(c.PinEntered(c.Handle("pin")))
    return player.answer(c.VerifyPin, c.PinAccepted())


def at_home(polls: PollsState = PollsState.NOT_OPENED, status: c.Status = FRESH) -> Player:
    player = Player().with_polls(polls)
    card(player, MEMBERS[0])
    player.answer(c.ReadStatus, status)
    return player


def asked() -> Player:
    player = at_home()
    assert player.touch(Touch.TAKE_OVER) == "staff_takeover"
    player.answer(c.BeginTakeover, BEGUN)
    return player


def gathering() -> Player:
    """The first card is at work."""
    player = asked()
    player.touch(Touch.CONFIRM)
    return player


def rows(player: Player) -> list[Mark]:
    content = player.view.content
    assert isinstance(content, Rows)
    return [row.mark for row in content.rows]


def lead(player: Player) -> str:
    return getattr(player.view.lead, "key", "")


@pytest.mark.parametrize(
    ("polls", "status"),
    [(PollsState.OPEN, FRESH), (PollsState.NOT_OPENED, c.Status(Counters(), link=True, printer=None))],
)
def test_only_a_fresh_terminal_with_anothers_medium_offers_it(polls: PollsState, status: c.Status) -> None:
    player = at_home(polls, status)
    assert "take_over" not in str(player.view.content)
    assert player.touch(Touch.TAKE_OVER) == "staff_home"
    assert not player.count(c.BeginTakeover)
    assert "take_over" in str(at_home().view.content)


def test_two_members_of_three_and_it_starts_anew() -> None:
    player = gathering()
    assert lead(player) == "takeover.lead_card_works"
    assert player.view.back is None, "nobody leaves while a card is at work"
    player.answer(c.GiveShare, c.ShareGiven(1))
    assert lead(player) == "takeover.lead_take"
    assert rows(player) == [Mark.DONE, Mark.NONE, Mark.NONE]
    player.do(c.CardRemoved())
    assert lead(player) == "takeover.lead_next"
    assert card(player, MEMBERS[2]) == "staff_takeover"
    player.answer(c.GiveShare, c.ShareGiven(0))
    assert lead(player) == "takeover.lead_writing"
    assert rows(player) == [Mark.ATTENTION, Mark.DONE, Mark.NONE, Mark.DONE]
    player.answer(c.TakeOver, c.Done())
    assert player.asked[-1] == c.StartAnew()
    assert "gather" not in player.timers
    before = player.terminal.phase
    for event in (c.CardRemoved(), c.CardInserted(), c.Touched(Touch.LEAVE), c.TimeUp("gather")):
        player.do(event)
    assert player.terminal.phase == before, "nothing but the new start comes after it"


def test_a_medium_that_is_none_of_ours_says_why_and_may_be_changed() -> None:
    player = at_home()
    player.touch(Touch.TAKE_OVER)
    player.answer(c.BeginTakeover, c.TakeoverFailed(c.TakeoverTrouble.OTHER_PLACE))
    assert "takeover_trouble.other_place" in str(player.view.content)
    player.touch(Touch.RETRY)
    player.answer(c.BeginTakeover, BEGUN)
    assert player.view.primary is not None
    assert player.touch(Touch.LEAVE) == "staff_home"
    assert player.count(c.EndTakeover) == 1


def test_the_same_card_twice_counts_once() -> None:
    player = gathering()
    player.answer(c.GiveShare, c.ShareGiven(1))
    player.do(c.CardRemoved())
    card(player, MEMBERS[0])
    player.answer(c.GiveShare, c.ShareGiven(1, again=True))
    assert "takeover.again" in str(player.view.content)
    assert rows(player) == [Mark.TROUBLE, Mark.DONE, Mark.NONE, Mark.NONE]
    player.do(c.CardRemoved())
    assert "takeover.again" in str(player.view.content), "it can be read without the card"
    player.do(c.CardInserted())
    assert "takeover.again" not in str(player.view.content)


def test_a_voters_card_and_a_card_without_a_share_are_named_and_change_nothing() -> None:
    player = gathering()
    player.answer(c.GiveShare, c.ShareGiven(1))
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.last(c.ReadCard).voters is False
    player.answer(c.ReadCard, c.CardRefused(c.Refusal.NOT_OPEN))
    assert "refusal.not_open" in str(player.view.content)
    player.do(c.CardRemoved())
    card(player, MEMBERS[1])
    player.answer(c.GiveShare, c.CardRefused(c.Refusal.NO_SHARE))
    assert "refusal.no_share" in str(player.view.content)
    phase = player.terminal.phase
    assert isinstance(phase, Gathering)
    assert (phase.given, phase.missing) == (MEMBERS[:1], 1)


def test_a_card_pulled_while_it_works_gave_its_share_or_did_not() -> None:
    for outcome, given in ((c.ShareGiven(1), MEMBERS[:1]), (c.CardRefused(c.Refusal.UNREADABLE), ())):
        player = gathering()
        player.do(c.CardRemoved())
        player.answer(c.GiveShare, outcome)
        phase = player.terminal.phase
        assert isinstance(phase, Gathering)
        assert (phase.given, phase.card) == (given, GatherCard.OUT)
        assert player.count(c.EndStaff) == 1


def test_the_last_card_pulled_does_not_stop_what_it_made_possible() -> None:
    player = gathering()
    player.do(c.CardRemoved())
    player.answer(c.GiveShare, c.ShareGiven(0))
    assert isinstance(player.terminal.phase, TakingOver)
    assert player.count(c.TakeOver) == 1


def test_a_wrong_pin_and_no_pin_at_all() -> None:
    player = gathering()
    player.answer(c.GiveShare, c.ShareGiven(1))
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.StaffCard(*MEMBERS[1], 3)) == "staff_pin"
    player.do(c.PinEntered(c.Handle("pin")))
    player.answer(c.VerifyPin, c.CardRefused(c.Refusal.PIN_WRONG))
    assert "staff_pin.wrong" in str(player.view.content)
    assert player.touch(Touch.BACK) == "staff_takeover"
    assert lead(player) == "takeover.lead_take"


def test_who_takes_too_long_begins_anew_and_nothing_of_the_shares_is_left() -> None:
    player = gathering()
    player.answer(c.GiveShare, c.ShareGiven(1))
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard(*MEMBERS[1], 3))
    assert player.run_out("gather") == "take_card"
    assert [type(each) for each in player.asked[-3:]] == [c.EndTakeover, c.EndStaff, c.SetTimer]


def test_a_medium_pulled_at_the_last_step_waits_to_be_put_back() -> None:
    player = gathering()
    player.answer(c.GiveShare, c.ShareGiven(0))
    player.answer(c.TakeOver, c.TakeoverFailed(c.TakeoverTrouble.NO_MEDIUM))
    assert lead(player) == "takeover.lead_trouble"
    player.do(c.CardRemoved())
    player.touch(Touch.RETRY)
    assert player.count(c.TakeOver) == 2, "the shares are still here"
    player.answer(c.TakeOver, c.TakeoverFailed(c.TakeoverTrouble.NO_MEDIUM))
    assert player.touch(Touch.LEAVE) == "closed"
    assert player.count(c.EndTakeover) == 1


# --- the one that was replaced -----------------------------------------------------------------------------------


def replaced_in(phase: Phase) -> tuple[Terminal, list[c.Effect]]:
    terminal = Terminal(STATION, PollsState.OPEN, Settings("en"), phase, next_id=100)
    after, requests = step(terminal, c.TerminalReplaced("T-2"))
    return after, [request.effect for request in requests]


def test_nobody_votes_at_a_terminal_that_was_replaced() -> None:
    terminal, _ = replaced_in(v.Waiting())
    shown = view(terminal)
    assert shown.screen.value == "out_of_order"
    assert "replaced.lead" in str(shown.lead)
    assert "T-2" in str(shown.lead)
    for event in (c.CardInserted(), c.Touched(Touch.CALL), c.CardRemoved()):
        after, requests = step(terminal, event)
        assert after.phase == terminal.phase
        assert not any(isinstance(request.effect, c.ReadCard) for request in requests)


def test_it_knows_from_its_start_on() -> None:
    terminal = Terminal.replaced(STATION, PollsState.OPEN, "T-2")
    assert "replaced.lead" in str(view(step(terminal, c.Started())[0]).lead)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_a_session_ends_with_nothing_cast_and_its_card_is_released(kind: type[Phase]) -> None:
    for phase in EXAMPLES[kind]:
        terminal, effects = replaced_in(phase)
        session = under_way(phase)
        assert under_way(terminal.phase) is None
        if session is None:
            continue
        if isinstance(phase, v.CardPulled):
            assert c.EndSession(session.handle) in effects, "its card is the other terminal's to release now"
        elif isinstance(phase, v.ResetPin | v.ResetAsked):
            assert c.ResetSession(session.handle) in effects
        else:
            assert c.ReleaseCard(session.handle) in effects
            assert isinstance(terminal.phase, v.Releasing)


def test_a_voter_in_session_is_sent_to_the_other_terminal_and_then_it_is_over() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,)))
    player.do(c.TerminalReplaced("T-2"))
    assert player.answer(c.ReleaseCard, c.Done()) == "take_card"
    assert "take_card_replaced" in str(player.view.heading)
    assert player.do(c.CardRemoved()) == "out_of_order"


def test_a_voter_who_was_being_admitted_is_sent_away_too() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.do(c.TerminalReplaced("T-2"))
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,)))
    assert player.count(c.ReleaseCard) == 1


def test_a_cast_that_was_pressed_is_refused_by_the_store_and_the_voter_hears_it() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,)))
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(1))
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    player.answer(c.Encrypt, c.Encrypted("mayor", CODE))
    player.answer(c.PrintOffered, c.Printed())
    assert player.touch(Touch.CAST) == "casting"
    assert player.do(c.TerminalReplaced("T-2")) == "casting", "the store is asked already"
    assert player.answer(c.Cast, c.NotStored(c.StoreTrouble.REPLACED)) == "not_stored"
    assert "not_stored_replaced" in str(player.view.heading)
    player.answer(c.ReleaseCard, c.Done())
    assert player.do(c.CardRemoved()) == "out_of_order"


def test_a_member_at_it_loses_the_screen_and_the_pin_with_it() -> None:
    player = at_home(PollsState.OPEN)
    assert player.do(c.TerminalReplaced("T-2")) == "out_of_order"
    assert player.count(c.EndStaff) == 1


def test_the_time_that_an_order_left_a_session_ends_with_it() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,), district="north"))
    player.do(c.OrderArrived(STOP_ALL))
    assert {"grace", "grace_soon"} & set(player.timers)
    player.do(c.TerminalReplaced("T-2"))
    assert player.terminal.stopping is None
    assert not {"grace", "grace_soon"} & set(player.timers)
