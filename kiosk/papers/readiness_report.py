"""The readiness report: every check of a device with its result, and what to do about one that failed."""

from dataclasses import dataclass

from kiosk.domain.words import Words, message
from kiosk.papers.act_frame import ActFacts, act_foot, act_head
from kiosk.papers.frame import finished
from kiosk.papers.layout import SMALL, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """A check by name; `trouble` is what is wrong and what to do, None if it passed."""

    name: Words
    trouble: Words | None


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """The facts of the report and its checks, in the order in which they were made."""

    facts: ActFacts
    checks: tuple[CheckedPart, ...]


def draw(content: ReadinessReport, roll: Roll, say: Say) -> PaperImage:
    """The verdict on top; one failed check, or none made at all, is enough for it to be “not ready”."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.readiness.title"))
    failed = [part for part in content.checks if part.trouble is not None]
    if failed or not content.checks:
        strip.band(message("paper.readiness.not_ready"))
        strip.paragraph(message("paper.readiness.not_ready_detail", failed=len(failed), all=len(content.checks)))
    else:
        strip.notice(message("paper.readiness.ready"), message("paper.readiness.ready_detail", all=len(content.checks)))
    strip.heading(message("paper.readiness.checks"))
    for part in content.checks:
        strip.pair(part.name, message("paper.opening.passed" if part.trouble is None else "paper.opening.failed"))
        if part.trouble is not None:
            strip.paragraph(part.trouble, SMALL)
    act_foot(strip, content.facts)
    return finished(strip, "readiness-report", content.facts.origin)
