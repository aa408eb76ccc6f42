"""One rule for every interruption: what is under it waits, keeps hearing its own effects, and comes back whole."""

from collections.abc import Callable
from dataclasses import replace

from kiosk.flows.contract import (
    CardInserted,
    CardRefused,
    CardRemoved,
    EndSession,
    Event,
    Finished,
    Handle,
    Outcome,
    RecogniseCard,
    Refusal,
    ReleaseCard,
    SameCard,
    SetTimer,
    Speaking,
    StaffCard,
    StopTimer,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.scene import Scene
from kiosk.flows.voter.states import (
    Ballots,
    CardPulled,
    Ending,
    Helped,
    Interactive,
    LeavingAsked,
    PrinterWaits,
    Reading,
    Releasing,
    ResetPin,
    StillHere,
    Under,
    VoterPhase,
    Waiting,
    Working,
)

IDLE = "idle"
ANSWER = "answer"
PULLED = "pulled"

Step = Callable[[VoterPhase, Event, Scene], VoterPhase]


def pull(under: Under, scene: Scene) -> CardPulled:
    """The card went out in a session."""
    scene.ask(StopTimer(IDLE))
    scene.ask(StopTimer(ANSWER))
    scene.ask(SetTimer(PULLED, scene.station.limits.pulled))
    return CardPulled(under)


def card_pulled(phase: CardPulled, event: Event, scene: Scene, step: Step) -> VoterPhase:
    """The same card in time goes on where it was; anything else ends the session with nothing stored.

    A member's card asks for its PIN: the member may give the session back or end it.
    """
    match event:
        case CardInserted():
            return replace(phase, effect=scene.ask(RecogniseCard(phase.under.session.handle)), other=False)
        case CardRemoved():
            if phase.given_back:
                # The member took the control card: from now on the voter has the whole time.
                scene.ask(SetTimer(PULLED, scene.station.limits.pulled))
            return replace(phase, effect=None, other=False, given_back=False)
        case Finished(effect, outcome) if effect == phase.effect:
            match outcome:
                case SameCard():
                    scene.ask(StopTimer(PULLED))
                    return phase.under
                case StaffCard(name, role, tries, minutes):
                    scene.ask(StopTimer(PULLED))
                    theirs, scene.settings = scene.settings, scene.default_settings()
                    return ResetPin(phase.under, theirs, name, role, tries, minutes)
                case _:
                    return replace(phase, effect=None, other=True, unread=unread(outcome))
        case Finished():
            below = step(phase.under, event, scene)
            if isinstance(below, Interactive | Working):
                return replace(phase, under=below)
            # The session broke while its card was away, so nobody is here to be told. Nothing was cast; put in again,
            # the card is known to be in session here, and the voter begins anew. The time to put it back is over: left
            # running, it would end another voter's.
            scene.ask(StopTimer(PULLED))
            return give_up(phase, scene)
        case TimeUp(timer) if timer == PULLED:
            return give_up(phase, scene)
        case _:
            return phase


def unread(outcome: Outcome) -> bool:
    """Whether the card that was put in may be the session's own, and only could not be read: upside down, say."""
    return not isinstance(outcome, CardRefused) or outcome.refusal in (Refusal.MUTE, Refusal.UNREADABLE)


def give_up(phase: CardPulled, scene: Scene) -> Reading | Waiting:
    """End a session whose card is away.

    The card cannot be written: it says that this terminal has it in session, and only this terminal can give it back.
    Nothing was cast.
    """
    scene.ask(EndSession(phase.under.session.handle))
    scene.settings = scene.default_settings()
    if phase.effect is not None or phase.other or phase.given_back:
        # A card came back at the last moment, or another one is in: it is read like any card.
        return Reading(scene.ask(scene.read_card()))
    return Waiting()


def still_here(phase: StillHere, event: Event, scene: Scene) -> VoterPhase:
    """Any answer goes on; none ends the session and makes the card usable again."""
    match event:
        case Touched(Touch.STILL_HERE):
            scene.ask(StopTimer(ANSWER))
            return phase.under
        case Speaking():
            # The time to answer begins when the question has been heard.
            scene.ask(SetTimer(ANSWER, scene.station.limits.answer))
            return phase
        case TimeUp(timer) if timer == ANSWER:
            return release(phase.under, Ending.TIME_OUT, scene)
        case CardRemoved():
            return pull(phase.under, scene)
        case _:
            return phase


def helped(phase: Helped, event: Event, scene: Scene) -> VoterPhase:
    """Help never leaves the session."""
    match event:
        case Touched(Touch.HELP_CLOSED | Touch.BACK | Touch.NEXT):
            return phase.under
        case CardRemoved():
            return pull(phase.under, scene)
        case TimeUp(timer) if timer == IDLE:
            return ask_still_here(phase.under, scene)
        case _:
            return phase


def leaving_asked(phase: LeavingAsked, event: Event, scene: Scene) -> VoterPhase:
    """Leave without a vote only after a second yes."""
    match event:
        case Touched(Touch.CONFIRM):
            refused = len(phase.under.session.declined) == len(phase.under.session.papers)
            return release(phase.under, Ending.DECLINED if refused else Ending.LEFT, scene)
        case Touched(Touch.BACK | Touch.CONTINUE):
            return phase.under
        case CardRemoved():
            return pull(phase.under, scene)
        case TimeUp(timer) if timer == IDLE:
            return ask_still_here(phase.under, scene)
        case _:
            return phase


def ask_still_here(under: Interactive, scene: Scene) -> StillHere:
    """Ask whether anybody is here, for as long as the package gives."""
    scene.ask(SetTimer(ANSWER, scene.station.limits.answer))
    return StillHere(under)


def release(under: Ballots | PrinterWaits | Interactive, ending: Ending, scene: Scene) -> Releasing:
    """End the session without a cast; the card becomes usable again."""
    return release_card(under.session.handle, ending, scene)


def release_card(handle: Handle, ending: Ending, scene: Scene) -> Releasing:
    """Make the card of a session usable again, whatever is on screen."""
    return Releasing(handle, ending, scene.ask(ReleaseCard(handle)))
