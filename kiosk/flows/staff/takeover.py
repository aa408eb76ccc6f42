"""A spare terminal takes over: the members' cards one after another, then the medium, then a new start.

There is one reader, so the members come one by one. What is gathered is forgotten when they take too long.
"""

from dataclasses import replace

from kiosk.domain.words import message
from kiosk.flows.contract import (
    BeginTakeover,
    CardInserted,
    CardRefused,
    CardRemoved,
    Done,
    EndStaff,
    EndTakeover,
    Event,
    Finished,
    GiveShare,
    PinAccepted,
    PinEntered,
    ReadCard,
    SetTimer,
    ShareGiven,
    StaffCard,
    StartAnew,
    StopTimer,
    TakeOver,
    TakeoverBegun,
    TakeoverFailed,
    TakeoverTrouble,
    TimeUp,
    Touch,
    Touched,
    VerifyPin,
)
from kiosk.flows.scene import Scene
from kiosk.flows.staff import steps
from kiosk.flows.staff.states import (
    GatherCard,
    Gathering,
    GatherPin,
    StaffPhase,
    TakenOver,
    TakeoverAsked,
    TakingOver,
)
from kiosk.flows.voter import interruptions
from kiosk.flows.voter.states import Ending, TakeCard, Waiting

GATHER = "gather"
GATHER_SECONDS = 600.0
"""How long the next card may take to come, and how long a trouble may wait for a new try."""

After = StaffPhase | TakeCard | Waiting


def asked(phase: TakeoverAsked, event: Event, scene: Scene) -> After:
    """What it means is on screen; the member's own card gives the first share."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            match outcome:
                case TakeoverBegun():
                    return replace(phase, effect=None, begun=outcome)
                case TakeoverFailed(trouble):
                    return replace(phase, effect=None, trouble=trouble)
                case _:
                    return replace(phase, effect=None, trouble=TakeoverTrouble.FAILED)
        case Touched(Touch.RETRY) if phase.trouble is not None:
            return replace(phase, effect=scene.ask(BeginTakeover()), trouble=None)
        case Touched(Touch.CONFIRM) if phase.begun is not None:
            scene.ask(SetTimer(GATHER, GATHER_SECONDS))
            begun = phase.begun
            waiting = Gathering(begun, (), begun.missing, GatherCard.WORKING, phase.name, phase.role)
            return replace(waiting, effect=scene.ask(GiveShare()))
        case Touched(Touch.LEAVE) if phase.effect is None:
            scene.ask(EndTakeover())
            return steps.home(phase.name, phase.role, scene)
        case CardRemoved() | TimeUp(interruptions.IDLE):
            return _end(scene, card_in=not isinstance(event, CardRemoved))
        case _:
            return phase


def gathering(phase: Gathering, event: Event, scene: Scene) -> After:
    """A card comes, gives its share, and goes; then the next one."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            phase = replace(phase, effect=None)
            if phase.card is GatherCard.READING:
                return _read(phase, outcome)
            return _gave(phase, outcome, scene)
        case CardInserted() if phase.card is GatherCard.OUT:
            scene.ask(SetTimer(GATHER, GATHER_SECONDS))
            effect = scene.ask(ReadCard(voters=False))
            return replace(phase, card=GatherCard.READING, effect=effect, trouble=None)
        case CardInserted() if phase.card is GatherCard.GONE:
            return replace(phase, card=GatherCard.WORKING)
        case CardRemoved() if phase.card is GatherCard.WORKING:
            return replace(phase, card=GatherCard.GONE)
        case CardRemoved() if phase.card is not GatherCard.GONE:
            scene.ask(EndStaff())
            # Why the last card gave no share stays on screen until another one comes.
            return replace(phase, card=GatherCard.OUT, effect=None)
        case Touched(Touch.LEAVE) if phase.effect is None:
            return _end(scene, card_in=phase.card is not GatherCard.OUT)
        case TimeUp(timer) if timer == GATHER:
            return _end(scene, card_in=phase.card not in (GatherCard.OUT, GatherCard.GONE))
        case _:
            return phase


