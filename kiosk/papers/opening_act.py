"""The act of opening the polls at a terminal."""

from dataclasses import dataclass

from kiosk.domain.words import Words, message, plain
from kiosk.papers.act_frame import ActFacts, ActNumbers, act_foot, act_head, check_lines, counter_lines
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class ReadinessLine:
    """A check made before opening, in words, and whether it passed."""

    name: Words
    passed: bool


@dataclass(frozen=True, slots=True)
class OpeningAct:
    """`opens` and `closes` are the hours of the day in the package ("08:00")."""

    facts: ActFacts
    numbers: ActNumbers
    opens: str
    closes: str
    readiness: tuple[ReadinessLine, ...]


def draw(content: OpeningAct, roll: Roll, say: Say) -> PaperImage:
    """What was checked, that the commission opened the polls, and the counters it opened with."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.opening.title"))
    strip.paragraph(message("paper.opening.statement", terminal=content.facts.terminal))
    hours = f"{content.opens}\N{EN DASH}{content.closes}"
    strip.pair(message("paper.opening.hours"), plain(hours))
    strip.heading(message("paper.opening.readiness"))
    for line in content.readiness:
        strip.pair(line.name, message("paper.opening.passed" if line.passed else "paper.opening.failed"))
    counter_lines(strip, content.numbers)
    check_lines(strip, content.numbers.checks)
    act_foot(strip, content.facts)
    return finished(strip, "opening-act", content.facts.origin)
