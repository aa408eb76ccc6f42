"""Practice: the voter's whole journey with made-up papers, no card, and nothing behind it.

The steps are those of a real session, in a scene of its own. What they ask for is looked at here and nowhere else:
timers are passed on, everything that would reach card, session, store, printer or centre stays
in `Practising.pending` and is answered from here. So a practice cannot leave a trace, whatever its steps ask for.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, assert_never

from kiosk.domain.station import Limits, Station
from kiosk.flows.contract import (
    AboutChosen,
    Attended,
    BlankTouched,
    CardInserted,
    CardRemoved,
    Cast,
    ChangeChosen,
    DeclineChosen,
    Done,
    Effect,
    Encrypt,
    Encrypted,
    EndSession,
    Event,
    Finished,
    Handle,
    OpenBallot,
    OptionsHeard,
    OptionsShown,
    OptionTouched,
    OrderArrived,
    Outcome,
    PageTurned,
    PaperChosen,
    PinEntered,
    PrintCast,
    Printed,
    PrintOffered,
    ReaderBack,
    ReaderLost,
    ReasonChosen,
    Request,
    SecondChanged,
    SetTimer,
    SettingsChosen,
    Speaking,
    SpendCard,
    Started,
    StopTimer,
    Stored,
    TerminalReplaced,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.scene import Scene
from kiosk.flows.voter import interruptions
from kiosk.flows.voter.states import (
    Accepted,
    Ballots,
    Ending,
    Helped,
    Interactive,
    PaperState,
    Practised,
    Practising,
    Reading,
    Session,
    TakeCard,
    VoterPhase,
    Waiting,
)

WORK: Final = "practice"
WORK_SECONDS: Final = 0.8
"""How long the terminal seems to work: about as long as it does in earnest."""
IDLE_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 20.0
"""Shorter than in a session: somebody who has a card may be waiting, and nothing is lost."""
HANDLE: Final = Handle("practice")
CODE_GROUPS: Final = 13
PASSED_TIMERS: Final = (interruptions.IDLE, interruptions.ANSWER)

Step = Callable[[VoterPhase, Event, Scene], VoterPhase]


def begin(scene: Scene, *, card_in: bool) -> Practising:
    """The papers of the practice, not begun."""
    session = Session(HANDLE, tuple(PaperState.empty(paper) for paper in scene.station.practice))
    return Practising(Ballots(session), card_in=card_in)


def limits(station: Station) -> Limits:
    """The time limits of a practice: a package that gives voters less gives learners no more."""
    given = station.limits
    return replace(given, idle=min(given.idle, IDLE_SECONDS), answer=min(given.answer, ANSWER_SECONDS))


def awaits_somebody(phase: Practising) -> bool:
    """Whether the practice waits for somebody who may have gone."""
    return isinstance(phase.shows, Interactive | Helped | Accepted)


def practising(phase: Practising, event: Event, scene: Scene, step: Step) -> VoterPhase:
    """What people do goes to the phase that is shown; a card ends the practice at once."""
    match event:
        case CardInserted():
            _stop(scene)
            return Reading(scene.ask(scene.read_card()))
        case CardRemoved():
            return replace(phase, card_in=False)
        case Touched(Touch.LEAVE | Touch.FINISH):
            # Nothing is lost: a practice is not asked twice whether it may end.
            return _end(phase, scene)
        case TimeUp(timer) if timer == WORK and phase.pending:
            first, *others = phase.pending
            outcome = _outcome(first.effect, phase.codes)
            if outcome is None:
                return _end(phase, scene)
            codes = phase.codes + 1 if isinstance(outcome, Encrypted) else phase.codes
            answered = replace(phase, pending=tuple(others), codes=codes)
            return _stepped(answered, Finished(first.id, outcome), scene, step)
        case TimeUp(interruptions.IDLE) if isinstance(phase.shows, Accepted):
            return _end(phase, scene)
        case TimeUp(timer) if timer not in PASSED_TIMERS:
            return phase
        case Touched() | PaperChosen() | DeclineChosen() | OptionTouched() | BlankTouched():
            return _stepped(phase, event, scene, step)
        case AboutChosen() | ChangeChosen() | PageTurned() | OptionsShown() | OptionsHeard():
            return _stepped(phase, event, scene, step)
        case TimeUp() | Speaking():
            return _stepped(phase, event, scene, step)
        case Started() | SettingsChosen() | Attended() | ReasonChosen() | PinEntered():
            return phase
        case OrderArrived() | SecondChanged() | TerminalReplaced() | Finished():
            # Nothing outside works for a practice, so no outcome is its own.
            return phase
        case ReaderLost() | ReaderBack():
            return phase
        case _:
            assert_never(event)


def _stepped(phase: Practising, event: Event, scene: Scene, step: Step) -> VoterPhase:
    """A step of the phase that is shown, in a scene whose requests go nowhere by themselves."""
    within = Scene(replace(scene.station, limits=limits(scene.station)), scene.polls, scene.settings, phase.next_id)
    shows = step(phase.shows, event, within)
    if not isinstance(shows, Practised):
        return _end(phase, scene)
    asked = tuple(request for request in within.requests if _is_kept(request, scene))
    pending = (*phase.pending, *asked)
    if pending and (asked or isinstance(event, Finished)):
        scene.ask(SetTimer(WORK, WORK_SECONDS))
    return replace(phase, shows=shows, pending=pending, next_id=within.next_id)


def _is_kept(request: Request, scene: Scene) -> bool:
    """Pass on what is harmless, drop what has no meaning here; True for what the practice answers by itself."""
    match request.effect:
        case SetTimer(timer) | StopTimer(timer):
            if timer in PASSED_TIMERS:
                scene.ask(request.effect)
            return False
        case EndSession():
            return False
        case _:
            return True


def _outcome(effect: Effect, codes: int) -> Outcome | None:
    """What the effect would have brought, had all gone well; None for one that no practice knows."""
    match effect:
        case Encrypt(_, paper_id):
            return Encrypted(paper_id, code(codes + 1))
        case PrintOffered() | OpenBallot() | PrintCast():
            return Printed()
        case Cast(_, papers):
            return Stored(len(papers))
        case SpendCard():
            return Done()
        case _:
            return None


def code(number: int) -> str:
    """A code of the usual length that is nobody's: noughts, and a last letter that no ballot's code can have.

    (Of the last letter's five bits a code has one, see `protocol.code`: so the search for a code says it is none.)
    """
    return "-".join((*("0000",) * (CODE_GROUPS - 1), f"{number % 1000:03d}X"))


def _end(phase: Practising, scene: Scene) -> VoterPhase:
    """Back to the beginning; a member's card that is still in is to be taken."""
    _stop(scene)
    return TakeCard(Ending.STAFF) if phase.card_in else Waiting()


def _stop(scene: Scene) -> None:
    """Stop the timers, and forget the settings: the next one here is somebody else."""
    scene.ask(StopTimer(interruptions.ANSWER))
    scene.ask(StopTimer(WORK))
    scene.settings = scene.default_settings()
