"""After *Cast*: the store decides, the screen says what it decided, card and slip follow."""

from dataclasses import replace

from kiosk.flows.contract import (
    CardInserted,
    CardRemoved,
    Done,
    EndSession,
    Event,
    Finished,
    NotStored,
    PrintCast,
    ReleaseCard,
    SetTimer,
    SpendCard,
    StopTimer,
    Stored,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.paper_outcome import trouble_of
from kiosk.flows.scene import Scene
from kiosk.flows.voter.states import (
    Accepted,
    CardMark,
    Casting,
    Ending,
    NotAccepted,
    OutOfOrder,
    Reading,
    Releasing,
    TakeCard,
    VoterPhase,
    Waiting,
)

TAKE_CARD = "take_card"
GIVE_UP = "give_up"


def casting(phase: Casting, event: Event, scene: Scene) -> VoterPhase:
    """Nothing interrupts a cast: a card pulled now changes nothing, the store's answer does."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            match outcome:
                case Stored():
                    handle = phase.session.handle
                    card = scene.ask(SpendCard(handle))
                    slip = scene.ask(PrintCast(handle, scene.settings.language))
                    scene.ask(SetTimer(TAKE_CARD, scene.station.limits.take_card))
                    return Accepted(phase.session, card, slip, removed=phase.removed)
                case NotStored(trouble):
                    release = scene.ask(ReleaseCard(phase.session.handle))
                    scene.ask(EndSession(phase.session.handle))
                    if phase.removed:
                        scene.ask(SetTimer(GIVE_UP, scene.station.limits.answer))
                    return NotAccepted(trouble, phase.removed, release)
                case _:
                    # Nobody knows whether the commit happened: only the store, read again at a restart, can say.
                    scene.ask(EndSession(phase.session.handle))
                    return OutOfOrder()
        case CardRemoved():
            return replace(phase, removed=True)
        case CardInserted():
            return replace(phase, removed=False)
        case _:
            return phase


def accepted(phase: Accepted, event: Event, scene: Scene) -> VoterPhase:
    """The vote stands. The session ends when the card is out and the slip is printed or given up."""
    match event:
        case Finished(effect, outcome) if effect == phase.card_effect:
            mark = CardMark.SPENT if isinstance(outcome, Done) else CardMark.UNMARKED
            return _ended(replace(phase, card_effect=None, card=mark), scene)
        case Finished(effect, outcome) if effect == phase.slip_effect:
            phase = replace(phase, slip_effect=None, trouble=trouble_of(outcome))
            if phase.removed:
                _wait_no_longer(phase, scene)
            return _ended(phase, scene)
        case CardRemoved():
            _wait_no_longer(phase, scene)
            return _ended(replace(phase, removed=True), scene)
        case CardInserted() if phase.removed:
            # The next voter is here: whoever left without the slip can still find the code in the public list.
            return _next_voter(phase, scene)
        case TimeUp(timer) if timer == TAKE_CARD:
            return replace(phase, reminded=True)
        case TimeUp(timer) if timer == GIVE_UP and phase.removed:
            return _ended(replace(phase, trouble=None), scene)
        case Touched(Touch.RETRY) if phase.trouble is not None and phase.slip_effect is None:
            scene.ask(StopTimer(GIVE_UP))
            effect = scene.ask(PrintCast(phase.session.handle, scene.settings.language, reprint=True))
            return replace(phase, slip_effect=effect, trouble=None)
        case Touched(Touch.FINISH) if phase.trouble is not None:
            return _ended(replace(phase, trouble=None), scene)
        case _:
            return phase


def not_accepted(phase: NotAccepted, event: Event, scene: Scene) -> VoterPhase:
    """The voter takes the card, which is usable, to another terminal."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            return replace(phase, effect=None, held=not isinstance(outcome, Done))
        case CardInserted() if phase.removed:
            scene.ask(StopTimer(GIVE_UP))
            return _read_anew(scene)
        case CardRemoved():
            scene.settings = scene.default_settings()
            return Waiting()
        case TimeUp(timer) if timer == GIVE_UP and phase.removed:
            scene.settings = scene.default_settings()
            return Waiting()
        case _:
            return phase


def releasing(phase: Releasing, event: Event, scene: Scene) -> VoterPhase:
    """The card is being made usable again; out or not, the session is over."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            scene.ask(EndSession(phase.session))
            return TakeCard(phase.ending, held=not isinstance(outcome, Done))
        case CardRemoved():
            scene.ask(EndSession(phase.session))
            scene.settings = scene.default_settings()
            return Waiting()
        case CardInserted():
            # The card was out when the session broke; whichever this one is, it is read anew.
            scene.ask(EndSession(phase.session))
            return _read_anew(scene)
        case _:
            return phase


def take_card(phase: TakeCard, event: Event, scene: Scene) -> VoterPhase:
    """Wait for the card to go. A member who is not done after all has the same card read again."""
    match event:
        case CardRemoved():
            scene.settings = scene.default_settings()
            return Waiting()
        case Touched(Touch.CONTINUE) if phase.ending is Ending.STAFF:
            return _read_anew(scene)
        case CardInserted():
            return _read_anew(scene)
        case _:
            return phase


def _read_anew(scene: Scene) -> Reading:
    scene.settings = scene.default_settings()
    return Reading(scene.ask(scene.read_card()))


def _wait_no_longer(phase: Accepted, scene: Scene) -> None:
    """The card is out: a slip that does not print holds the terminal only so long."""
    if phase.trouble is not None:
        scene.ask(SetTimer(GIVE_UP, scene.station.limits.answer))


def _next_voter(phase: Accepted, scene: Scene) -> VoterPhase:
    _stop_timers(scene)
    scene.ask(EndSession(phase.session.handle))
    scene.settings = scene.default_settings()
    return Reading(scene.ask(scene.read_card()))


def _ended(phase: Accepted, scene: Scene) -> VoterPhase:
    """Leave the phase once card and slip are both settled and the card is out."""
    settled = phase.card_effect is None and phase.slip_effect is None
    if not (phase.removed and settled and phase.trouble is None):
        return phase
    _stop_timers(scene)
    scene.ask(EndSession(phase.session.handle))
    scene.settings = scene.default_settings()
    return Waiting()


def _stop_timers(scene: Scene) -> None:
    scene.ask(StopTimer(TAKE_CARD))
    scene.ask(StopTimer(GIVE_UP))
