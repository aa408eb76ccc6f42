"""The steps of opening and closing.

A step either asks for an effect or waits for a person's confirmation. The order is the safety: the key is released
before anything is promised on paper, the zero report is on paper before the first voter, and closing is written in
the store before the act says so.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.polls import PollsState
from kiosk.flows.contract import (
    ActKind,
    CheckReadiness,
    ClosePolls,
    Effect,
    OpenPolls,
    PrintAct,
    ReleaseKey,
)


class Procedure(StrEnum):
    """The checklists of this version. More come with the station's whole day."""

    OPENING = "opening"
    CLOSING = "closing"
    REPRINT_OPENING = "reprint_opening"
    REPRINT_CLOSING = "reprint_closing"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a checklist. `name` is part of its words' keys (`step.<name>`).

    With `effect` None the step is a person's confirmation. `becomes` is the state of the polls once it is done.
    """

    name: str
    effect: Effect | None
    becomes: PollsState | None = None


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
    Procedure.REPRINT_OPENING: (Step("opening_act", PrintAct(ActKind.OPENING)),),
    Procedure.REPRINT_CLOSING: (Step("closing_act", PrintAct(ActKind.CLOSING)),),
}


def main_procedure(polls: PollsState) -> Procedure | None:
    """What staff can begin in this state of the polls."""
    match polls:
        case PollsState.NOT_OPENED:
            return Procedure.OPENING
        case PollsState.OPEN | PollsState.PAUSED:
            return Procedure.CLOSING
        case PollsState.CLOSED:
            return None


def reprint(act: ActKind) -> Procedure | None:
    """The procedure that prints an act which is drawn up but not yet on paper."""
    match act:
        case ActKind.OPENING:
            return Procedure.REPRINT_OPENING
        case ActKind.CLOSING:
            return Procedure.REPRINT_CLOSING
        case ActKind.ZERO_REPORT:
            return None
