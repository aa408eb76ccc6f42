"""What a practice says otherwise than a session: nothing in it may promise, print or count anything."""

from dataclasses import replace

from kiosk.domain.station import Station
from kiosk.domain.words import message
from kiosk.flows.contract import Touch, Touched
from kiosk.flows.views import Action, Decision, Picture
from kiosk.flows.voter.states import (
    Accepted,
    Ballots,
    Casting,
    Checked,
    Deciding,
    DecliningAsked,
    Encrypting,
    Offering,
    Opening,
    Practising,
)
from kiosk.flows.voter.view_parts import Face, act


def offer(station: Station) -> Action | None:
    """The button of who wants to try, where there is something to try."""
    if not station.practice:
        return None
    return Action(Touched(Touch.PRACTISE), message("action.practise"), message("action.practise_hint"), aside=True)


def face(phase: Practising, shown: Face) -> Face:
    """The screen as a session has it, with the words of a practice."""
    match phase.shows:
        case Ballots(session) if len(session.declined) < len(session.papers):
            return replace(
                shown,
                heading=message("practice.ballots", count=len(session.papers)),
                # Who declined everything is told what that leaves, as in a session.
                lead=shown.lead if len(session.declined) == len(session.papers) else message("practice.ballots_lead"),
            )
        case DecliningAsked(session, _) if len(session.declined) + 1 == len(session.papers):
            # In a session the voter hears here what becomes of the card. There is none.
            lead = message("practice.decline_last")
            return replace(shown, lead=lead, content=Picture("attention", lead))
        case Encrypting():
            return _working(shown, "practice.encrypting_lead")
        case Offering() | Opening():
            return _working(replace(shown, heading=message("practice.printing")), "practice.printing_lead")
        case Deciding():
            assert isinstance(shown.content, Decision)
            return replace(
                shown,
                heading=message("practice.decide", count=len(phase.shows.session.filled)),
                lead=message("practice.decide_lead"),
                content=replace(
                    shown.content,
                    left_detail=message("practice.check_detail"),
                    right_detail=message("practice.cast_detail"),
                ),
            )
        case Checked(session, paper):
            lead = message("practice.checked_lead", paper=session.papers[paper].paper.title)
            return replace(shown, lead=lead, content=Picture("take_slip", lead))
        case Casting():
            return _working(shown, "practice.casting_lead")
        case Accepted():
            return replace(
                shown,
                heading=message("practice.cast"),
                lead=message("practice.cast_lead"),
                content=Picture("done", message("practice.cast_lead")),
                primary=act(Touch.FINISH, "action.end_practice"),
            )
        case _:
            return shown


def _working(shown: Face, lead: str) -> Face:
    return replace(shown, lead=message(lead), content=Picture("wait", message(lead)))
