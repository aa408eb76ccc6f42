"""From the empty reader to the voter's list of papers."""

from kiosk.domain.orders import stopping, stopping_all
from kiosk.domain.polls import PollsState
from kiosk.flows.contract import (
    AlreadyCast,
    CardInserted,
    CardRefused,
    CardRemoved,
    EndSession,
    Event,
    Finished,
    Handle,
    NotStored,
    Refusal,
    StaffCard,
    TimeUp,
    Touch,
    Touched,
    VoterAdmitted,
    VotingStopped,
)
from kiosk.flows.scene import Scene
from kiosk.flows.staff.states import StaffPin
from kiosk.flows.voter import interruptions, ordered_stop, practice
from kiosk.flows.voter.states import (
    AfterPower,
    Ballots,
    CardTrouble,
    Ending,
    OutOfOrder,
    PaperState,
    Reading,
    Session,
    VoterPhase,
    Waiting,
)
from kiosk.flows.voter.stop_states import OrderedStop, StopCard


def waiting(phase: Waiting, event: Event, scene: Scene) -> VoterPhase:
    """Nobody is here. A card starts everything; settings may be chosen before it."""
    match event:
        case CardInserted():
            return Reading(scene.ask(scene.read_card()))
        case Touched(Touch.PRINT_ORDER):
            return ordered_stop.asked_for_paper(phase, event, scene)
        case TimeUp(interruptions.IDLE):
            # Somebody chose language or size and went away: the next voter meets the usual ones. A member whose card
            # was taken out too soon has gone, too.
            scene.settings = scene.default_settings()
            return Waiting()
        case Touched(Touch.PRACTISE) if scene.station.practice and stopping_all(scene.orders) is None:
            return practice.begin(scene, card_in=False)
        case _:
            return phase


def reading(phase: Reading, event: Event, scene: Scene) -> VoterPhase | StaffPin:
    """The card is being read. Pulled now, nothing has begun; an admission that comes too late is undone."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            match outcome:
                case VoterAdmitted(handle, papers, interrupted, district):
                    order = stopping(scene.orders, district)
                    if order is not None:
                        # It came into force while the card was being read.
                        return ordered_stop.release(order, handle, scene)
                    if scene.polls is not PollsState.OPEN:
                        # In session here when the pause came: nothing was cast, and the card is usable elsewhere.
                        return interruptions.release_card(handle, Ending.PAUSED, scene)
                    session = Session(handle, tuple(PaperState.empty(paper) for paper in papers), district)
                    return AfterPower(session) if interrupted else Ballots(session)
                case AlreadyCast():
                    return AfterPower(None)
                case VotingStopped(district, held):
                    order = stopping(scene.orders, district)
                    if order is None:
                        return CardTrouble(CardRefused(Refusal.UNREADABLE))
                    return OrderedStop(order, StopCard.HELD if held else StopCard.LEFT)
                case StaffCard(name, role, tries):
                    return StaffPin(name, role, tries)
                case CardRefused(refusal):
                    everything = stopping_all(scene.orders)
                    if refusal is Refusal.NOT_OPEN and everything is not None:
                        # Not open and not to be opened: what the voter needs to know is how to vote instead.
                        return OrderedStop(everything, StopCard.LEFT)
                    return CardTrouble(outcome)
                case NotStored():
                    # The store died since the last card. Nothing is wrong with this one, and no other would do either.
                    return OutOfOrder()
                case _:
                    return CardTrouble(CardRefused(Refusal.UNREADABLE))
        case CardRemoved():
            scene.settings = scene.default_settings()
            return Waiting()
        case _:
            return phase


def card_trouble(phase: CardTrouble, event: Event, scene: Scene) -> VoterPhase:
    """The card is to be taken out; then everything begins again."""
    match event:
        case CardRemoved():
            scene.settings = scene.default_settings()
            return Waiting()
        case _:
            return phase


def after_power(phase: AfterPower, event: Event, scene: Scene) -> VoterPhase:
    """The voter learns what became of a session that was interrupted."""
    match event:
        case Touched(Touch.NEXT) if phase.session is not None:
            return Ballots(phase.session)
        case TimeUp(interruptions.IDLE) if phase.session is not None:
            return interruptions.release_card(phase.session.handle, Ending.TIME_OUT, scene)
        case CardRemoved():
            if phase.session is not None:
                scene.ask(EndSession(phase.session.handle))
            scene.settings = scene.default_settings()
            return Waiting()
        case _:
            return phase


def stale_admission(event: Event, alive: Handle | None, scene: Scene) -> None:
    """End a session that was admitted after its card had gone: nobody waits for it. `alive` is the one on screen."""
    match event:
        case Finished(_, VoterAdmitted(handle)) if handle != alive:
            scene.ask(EndSession(handle))
        case _:
            pass
