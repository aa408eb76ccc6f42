"""Staff at the terminal: PIN, home, checklists."""

from dataclasses import replace

from kiosk.domain.polls import PollsState
from kiosk.domain.words import Words, message
from kiosk.flows.contract import (
    BeginTakeover,
    CardInserted,
    CardRefused,
    CardRemoved,
    Checked,
    Done,
    EndStaff,
    Event,
    Finished,
    NotPrinted,
    Outcome,
    Paused,
    PausePolls,
    PinAccepted,
    PinEntered,
    Printed,
    PrintTrouble,
    QuorumLacks,
    ReadStatus,
    ReasonChosen,
    Refusal,
    SetTimer,
    Status,
    TimeUp,
    Touch,
    Touched,
    VerifyPin,
)
from kiosk.flows.procedures.steps import BEGUN_BY, STEPS, offered, reprint
from kiosk.flows.scene import Scene
from kiosk.flows.staff import gathering, looking
from kiosk.flows.staff.states import Checklist, ProcedureDone, StaffHome, StaffPhase, StaffPin, TakeoverAsked
from kiosk.flows.voter import interruptions, practice
from kiosk.flows.voter.states import Ending, Practising, Reading, TakeCard, Waiting


def staff_pin(phase: StaffPin, event: Event, scene: Scene) -> StaffPhase | TakeCard | Waiting:
    """The card judges the PIN; the terminal says how many tries are left."""
    match event:
        case PinEntered(pin) if phase.effect is None:
            return replace(phase, effect=scene.ask(VerifyPin(pin)), refused=None)
        case Finished(effect, outcome) if effect == phase.effect:
            match outcome:
                case PinAccepted():
                    return home(phase.name, phase.role, scene)
                case _:
                    tries, refused = judged(phase.tries, outcome)
                    return replace(phase, effect=None, refused=refused, tries=tries)
        case CardRemoved():
            return _leave(scene)
        case Touched(Touch.BACK) | TimeUp(interruptions.IDLE):
            return _send_away(scene)
        case _:
            return phase


def judged(tries: int, outcome: Outcome) -> tuple[int, CardRefused]:
    """The tries that are left, and why the PIN was not accepted."""
    match outcome:
        case CardRefused(Refusal.PIN_WRONG):
            return max(tries - 1, 0), outcome
        case CardRefused():
            return tries, outcome
        case _:
            return tries, CardRefused(Refusal.UNREADABLE)


def home(name: str, role: str, scene: Scene) -> StaffHome:
    """The staff's home, with its numbers on the way."""
    return StaffHome(name, role, scene.ask(ReadStatus()))


