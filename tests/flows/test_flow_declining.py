"""Papers that a voter declines, leaves for later or takes back, and what is on the slip then."""

from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Mark, Review, ReviewItem, Row, Rows
from kiosk.flows.voter.states import Ballots, Filling
from tests.flows.flow_setting import COUNCIL, HANDLE, MAYOR, QUESTIONS, Player
from tests.flows.test_flow_voter_journeys import codes, voter


def rows(player: Player) -> tuple[Row, ...]:
    assert isinstance(player.view.content, Rows)
    return player.view.content.rows


def standings(player: Player) -> list[str]:
    """How each paper of the list stands, by the key of what is said."""
    return [getattr(row.detail, "key", "") for row in rows(player)]


def mayor_filled(player: Player) -> Player:
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    return player


def declined(player: Player, *papers: str) -> Player:
    for paper in papers:
        assert player.do(c.DeclineChosen(paper)) == "decline"
        assert player.touch(Touch.CONFIRM) == "ballots"
    return player


def test_each_paper_says_how_it_stands() -> None:
    player = declined(mayor_filled(voter(MAYOR, COUNCIL, QUESTIONS)), "questions")
    player.do(c.PaperChosen("council"))
    player.do(c.OptionTouched(1))
    assert player.touch(Touch.BACK) == "ballots"
    assert standings(player) == ["ballots.filled", "ballots.later", "ballots.declined"]
    player.do(c.PaperChosen("council"))
    assert isinstance(player.terminal.phase, Filling)
    assert player.terminal.phase.session.papers[1].selections[0].marked == (1,), "what was left for later is kept"


def test_declining_is_asked_once_and_can_be_taken_back() -> None:
    player = voter(MAYOR, QUESTIONS)
    assert player.do(c.DeclineChosen("mayor")) == "decline"
    assert player.touch(Touch.CONTINUE) == "ballots"
    assert standings(player)[0] == "ballots.not_begun"
    declined(player, "mayor")
    assert standings(player)[0] == "ballots.declined"
    assert player.do(c.DeclineChosen("mayor")) == "ballots"
    assert standings(player)[0] == "ballots.not_begun"
    declined(player, "mayor")
    assert player.do(c.PaperChosen("mayor")) == "contest", "to open it is to take it back"
    player.touch(Touch.BACK)
    assert standings(player)[0] == "ballots.not_begun"


def test_a_filled_paper_is_declined_and_its_marks_are_gone() -> None:
    player = declined(mayor_filled(voter(MAYOR, QUESTIONS)), "mayor")
    assert isinstance(player.terminal.phase, Ballots)
    assert player.terminal.phase.session.filled == ()
    player.do(c.DeclineChosen("mayor"))
    assert standings(player)[0] == "ballots.not_begun"


def review(player: Player) -> tuple[ReviewItem, ...]:
    assert isinstance(player.view.content, Review)
    return player.view.content.items


def both_filled() -> Player:
    player = mayor_filled(voter(MAYOR, QUESTIONS))
    player.do(c.PaperChosen("questions"))
    player.touch(Touch.NEXT)
    player.do(c.OptionTouched(1))
    assert player.touch(Touch.NEXT) == "review"
    return player


def test_the_review_declines_a_paper_and_takes_it_back() -> None:
    player = both_filled()
    assert [item.beside and item.beside.event for item in review(player)] == [
        c.DeclineChosen("mayor"),
        c.DeclineChosen("questions"),
        None,
    ], "once a paper, however many questions it has"
    player.do(c.PageTurned(1))
    assert player.do(c.DeclineChosen("questions")) == "decline"
    assert getattr(player.view.lead, "key", "") == "decline.lead_marked"
    before = review_after(player, Touch.CONTINUE)
    assert len(before) == 3, "nothing was declined"
    player.do(c.DeclineChosen("questions"))
    mayor, questions = review_after(player, Touch.CONFIRM)
    assert (mayor.mark, questions.mark) == (Mark.DONE, Mark.DECLINED)
    assert questions.beside is None
    assert player.do(c.DeclineChosen("questions")) == "review", "it is declined already"
    assert player.do(questions.action.event) == "contest", "to take it is to fill it"
    player.touch(Touch.NEXT)
    assert player.touch(Touch.NEXT) == "review"
    assert len(review(player)) == 3


def review_after(player: Player, touch: Touch) -> tuple[ReviewItem, ...]:
    """The review that a touch leads back to, on the page that it was left on."""
    assert player.touch(touch) == "review"
    assert isinstance(player.view.content, Review)
    assert player.view.content.page == 1
    return player.view.content.items