def gather_pin(phase: GatherPin, event: Event, scene: Scene) -> After:
    """The card judges the PIN, and gives its share at once."""
    match event:
        case PinEntered(pin) if phase.effect is None:
            return replace(phase, effect=scene.ask(VerifyPin(pin)), refused=None)
        case Finished(effect, PinAccepted()) if effect == phase.effect:
            under = replace(phase.under, card=GatherCard.WORKING, name=phase.name, role=phase.role)
            return replace(under, effect=scene.ask(GiveShare()))
        case Finished(effect, outcome) if effect == phase.effect:
            tries, refused = steps.judged(phase.tries, outcome)
            return replace(phase, effect=None, tries=tries, refused=refused)
        case Touched(Touch.BACK):
            return replace(phase.under, card=GatherCard.TAKE)
        case CardRemoved():
            scene.ask(EndStaff())
            return replace(phase.under, card=GatherCard.OUT)
        case TimeUp(timer) if timer == GATHER:
            return _end(scene, card_in=True)
        case _:
            return phase


def taking_over(phase: TakingOver, event: Event, scene: Scene) -> After:
    """Once it is written on the medium there is no way back; before, nothing has changed."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            if isinstance(outcome, Done):
                scene.ask(StopTimer(GATHER))
                scene.ask(EndStaff())
                scene.ask(StartAnew())
                return TakenOver(phase.gathered.begun.terminal)
            scene.ask(SetTimer(GATHER, GATHER_SECONDS))
            trouble = outcome.trouble if isinstance(outcome, TakeoverFailed) else TakeoverTrouble.FAILED
            return replace(phase, effect=None, trouble=trouble)
        case Touched(Touch.RETRY) if phase.trouble is not None:
            return replace(phase, effect=scene.ask(TakeOver()), trouble=None)
        case CardRemoved():
            scene.ask(EndStaff())
            return replace(phase, card_in=False)
        case CardInserted():
            return replace(phase, card_in=True)
        case Touched(Touch.LEAVE) if phase.effect is None:
            return _end(scene, card_in=phase.card_in)
        case TimeUp(timer) if timer == GATHER and phase.effect is None:
            return _end(scene, card_in=phase.card_in)
        case _:
            return phase


def _read(phase: Gathering, outcome: object) -> Gathering | GatherPin:
    """Whose card it is."""
    match outcome:
        case StaffCard(name, role, tries):
            return GatherPin(replace(phase, trouble=None), name, role, tries)
        case CardRefused():
            return replace(phase, card=GatherCard.TAKE, trouble=steps.refusal_words(outcome))
        case _:
            return replace(phase, card=GatherCard.TAKE, trouble=message("step.failed"))


def _gave(phase: Gathering, outcome: object, scene: Scene) -> Gathering | TakingOver:
    """What came of asking the card for its share."""
    in_slot = phase.card is not GatherCard.GONE
    phase = replace(phase, card=GatherCard.TAKE if in_slot else GatherCard.OUT)
    if not in_slot:
        scene.ask(EndStaff())
    match outcome:
        case ShareGiven(missing, again):
            trouble = message("takeover.again") if again else None
            member = (phase.name, phase.role)
            given = phase.given if again or member in phase.given else (*phase.given, member)
            phase = replace(phase, given=given, missing=missing, trouble=trouble)
            if missing:
                return phase
            return TakingOver(phase, scene.ask(TakeOver()), card_in=in_slot)
        case CardRefused():
            return replace(phase, trouble=steps.refusal_words(outcome))
        case _:
            return replace(phase, trouble=message("step.failed"))


def _end(scene: Scene, *, card_in: bool) -> TakeCard | Waiting:
    """Nothing is taken over, and what was gathered is forgotten."""
    scene.ask(StopTimer(GATHER))
    scene.ask(EndTakeover())
    scene.ask(EndStaff())
    if card_in:
        return TakeCard(Ending.STAFF)
    scene.settings = scene.default_settings()
    return Waiting()
