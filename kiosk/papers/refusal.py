"""The refusal slip: a code for staff, a reason in plain words, and what to do next (DESIGN 7)."""

from dataclasses import dataclass

from kiosk.domain.words import Words, message
from kiosk.papers.frame import Origin, finished, head
from kiosk.papers.layout import STRONG, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class RefusalSlip:
    """`code` is what staff hear ("К-12"); `next_steps` are instructions in order, at least one."""

    origin: Origin
    code: str
    reason: Words
    next_steps: tuple[Words, ...]


def draw(content: RefusalSlip, roll: Roll, say: Say) -> PaperImage:
    """Why this card does not open the voting, and the way forward. Nothing about the person."""
    if not content.next_steps:
        raise ValueError("a refusal needs a next step: there are no dead ends")
    strip = Strip(roll, say)
    head(strip, content.origin)
    strip.title(message("paper.refusal.title"))
    strip.paragraph(content.reason, STRONG)
    strip.heading(message("paper.refusal.next"))
    for number, step in enumerate(content.next_steps, start=1):
        strip.step(number, step)
    strip.notice(message("paper.refusal.code", code=content.code), message("paper.refusal.tell"))
    strip.paragraph(message("paper.refusal.nothing_lost"))
    return finished(strip, "refusal", content.origin)
