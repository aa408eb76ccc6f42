"""Reading about a candidate: over the contest, with no mark made or lost, and back to where it was asked for."""

from dataclasses import replace

from kiosk.domain.ballots import Selection
from kiosk.domain.settings import Settings
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.speech import speech_of, speech_of_change
from kiosk.flows.views import Choices, LongText
from kiosk.flows.voter import states as v
from tests.flows.flow_setting import HANDLE, MAYOR, Player


def at_the_contest() -> Player:
    """A voter before the mayor's paper, whose first option alone has a biography; the second one is marked."""
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,)))
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(1))
    assert player.screen == "contest"
    return player


def marks(player: Player) -> tuple[Selection, ...]:
    phase = player.terminal.phase
    assert isinstance(phase, v.Filling | v.About)
    return phase.session.papers[0].selections


def test_only_who_has_a_biography_has_the_button() -> None:
    content = at_the_contest().view.content
    assert isinstance(content, Choices)
    assert [choice.about is not None for choice in content.choices] == [True, False, False]
    assert content.choices[0].about is not None
    assert content.choices[0].about.event == c.AboutChosen(0)


def test_what_is_not_there_is_not_shown() -> None:
    player = at_the_contest()
    for option in (-1, 1, 2, 3, 99):
        assert player.do(c.AboutChosen(option)) == "contest"


def test_reading_marks_nothing_and_leads_back_to_the_option() -> None:
    player = at_the_contest()
    player.do(c.PageTurned(1))
    before = marks(player)
    assert player.do(c.AboutChosen(0)) == "about"
    shown = player.view
    assert shown.heading == MAYOR.contests[0].options[0].name
    assert isinstance(shown.content, LongText)
    for event in (c.OptionTouched(0), c.BlankTouched(), c.AboutChosen(0), c.PageTurned(3)):
        assert player.do(event) == "about"
    assert player.touch(Touch.NEXT) == "contest"
    assert marks(player) == before
    content = player.view.content
    assert isinstance(content, Choices)
    assert (content.page, content.first) == (0, 0)


def test_it_is_spoken_whole() -> None:
    player = at_the_contest()
    option = MAYOR.contests[0].options[0]
    listening = replace(player.view, settings=Settings(sound=True))
    player.do(c.SettingsChosen(Settings(sound=True)))
    player.do(c.AboutChosen(0))
    assert option.biography is not None
    assert option.facts is not None
    for said in (speech_of(player.view), speech_of_change(listening, player.view)):
        assert said.index(option.name) < said.index(option.facts) < said.index(option.biography)


def test_interruptions_give_the_page_back() -> None:
    player = at_the_contest()
    player.do(c.AboutChosen(0))
    player.do(c.PageTurned(2))
    assert player.touch(Touch.HELP) == "help"
    assert player.touch(Touch.HELP_CLOSED) == "about"
    assert player.run_out("idle") == "still_here"
    assert player.touch(Touch.STILL_HERE) == "about"
    assert player.do(c.CardRemoved()) == "card_pulled"
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "about"
    assert isinstance(player.view.content, LongText)
    assert player.view.content.page == 2
    assert player.run_out("idle") == "still_here"
    assert player.run_out("answer") == "take_card"


def test_in_a_practice_as_in_a_session() -> None:
    player = Player()
    player.touch(Touch.PRACTISE)
    player.do(c.PaperChosen("practice-one"))
    assert player.do(c.AboutChosen(0)) == "about"
    assert player.view.practice
    assert player.touch(Touch.NEXT) == "contest"


def test_in_a_change_from_the_review_the_way_leads_back_to_the_review() -> None:
    player = at_the_contest()
    player.touch(Touch.NEXT)
    assert player.screen == "review"
    player.do(c.ChangeChosen("mayor", 0))
    player.do(c.AboutChosen(0))
    assert player.touch(Touch.NEXT) == "contest"
    assert player.touch(Touch.NEXT) == "review"
