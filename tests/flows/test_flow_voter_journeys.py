"""A voter's ways through the terminal, as people would tell them: what happens, and the screen that follows."""

from dataclasses import replace

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings, TextSize
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Choices, Decision
from tests.flows.flow_setting import CODE, COUNCIL, HANDLE, LIMITS, MAYOR, QUESTIONS, Player

ADMITTED = c.VoterAdmitted(HANDLE, (MAYOR,))


def voter(*papers: object) -> Player:
    """A voter whose card was just admitted."""
    player = Player()
    assert player.screen == "welcome"
    assert player.do(c.CardInserted()) == "reading"
    assert player.last(c.ReadCard) == c.ReadCard(voters=True)
    admitted = c.VoterAdmitted(HANDLE, papers or (MAYOR,))  # type: ignore[arg-type] # papers, given as such
    assert player.answer(c.ReadCard, admitted) == "ballots"
    return player


def filled(player: Player, option: int = 0) -> Player:
    """The mayor's paper is filled and reviewed."""
    assert player.do(c.PaperChosen("mayor")) == "contest"
    assert player.do(c.OptionTouched(option)) == "contest"
    assert player.touch(Touch.NEXT) == "review"
    return player


def offered(player: Player, code: str = CODE) -> Player:
    """The mayor's paper is encrypted, its code on screen and on paper."""
    assert player.touch(Touch.NEXT) == "encrypting"
    assert player.answer(c.Encrypt, c.Encrypted("mayor", code)) == "encrypting"
    assert player.answer(c.PrintOffered, c.Printed()) == "decide"
    return player


def accepted(player: Player) -> Player:
    """The vote is stored."""
    assert player.touch(Touch.CAST) == "casting"
    assert player.answer(c.Cast, c.Stored(1)) == "cast"
    return player


def codes(player: Player) -> list[str]:
    """The codes that the question shows."""
    assert isinstance(player.view.content, Decision)
    return [item.code for item in player.view.content.codes]


def noticed(player: Player) -> bool:
    """Whether the contest says why it did not obey."""
    return isinstance(player.view.content, Choices) and player.view.content.notice is not None


def test_one_paper() -> None:
    player = offered(filled(voter(), option=1))
    assert player.last(c.Encrypt) == c.Encrypt(HANDLE, "mayor", ((0, 0, 1, 0),))
    assert codes(player) == [CODE]
    accepted(player)
    assert player.last(c.Cast) == c.Cast(HANDLE, ("mayor",), 0)
    assert player.answer(c.SpendCard, c.Done()) == "cast"
    assert player.answer(c.PrintCast, c.Printed()) == "cast"
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.last(c.EndSession) == c.EndSession(HANDLE)
    assert not player.timers


def test_a_deliberate_blank() -> None:
    player = voter()
    player.do(c.PaperChosen("mayor"))
    assert player.touch(Touch.NEXT) == "contest"
    assert noticed(player), "one or a blank has to be chosen"
    player.do(c.BlankTouched())
    assert player.touch(Touch.NEXT) == "review"
    player.touch(Touch.NEXT)
    assert player.last(c.Encrypt).choices == ((1, 0, 0, 0),)


def test_three_papers_one_declined() -> None:
    player = voter(MAYOR, COUNCIL, QUESTIONS)
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(0))
    assert player.touch(Touch.NEXT) == "ballots"
    player.do(c.PaperChosen("questions"))
    assert player.touch(Touch.NEXT) == "contest"
    assert player.do(c.OptionTouched(1)) == "contest"
    assert player.touch(Touch.NEXT) == "ballots"
    assert player.touch(Touch.NEXT) == "review"
    assert player.touch(Touch.NEXT) == "undecided"
    assert player.count(c.Encrypt) == 0, "nothing is encrypted before the voter says what the third paper means"
    assert player.touch(Touch.CONTINUE) == "ballots"
    assert player.do(c.DeclineChosen("council")) == "decline"
    assert player.touch(Touch.CONTINUE) == "ballots"
    assert player.do(c.DeclineChosen("council")) == "decline"
    assert player.touch(Touch.CONFIRM) == "ballots"
    assert player.touch(Touch.NEXT) == "review"
    assert player.touch(Touch.NEXT) == "encrypting"
    assert player.answer(c.Encrypt, c.Encrypted("mayor", "M")) == "encrypting"
    assert player.answer(c.Encrypt, c.Encrypted("questions", "Q")) == "encrypting"
    assert player.count(c.Encrypt) == 2
    assert player.answer(c.PrintOffered, c.Printed()) == "decide"
    player.touch(Touch.CAST)
    assert player.last(c.Cast) == c.Cast(HANDLE, ("mayor", "questions"), 1)


