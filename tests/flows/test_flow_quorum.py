"""A quorum at the one reader: every member once, in any order, the chair among them, in time."""

from kiosk.domain.polls import PollsState
from kiosk.domain.quorum import Attending, Quorum
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import Rows
from tests.flows.flow_setting import Player
from tests.flows.test_flow_staff_journeys import PASSED, member

NAMES = ("Name", "Second", "Third")
ROLES = ("chair", "secretary", "voting_member")


def lacks(here: int, needed: int = 3) -> c.QuorumLacks:
    people = tuple(Attending(name, role) for name, role in zip(NAMES, ROLES, strict=True))
    return c.QuorumLacks(Quorum(people[:here], needed, "07:42"))


def begun() -> Player:
    """The chair's card was counted first."""
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    assert player.answer(c.ReleaseKey, lacks(1)) == "staff_quorum"
    return player


def comes(player: Player, number: int) -> str:
    """The next member puts a card in and enters a PIN that is right."""
    if player.do(c.CardRemoved()) != "staff_quorum":
        return player.screen
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.StaffCard(NAMES[number], ROLES[number], 3)) == "staff_pin"
    player.do(c.PinEntered(c.Handle("pin")))
    return player.answer(c.VerifyPin, c.PinAccepted())


def rows(player: Player) -> list[str]:
    assert isinstance(player.view.content, Rows)
    return [str(row.title) for row in player.view.content.rows]


def test_one_after_another_until_there_are_enough() -> None:
    player = begun()
    assert player.timers["quorum"] == 600.0
    assert comes(player, 1) == "staff_checklist"
    assert player.answer(c.ReleaseKey, lacks(2)) == "staff_quorum"
    assert sum("quorum.member" in row for row in rows(player)) == 1
    assert comes(player, 2) == "staff_checklist"
    player.answer(c.ReleaseKey, c.Done())
    assert "quorum" not in player.timers, "nobody is waited for any more"
    player.answer(c.PrintAct, c.Printed())
    player.answer(c.OpenPolls, c.Done())
    assert player.answer(c.PrintAct, c.Printed()) == "staff_done"
    assert player.count(c.EndQuorum) == 0


def test_who_is_missing_stands_on_screen_the_chair_by_the_office() -> None:
    player = member(PollsState.NOT_OPENED)
    player.touch(Touch.OPEN_POLLS)
    player.answer(c.CheckReadiness, PASSED)
    player.answer(c.ReleaseKey, c.QuorumLacks(Quorum((Attending("Second", "secretary"),), 3, "07:42")))
    said = rows(player)
    assert ["quorum.chair" in said[0], "quorum.member" in said[1], "Second" in said[2]] == [True] * 3
    assert "07:42" in str(player.view.lead)


def test_a_card_that_is_not_counted_leaves_who_is_here() -> None:
    player = begun()
    for refusal in (c.Refusal.SAME_MEMBER, c.Refusal.NO_CHAIR, c.Refusal.NO_SHARE):
        assert comes(player, 1) == "staff_checklist"
        assert player.answer(c.ReleaseKey, c.CardRefused(refusal)) == "staff_quorum"
        assert f"refusal.{refusal.name.lower()}" in rows(player)[0]
        assert any("Name" in row for row in rows(player))
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.ReadCard, c.CardRefused(c.Refusal.FOREIGN)) == "staff_quorum"
    assert "refusal.foreign" in rows(player)[0]
    assert comes(player, 1) == "staff_checklist"
    assert player.answer(c.ReleaseKey, c.Crashed()) == "staff_quorum", "what broke costs nobody their place"


def test_a_card_pulled_while_its_pin_is_asked_for_or_judged_is_asked_for_again() -> None:
    player = begun()
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard("Second", "secretary", 3))
    assert player.do(c.CardRemoved()) == "staff_quorum"
    player.do(c.CardInserted())
    player.answer(c.ReadCard, c.StaffCard("Second", "secretary", 3))
    player.do(c.PinEntered(c.Handle("pin")))
    assert player.answer(c.VerifyPin, c.CardRefused(c.Refusal.PIN_WRONG)) == "staff_pin"
    assert player.touch(Touch.BACK) == "staff_quorum"
    assert comes(player, 1) == "staff_checklist"
    player.do(c.CardRemoved())
    assert player.answer(c.ReleaseKey, lacks(2)) == "staff_quorum"
    assert "lead_take" not in str(player.view.lead), "the card is out already"


def test_time_that_runs_out_lets_go_of_everybody() -> None:
    for moment in ("asked", "card out", "pin"):
        player = begun()
        if moment != "asked":
            player.do(c.CardRemoved())
        if moment == "pin":
            player.do(c.CardInserted())
            player.answer(c.ReadCard, c.StaffCard("Second", "secretary", 3))
        assert player.run_out("quorum") == ("closed" if moment == "card out" else "take_card")
        assert player.count(c.EndQuorum) == 1


def test_time_that_runs_out_while_a_card_is_counted_is_judged_after_it() -> None:
    player = begun()
    comes(player, 1)
    assert player.run_out("quorum") == "staff_checklist"
    assert player.answer(c.ReleaseKey, lacks(2)) == "staff_quorum"
    assert player.run_out("quorum") == "take_card"


def test_leaving_it_for_later_lets_go_of_everybody() -> None:
    player = begun()
    assert player.touch(Touch.LEAVE) == "take_card"
    assert player.count(c.EndQuorum) == 1
    assert "quorum" not in player.timers
    assert player.do(c.CardRemoved()) == "closed"


def test_a_voters_card_is_never_admitted_into_a_quorum() -> None:
    player = begun()
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.last(c.ReadCard) == c.ReadCard(voters=False)


def test_a_card_that_comes_while_the_last_one_is_counted_is_read_next() -> None:
    """Pulled while it works and put back at once, or the next member's: none lies there unread."""
    player = begun()
    comes(player, 1)
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.ReleaseKey, c.CardRefused(c.Refusal.UNREADABLE)) == "staff_quorum"
    assert "quorum.lead_reading" in str(player.view.lead)
    assert player.answer(c.ReadCard, c.StaffCard(NAMES[1], ROLES[1], 3)) == "staff_pin"
    player.do(c.PinEntered(c.Handle("pin")))
    player.answer(c.VerifyPin, c.PinAccepted())
    player.do(c.CardRemoved())
    player.do(c.CardInserted())
    assert player.answer(c.ReleaseKey, lacks(2)) == "staff_quorum"
    assert player.answer(c.ReadCard, c.StaffCard(NAMES[2], ROLES[2], 3)) == "staff_pin"
