"""A member ends, or gives back, the session of a voter who is gone, ill, or stuck (DESIGN 8).

The one reader decides who is there: the voter's card is out, so nothing of the session is on screen, and a control
card with its PIN is in its place. A cast that was pressed is out of reach here: only the store ends it.
"""

from collections.abc import Callable
from dataclasses import replace

from kiosk.flows.contract import (
    CardInserted,
    CardRemoved,
    EndSession,
    EndStaff,
    Event,
    Finished,
    Handle,
    PinAccepted,
    PinEntered,
    RecogniseCard,
    ResetSession,
    SameCard,
    SetTimer,
    StopTimer,
    TimeUp,
    Touch,
    Touched,
    VerifyPin,
)
from kiosk.flows.scene import Scene
from kiosk.flows.staff.steps import judged
from kiosk.flows.voter import interruptions
from kiosk.flows.voter.interruptions import PULLED, pull, release_card, unread
from kiosk.flows.voter.states import (
    CardPulled,
    Ending,
    Interactive,
    Reading,
    ResetAsked,
    ResetEnded,
    ResetPin,
    TakeCard,
    VoterPhase,
    Waiting,
    Working,
)

Step = Callable[[VoterPhase, Event, Scene], VoterPhase]


def reset_pin(phase: ResetPin, event: Event, scene: Scene, step: Step) -> VoterPhase:
    """The card judges the PIN. Without it the session can only be given back."""
    match event:
        case PinEntered(pin) if phase.effect is None:
            return replace(phase, effect=scene.ask(VerifyPin(pin)), refused=None)
        case Finished(effect, PinAccepted()) if effect == phase.effect:
            return ResetAsked(phase.under, phase.settings, phase.name, phase.role, phase.minutes)
        case Finished(effect, outcome) if effect == phase.effect:
            tries, refused = judged(phase.tries, outcome)
            return replace(phase, effect=None, tries=tries, refused=refused)
        case Touched(Touch.BACK):
            return _give_back(phase, scene)
        case _:
            return _standing_by(phase, event, scene, step)


def reset_asked(phase: ResetAsked, event: Event, scene: Scene, step: Step) -> VoterPhase:
    """Give it back, or end it: nothing was cast, and the card is released when it comes."""
    match event:
        case Touched(Touch.CONTINUE):
            return _give_back(phase, scene)
        case Touched(Touch.CONFIRM):
            session = phase.under.session.handle
            scene.ask(ResetSession(session))
            return _ended(session, scene)
        case _:
            return _standing_by(phase, event, scene, step)


def reset_ended(phase: ResetEnded, event: Event, scene: Scene) -> VoterPhase:
    """Wait for the session's own card. Where it does not come it stays this terminal's, and is released another time.

    Nobody has to wait for it: a touch says that it is not there.
    """
    match event:
        case CardInserted():
            return replace(phase, effect=scene.ask(RecogniseCard(phase.session)), other=False)
        case CardRemoved():
            if phase.member_in:
                scene.ask(SetTimer(PULLED, scene.station.limits.pulled))
            return replace(phase, member_in=False, effect=None, other=False)
        case Finished(effect, outcome) if effect == phase.effect:
            if not isinstance(outcome, SameCard):
                return replace(phase, effect=None, other=True, unread=unread(outcome))
            scene.ask(StopTimer(PULLED))
            return release_card(phase.session, Ending.RESET, scene)
        case Touched(Touch.LEAVE) | TimeUp(interruptions.PULLED | interruptions.IDLE):
            scene.ask(StopTimer(PULLED))
            scene.ask(EndSession(phase.session))
            scene.settings = scene.default_settings()
            if phase.member_in:
                return TakeCard(Ending.STAFF)
            if phase.effect is not None or phase.other:
                # Whoever put another card in is the next one here.
                return Reading(scene.ask(scene.read_card()))
            return Waiting()
        case _:
            return phase


def _standing_by(phase: ResetPin | ResetAsked, event: Event, scene: Scene, step: Step) -> VoterPhase:
    """What is under it waits and hears its own effects; without the member's card the voter's is awaited again."""
    match event:
        case CardRemoved():
            scene.ask(EndStaff())
            scene.settings = phase.settings
            return pull(phase.under, scene)
        case TimeUp(interruptions.IDLE):
            # The member went and left the card: the session does not wait for ever. Nothing was cast.
            scene.ask(EndStaff())
            scene.ask(EndSession(phase.under.session.handle))
            return TakeCard(Ending.STAFF)
        case Finished():
            below = step(phase.under, event, scene)
            if isinstance(below, Interactive | Working):
                return replace(phase, under=below)
            # The session broke by itself: it is over, and its card is released when it comes.
            return _ended(phase.under.session.handle, scene)
        case _:
            return phase


def _ended(session: Handle, scene: Scene) -> ResetEnded:
    scene.ask(EndStaff())
    return ResetEnded(session)


def _give_back(phase: ResetPin | ResetAsked, scene: Scene) -> CardPulled:
    scene.ask(EndStaff())
    scene.ask(SetTimer(PULLED, scene.station.limits.pulled))
    scene.settings = phase.settings
    return CardPulled(phase.under, given_back=True)
