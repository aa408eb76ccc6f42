"""A member before the session of a voter: what is shown is how far it is, and never a choice or a code."""

from typing import assert_never

from kiosk.domain.station import Station
from kiosk.domain.words import Words, message
from kiosk.flows.contract import Touch
from kiosk.flows.staff.view import pin, who
from kiosk.flows.views import Mark, Picture, Row, Rows, Screen
from kiosk.flows.voter.states import (
    About,
    Ballots,
    Checked,
    ChoosingCheck,
    Deciding,
    DecliningAsked,
    Encrypting,
    Filling,
    Offering,
    Opening,
    PrinterWaits,
    ResetAsked,
    ResetEnded,
    ResetPin,
    Reviewing,
    UndecidedAsked,
    Under,
)
from kiosk.flows.voter.view_parts import Face, act


def face(phase: ResetPin | ResetAsked | ResetEnded, station: Station) -> Face:
    """What the member sees in this phase."""
    match phase:
        case ResetPin():
            return pin(phase, station)
        case ResetAsked():
            return _asked(phase)
        case ResetEnded():
            return _ended(phase)
        case _:
            assert_never(phase)


def _asked(phase: ResetAsked) -> Face:
    rows = (
        Row(message("reset.how_far"), _how_far(phase.under), Mark.FACT),
        Row(message("reset.begun"), message("reset.minutes", count=phase.minutes), Mark.FACT),
        Row(message("reset.if_ended"), message("reset.if_ended_detail"), Mark.FACT),
    )
    return Face(
        Screen.STAFF_RESET,
        message("reset.heading"),
        who(phase.name, phase.role),
        Rows(rows),
        back=act(Touch.CONFIRM, "action.end_session"),
        primary=act(Touch.CONTINUE, "action.give_back"),
        settings_bar=False,
    )


def _how_far(under: Under) -> Words:
    match under:
        case Ballots() | DecliningAsked() | Filling() | About() | Reviewing() | UndecidedAsked() | Checked():
            return message("reset.filling")
        case Encrypting() | Offering() | Opening():
            return message("reset.working")
        case Deciding() | ChoosingCheck():
            return message("reset.deciding")
        case PrinterWaits(trouble=trouble):
            return message(f"printer.{trouble.value}")
        case _:
            assert_never(under)


def _ended(phase: ResetEnded) -> Face:
    key, picture = "reset_ended.lead", "insert_card"
    if phase.member_in:
        key, picture = "reset_ended.lead_take", "take_card"
    elif phase.other:
        key = "reset_ended.lead_unread" if phase.unread else "reset_ended.lead_other"
    lead = message(key)
    return Face(
        Screen.STAFF_RESET_ENDED,
        message("reset_ended.heading"),
        lead,
        Picture(picture, lead),
        back=act(Touch.LEAVE, "action.no_card"),
        settings_bar=False,
    )
