"""A takeover as a view: what it means, whose cards gave their share, who is still missing."""

from typing import assert_never

from kiosk.domain.words import Words, message, plain
from kiosk.flows.contract import Touch
from kiosk.flows.staff.states import GatherCard, Gathering, TakenOver, TakeoverAsked, TakingOver
from kiosk.flows.views import Mark, Picture, Row, Rows, Screen
from kiosk.flows.voter.view_parts import Face, act


def face(phase: TakeoverAsked | Gathering | TakingOver | TakenOver) -> Face:
    """What the members see in this phase."""
    match phase:
        case TakeoverAsked():
            return _asked(phase)
        case Gathering():
            return _gathering(phase)
        case TakingOver():
            return _taking_over(phase)
        case TakenOver(terminal):
            return Face(
                Screen.STAFF_TAKEOVER,
                message("takeover.done", terminal=plain(terminal)),
                message("takeover.done_lead"),
                Picture("wait", message("takeover.done_lead")),
                settings_bar=False,
            )
        case _:
            assert_never(phase)


def _asked(phase: TakeoverAsked) -> Face:
    if phase.begun is None:
        trouble = None if phase.trouble is None else message(f"takeover_trouble.{phase.trouble.value}")
        mark = Mark.ATTENTION if trouble is None else Mark.TROUBLE
        row = Row(message("takeover.medium"), message("step.working") if trouble is None else trouble, mark)
        return Face(
            Screen.STAFF_TAKEOVER,
            message("takeover.heading"),
            message("takeover.lead_looking" if trouble is None else "takeover.lead_trouble"),
            Rows((row,)),
            back=None if phase.effect is not None else act(Touch.LEAVE, "action.back"),
            primary=None if trouble is None else act(Touch.RETRY, "action.try_again"),
            settings_bar=False,
        )
    terminal = plain(phase.begun.terminal)
    rows = (
        Row(message("takeover.comes"), message("takeover.comes_detail", terminal=terminal), Mark.FACT),
        Row(message("takeover.ends", terminal=terminal), message("takeover.ends_detail", terminal=terminal), Mark.FACT),
        Row(message("takeover.needs"), message("takeover.needs_detail", count=phase.begun.missing), Mark.FACT),
    )
    return Face(
        Screen.STAFF_TAKEOVER,
        message("takeover.heading_of", terminal=terminal),
        message("takeover.lead_asked", terminal=terminal),
        Rows(rows),
        back=act(Touch.LEAVE, "action.back"),
        primary=act(Touch.CONFIRM, "action.take_over_now"),
        settings_bar=False,
    )


def _gathering(phase: Gathering) -> Face:
    return Face(
        Screen.STAFF_TAKEOVER,
        message("takeover.heading_of", terminal=plain(phase.begun.terminal)),
        _lead(phase),
        Rows((*_trouble(phase.trouble), *_members(phase))),
        back=None if phase.effect is not None else act(Touch.LEAVE, "action.give_up"),
        settings_bar=False,
    )


def _lead(phase: Gathering) -> Words:
    match phase.card:
        case GatherCard.OUT:
            return message("takeover.lead_next", count=phase.missing)
        case GatherCard.READING | GatherCard.WORKING:
            return message("takeover.lead_card_works")
        case GatherCard.GONE:
            return message("step.working")
        case GatherCard.TAKE:
            return message("takeover.lead_take", count=phase.missing)
        case _:
            assert_never(phase.card)


def _members(phase: Gathering) -> tuple[Row, ...]:
    """Every member whose card holds a share; any of them who did not come yet may be the next."""
    return tuple(
        Row(
            message("staff.who", name=plain(name), role=message(f"role.{role}")),
            message("takeover.gave") if (name, role) in phase.given else message("takeover.not_yet"),
            Mark.DONE if (name, role) in phase.given else Mark.NONE,
        )
        for name, role in phase.begun.members
    )


def _trouble(trouble: Words | None) -> tuple[Row, ...]:
    return () if trouble is None else (Row(message("takeover.card_trouble"), trouble, Mark.TROUBLE),)


def _taking_over(phase: TakingOver) -> Face:
    working = phase.trouble is None
    detail = message("takeover.writing" if phase.trouble is None else f"takeover_trouble.{phase.trouble.value}")
    row = Row(message("takeover.medium"), detail, Mark.ATTENTION if working else Mark.TROUBLE)
    return Face(
        Screen.STAFF_TAKEOVER,
        message("takeover.heading_of", terminal=plain(phase.gathered.begun.terminal)),
        message("takeover.lead_writing" if working else "takeover.lead_trouble"),
        Rows((row, *_members(phase.gathered))),
        back=None if working else act(Touch.LEAVE, "action.give_up"),
        primary=None if working else act(Touch.RETRY, "action.try_again"),
        settings_bar=False,
    )
