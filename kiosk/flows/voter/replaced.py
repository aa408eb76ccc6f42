"""Another terminal has taken over the votes of this one: nobody votes here any more, and whoever is at it is told.

A session under way ends with nothing cast, and its card is made usable, so that its voter can go to the other
terminal. A cast that was pressed is the store's to judge, which refuses it.
"""

from typing import TypeVar

from kiosk.flows.contract import EndStaff, ResetSession, StopTimer
from kiosk.flows.scene import Scene
from kiosk.flows.staff.states import Checklist, ProcedureDone, StaffHome, StaffPin, TakeoverAsked
from kiosk.flows.voter import interruptions
from kiosk.flows.voter.ordered_stop import under_way
from kiosk.flows.voter.states import (
    CardPulled,
    Ending,
    Outage,
    OutOfOrder,
    Practising,
    ResetAsked,
    ResetEnded,
    ResetPin,
    VoterPhase,
    Waiting,
)

P = TypeVar("P")


def settled(phase: P, scene: Scene) -> P | VoterPhase:
    """The phase as it may be once this is known; looked at after every step."""
    if not scene.replaced_by:
        return phase
    session = under_way(phase)
    if session is not None:
        scene.ask(StopTimer(interruptions.ANSWER))
        if isinstance(phase, CardPulled):
            scene.ask(StopTimer(interruptions.PULLED))
            return settled(interruptions.give_up(phase, scene), scene)
        if isinstance(phase, ResetPin | ResetAsked):
            scene.ask(EndStaff())
            scene.ask(ResetSession(session.handle))
            return ResetEnded(session.handle)
        return interruptions.release_card(session.handle, Ending.REPLACED, scene)
    staff = isinstance(phase, StaffPin | StaffHome | ProcedureDone | TakeoverAsked)
    if staff or (isinstance(phase, Checklist) and phase.effect is None):
        scene.ask(EndStaff())
        return OutOfOrder(Outage.REPLACED, scene.replaced_by)
    if isinstance(phase, Waiting | Practising):
        return OutOfOrder(Outage.REPLACED, scene.replaced_by)
    return phase
