"""An order terminates voting: whoever is here gets time to finish, nobody new begins, and all are told how to vote.

At the end of the time nothing is cast unless *Cast* was pressed before: the card of a session that is still under way
is made usable again, and the screen says what is so.
"""

from dataclasses import replace
from typing import TypeVar

from kiosk.domain.orders import Termination, stopping_all
from kiosk.flows.contract import (
    CardInserted,
    CardRemoved,
    Done,
    EndSession,
    EndStaff,
    Event,
    Finished,
    Handle,
    Printed,
    PrintOrder,
    ReleaseCard,
    ResetSession,
    SetTimer,
    StopTimer,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.paper_outcome import trouble_of
from kiosk.flows.scene import Scene, Stopping
from kiosk.flows.voter import interruptions
from kiosk.flows.voter.states import (
    AfterPower,
    CardPulled,
    Helped,
    Interactive,
    LeavingAsked,
    Reading,
    ResetAsked,
    ResetEnded,
    ResetPin,
    Session,
    StillHere,
    StopNotice,
    VoterPhase,
    Waiting,
    Working,
)
from kiosk.flows.voter.stop_states import OrderedStop, StopCard

GRACE = "grace"
GRACE_SOON = "grace_soon"
LAST_SECONDS = 60.0
"""So long before the end a voter is told once more."""

P = TypeVar("P")


def under_way(phase: object) -> Session | None:
    """The session in this phase that has not pressed *Cast*, if there is one."""
    match phase:
        case Helped() | LeavingAsked() | StillHere() | CardPulled() | StopNotice() | ResetPin() | ResetAsked():
            return phase.under.session
        case AfterPower():
            return phase.session
        case _:
            return phase.session if isinstance(phase, Interactive | Working) else None


def arrived(phase: P, order: Termination, scene: Scene) -> P | VoterPhase:
    """An order is in force from now on. A session that it ends gets its time; one that has its time keeps it."""
    if any(known.digest == order.digest for known in scene.orders):
        return phase
    scene.orders = (*scene.orders, order)
    session = under_way(phase)
    if session is None or not order.stops(session.district) or scene.stopping is not None:
        return phase
    scene.stopping = Stopping(order, order.grace)
    if order.grace <= 0:
        return over(phase, scene)
    if order.grace > 2 * LAST_SECONDS:
        scene.ask(SetTimer(GRACE_SOON, order.grace - LAST_SECONDS))
    else:
        scene.ask(SetTimer(GRACE, order.grace))
    return phase


def soon(scene: Scene) -> None:
    """The last minute of a session's time begins: its voter is told again."""
    if scene.stopping is not None:
        scene.stopping = Stopping(scene.stopping.order, LAST_SECONDS)
        scene.ask(SetTimer(GRACE, LAST_SECONDS))


def over(phase: P, scene: Scene) -> P | VoterPhase:
    """The time is over. Whatever the session was at, nothing of it is cast."""
    session, stopping = under_way(phase), scene.stopping
    if session is None or stopping is None:
        return phase
    scene.ask(StopTimer(interruptions.ANSWER))
    if isinstance(phase, CardPulled):
        # The card is away: put in again, it is known to be in session here, and then it is made usable.
        scene.ask(StopTimer(interruptions.PULLED))
        return interruptions.give_up(phase, scene)
    if isinstance(phase, ResetPin | ResetAsked):
        # A member's card is in the place of the voter's, which is released when it comes.
        scene.ask(EndStaff())
        scene.ask(ResetSession(session.handle))
        return ResetEnded(session.handle)
    return release(stopping.order, session.handle, scene)


def told(phase: P, scene: Scene) -> P | StopNotice:
    """Tell the voter of an order as soon as there is a screen that waits for the voter."""
    stopping = scene.stopping
    if stopping is None or stopping.told:
        return phase
    under: object = phase.under if isinstance(phase, Helped | LeavingAsked | StopNotice) else phase
    if not isinstance(under, Interactive):
        return phase
    scene.stopping = replace(stopping, told=True)
    return StopNotice(under, stopping.order, stopping.left)


def settled(phase: object, scene: Scene) -> None:
    """Forget the time that a session was given once the session is not under way any more."""
    if scene.stopping is not None and under_way(phase) is None:
        scene.stopping = None
        scene.ask(StopTimer(GRACE_SOON))
        scene.ask(StopTimer(GRACE))


def notice(phase: StopNotice, event: Event, scene: Scene) -> VoterPhase:
    """The voter has read it and goes on."""
    match event:
        case Touched(Touch.CONTINUE | Touch.NEXT | Touch.BACK):
            return phase.under
        case CardRemoved():
            return interruptions.pull(phase.under, scene)
        case TimeUp(interruptions.IDLE):
            return interruptions.ask_still_here(phase.under, scene)
        case _:
            return phase


def release(order: Termination, session: Handle, scene: Scene) -> OrderedStop:
    """End a session that may not go on; its card becomes usable again."""
    return OrderedStop(order, StopCard.RELEASING, session, scene.ask(ReleaseCard(session)))


def asked_for_paper(phase: Waiting, event: Event, scene: Scene) -> VoterPhase:
    """Voting is terminated everywhere, and somebody without a card wants the paper that says how to vote."""
    order = stopping_all(scene.orders)
    if order is None or event != Touched(Touch.PRINT_ORDER):
        return phase
    return _printing(OrderedStop(order, StopCard.NONE), scene)


def ordered_stop(phase: OrderedStop, event: Event, scene: Scene) -> VoterPhase:
    """What is so, and how to vote instead; on paper for whoever wants it."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            assert phase.session is not None
            scene.ask(EndSession(phase.session))
            card = StopCard.LEFT if isinstance(outcome, Done) else StopCard.HELD
            return replace(phase, effect=None, session=None, card=card)
        case Finished(effect, outcome) if effect == phase.print_effect:
            return replace(phase, print_effect=None, printed=isinstance(outcome, Printed), trouble=trouble_of(outcome))
        case Touched(Touch.PRINT_ORDER) if phase.print_effect is None and not phase.printed:
            return _printing(phase, scene)
        case CardRemoved():
            return _gone(phase, scene)
        case CardInserted():
            _gone(phase, scene)
            return Reading(scene.ask(scene.read_card()))
        case Touched(Touch.FINISH) | TimeUp(interruptions.IDLE) if phase.card is StopCard.NONE:
            return _gone(phase, scene)
        case _:
            return phase


def _printing(phase: OrderedStop, scene: Scene) -> OrderedStop:
    reprint = phase.trouble is not None
    effect = scene.ask(PrintOrder(phase.order.digest, scene.settings.language, reprint))
    return replace(phase, print_effect=effect, trouble=None)


def _gone(phase: OrderedStop, scene: Scene) -> Waiting:
    """Nobody is here any more. A card that went before it was made usable is recognised when it is put in again."""
    if phase.session is not None:
        scene.ask(EndSession(phase.session))
    scene.settings = scene.default_settings()
    return Waiting()
