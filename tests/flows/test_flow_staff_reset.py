"""A member gives a voter's session back, or ends it: nothing is cast, nothing of it is seen, the card is released."""

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings, TextSize
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.terminal import Terminal
from kiosk.flows.view import view
from tests.flows.flow_setting import CODE, HANDLE, MAYOR, STATION, Player, words_of
from tests.flows.phase_examples import EXAMPLES
from texts import Catalogue


def deciding() -> Player:
    """A voter before *Cast*, with settings of their own."""
    player = Player()
    player.do(c.SettingsChosen(Settings("en", TextSize.LARGEST, picture=False, sound=True)))
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,)))
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(1))
    player.touch(Touch.NEXT)
    player.touch(Touch.NEXT)
    player.answer(c.Encrypt, c.Encrypted("mayor", CODE))
    assert player.answer(c.PrintOffered, c.Printed()) == "decide"
    return player


def with_a_control_card(player: Player) -> Player:
    """The voter's card pulled, a member's in its place."""
    player.do(c.CardRemoved())
    assert player.do(c.CardInserted()) == "card_pulled"
    assert player.answer(c.RecogniseCard, c.StaffCard("Name", "secretary", 3, 12)) == "staff_pin"
    assert "pulled" not in player.timers, "the member has time"
    return player


def asked() -> Player:
    """A member whose PIN was right."""
    player = with_a_control_card(deciding())
    player.do(c.PinEntered(c.Handle("pin")))
    assert player.answer(c.VerifyPin, c.PinAccepted()) == "staff_reset"
    assert player.view.settings == Settings("ru"), "a member reads the usual screen; the voter's settings wait"
    return player


def test_a_session_that_is_given_back_goes_on_where_it_was() -> None:
    player = asked()
    assert player.touch(Touch.CONTINUE) == "card_pulled"
    assert "given_back" in str(player.view.heading)
    assert player.count(c.EndStaff) == 1
    player.do(c.CardRemoved())
    assert "card_pulled" in str(player.view.heading)
    assert player.timers["pulled"] == STATION.limits.pulled
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "decide"
    assert player.view.settings == Settings("en", TextSize.LARGEST, picture=False, sound=True)
    assert player.count(c.ResetSession) == 0
    assert player.touch(Touch.CAST) == "casting"


def test_an_ended_session_releases_its_card_when_it_comes() -> None:
    player = asked()
    assert player.touch(Touch.CONFIRM) == "staff_reset_ended"
    assert player.last(c.ResetSession) == c.ResetSession(HANDLE)
    assert "mayor" not in repr(player.terminal.phase), "the choices are gone from the state too"
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.CardRefused(c.Refusal.FOREIGN)) == "staff_reset_ended"
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "take_card"
    assert not player.timers
    assert "card.wait" in str(player.view.lead), "nothing is promised before the card is written"
    player.answer(c.ReleaseCard, c.Done())
    assert "take_card_reset" in str(player.view.lead)
    assert player.do(c.CardRemoved()) == "welcome"
    assert player.count(c.Cast) == 0
    assert player.count(c.EndSession) == 1


@pytest.mark.parametrize("how", ["touch", "time", "member walks off"])
def test_a_card_that_does_not_come_holds_the_terminal_from_nobody(how: str) -> None:
    player = asked()
    player.touch(Touch.CONFIRM)
    if how == "member walks off":
        assert player.run_out("idle") == "take_card"
    else:
        player.do(c.CardRemoved())
        assert (player.touch(Touch.LEAVE) if how == "touch" else player.run_out("pulled")) == "welcome"
        assert not player.timers
    assert player.count(c.EndSession) == 1
    assert player.count(c.ReleaseCard) == 0


def test_the_next_voter_who_put_a_card_in_is_read_once_the_old_card_is_given_up() -> None:
    player = asked()
    player.touch(Touch.CONFIRM)
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    player.answer(c.RecogniseCard, c.CardRefused(c.Refusal.FOREIGN))
    assert player.touch(Touch.LEAVE) == "reading"
    assert player.last(c.ReadCard) == c.ReadCard(voters=True)


def test_without_the_pin_nothing_ends() -> None:
    player = with_a_control_card(deciding())
    assert player.touch(Touch.CONFIRM) == "staff_pin"
    player.do(c.PinEntered(c.Handle("pin")))
    assert player.answer(c.VerifyPin, c.CardRefused(c.Refusal.PIN_WRONG)) == "staff_pin"
    assert "count=2" in str(player.view.content)
    assert player.touch(Touch.BACK) == "card_pulled"
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "decide"


@pytest.mark.parametrize("pin", [True, False])
def test_a_control_card_that_is_pulled_gives_the_session_back(pin: bool) -> None:
    player = asked() if pin else with_a_control_card(deciding())
    assert player.do(c.CardRemoved()) == "card_pulled"
    assert player.count(c.EndStaff) == 1
    assert "idle" not in player.timers
    assert player.run_out("pulled") == "welcome"
    assert player.count(c.EndSession) == 1


def test_a_member_who_walks_away_leaves_no_session_behind() -> None:
    player = asked()
    assert player.run_out("idle") == "take_card"
    assert player.count(c.EndSession) == 1
    assert player.touch(Touch.CONTINUE) == "reading", "the card in the reader can still be used"


def test_a_session_that_breaks_under_the_member_is_over() -> None:
    player = Player()
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.VoterAdmitted(HANDLE, (MAYOR,)))
    player.do(c.PaperChosen("mayor"))
    player.do(c.OptionTouched(1))
    player.touch(Touch.NEXT)
    assert player.touch(Touch.NEXT) == "encrypting"
    with_a_control_card(player)
    assert player.answer(c.Encrypt, c.Crashed()) == "staff_reset_ended"
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.RecogniseCard, c.SameCard()) == "take_card"


def test_the_member_hears_what_becomes_of_a_session_meanwhile() -> None:
    player = deciding()
    player.touch(Touch.CHALLENGE)
    with_a_control_card(player)
    player.answer(c.OpenBallot, c.NotPrinted(c.PrintTrouble.JAM))
    player.do(c.PinEntered(c.Handle("pin")))
    assert player.answer(c.VerifyPin, c.PinAccepted()) == "staff_reset"
    assert "printer.jam" in str(player.view.content), "the member is told what the voter waits for"


def test_a_cast_that_was_pressed_is_out_of_reach() -> None:
    player = deciding()
    player.touch(Touch.CAST)
    player.do(c.CardRemoved())
    assert player.do(c.CardInserted()) == "casting"
    assert player.count(c.RecogniseCard) == 0
    assert player.answer(c.Cast, c.Stored(1)) == "cast"


def test_nothing_of_a_session_is_shown_to_the_member() -> None:
    """The papers and options of the package are its own texts (`Said`) in these views, and so is no word of them."""
    catalogues = [Catalogue(language) for language in ("ru", "en")]
    for kind in EXAMPLES:
        for phase in EXAMPLES[kind] if kind.__name__.startswith("Reset") else ():
            shown = view(Terminal(STATION, PollsState.OPEN, Settings("en"), phase))
            said = " ".join(catalogue.say(words) for catalogue in catalogues for words in words_of(shown))
            assert CODE not in said
            for secret in ("mayor", "council", "question", "board", "jury"):
                assert secret not in said.lower()
