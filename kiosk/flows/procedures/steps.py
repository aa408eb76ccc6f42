"""The steps of opening, pausing, resuming and closing.

A step either asks for an effect or waits for a person's confirmation. The order is the safety: the key is released
before anything is promised on paper, the zero report is on paper before the first voter, and closing is written in
the store before the act says so. A pause comes before its act too: what is broken may be the printer.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.orders import Termination, stopping_all
from kiosk.domain.polls import PauseReason, PollsState
from kiosk.flows.contract import (
    ActKind,
    CheckReadiness,
    ClosePolls,
    Effect,
    OpenPolls,
    PausePolls,
    PrintAct,
    ReleaseKey,
    ResumePolls,
    Touch,
)


class Procedure(StrEnum):
    """The checklists of this version. More come with the station's whole day."""

    OPENING = "opening"
    CLOSING = "closing"
    PAUSING = "pausing"
    RESUMING = "resuming"
    REPRINT_OPENING = "reprint_opening"
    REPRINT_CLOSING = "reprint_closing"
    REPRINT_PAUSE = "reprint_pause"
    REPRINT_RESUMPTION = "reprint_resumption"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a checklist. `name` is part of its words' keys (`step.<name>`).

    With `effect` None the step is a person's confirmation, or a person's choice of one of `reasons`. `becomes` is the
    state of the polls once it is done.
    """

    name: str
    effect: Effect | None
    becomes: PollsState | None = None
    reasons: tuple[PauseReason, ...] = ()


STEPS: dict[Procedure, tuple[Step, ...]] = {
    Procedure.OPENING: (
        Step("readiness", CheckReadiness("opening")),
        Step("key", ReleaseKey()),
        Step("zero_report", PrintAct(ActKind.ZERO_REPORT)),
        Step("open", OpenPolls(), becomes=PollsState.OPEN),
        Step("opening_act", PrintAct(ActKind.OPENING)),
    ),
    Procedure.CLOSING: (
        Step("may_close", CheckReadiness("closing")),
        Step("confirm_close", None),
        Step("close", ClosePolls(), becomes=PollsState.CLOSED),
        Step("closing_act", PrintAct(ActKind.CLOSING)),
    ),
    Procedure.PAUSING: (
        Step("pause_reason", None, reasons=tuple(PauseReason)),
        Step("pause", PausePolls(), becomes=PollsState.PAUSED),
        Step("pause_act", PrintAct(ActKind.PAUSE)),
    ),
    Procedure.RESUMING: (
        Step("may_resume", CheckReadiness("resuming")),
        Step("key", ReleaseKey()),
        Step("resume", ResumePolls(), becomes=PollsState.OPEN),
        Step("resumption_act", PrintAct(ActKind.RESUMPTION)),
    ),
    Procedure.REPRINT_OPENING: (Step("opening_act", PrintAct(ActKind.OPENING)),),
    Procedure.REPRINT_CLOSING: (Step("closing_act", PrintAct(ActKind.CLOSING)),),
    Procedure.REPRINT_PAUSE: (Step("pause_act", PrintAct(ActKind.PAUSE)),),
    Procedure.REPRINT_RESUMPTION: (Step("resumption_act", PrintAct(ActKind.RESUMPTION)),),
}

BEGUN_BY: dict[Procedure, Touch] = {
    Procedure.OPENING: Touch.OPEN_POLLS,
    Procedure.CLOSING: Touch.CLOSE_POLLS,
    Procedure.PAUSING: Touch.PAUSE_POLLS,
    Procedure.RESUMING: Touch.RESUME_POLLS,
}
"""The touch that begins each procedure of the home; its value is part of the button's words."""

OFFERED: dict[PollsState, tuple[Procedure, ...]] = {
    PollsState.NOT_OPENED: (Procedure.OPENING,),
    PollsState.OPEN: (Procedure.CLOSING, Procedure.PAUSING),
    PollsState.PAUSED: (Procedure.RESUMING, Procedure.CLOSING),
    PollsState.CLOSED: (),
}
"""What staff can begin in each state of the polls, the primary one first: pausing never looks like closing."""


def offered(polls: PollsState, orders: tuple[Termination, ...]) -> tuple[Procedure, ...]:
    """What staff can begin under the orders in force: where all voting is terminated, closing alone is left."""
    if stopping_all(orders) is None:
        return OFFERED[polls]
    return tuple(procedure for procedure in OFFERED[polls] if procedure is Procedure.CLOSING)


def reprint(act: ActKind) -> Procedure | None:
    """The procedure that prints an act which is drawn up but not yet on paper."""
    match act:
        case ActKind.OPENING:
            return Procedure.REPRINT_OPENING
        case ActKind.CLOSING:
            return Procedure.REPRINT_CLOSING
        case ActKind.PAUSE:
            return Procedure.REPRINT_PAUSE
        case ActKind.RESUMPTION:
            return Procedure.REPRINT_RESUMPTION
        case ActKind.ZERO_REPORT:
            return None