def staff_home(phase: StaffHome, event: Event, scene: Scene) -> StaffPhase | TakeCard | Waiting | Practising:
    """Look, and begin a procedure."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            return replace(phase, effect=None, status=outcome if isinstance(outcome, Status) else None)
        case Touched(Touch.RETRY):
            return replace(phase, effect=scene.ask(ReadStatus()))
        case TimeUp(looking.AGAIN) if phase.effect is None:
            return replace(phase, effect=scene.ask(ReadStatus()))
        case Touched(Touch.OPEN_POLLS | Touch.CLOSE_POLLS | Touch.PAUSE_POLLS | Touch.RESUME_POLLS):
            for procedure in offered(scene.polls, scene.orders):
                if event.action is BEGUN_BY[procedure]:
                    return begin(Checklist(phase.name, phase.role, procedure, 0), scene)
            return phase
        case Touched(Touch.PRINT_ACT) if phase.status is not None:
            for act in phase.status.unprinted:
                again = reprint(act)
                if again is not None:
                    return begin(Checklist(phase.name, phase.role, again, 0), scene)
            return phase
        case CardRemoved():
            return _leave(scene)
        case Touched(Touch.LEAVE) | TimeUp(interruptions.IDLE):
            return _send_away(scene)
        case Touched(Touch.TAKE_OVER) if _may_take_over(phase, scene):
            return TakeoverAsked(phase.name, phase.role, scene.ask(BeginTakeover()))
        case Touched(Touch.PRACTISE) if scene.station.practice:
            # Shown to somebody who is no member: nothing of the member's may be within reach meanwhile.
            scene.ask(EndStaff())
            return practice.begin(scene, card_in=True)
        case _:
            return phase


def _may_take_over(phase: StaffHome, scene: Scene) -> bool:
    fresh = scene.polls is PollsState.NOT_OPENED
    return fresh and phase.status is not None and phase.status.may_take_over


def begin(phase: Checklist, scene: Scene) -> Checklist:
    """Ask for the effect of the step at hand, or wait for its confirmation."""
    step = STEPS[phase.procedure][phase.at]
    asked = step.effect
    if isinstance(asked, PausePolls) and phase.reason is not None:
        asked = PausePolls(phase.reason)
    effect = None if asked is None else scene.ask(asked)
    return replace(phase, effect=effect, trouble=None, checks=())


def checklist(phase: Checklist, event: Event, scene: Scene) -> StaffPhase | TakeCard | Waiting | Reading:
    """One step after another. A step in trouble waits: mended and tried again, or left for later.

    Without the card nothing more begins: a step under way ends by itself, and then the procedure is left. A card that
    was put in meanwhile may be anybody's, and is read then.
    """
    step = STEPS[phase.procedure][phase.at]
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            phase = replace(phase, effect=None)
            match outcome:
                case Paused(pause):
                    scene.pause = pause
                    return _passed(phase, scene)
                case Done() | Printed():
                    return _passed(gathering.met(phase, scene), scene)
                case QuorumLacks(lacks):
                    return gathering.more_needed(phase, lacks, scene)
                case _ if phase.quorum is not None:
                    return gathering.not_counted(phase, phase.quorum, outcome, scene)
                case Checked(results) if outcome.passed:
                    return _passed(replace(phase, checks=results), scene)
                case Checked(results):
                    return _stopped(replace(phase, checks=results), message("step.not_ready"), scene)
                case CardRefused():
                    return _stopped(phase, refusal_words(outcome), scene)
                case NotPrinted():
                    return _stopped(phase, _not_printed(outcome), scene)
                case _:
                    return _stopped(phase, message("step.failed"), scene)
        case Touched(Touch.CONFIRM) if step.effect is None and not step.reasons:
            return _passed(phase, scene)
        case ReasonChosen(reason) if reason in step.reasons:
            return _passed(replace(phase, reason=reason), scene)
        case TimeUp(gathering.QUORUM) if phase.quorum is not None:
            # A card is being counted: judged when that has been done.
            scene.ask(SetTimer(gathering.QUORUM, 1.0))
            return phase
        case Touched(Touch.RETRY) if phase.trouble is not None:
            return begin(phase, scene)
        case Touched(Touch.LEAVE) if phase.effect is None:
            return home(phase.name, phase.role, scene)
        case TimeUp(interruptions.IDLE) if phase.effect is None:
            return _send_away(scene)
        case CardRemoved():
            phase = replace(phase, card_in=False, card_back=False)
            return phase if phase.effect is not None else _leave(scene, cut_short=True)
        case CardInserted():
            return replace(phase, card_back=not phase.card_in)
        case _:
            return phase


def _not_printed(outcome: NotPrinted) -> Words:
    """Why an act did not come out, and of which printer where there are two."""
    unsure = outcome.trouble is PrintTrouble.UNCONFIRMED
    words = message("act_print.unconfirmed" if unsure else f"printer.{outcome.trouble.value}")
    return message("act_print.on_sheets", trouble=words) if outcome.on_sheets else words


def procedure_done(phase: ProcedureDone, event: Event, scene: Scene) -> StaffPhase | TakeCard | Waiting:
    """The papers are printed; the card may go."""
    match event:
        case CardRemoved():
            return _leave(scene)
        case TimeUp(interruptions.IDLE):
            return _send_away(scene)
        case Touched(Touch.FINISH):
            return home(phase.name, phase.role, scene)
        case _:
            return phase


def refusal_words(refused: CardRefused) -> Words:
    """What a refusal means, in the words of the catalogue."""
    return message(f"refusal.{refused.refusal.name.lower()}", place=refused.place)


def _passed(phase: Checklist, scene: Scene) -> StaffPhase | TakeCard | Waiting | Reading:
    steps = STEPS[phase.procedure]
    becomes = steps[phase.at].becomes
    if becomes is not None:
        scene.polls = becomes
    over = phase.at + 1 == len(steps)
    if not phase.card_in:
        return _left(phase, scene, cut_short=not over)
    if not over:
        return begin(replace(phase, at=phase.at + 1), scene)
    return ProcedureDone(phase.name, phase.role, phase.procedure)


def _stopped(phase: Checklist, trouble: Words, scene: Scene) -> StaffPhase | TakeCard | Waiting | Reading:
    """The step did not pass: it waits for whoever mends it, if somebody is still there."""
    return replace(phase, trouble=trouble) if phase.card_in else _left(phase, scene, cut_short=True)


def _left(phase: Checklist, scene: Scene, *, cut_short: bool) -> Waiting | Reading:
    """The step is done and its card is gone; another one may be in already, of a member or of a voter."""
    waiting = _leave(scene, cut_short=cut_short)
    return Reading(scene.ask(scene.read_card())) if phase.card_back else waiting


def _send_away(scene: Scene) -> TakeCard:
    """The member is done, or gone: forget the PIN and ask for the card."""
    scene.ask(EndStaff())
    return TakeCard(Ending.STAFF)


def _leave(scene: Scene, *, cut_short: bool = False) -> Waiting:
    scene.ask(EndStaff())
    scene.settings = scene.default_settings()
    return Waiting(cut_short)
