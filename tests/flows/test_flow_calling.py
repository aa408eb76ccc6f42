"""A member is called from every screen, and none is left by it; a card that nobody takes calls by itself, once."""

from dataclasses import replace

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.speech import for_voters, speech_of, speech_of_change
from kiosk.flows.terminal import Phase, Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import Screen
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import LIMITS, MAYOR, STATION, Player
from tests.flows.phase_examples import CODED, EFFECT, EXAMPLES, FILLED, ONE
from tests.flows.test_flow_every_event import terminals

CALL = c.Touched(Touch.CALL)
HELP = c.Touched(Touch.HELP)
ALL = [terminal for kind in EXAMPLES for terminal in terminals(kind)]
FOR_VOTERS = [terminal for terminal in ALL if for_voters(view(terminal))]
WITH_CARD: tuple[Phase, ...] = (
    v.CardTrouble(c.CardRefused(c.Refusal.COPY)),
    v.TakeCard(v.Ending.LEFT),
    v.TakeCard(v.Ending.STAFF),
    v.AfterPower(None),
    v.Accepted(ONE, None, None, v.CardMark.SPENT),
    v.NotAccepted(c.StoreTrouble.FULL),
)


def offered(terminal: Terminal) -> set[c.Event]:
    """What the usable buttons of the bar send."""
    shown = view(terminal)
    return {action.event for action in (shown.help, shown.primary) if action is not None and action.enabled}


def test_every_screen_of_a_voter_has_help_or_a_call_in_the_same_corner() -> None:
    without = {
        view(terminal).screen
        for terminal in FOR_VOTERS
        if (helps := view(terminal).help) is None or helps.event not in (HELP, CALL)
    }
    assert without == {Screen.HELP}, "on the help page itself the call is what the screen is about: its primary action"
    assert {Screen.CASTING, Screen.ENCRYPTING, Screen.OUT_OF_ORDER} <= {view(each).screen for each in FOR_VOTERS}


def test_where_there_is_help_the_call_is_one_step_further() -> None:
    for terminal in FOR_VOTERS:
        if CALL not in offered(terminal):
            helped, _ = step(terminal, HELP)
            assert CALL in offered(helped)


def test_a_call_disturbs_nothing_and_shows_on_every_screen() -> None:
    for terminal in FOR_VOTERS:
        after, requests = step(terminal, CALL)
        assert (after.phase, after.polls, after.settings) == (terminal.phase, terminal.polls, terminal.settings)
        asked = [each.effect for each in requests]
        assert asked.count(c.CallStaff(c.CallReason.ASKED)) == 1
        assert {type(effect) for effect in asked} <= {c.CallStaff, c.SetTimer}
        shown = view(after)
        assert shown.sign is not None
        assert CALL not in offered(after), "once is enough, and the button says so"
        assert shown.sign in speech_of_change(replace(view(terminal), settings=Settings(sound=True)), shown)
        assert shown.sign in speech_of(shown)
        again, asked_again = step(after, CALL)
        assert again.phase == after.phase
        assert not any(isinstance(each.effect, c.CallStaff) for each in asked_again)


def test_a_call_while_the_ballot_is_being_cast_changes_nothing_of_the_cast() -> None:
    player = Player()
    player.terminal = replace(player.terminal, phase=v.Casting(CODED, EFFECT))
    assert player.do(CALL) == "casting"
    assert player.do(c.Finished(EFFECT, c.Stored(2))) == "cast"
    assert player.view.sign is not None


def test_the_sign_goes_out_when_the_voter_has_gone() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(c.Handle("session"), (MAYOR,)))
    player.do(CALL)
    player.do(c.CardRemoved())
    assert player.view.sign is not None, "the voter may only have pulled the card"
    assert player.run_out("pulled") == "welcome"
    assert player.view.sign is None


@pytest.mark.parametrize("settings", [Settings(), Settings("en")])
def test_the_sign_goes_out_when_a_member_puts_the_card_in(settings: Settings) -> None:
    player = Player()
    player.do(c.SettingsChosen(settings))
    player.do(CALL)
    player.do(c.CardInserted())
    assert player.view.sign is not None
    player.answer(c.ReadCard, c.StaffCard("Name", "chair", 3))
    assert player.view.sign is None


def test_the_sign_goes_out_when_a_member_comes_to_a_session() -> None:
    player = Player()
    player.terminal = replace(player.terminal, phase=v.Reviewing(FILLED), called=c.CallReason.ASKED)
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.StaffCard("Name", "chair", 3)) == "staff_pin"
    assert player.view.sign is None


def test_who_was_sent_away_with_the_card_still_waits_for_the_member() -> None:
    """The screen says: take the card out and turn to the commission. The call outlives the card for a while."""
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.CardRefused(c.Refusal.COPY))
    player.do(CALL)
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.view.sign is not None
    player.run_out("called")
    assert player.view.sign is None


def test_the_next_voter_finds_no_sign_of_somebody_elses_call() -> None:
    player = Player()
    player.do(CALL)
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.VoterAdmitted(c.Handle("session"), (MAYOR,))) == "ballots"
    assert player.view.sign is None


def test_who_calls_in_place_of_an_answer_gets_the_time_to_answer_again() -> None:
    for phase, timer, seconds in (
        (v.StillHere(v.Reviewing(FILLED)), "answer", LIMITS.answer),
        (v.CardPulled(v.Reviewing(FILLED)), "pulled", LIMITS.pulled),
    ):
        _, requests = step(Terminal(STATION, PollsState.OPEN, Settings(), phase), CALL)
        assert c.SetTimer(timer, seconds) in [each.effect for each in requests]


# --- a card that nobody takes


@pytest.mark.parametrize("phase", WITH_CARD, ids=lambda phase: type(phase).__name__)
def test_a_card_that_is_not_taken_calls_a_member_once(phase: Phase) -> None:
    before = Terminal(STATION, PollsState.OPEN, Settings(), phase, next_id=100)
    assert view(before).card_left
    after, requests = step(before, c.TimeUp("card_left"))
    assert [each.effect for each in requests] == [c.CallStaff(c.CallReason.CARD_LEFT)]
    assert after.phase == phase
    assert view(after).sign is not None
    gone, requests = step(after, c.CardRemoved())
    assert c.StopTimer("card_left") in [each.effect for each in requests]
    assert not view(gone).card_left
    if isinstance(gone.phase, v.Waiting):
        assert view(gone).sign is None


def test_the_time_begins_when_the_card_is_to_be_taken_and_not_again() -> None:
    player = Player()
    player.terminal = replace(player.terminal, phase=v.Casting(ONE, EFFECT))
    player.do(c.Finished(EFFECT, c.Stored(1)))
    assert player.timers["card_left"] == LIMITS.card_left
    del player.timers["card_left"]
    player.answer(c.SpendCard, c.Done())
    player.run_out("take_card")
    player.answer(c.PrintCast, c.Printed())
    assert "card_left" not in player.timers, "set once, when the vote was accepted"


def test_a_card_that_was_pulled_before_calls_nobody() -> None:
    for phase in (
        v.Accepted(ONE, None, EFFECT, v.CardMark.UNMARKED, removed=True),
        v.NotAccepted(c.StoreTrouble.FULL, removed=True),
    ):
        _, requests = step(Terminal(STATION, PollsState.OPEN, Settings(), phase), c.TimeUp("card_left"))
        assert not requests