def test_a_filled_paper_is_not_left_faulty() -> None:
    """The mark taken away again, then *back*: the paper would have been encrypted without one."""
    player = voter(MAYOR, QUESTIONS)
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(0))
    assert player.touch(Touch.NEXT) == "ballots"
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(0))
    assert player.touch(Touch.BACK) == "contest"
    assert noticed(player)
    player.do(c.OptionTouched(2))
    assert player.touch(Touch.BACK) == "ballots"


def test_a_change_from_the_review() -> None:
    player = filled(voter())
    assert player.do(c.ChangeChosen("mayor", 0)) == "contest"
    player.do(c.OptionTouched(2))
    assert player.touch(Touch.NEXT) == "review"
    player.touch(Touch.NEXT)
    assert player.last(c.Encrypt).choices == ((0, 0, 0, 1),)


def test_check_then_cast() -> None:
    player = offered(filled(voter()), "FIRST")
    assert player.touch(Touch.CHALLENGE) == "encrypting"
    assert player.last(c.OpenBallot) == c.OpenBallot(HANDLE, "mayor", "ru")
    assert player.answer(c.OpenBallot, c.Printed()) == "checked"
    assert player.touch(Touch.NEXT) == "contest"
    assert isinstance(player.view.content, Choices)
    assert not any(choice.chosen for choice in player.view.content.choices), "the voter fills it anew"
    player.do(c.OptionTouched(0))
    assert player.touch(Touch.NEXT) == "review"
    offered(player, "SECOND")
    assert codes(player) == ["SECOND"]
    accepted(player)


def test_of_several_papers_one_is_checked_and_the_others_keep_their_codes() -> None:
    player = voter(MAYOR, QUESTIONS)
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    player.do(c.PaperChosen("questions"))
    player.touch(Touch.NEXT)
    assert player.touch(Touch.NEXT) == "review"
    player.touch(Touch.NEXT)
    player.answer(c.Encrypt, c.Encrypted("mayor", "M"))
    player.answer(c.Encrypt, c.Encrypted("questions", "Q"))
    assert player.answer(c.PrintOffered, c.Printed()) == "decide"
    assert player.touch(Touch.CHALLENGE) == "choose_check"
    assert player.do(c.PaperChosen("questions")) == "encrypting"
    assert player.answer(c.OpenBallot, c.Printed()) == "checked"
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    assert player.touch(Touch.NEXT) == "review"
    player.touch(Touch.NEXT)
    assert player.last(c.Encrypt).paper_id == "questions"
    player.answer(c.Encrypt, c.Encrypted("questions", "Q2"))
    player.answer(c.PrintOffered, c.Printed())
    assert codes(player) == ["M", "Q2"]
    assert player.count(c.Encrypt) == 3


def test_a_mark_changed_after_the_code_was_shown_gets_a_new_code() -> None:
    """While one paper is filled again, another is changed: its old code stands for marks that are gone."""
    player = voter(MAYOR, QUESTIONS)
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    player.do(c.PaperChosen("questions"))
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    player.answer(c.Encrypt, c.Encrypted("mayor", "M"))
    player.answer(c.Encrypt, c.Encrypted("questions", "Q"))
    player.answer(c.PrintOffered, c.Printed())
    player.touch(Touch.CHALLENGE)
    player.do(c.PaperChosen("questions"))
    player.answer(c.OpenBallot, c.Printed())
    player.touch(Touch.NEXT)
    assert player.touch(Touch.BACK) == "ballots"
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(2))
    assert player.touch(Touch.NEXT) == "ballots"
    assert player.touch(Touch.NEXT) == "review"
    assert player.touch(Touch.NEXT) == "undecided"
    player.touch(Touch.CONFIRM)
    assert player.last(c.Encrypt) == c.Encrypt(HANDLE, "mayor", ((0, 0, 0, 1),))
    player.answer(c.Encrypt, c.Encrypted("mayor", "M2"))
    player.answer(c.PrintOffered, c.Printed())
    assert codes(player) == ["M2"]
    player.touch(Touch.CAST)
    assert player.last(c.Cast) == c.Cast(HANDLE, ("mayor",), 1)


def test_printer_trouble_before_the_question() -> None:
    player = filled(voter())
    player.touch(Touch.NEXT)
    player.answer(c.Encrypt, c.Encrypted("mayor", CODE))
    assert player.answer(c.PrintOffered, c.NotPrinted(c.PrintTrouble.PAPER_OUT)) == "printer_waits"
    assert player.touch(Touch.RETRY) == "encrypting"
    assert player.last(c.PrintOffered) == c.PrintOffered(HANDLE, ("mayor",), "ru", reprint=True)
    assert player.answer(c.PrintOffered, c.Printed()) == "decide"


