"""The one way to a paper, for the process that renders: picklable in, picklable out, no Qt."""

from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.papers import (
    closing_act,
    control_counters,
    incident_act,
    opening_act,
    order_notice,
    pause_act,
    protocol,
    readiness_report,
    refusal,
    slip_cast,
    slip_challenge,
    slip_offered,
    test_print,
    zero_report,
)
from kiosk.papers.paper_image import ROLL_80, PaperImage, Roll
from texts import Catalogue

if TYPE_CHECKING:
    from kiosk.papers.sheets import Sheets


class PaperKind(StrEnum):
    """The papers. The value names files."""

    SLIP_OFFERED = "slip-offered"
    SLIP_ANSWER = "slip-answer"
    SLIP_CHALLENGE = "slip-challenge"
    ZERO_REPORT = "zero-report"
    OPENING_ACT = "opening-act"
    CONTROL_COUNTERS = "control-counters"
    CLOSING_ACT = "closing-act"
    PAUSE_ACT = "pause-act"
    RESUMPTION_ACT = "resumption-act"
    INCIDENT_ACT = "incident-act"
    PROTOCOL = "protocol"
    READINESS_REPORT = "readiness-report"
    REFUSAL = "refusal"
    ORDER_NOTICE = "order-notice"
    TEST_PRINT = "test-print"


Content = (
    slip_offered.SlipOffered
    | slip_cast.SlipAnswer
    | slip_challenge.SlipChallenge
    | zero_report.ZeroReport
    | opening_act.OpeningAct
    | control_counters.ControlCounters
    | closing_act.ClosingAct
    | pause_act.PauseAct
    | incident_act.IncidentAct
    | protocol.Protocol
    | readiness_report.ReadinessReport
    | refusal.RefusalSlip
    | order_notice.OrderNotice
    | test_print.TestPrint
)


def render(kind: PaperKind, content: Content, language: str, roll: Roll = ROLL_80) -> PaperImage:
    """Draw `content` as the paper `kind` in `language` ("ru", "en") for `roll`.

    Raises TypeError if the content is not that paper's, DoesNotFit if a QR code's text is too long.
    """
    say = Catalogue(language).say
    match kind, content:
        case PaperKind.SLIP_OFFERED, slip_offered.SlipOffered():
            return slip_offered.draw(content, roll, say)
        case PaperKind.SLIP_ANSWER, slip_cast.SlipAnswer():
            return slip_cast.draw(content, roll, say)
        case PaperKind.SLIP_CHALLENGE, slip_challenge.SlipChallenge():
            return slip_challenge.draw(content, roll, say)
        case PaperKind.ZERO_REPORT, zero_report.ZeroReport():
            return zero_report.draw(content, roll, say)
        case PaperKind.OPENING_ACT, opening_act.OpeningAct():
            return opening_act.draw(content, roll, say)
        case PaperKind.CONTROL_COUNTERS, control_counters.ControlCounters():
            return control_counters.draw(content, roll, say)
        case PaperKind.CLOSING_ACT, closing_act.ClosingAct():
            return closing_act.draw(content, roll, say)
        case ((PaperKind.PAUSE_ACT | PaperKind.RESUMPTION_ACT), pause_act.PauseAct()):
            return pause_act.draw(content, roll, say)
        case PaperKind.INCIDENT_ACT, incident_act.IncidentAct():
            return incident_act.draw(content, roll, say)
        case PaperKind.PROTOCOL, protocol.Protocol():
            return protocol.draw(content, roll, say)
        case PaperKind.READINESS_REPORT, readiness_report.ReadinessReport():
            return readiness_report.draw(content, roll, say)
        case PaperKind.REFUSAL, refusal.RefusalSlip():
            return refusal.draw(content, roll, say)
        case PaperKind.ORDER_NOTICE, order_notice.OrderNotice():
            return order_notice.draw(content, roll, say)
        case PaperKind.TEST_PRINT, test_print.TestPrint():
            return test_print.draw(content, roll, say)
        case _:
            raise TypeError(f"{type(content).__name__} is not the content of {kind.value}")


def render_sheets(kind: PaperKind, content: Content, language: str) -> "Sheets":
    """The same paper on A4. Raises what `render` raises."""
    # Only a process that draws for a report printer needs what writes PDFs.
    from kiosk.papers.sheets import sheets

    return sheets(render(kind, content, language), language)
