"""Members' cards one after another in the one reader: taken out, the next one in, its PIN, counted."""

from dataclasses import replace

from kiosk.flows.contract import (
    CardInserted,
    CardRefused,
    CardRemoved,
    EndQuorum,
    EndStaff,
    Event,
    Finished,
    PinAccepted,
    PinEntered,
    ReadCard,
    Refusal,
    StaffCard,
    StopTimer,
    TimeUp,
    Touch,
    Touched,
    VerifyPin,
)
from kiosk.flows.scene import Scene
from kiosk.flows.staff.gathering import QUORUM
from kiosk.flows.staff.states import Checklist, QuorumAsked, QuorumPin
from kiosk.flows.staff.steps import begin, judged
from kiosk.flows.voter.states import Ending, TakeCard, Waiting

Gathering = Checklist | QuorumAsked | QuorumPin | TakeCard | Waiting


def quorum_asked(phase: QuorumAsked, event: Event, scene: Scene) -> Gathering:
    """Wait for the next member. Leaving, or time, lets go of everybody who was counted."""
    match event:
        case CardRemoved():
            scene.ask(EndStaff())
            return replace(phase, card_in=False, effect=None, refused=None)
        case CardInserted():
            return replace(phase, card_in=True, effect=scene.ask(ReadCard(voters=False)), refused=None)
        case Finished(effect, StaffCard(name, role, tries)) if effect == phase.effect:
            return QuorumPin(replace(phase, effect=None), name, role, tries)
        case Finished(effect, outcome) if effect == phase.effect:
            refused = outcome if isinstance(outcome, CardRefused) else CardRefused(Refusal.UNREADABLE)
            return replace(phase, effect=None, refused=refused)
        case Touched(Touch.LEAVE):
            return _given_up(phase, scene)
        case TimeUp(timer) if timer == QUORUM:
            return _given_up(phase, scene)
        case _:
            return phase


def quorum_pin(phase: QuorumPin, event: Event, scene: Scene) -> Gathering:
    """The card judges the PIN; then it is counted."""
    match event:
        case PinEntered(pin) if phase.effect is None:
            return replace(phase, effect=scene.ask(VerifyPin(pin)), refused=None)
        case Finished(effect, PinAccepted()) if effect == phase.effect:
            return begin(replace(phase.asked.under, name=phase.name, role=phase.role, card_in=True), scene)
        case Finished(effect, outcome) if effect == phase.effect:
            tries, refused = judged(phase.tries, outcome)
            return replace(phase, effect=None, tries=tries, refused=refused)
        case CardRemoved():
            scene.ask(EndStaff())
            return replace(phase.asked, card_in=False)
        case Touched(Touch.BACK):
            scene.ask(EndStaff())
            return replace(phase.asked, card_in=True)
        case TimeUp(timer) if timer == QUORUM:
            return _given_up(phase.asked, scene)
        case _:
            return phase


def _given_up(phase: QuorumAsked, scene: Scene) -> TakeCard | Waiting:
    scene.ask(StopTimer(QUORUM))
    scene.ask(EndQuorum())
    scene.ask(EndStaff())
    scene.settings = scene.default_settings()
    return TakeCard(Ending.STAFF) if phase.card_in else Waiting()
