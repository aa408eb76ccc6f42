"""The zero report: printed before the polls open, it shows that nothing has been cast yet."""

from dataclasses import dataclass

from kiosk.domain.counters import Counters
from kiosk.domain.words import message
from kiosk.papers.act_frame import ActFacts, ActNumbers, act_foot, act_head, check_lines, counter_lines
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class ZeroReport:
    """The facts of the report and the numbers that the terminal holds at this moment."""

    facts: ActFacts
    numbers: ActNumbers


def draw(content: ZeroReport, roll: Roll, say: Say) -> PaperImage:
    """Every counter as it is. A counter that is not zero is said in a frame, never hidden."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.zero.title"))
    empty = content.numbers.counters == Counters() and not any(p.accepted for p in content.numbers.by_paper)
    if empty:
        strip.notice(message("paper.zero.empty"), message("paper.zero.empty_detail"))
    else:
        strip.band(message("paper.zero.not_empty"))
        strip.paragraph(message("paper.zero.not_empty_detail"))
    counter_lines(strip, content.numbers)
    check_lines(strip, content.numbers.checks)
    act_foot(strip, content.facts)
    return finished(strip, "zero-report", content.facts.origin)
