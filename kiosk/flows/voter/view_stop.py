"""Views of what an order does to a voter: the notice that time is short, and how to vote instead."""

from typing import assert_never

from kiosk.domain.orders import Termination
from kiosk.domain.words import Words, message
from kiosk.flows.contract import Touch
from kiosk.flows.views import Picture, Screen, Statement
from kiosk.flows.voter.states import StopNotice
from kiosk.flows.voter.stop_states import OrderedStop, StopCard
from kiosk.flows.voter.view_parts import Face, act, call_action


def notice(phase: StopNotice) -> Face:
    """Voting ends; so much time is left, and a ballot that is cast within it counts."""
    return Face(
        Screen.STOP_NOTICE,
        message("stop_notice.heading"),
        _time_left(phase.left),
        Picture("attention", _time_left(phase.left)),
        help=call_action(),
        primary=act(Touch.CONTINUE, "action.stay"),
    )


def _time_left(seconds: float) -> Words:
    if seconds < 60:
        return message("stop_notice.seconds", count=int(seconds))
    return message("stop_notice.minutes", count=int(seconds) // 60)


def ordered_stop(phase: OrderedStop) -> Face:
    """What is so with the card, and how to vote instead."""
    settled = phase.card is not StopCard.RELEASING
    printing = phase.print_effect is not None
    return _stop(
        phase.order,
        _lead(phase),
        can_print=settled and not printing and not phase.printed,
        leaves=(phase.card is StopCard.NONE),
    )


def stopped_everywhere(order: Termination) -> Face:
    """Nobody is here, and nobody votes here any more."""
    return _stop(order, message("ordered_stop.lead_everything"), can_print=True, leaves=False)


def _stop(order: Termination, lead: Words, *, can_print: bool, leaves: bool) -> Face:
    scope = "everything" if order.districts is None else "district"
    return Face(
        Screen.ORDERED_STOP,
        message(f"ordered_stop.{scope}"),
        lead,
        Statement(message("ordered_stop.instead", how=order.instead), (order.reason, order.decision)),
        back=act(Touch.FINISH, "action.done") if leaves else None,
        help=call_action(),
        primary=act(Touch.PRINT_ORDER, "action.print_order", enabled=can_print),
    )


def _lead(phase: OrderedStop) -> Words:
    if phase.print_effect is not None:
        return message("ordered_stop.printing")
    if phase.trouble is not None:
        return message("ordered_stop.not_printed", trouble=message(f"printer.{phase.trouble.value}"))
    match phase.card:
        case StopCard.NONE:
            return message("ordered_stop.take_paper" if phase.printed else "ordered_stop.lead_everything")
        case StopCard.RELEASING:
            return message("card.wait")
        case StopCard.LEFT:
            return message("ordered_stop.take_both" if phase.printed else "ordered_stop.take_card")
        case StopCard.HELD:
            return message("card.held")
        case _:
            assert_never(phase.card)
