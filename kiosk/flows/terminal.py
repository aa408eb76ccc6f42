"""The whole terminal as one pure function: `step(terminal, event) -> (terminal, requests)`."""

from dataclasses import dataclass, replace
from typing import assert_never

from kiosk.domain.orders import Termination
from kiosk.domain.polls import Pause, PollsState
from kiosk.domain.settings import Settings
from kiosk.domain.station import Station
from kiosk.flows import calling
from kiosk.flows.contract import (
    CallReason,
    CardRemoved,
    EffectId,
    Event,
    Finished,
    Handle,
    OptionsHeard,
    OptionsShown,
    OrderArrived,
    ReaderBack,
    ReaderLost,
    ReadStatus,
    Request,
    SecondChanged,
    SecondCopy,
    SetTimer,
    SettingsChosen,
    Started,
    StopTimer,
    TerminalReplaced,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.scene import Scene, Stopping
from kiosk.flows.staff import looking, quorum, reset, takeover
from kiosk.flows.staff import steps as staff
from kiosk.flows.staff.states import (
    Checklist,
    Gathering,
    GatherPin,
    ProcedureDone,
    QuorumAsked,
    QuorumPin,
    StaffHome,
    StaffPhase,
    StaffPin,
    TakenOver,
    TakeoverAsked,
    TakingOver,
)
from kiosk.flows.voter import arrival, casting, deciding, filling, interruptions, ordered_stop, practice, replaced
from kiosk.flows.voter.states import (
    About,
    Accepted,
    AfterPower,
    Ballots,
    CardPulled,
    CardTrouble,
    Casting,
    Checked,
    ChoosingCheck,
    Deciding,
    DecliningAsked,
    Encrypting,
    Filling,
    Helped,
    Interactive,
    LeavingAsked,
    NotAccepted,
    Offering,
    Opening,
    Outage,
    OutOfOrder,
    Practising,
    PrinterWaits,
    Reading,
    Releasing,
    ResetAsked,
    ResetEnded,
    ResetPin,
    Reviewing,
    StillHere,
    StopNotice,
    TakeCard,
    UndecidedAsked,
    VoterPhase,
    Waiting,
    Working,
)
from kiosk.flows.voter.stop_states import OrderedStop, StopCard

Phase = VoterPhase | StaffPhase


@dataclass(frozen=True, slots=True)
class Terminal:
    """The state of a terminal. What can be computed or is in the store is not here.

    `pause` is the last one. `orders` are those in force; `stopping` is set while one of them lets the session under way
    go on for a while. `called` tells why a member of the commission is to come; the sign for it stands over every
    screen. `reader_lost` while no card can come in. `second` is how the second copy stands; None where there is no
    slot for one. `replaced_by` is the terminal that has taken over this one's votes, if one has.
    """

    station: Station
    polls: PollsState
    settings: Settings
    phase: Phase
    next_id: int = 1
    pause: Pause | None = None
    orders: tuple[Termination, ...] = ()
    stopping: Stopping | None = None
    called: CallReason | None = None
    reader_lost: bool = False
    second: SecondCopy | None = None
    replaced_by: str = ""

    @classmethod
    def starting(
        cls, station: Station, polls: PollsState, pause: Pause | None = None, orders: tuple[Termination, ...] = ()
    ) -> "Terminal":
        """The terminal right after the program began, its store opened, with the orders that were in force before."""
        return cls(station, polls, Settings(language=station.languages[0]), Waiting(), pause=pause, orders=orders)

    @classmethod
    def quarantined(
        cls, station: Station, polls: PollsState, pause: Pause | None = None, orders: tuple[Termination, ...] = ()
    ) -> "Terminal":
        """The terminal when its store turned out to be an older image of itself."""
        outage = OutOfOrder(Outage.RESTORED)
        return cls(station, polls, Settings(language=station.languages[0]), outage, pause=pause, orders=orders)

    @classmethod
    def replaced(cls, station: Station, polls: PollsState, by: str) -> "Terminal":
        """The terminal when it is known at its start that `by` has taken over its votes."""
        outage = OutOfOrder(Outage.REPLACED, by)
        return cls(station, polls, Settings(language=station.languages[0]), outage, replaced_by=by)


def step(terminal: Terminal, event: Event) -> tuple[Terminal, tuple[Request, ...]]:
    """One step. Events that the phase does not know, and stale outcomes, change nothing."""
    if isinstance(event, SecondChanged):
        return _second_changed(terminal, event.second)
    scene = Scene(
        terminal.station,
        terminal.polls,
        terminal.settings,
        terminal.next_id,
        pause=terminal.pause,
        orders=terminal.orders,
        stopping=terminal.stopping,
        called=terminal.called,
        replaced_by=event.by if isinstance(event, TerminalReplaced) else terminal.replaced_by,
    )
    before = _watched(terminal.phase, scene)
    phase, reader_lost = terminal.phase, terminal.reader_lost
    match event:
        case SettingsChosen(settings):
            if settings.language in terminal.station.languages:
                scene.settings = settings
        case Touched(Touch.CALL):
            # From every screen, and none is left or disturbed by it: not even one on which a ballot is being cast.
            calling.call(phase, scene)
        case ReaderLost() | ReaderBack():
            # Its card was reported as removed, or will be as inserted: the phase follows that.
            reader_lost = isinstance(event, ReaderLost)
        case _:
            phase = _ordered(terminal.phase, event, scene)
    phase = replaced.settled(phase, scene)
    if scene.replaced_by:
        ordered_stop.settled(phase, scene)
    limits = practice.limits(scene.station) if isinstance(phase, Practising) else scene.station.limits
    _watch_idleness(before, _watched(phase, scene), event, limits.idle, scene)
    calling.watch(terminal.phase, phase, event, scene)
    looking.watch(terminal.phase, phase, scene)
    if isinstance(event, Finished) and not _awaited(terminal.phase, event):
        arrival.stale_admission(event, _session(terminal.phase), scene)
    after = replace(
        terminal,
        polls=scene.polls,
        settings=scene.settings,
        phase=phase,
        next_id=scene.next_id,
        pause=scene.pause,
        orders=scene.orders,
        stopping=scene.stopping,
        called=scene.called,
        reader_lost=reader_lost,
        replaced_by=scene.replaced_by,
    )
    return after, tuple(scene.requests)


def _second_changed(terminal: Terminal, second: SecondCopy) -> tuple[Terminal, tuple[Request, ...]]:
    """How the second copy stands is no phase's affair; but who looks at the status sees it as it is now."""
    before, phase = terminal.second, terminal.phase
    terminal = replace(terminal, second=second)
    if not isinstance(phase, StaffHome) or phase.effect is not None or (before and before.state is second.state):
        return terminal, ()
    request = Request(EffectId(terminal.next_id), ReadStatus())
    return replace(terminal, phase=replace(phase, effect=request.id), next_id=terminal.next_id + 1), (request,)


def _ordered(phase: Phase, event: Event, scene: Scene) -> Phase:
    """A step under the orders that are in force: they come before everything that a phase knows by itself."""
    match event:
        case OrderArrived(order):
            after: Phase = ordered_stop.arrived(phase, order, scene)
        case TimeUp(ordered_stop.GRACE_SOON):
            ordered_stop.soon(scene)
            after = phase
        case TimeUp(ordered_stop.GRACE):
            after = ordered_stop.over(phase, scene)
        case _:
            after = _stepped(phase, event, scene)
    after = ordered_stop.told(after, scene)
    ordered_stop.settled(after, scene)
    return after


def _stepped(phase: Phase, event: Event, scene: Scene) -> Phase:
    match phase:
        case StaffPin():
            return staff.staff_pin(phase, event, scene)
        case StaffHome():
            return staff.staff_home(phase, event, scene)
        case Checklist():
            return staff.checklist(phase, event, scene)
        case QuorumAsked():
            return quorum.quorum_asked(phase, event, scene)
        case QuorumPin():
            return quorum.quorum_pin(phase, event, scene)
        case ProcedureDone():
            return staff.procedure_done(phase, event, scene)
        case TakeoverAsked():
            return takeover.asked(phase, event, scene)
        case Gathering():
            return takeover.gathering(phase, event, scene)
        case GatherPin():
            return takeover.gather_pin(phase, event, scene)
        case TakingOver():
            return takeover.taking_over(phase, event, scene)
        case TakenOver():
            return phase
        case Reading():
            return arrival.reading(phase, event, scene)
        case _:
            return _session_step(phase, event, scene)


def _session_step(phase: VoterPhase, event: Event, scene: Scene) -> VoterPhase:
    """A step of a phase that no staff phase follows, interruptions first."""
    if isinstance(phase, Interactive | Working) and isinstance(event, CardRemoved):
        return interruptions.pull(phase, scene)
    if isinstance(phase, Interactive):
        match event:
            case TimeUp(interruptions.IDLE):
                return interruptions.ask_still_here(phase, scene)
            case Touched(Touch.HELP):
                return Helped(phase)
            case _:
                pass
    match phase:
        case Waiting():
            return arrival.waiting(phase, event, scene)
        case Reading():
            return phase
        case CardTrouble():
            return arrival.card_trouble(phase, event, scene)
        case AfterPower():
            return arrival.after_power(phase, event, scene)
        case Ballots():
            return filling.ballots(phase, event, scene)
        case DecliningAsked():
            return filling.declining_asked(phase, event, scene)
        case Filling():
            return filling.filling(phase, event, scene)
        case About():
            return filling.about(phase, event, scene)
        case Reviewing():
            return filling.reviewing(phase, event, scene)
        case UndecidedAsked():
            return filling.undecided_asked(phase, event, scene)
        case Encrypting():
            return deciding.encrypting(phase, event, scene)
        case Offering():
            return deciding.offering(phase, event, scene)
        case Deciding():
            return deciding.deciding(phase, event, scene)
        case ChoosingCheck():
            return deciding.choosing_check(phase, event, scene)
        case Opening():
            return deciding.opening(phase, event, scene)
        case Checked():
            return deciding.checked(phase, event, scene)
        case PrinterWaits():
            return deciding.printer_waits(phase, event, scene)
        case Casting():
            return casting.casting(phase, event, scene)
        case Accepted():
            return casting.accepted(phase, event, scene)
        case NotAccepted():
            return casting.not_accepted(phase, event, scene)
        case Releasing():
            return casting.releasing(phase, event, scene)
        case TakeCard():
            return casting.take_card(phase, event, scene)
        case Helped():
            return interruptions.helped(phase, event, scene)
        case LeavingAsked():
            return interruptions.leaving_asked(phase, event, scene)
        case StillHere():
            return interruptions.still_here(phase, event, scene)
        case CardPulled():
            return interruptions.card_pulled(phase, event, scene, _session_step)
        case ResetPin():
            return reset.reset_pin(phase, event, scene, _session_step)
        case ResetAsked():
            return reset.reset_asked(phase, event, scene, _session_step)
        case ResetEnded():
            return reset.reset_ended(phase, event, scene)
        case StopNotice():
            return ordered_stop.notice(phase, event, scene)
        case OrderedStop():
            return ordered_stop.ordered_stop(phase, event, scene)
        case OutOfOrder():
            return phase
        case Practising():
            return practice.practising(phase, event, scene, _session_step)
        case _:
            assert_never(phase)


def _awaited(phase: Phase, event: Finished) -> bool:
    return isinstance(phase, Reading) and phase.effect == event.effect


def _session(phase: Phase) -> Handle | None:
    """The session that this phase, or the one under it, keeps alive."""
    match phase:
        case Helped() | LeavingAsked() | StillHere() | CardPulled() | StopNotice() | ResetPin() | ResetAsked():
            return phase.under.session.handle
        case AfterPower():
            return None if phase.session is None else phase.session.handle
        case Releasing() | OrderedStop() | ResetEnded():
            return phase.session
        case _:
            if isinstance(phase, Interactive | Working | Casting | Accepted):
                return phase.session.handle
            return None


def _watched(phase: Phase, scene: Scene) -> bool:
    """Whether the phase waits for somebody who may have gone."""
    match phase:
        case Waiting(cut_short):
            return cut_short or scene.settings != scene.default_settings()
        case StaffPin() | StaffHome() | ProcedureDone() | ResetPin() | ResetAsked() | TakeoverAsked():
            return True
        case Checklist(effect=effect):
            # What is under way ends by itself; what a person is asked may be answered by anybody who comes by.
            return effect is None
        case Practising():
            return practice.awaits_somebody(phase)
        case ResetEnded():
            return phase.member_in
        case OrderedStop():
            return phase.card is StopCard.NONE
        case _:
            waits = isinstance(phase, Interactive | Helped | LeavingAsked | StopNotice | AfterPower)
            return waits and _session(phase) is not None


def _watch_idleness(before: bool, after: bool, event: Event, seconds: float, scene: Scene) -> None:
    """Start the idle timer anew at everything a person does, and stop it where nobody is waited for."""
    shown = OptionsShown | OptionsHeard
    device = TimeUp | Started | OrderArrived | TerminalReplaced | ReaderLost | ReaderBack
    person = not isinstance(event, Finished | shown | device)
    if after and (person or not before):
        scene.ask(SetTimer(interruptions.IDLE, seconds))
    elif before and not after:
        scene.ask(StopTimer(interruptions.IDLE))
