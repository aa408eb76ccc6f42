"""Every staff phase as a view."""

from typing import assert_never

from kiosk.domain.counters import Counters
from kiosk.domain.orders import Revocation, Standing, Termination
from kiosk.domain.polls import PollsState
from kiosk.domain.station import Station
from kiosk.domain.words import Words, message, plain
from kiosk.flows.contract import (
    CheckResult,
    PrintTrouble,
    ReasonChosen,
    Recovered,
    Refusal,
    SecondCopy,
    SoundState,
    StartReport,
    Status,
    Touch,
)
from kiosk.flows.procedures.steps import BEGUN_BY, STEPS, Step, offered
from kiosk.flows.staff import view_quorum, view_takeover
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
from kiosk.flows.views import Action, Mark, Picture, PinPad, Row, Rows, Screen
from kiosk.flows.views import StaffHome as HomeContent
from kiosk.flows.voter.states import ResetPin
from kiosk.flows.voter.view_parts import Face, act


def face(phase: StaffPhase, polls: PollsState, station: Station, orders: tuple[Termination, ...]) -> Face:
    """What staff see in this phase."""
    match phase:
        case StaffPin():
            return pin(phase, station)
        case StaffHome():
            return _home(phase, polls, station, orders)
        case Checklist():
            return _checklist(phase)
        case QuorumAsked():
            return view_quorum.asked(phase)
        case QuorumPin():
            return pin(phase, station)
        case ProcedureDone():
            return Face(
                Screen.STAFF_DONE,
                message(f"staff_done.{phase.procedure.value}"),
                message("staff_done.lead"),
                Picture("done", message(f"staff_done.{phase.procedure.value}")),
                primary=act(Touch.FINISH, "action.to_home"),
                settings_bar=False,
            )
        case GatherPin():
            return pin(phase, station)
        case TakeoverAsked() | Gathering() | TakingOver() | TakenOver():
            return view_takeover.face(phase)
        case _:
            assert_never(phase)


def who(name: str, role: str) -> Words:
    """The member whose card is in."""
    return message("staff.who", name=plain(name), role=message(f"role.{role}"))


def pin(phase: StaffPin | ResetPin | QuorumPin | GatherPin, station: Station) -> Face:
    """The pad, and why the last PIN was not accepted."""
    trouble: Words | None = None
    if phase.refused is not None:
        trouble = message(f"refusal.{phase.refused.refusal.name.lower()}", place=phase.refused.place)
        if phase.refused.refusal is Refusal.PIN_WRONG:
            trouble = message("staff_pin.wrong", count=phase.tries)
    return Face(
        Screen.STAFF_PIN,
        message("staff_pin.heading"),
        who(phase.name, phase.role) if phase.effect is None else message("staff_pin.checking"),
        PinPad(6, 8, trouble, station.shuffled_pin),
        back=act(Touch.BACK, "action.back"),
        settings_bar=False,
    )


def _home(phase: StaffHome, polls: PollsState, station: Station, orders: tuple[Termination, ...]) -> Face:
    # Nothing is begun before the numbers are there: an act that was not printed has to be seen first.
    known = phase.status is not None
    touches = tuple(BEGUN_BY[procedure] for procedure in offered(polls, orders))
    procedures = tuple(act(touch, f"action.{touch.value}", enabled=known) for touch in touches)
    primary = procedures[0] if procedures else None
    others: tuple[Action, ...] = (act(Touch.RETRY, "action.refresh", enabled=known),)
    if phase.status is not None and phase.status.unprinted:
        others = (*others, act(Touch.PRINT_ACT, f"action.print_{phase.status.unprinted[0].value}"))
    others = (*others, *procedures[1:])
    if polls is PollsState.NOT_OPENED and phase.status is not None and phase.status.may_take_over:
        others = (*others, act(Touch.TAKE_OVER, "action.take_over"))
    if station.practice:
        others = (*others, act(Touch.PRACTISE, "action.show_practice"))
    return Face(
        Screen.STAFF_HOME,
        message(f"polls.{polls.value}"),
        who(phase.name, phase.role),
        HomeContent(
            message(f"polls.{polls.value}"),
            Counters() if phase.status is None else phase.status.counters,
            _health(phase.status),
            others,
        ),
        back=act(Touch.LEAVE, "action.leave_home"),
        primary=primary,
        settings_bar=False,
    )


def _health(status: Status | None) -> tuple[Row, ...]:
    if status is None:
        return (Row(message("health.looking")),)
    link = Row(
        message("health.link"),
        message("health.link_up") if status.link else message("health.link_down"),
        Mark.DONE if status.link else Mark.ATTENTION,
    )
    rows = [_printer("health.printer", status.printer), link]
    if status.sheets is not None:
        rows.append(_printer("health.report_printer", status.sheets.trouble))
    if status.sound is not None:
        ready = status.sound is SoundState.READY
        words = message("health.ready") if ready else message(f"health.sound_{status.sound.value}")
        rows.append(Row(message("health.sound"), words, Mark.DONE if ready else Mark.ATTENTION))
    rows += [*_second(status.second), *_start(status.start), *_before(status.before)]
    # What needs somebody comes first, and trouble before the rest: the screen shortens and leaves out from the end.
    rows.sort(key=lambda row: (row.mark is Mark.DONE, row.mark is not Mark.TROUBLE))
    orders = _orders(status.orders)
    # An order leaves room for what needs somebody, and for nothing that is well.
    return (*orders, *(row for row in rows if not orders or row.mark is not Mark.DONE))


