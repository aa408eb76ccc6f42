"""The act of an incident: what happened, when, what was done, and the counters at that moment."""

from dataclasses import dataclass
from datetime import datetime

from kiosk.domain.words import Words, message
from kiosk.papers.act_frame import ActFacts, ActNumbers, act_foot, act_head, check_lines, counter_lines, moment
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class IncidentAct:
    """`happened` is an aware time in the time zone of the place; `done` are the measures taken, in order."""

    facts: ActFacts
    numbers: ActNumbers
    happened: datetime
    what: Words
    done: tuple[Words, ...]


def draw(content: IncidentAct, roll: Roll, say: Say) -> PaperImage:
    """The incident and the measures first, then every counter. Where nothing was done yet, it says so."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.incident.title"))
    strip.pair(message("paper.incident.happened"), moment(content.happened))
    strip.heading(message("paper.incident.what"))
    strip.paragraph(content.what)
    strip.heading(message("paper.incident.done"))
    for number, measure in enumerate(content.done, start=1):
        strip.step(number, measure)
    if not content.done:
        strip.paragraph(message("paper.incident.nothing_done"))
    counter_lines(strip, content.numbers)
    check_lines(strip, content.numbers.checks)
    act_foot(strip, content.facts)
    return finished(strip, "incident-act", content.facts.origin)