def test_printer_trouble_after_the_cast() -> None:
    player = accepted(offered(filled(voter())))
    player.answer(c.SpendCard, c.Done())
    assert player.answer(c.PrintCast, c.NotPrinted(c.PrintTrouble.JAM)) == "cast"
    assert player.touch(Touch.RETRY) == "cast"
    assert player.last(c.PrintCast) == c.PrintCast(HANDLE, "ru", reprint=True)
    player.answer(c.PrintCast, c.Printed())
    assert player.do(c.CardRemoved()) == "welcome"


def test_a_voter_who_goes_without_the_slip() -> None:
    """The card goes first, then the slip does not print: the codes do not stay on screen for the next person."""
    player = accepted(offered(filled(voter())))
    player.answer(c.SpendCard, c.Done())
    assert player.do(c.CardRemoved()) == "cast"
    assert player.answer(c.PrintCast, c.NotPrinted(c.PrintTrouble.PAPER_OUT)) == "cast"
    assert player.timers["give_up"] == LIMITS.answer
    assert player.run_out("give_up") == "welcome"


def test_the_next_voter_does_not_wait_for_a_slip() -> None:
    player = accepted(offered(filled(voter())))
    player.answer(c.SpendCard, c.Done())
    player.do(c.CardRemoved())
    assert player.do(c.CardInserted()) == "reading"
    assert player.last(c.EndSession) == c.EndSession(HANDLE)
    assert not player.timers
    assert player.answer(c.PrintCast, c.NotPrinted(c.PrintTrouble.JAM)) == "reading"


def test_a_card_pulled_while_the_vote_is_stored() -> None:
    """The card is out before the store answers: nobody can take it out again, and the terminal must not wait for it."""
    player = offered(filled(voter()))
    player.touch(Touch.CAST)
    assert player.do(c.CardRemoved()) == "casting"
    assert player.answer(c.Cast, c.Stored(1)) == "cast"
    assert player.answer(c.SpendCard, c.CardRefused(c.Refusal.UNREADABLE)) == "cast"
    assert player.answer(c.PrintCast, c.Printed()) == "welcome"


def test_a_card_pulled_while_the_vote_is_not_stored() -> None:
    player = offered(filled(voter()))
    player.touch(Touch.CAST)
    player.do(c.CardRemoved())
    assert player.answer(c.Cast, c.NotStored(c.StoreTrouble.FULL)) == "not_stored"
    assert player.do(c.CardInserted()) == "reading"


def test_a_forgotten_card_is_asked_for() -> None:
    player = accepted(offered(filled(voter())))
    player.answer(c.SpendCard, c.Done())
    player.answer(c.PrintCast, c.Printed())
    assert player.run_out("take_card") == "take_card"
    assert player.do(c.CardRemoved()) == "welcome"


@pytest.mark.parametrize("trouble", c.StoreTrouble)
def test_a_vote_that_is_not_stored(trouble: c.StoreTrouble) -> None:
    player = offered(filled(voter()))
    player.touch(Touch.CAST)
    assert player.answer(c.Cast, c.NotStored(trouble)) == "not_stored"
    assert player.count(c.ReleaseCard) == 1
    assert player.count(c.SpendCard) == 0
    assert player.do(c.CardRemoved()) == "welcome"


def test_nobody_knows_whether_the_vote_is_stored() -> None:
    player = offered(filled(voter()))
    player.touch(Touch.CAST)
    assert player.answer(c.Cast, c.Crashed()) == "out_of_order"
    assert player.last(c.EndSession) == c.EndSession(HANDLE), "no credential stays in memory"
    player.do(c.CardRemoved())
    assert player.do(c.CardInserted()) == "out_of_order"


def test_a_store_that_died_between_voters_is_not_put_down_to_their_cards() -> None:
    player = Player()
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.NotStored(c.StoreTrouble.FAILED)) == "out_of_order"
    player.do(c.CardRemoved())
    assert player.do(c.CardInserted()) == "out_of_order"


def test_the_card_is_pulled_and_comes_back() -> None:
    player = voter()
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(2))
    assert player.do(c.CardRemoved()) == "card_pulled"
    assert player.timers == {"pulled": LIMITS.pulled}
    assert player.do(c.CardInserted()) == "card_pulled"
    assert player.answer(c.RecogniseCard, c.SameCard()) == "contest"
    assert isinstance(player.view.content, Choices)
    assert player.view.content.choices[2].chosen
    assert player.timers == {"idle": LIMITS.idle}


def test_the_card_is_pulled_while_a_slip_prints() -> None:
    player = filled(voter())
    player.touch(Touch.NEXT)
    player.do(c.CardRemoved())
    assert player.answer(c.Encrypt, c.Encrypted("mayor", CODE)) == "card_pulled"
    assert player.answer(c.PrintOffered, c.Printed()) == "card_pulled"
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "decide"


