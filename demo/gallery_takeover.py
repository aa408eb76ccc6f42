"""The screens of a spare terminal that takes over, and of the terminal that was replaced, for the gallery."""

from collections.abc import Iterator
from dataclasses import replace

from kiosk.flows.contract import EffectId, Status, TakeoverBegun, TakeoverTrouble
from kiosk.flows.staff.states import GatherCard, Gathering, StaffHome, TakenOver, TakeoverAsked, TakingOver
from kiosk.flows.terminal import Phase
from kiosk.flows.voter import states as voter

MEMBERS = (
    ("Соколова Ирина Викторовна", "chair"),
    ("Мельник Андрей Павлович", "secretary"),
    ("Рябова Галина Фёдоровна", "voting_member"),
)
BEGUN = TakeoverBegun("Т-2", 2, MEMBERS)


def before_opening(status: Status) -> Iterator[tuple[str, Phase]]:
    """What a fresh terminal shows, the polls not open."""
    chair = MEMBERS[0]
    gathering = Gathering(BEGUN, MEMBERS[:1], 1, GatherCard.OUT)
    yield "staff_home_take_over", StaffHome(*chair, status=replace(status, may_take_over=True))
    yield "takeover_asked", TakeoverAsked(*chair, begun=BEGUN)
    yield "takeover_other_place", TakeoverAsked(*chair, trouble=TakeoverTrouble.OTHER_PLACE)
    yield "takeover_next_card", gathering
    yield "takeover_writing", TakingOver(gathering, EffectId(1))
    yield "takeover_pulled", TakingOver(gathering, None, TakeoverTrouble.NO_MEDIUM)
    yield "takeover_done", TakenOver("Т-2")


def afterwards() -> Iterator[tuple[str, Phase]]:
    """What the terminal that was replaced shows."""
    yield "replaced", voter.OutOfOrder(voter.Outage.REPLACED, "Т-2")
    yield "take_card_replaced", voter.TakeCard(voter.Ending.REPLACED)