def _printer(name: str, trouble: PrintTrouble | None) -> Row:
    if trouble is None:
        return Row(message(name), message("health.ready"), Mark.DONE)
    return Row(message(name), message(f"printer.{trouble.value}"), Mark.TROUBLE)


def _second(second: SecondCopy | None) -> tuple[Row, ...]:
    """The second copy; one that is not written is an incident that voting goes on with."""
    if second is None:
        return ()
    words = message(f"health.second_{second.state.value}", done=second.done, todo=second.todo)
    return (Row(message("health.second"), words, Mark.DONE if second.whole else Mark.ATTENTION),)


def _start(start: StartReport | None) -> tuple[Row, ...]:
    """What the last start found, if it had to do anything about it."""
    if start is None or start.found is Recovered.CLEAN:
        return ()
    words = message(f"health.start_{start.found.value}", ballots=start.ballots)
    mark = Mark.ATTENTION if start.found is Recovered.FROM_SECOND else Mark.DONE
    return (Row(message("health.start"), words, mark),)


def _before(terminal: str) -> tuple[Row, ...]:
    """The terminal whose votes this one took over."""
    if not terminal:
        return ()
    return (Row(message("health.before"), message("health.before_detail", terminal=plain(terminal)), Mark.DONE),)


def _orders(standing: tuple[Standing, ...]) -> tuple[Row, ...]:
    """The order that goes furthest, in one row: what it says, and since when or from when on."""
    if not standing:
        return ()
    first = max(standing, key=_reach)
    number = plain(first.order.number)
    more = len(standing) - 1
    title = message("health.orders", count=more, number=number) if more else message("health.order", number=number)
    return (Row(title, _said(first), Mark.ATTENTION),)


def _reach(standing: Standing) -> tuple[bool, bool, bool]:
    order = standing.order
    stops = isinstance(order, Termination)
    return stops, standing.in_force, isinstance(order, Termination) and order.districts is None


def _said(standing: Standing) -> Words:
    match standing.order:
        case Termination() as order:
            key = "health.order_in_force" if standing.in_force else "health.order_coming"
            return message(key, scope=order.scope, at=standing.at)
        case Revocation():
            key = "health.revoked_in_force" if standing.in_force else "health.revoked_coming"
            return message(key, at=standing.at)
        case _:
            assert_never(standing.order)


def _checklist(phase: Checklist) -> Face:
    steps = STEPS[phase.procedure]
    step = steps[phase.at]
    if step.reasons:
        return _reasons(step)
    rows = tuple(
        Row(
            message(f"step.{each.name}"),
            _detail(phase) if i == phase.at else None,
            _mark(phase, i),
        )
        for i, each in enumerate(steps)
    )
    confirming = step.effect is None
    primary = None
    if confirming:
        primary = act(Touch.CONFIRM, f"action.{step.name}")
    elif phase.trouble is not None:
        primary = act(Touch.RETRY, "action.try_again")
    return Face(
        Screen.STAFF_CLOSE if confirming else Screen.STAFF_CHECKLIST,
        message(f"procedure.{phase.procedure.value}"),
        message(f"step.{step.name}_lead") if confirming else who(phase.name, phase.role),
        # What a step found stands right under it: at the end it might be on a page that nobody turns to.
        Rows((*rows[: phase.at + 1], *_checks(phase.checks), *rows[phase.at + 1 :])),
        back=None if phase.effect is not None else act(Touch.LEAVE, "action.later"),
        primary=primary,
        settings_bar=False,
    )


def _reasons(step: Step) -> Face:
    """Why? The choice is the confirmation."""
    rows = tuple(
        Row(title, action=Action(ReasonChosen(reason), title))
        for reason in step.reasons
        for title in (message(f"pause_reason.{reason.value}"),)
    )
    return Face(
        Screen.STAFF_PAUSE,
        message("staff_pause.heading"),
        message("staff_pause.lead"),
        Rows(rows),
        back=act(Touch.LEAVE, "action.back"),
        settings_bar=False,
    )


def _detail(phase: Checklist) -> Words | None:
    if phase.trouble is not None:
        return phase.trouble
    return message("step.working") if phase.effect is not None else None


def _mark(phase: Checklist, index: int) -> Mark:
    if index < phase.at:
        return Mark.DONE
    if index > phase.at:
        return Mark.NONE
    return Mark.TROUBLE if phase.trouble is not None else Mark.ATTENTION


def _checks(results: tuple[CheckResult, ...]) -> tuple[Row, ...]:
    """The checks that found trouble; the ones that passed are one line."""
    return tuple(
        Row(message(f"check.{result.name}"), result.trouble, Mark.TROUBLE)
        for result in results
        if result.trouble is not None
    )
