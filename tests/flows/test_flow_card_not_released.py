"""A screen never says of a card what the card does not say: usable, or still held by this terminal."""

import pytest

from kiosk.domain.ballots import Paper
from kiosk.domain.polls import PollsState
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from tests.flows.flow_setting import HANDLE, MAYOR, Player


def encrypting(paper: Paper = MAYOR) -> Player:
    """A voter whose one paper is being encrypted."""
    player = Player().with_polls(PollsState.OPEN)
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (paper,)))
    player.do(c.PaperChosen(paper.paper_id))
    player.do(c.OptionTouched(0))
    player.touch(Touch.NEXT)
    assert player.touch(Touch.NEXT) == "encrypting"
    return player


def said(player: Player) -> str:
    """Heading and lead, by their keys."""
    return f"{player.view.heading} {player.view.lead}"


def test_a_ballot_that_cannot_be_encrypted_gives_the_card_back() -> None:
    player = encrypting()
    assert player.answer(c.Encrypt, c.Crashed()) == "take_card"
    assert "card.wait" in said(player), "nothing is promised before the card is written"
    assert player.answer(c.ReleaseCard, c.Done()) == "take_card"
    assert "take_card_broken" in said(player)
    assert player.count(c.EndSession) == 1
    assert player.count(c.Cast) == 0
    assert player.do(c.CardRemoved()) == "welcome"


def test_encryption_that_fails_while_the_card_is_out_leaves_nothing_behind() -> None:
    player = encrypting()
    assert player.do(c.CardRemoved()) == "card_pulled"
    assert player.answer(c.Encrypt, c.Crashed()) == "welcome"
    assert player.count(c.EndSession) == 1
    assert not player.timers, "the time to put the card back would end the next voter's session"
    assert player.do(c.CardInserted()) == "reading"


@pytest.mark.parametrize(("outcome", "words"), [(c.Done(), "not_stored_full.lead"), (c.Crashed(), "card.held")])
def test_a_vote_that_is_not_stored_says_what_became_of_the_card(outcome: c.Outcome, words: str) -> None:
    player = encrypting()
    player.answer(c.Encrypt, c.Encrypted("mayor", "CODE"))
    player.answer(c.PrintOffered, c.Printed())
    player.touch(Touch.CAST)
    assert player.answer(c.Cast, c.NotStored(c.StoreTrouble.FULL)) == "not_stored"
    assert "card.wait" in said(player)
    assert player.answer(c.ReleaseCard, outcome) == "not_stored"
    assert words in said(player)
    assert player.do(c.CardRemoved()) == "welcome"