def test_what_the_review_declined_is_neither_encrypted_nor_cast() -> None:
    player = both_filled()
    player.do(c.DeclineChosen("mayor"))
    assert player.touch(Touch.CONFIRM) == "review"
    assert player.touch(Touch.NEXT) == "encrypting"
    player.answer(c.Encrypt, c.Encrypted("questions", "Q"))
    assert player.last(c.PrintOffered).papers == ("questions",)
    player.answer(c.PrintOffered, c.Printed())
    player.touch(Touch.CAST)
    assert player.last(c.Cast) == c.Cast(HANDLE, ("questions",), 1)


def test_who_declines_the_last_filled_paper_in_the_review_is_back_at_the_list() -> None:
    player = mayor_filled(voter(MAYOR, QUESTIONS))
    player.touch(Touch.NEXT)
    player.do(c.DeclineChosen("mayor"))
    assert player.touch(Touch.CONFIRM) == "ballots"
    assert standings(player) == ["ballots.declined", "ballots.not_begun"]
    alone = mayor_filled(voter(MAYOR))
    alone.do(c.DeclineChosen("mayor"))
    assert getattr(alone.view.lead, "key", "") == "decline.lead_last"
    assert alone.touch(Touch.CONFIRM) == "ballots"
    assert getattr(alone.view.lead, "key", "") == "ballots.lead_declined"


def test_left_for_later_is_declined_only_in_so_many_words() -> None:
    player = mayor_filled(voter(MAYOR, COUNCIL, QUESTIONS))
    assert player.touch(Touch.NEXT) == "review"
    assert player.touch(Touch.NEXT) == "undecided"
    assert [row.title for row in rows(player)] == [COUNCIL.title, QUESTIONS.title]
    assert player.count(c.Encrypt) == 0
    assert player.touch(Touch.CONFIRM) == "encrypting"
    player.answer(c.Encrypt, c.Encrypted("mayor", "M"))
    assert player.last(c.PrintOffered).papers == ("mayor",)
    player.answer(c.PrintOffered, c.Printed())
    player.touch(Touch.CAST)
    assert player.last(c.Cast) == c.Cast(HANDLE, ("mayor",), 2)


def test_a_paper_declined_after_it_was_encrypted_is_on_no_slip() -> None:
    """Two papers offered, one checked; the voter then declines the other, whose ballot was encrypted already."""
    player = voter(MAYOR, QUESTIONS)
    mayor_filled(player)
    player.do(c.PaperChosen("questions"))
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    player.answer(c.Encrypt, c.Encrypted("mayor", "M"))
    player.answer(c.Encrypt, c.Encrypted("questions", "Q"))
    player.answer(c.PrintOffered, c.Printed())
    player.touch(Touch.CHALLENGE)
    player.do(c.PaperChosen("mayor"))
    player.answer(c.OpenBallot, c.Printed())
    player.touch(Touch.NEXT)
    player.do(c.OptionTouched(1))
    assert player.touch(Touch.NEXT) == "review"
    assert player.touch(Touch.BACK) == "ballots"
    declined(player, "questions")
    player.touch(Touch.NEXT)
    assert player.touch(Touch.NEXT) == "encrypting"
    player.answer(c.Encrypt, c.Encrypted("mayor", "M2"))
    assert player.last(c.PrintOffered).papers == ("mayor",)
    player.answer(c.PrintOffered, c.Printed())
    assert codes(player) == ["M2"]
    player.touch(Touch.CAST)
    assert player.last(c.Cast) == c.Cast(HANDLE, ("mayor",), 1)


def test_who_declines_everything_goes_with_a_usable_card() -> None:
    player = declined(voter(MAYOR, QUESTIONS), "mayor", "questions")
    assert player.view.back is None
    assert player.view.primary is not None
    assert player.do(player.view.primary.event) == "leave"
    assert player.touch(Touch.CONTINUE) == "ballots"
    player.touch(Touch.LEAVE)
    assert player.touch(Touch.CONFIRM) == "take_card"
    assert player.answer(c.ReleaseCard, c.Done()) == "take_card"
    assert getattr(player.view.heading, "key", "") == "take_card_declined.heading"
    assert player.count(c.Cast) == 0
    assert player.count(c.EndSession) == 1
    assert player.do(c.CardRemoved()) == "welcome"
