"""What the review says besides the choice: fewer marks than possible, candidates that were never on screen."""

from dataclasses import replace

from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Choices, Review
from tests.flows.flow_setting import COUNCIL, MAYOR, Player
from tests.flows.test_flow_voter_journeys import voter


def notes(player: Player) -> list[list[str]]:
    assert isinstance(player.view.content, Review)
    return [[getattr(note, "key", "") for note in item.notes] for item in player.view.content.items]


def mayor(player: Player, *shown: int) -> Player:
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionsShown("mayor", 0, shown))
    player.do(c.OptionTouched(0))
    assert player.touch(Touch.NEXT) == "review"
    return player


def test_fewer_marks_than_possible_are_said_plainly() -> None:
    player = voter(COUNCIL)
    player.do(c.PaperChosen("council"))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    for option in (0, 1, 2):
        player.do(c.OptionTouched(option))
    player.touch(Touch.NEXT)
    player.do(c.BlankTouched())
    assert player.touch(Touch.NEXT) == "review"
    assert notes(player) == [["review.fewer"], [], []], "all of three, and a blank that was meant, say nothing"


def test_a_page_never_seen_is_said_and_change_leads_to_it() -> None:
    player = mayor(voter(MAYOR), 0, 1)
    assert notes(player) == [["review.unseen"]]
    player.do(c.ChangeChosen("mayor", 0))
    assert isinstance(player.view.content, Choices)
    assert player.view.content.first == 2
    player.do(c.OptionsShown("mayor", 0, (2,)))
    player.touch(Touch.NEXT)
    assert notes(player) == [[]]


def test_a_report_of_another_contest_counts_for_nothing() -> None:
    player = voter(MAYOR)
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionsShown("council", 0, (0, 1, 2)))
    player.do(c.OptionsShown("mayor", 0, (0,)))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    assert notes(player) == [["review.unseen"]]


def test_for_who_listens_a_name_counts_once_it_was_said() -> None:
    player = voter(MAYOR)
    player.do(c.SettingsChosen(replace(player.terminal.settings, sound=True)))
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionsShown("mayor", 0, (0, 1, 2)))
    player.do(c.OptionsHeard("mayor", 0, (0,)))
    player.do(c.OptionsHeard("mayor", 1, (1,)))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    assert notes(player) == [["review.unseen"]], "the page is on screen, but was not read out"
    player.do(c.ChangeChosen("mayor", 0))
    assert isinstance(player.view.content, Choices)
    assert player.view.content.first == 1
    player.do(c.OptionsHeard("mayor", 0, (1,)))
    player.do(c.OptionsHeard("mayor", 0, (2, 99)))
    player.touch(Touch.NEXT)
    assert notes(player) == [[]]


def test_what_was_on_screen_before_somebody_listened_stays_seen() -> None:
    player = voter(MAYOR)
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionsShown("mayor", 0, (0, 1)))
    player.do(c.SettingsChosen(replace(player.terminal.settings, sound=True)))
    player.do(c.OptionsHeard("mayor", 0, (2,)))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    assert notes(player) == [[]]


def test_showing_a_page_is_nothing_that_a_person_does() -> None:
    player = voter(MAYOR)
    player.do(c.PaperChosen("mayor"))
    asked = len(player.asked)
    player.do(c.OptionsShown("mayor", 0, (0, 1)))
    assert len(player.asked) == asked, "the idle timer runs on"