def test_another_card_does_not_go_on() -> None:
    player = filled(voter())
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    heading = player.view.heading
    assert player.answer(c.RecogniseCard, c.CardRefused(c.Refusal.FOREIGN)) == "card_pulled"
    assert player.view.heading != heading
    assert player.do(c.CardRemoved()) == "card_pulled"
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "review"


def test_another_card_at_the_time_out_is_read_like_any() -> None:
    player = filled(voter())
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    player.answer(c.RecogniseCard, c.CardRefused(c.Refusal.FOREIGN))
    assert player.run_out("pulled") == "reading"
    assert player.last(c.EndSession) == c.EndSession(HANDLE)


def test_the_card_does_not_come_back() -> None:
    player = filled(voter())
    player.do(c.CardRemoved())
    assert player.run_out("pulled") == "welcome"
    assert player.last(c.EndSession) == c.EndSession(HANDLE)
    assert player.count(c.ReleaseCard) == 0


def test_nobody_touches_anything() -> None:
    player = filled(voter())
    assert player.run_out("idle") == "still_here"
    assert player.touch(Touch.STILL_HERE) == "review"
    assert player.run_out("idle") == "still_here"
    assert player.run_out("answer") == "take_card"
    assert player.last(c.ReleaseCard) == c.ReleaseCard(HANDLE)
    assert player.answer(c.ReleaseCard, c.Done()) == "take_card"
    assert player.do(c.CardRemoved()) == "welcome"
    assert not player.timers


def test_a_voter_who_leaves_without_voting() -> None:
    player = voter()
    assert player.touch(Touch.LEAVE) == "leave"
    assert player.touch(Touch.CONTINUE) == "ballots"
    player.touch(Touch.LEAVE)
    assert player.touch(Touch.CONFIRM) == "take_card"
    assert player.answer(c.ReleaseCard, c.Done()) == "take_card"
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.count(c.Cast) == 0


def test_help_gives_the_screen_back() -> None:
    player = filled(voter())
    assert player.touch(Touch.HELP) == "help"
    assert player.touch(Touch.CALL) == "help"
    assert player.count(c.CallStaff) == 1
    assert player.touch(Touch.HELP_CLOSED) == "review"


def test_after_a_power_cut_before_the_vote_was_stored() -> None:
    player = Player()
    player.do(c.CardInserted())
    admitted = c.VoterAdmitted(HANDLE, (MAYOR,), interrupted=True)
    assert player.answer(c.ReadCard, admitted) == "after_power"
    assert player.touch(Touch.NEXT) == "ballots"


def test_after_a_power_cut_nobody_goes_on() -> None:
    """A card that is left in the reader does not keep its session for ever."""
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,), interrupted=True))
    assert player.run_out("idle") == "take_card"
    assert player.last(c.ReleaseCard) == c.ReleaseCard(HANDLE)


def test_after_a_power_cut_when_the_vote_was_stored() -> None:
    player = Player()
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.AlreadyCast()) == "after_power"
    assert player.view.primary is None
    assert player.do(c.CardRemoved()) == "welcome"


def test_a_card_pulled_while_it_is_read() -> None:
    player = Player()
    player.do(c.CardInserted())
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.answer(c.ReadCard, ADMITTED) == "welcome"
    assert player.last(c.EndSession) == c.EndSession(HANDLE)


def test_settings_last_for_one_voter() -> None:
    player = Player()
    player.do(c.SettingsChosen(Settings("en", TextSize.LARGE)))
    player.do(c.CardInserted())
    player.answer(c.ReadCard, ADMITTED)
    offered(filled(player))
    assert player.last(c.PrintOffered).language == "en"
    accepted(player)
    assert player.last(c.PrintCast).language == "en"
    player.answer(c.SpendCard, c.Done())
    player.answer(c.PrintCast, c.Printed())
    player.do(c.CardRemoved())
    assert player.view.settings == Settings("ru")


@pytest.mark.parametrize("polls", set(PollsState) - {PollsState.OPEN})
def test_no_voter_before_opening_and_after_closing(polls: PollsState) -> None:
    player = Player().with_polls(polls)
    assert player.screen == "closed"
    player.do(c.CardInserted())
    assert player.last(c.ReadCard) == c.ReadCard(voters=False, interrupted=polls is PollsState.PAUSED)
    assert player.answer(c.ReadCard, c.CardRefused(c.Refusal.NOT_OPEN)) == "card_trouble"
    assert player.do(c.CardRemoved()) == "closed"


def test_settings_of_somebody_who_walked_away_are_gone_before_the_next_voter() -> None:
    player = Player().with_polls(PollsState.OPEN)
    usual = player.terminal.settings
    player.do(c.SettingsChosen(replace(usual, size=TextSize.LARGEST)))
    assert player.terminal.settings != usual
    assert player.run_out("idle") == "welcome"
    assert player.terminal.settings == usual
