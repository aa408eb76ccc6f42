"""When a member of the commission is called, by whom, and when the sign for it goes out.

The call belongs to the terminal and not to a phase, so that no phase can lose it or be disturbed by it. Somebody calls
by hand; a card that nobody takes calls by itself.
"""

from typing import Final

from kiosk.flows.contract import CallReason, CallStaff, Event, SetTimer, StopTimer, TimeUp
from kiosk.flows.scene import Scene
from kiosk.flows.staff.states import Checklist, GatherPin, ProcedureDone, StaffHome, StaffPhase, StaffPin, TakeoverAsked
from kiosk.flows.voter import interruptions, practice
from kiosk.flows.voter.states import (
    Accepted,
    AfterPower,
    CardPulled,
    CardTrouble,
    NotAccepted,
    Practising,
    Reading,
    ResetAsked,
    ResetPin,
    StillHere,
    TakeCard,
    VoterPhase,
    Waiting,
)
from kiosk.flows.voter.stop_states import OrderedStop, StopCard

Phase = VoterPhase | StaffPhase

CARD_LEFT: Final = "card_left"
CALLED: Final = "called"
CALLED_SECONDS: Final = 180.0
"""How long the sign stands where nobody's card is in: whoever called may have gone."""

_MEMBER_IS_HERE = (StaffPin, StaffHome, Checklist, ProcedureDone, ResetPin, ResetAsked, TakeoverAsked, GatherPin)
_MAY_STAY = (Reading, CardTrouble, NotAccepted, AfterPower)
"""Who was sent away with the card still waits here for the member: taking the card out takes nothing back."""


def call(phase: Phase, scene: Scene) -> None:
    """Somebody calls. Once is enough; and who has to answer in time, gets that time again."""
    if scene.called is not None:
        return
    scene.ask(CallStaff(CallReason.ASKED))
    scene.called = CallReason.ASKED
    limits = practice.limits(scene.station) if isinstance(phase, Practising) else scene.station.limits
    match phase:
        case StillHere() | Practising(shows=StillHere()):
            scene.ask(SetTimer(interruptions.ANSWER, limits.answer))
        case CardPulled(effect=None):
            scene.ask(SetTimer(interruptions.PULLED, limits.pulled))
        case Waiting():
            scene.ask(SetTimer(CALLED, CALLED_SECONDS))
        case _:
            pass


def card_is_left(phase: Phase) -> bool:
    """Whether a card is in the reader that should be taken."""
    match phase:
        case CardTrouble() | TakeCard() | AfterPower(session=None):
            return True
        case OrderedStop(card=card):
            return card in (StopCard.LEFT, StopCard.HELD)
        case Accepted() | NotAccepted():
            return not phase.removed
        case _:
            return False


def watch(before: Phase, after: Phase, event: Event, scene: Scene) -> None:
    """Call for a card that nobody takes, once; and take the sign away when a member came, or who called has gone."""
    was, left = card_is_left(before), card_is_left(after)
    if left and not was:
        scene.ask(SetTimer(CARD_LEFT, scene.station.limits.card_left))
    elif was and not left:
        scene.ask(StopTimer(CARD_LEFT))
    elif left and event == TimeUp(CARD_LEFT):
        scene.ask(CallStaff(CallReason.CARD_LEFT))
        scene.called = scene.called or CallReason.CARD_LEFT
    if scene.called is not None and _is_over(before, after, event, scene):
        scene.called = None
        if event != TimeUp(CALLED):
            scene.ask(StopTimer(CALLED))


def _is_over(before: Phase, after: Phase, event: Event, scene: Scene) -> bool:
    match after:
        case Waiting() if isinstance(before, Waiting):
            return event == TimeUp(CALLED)
        case Waiting() if scene.called is CallReason.ASKED and isinstance(before, _MAY_STAY):
            scene.ask(SetTimer(CALLED, CALLED_SECONDS))
            return False
        case Waiting():
            return True
        case _ if isinstance(before, Reading):
            # A voter's session begins, or a member's card is in: either way whoever called has been helped.
            return not isinstance(after, Reading | CardTrouble | AfterPower)
        case _:
            return isinstance(after, _MEMBER_IS_HERE)
