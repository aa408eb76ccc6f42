"""The act of closing the polls at a terminal. No totals per candidate: the terminal cannot know them."""

from dataclasses import dataclass

from kiosk.domain.words import message
from kiosk.papers.act_frame import ActFacts, ActNumbers, act_foot, act_head, check_lines, counter_lines
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class ClosingAct:
    """The facts of the act and the final numbers of the terminal."""

    facts: ActFacts
    numbers: ActNumbers


def draw(content: ClosingAct, roll: Roll, say: Say) -> PaperImage:
    """Control counters, control equations with their results, and how far the ballots have gone."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.closing.title"))
    strip.paragraph(message("paper.closing.statement", terminal=content.facts.terminal))
    counter_lines(strip, content.numbers)
    check_lines(strip, content.numbers.checks)
    counters = content.numbers.counters
    if counters.pending or counters.unsealed:
        strip.notice(message("paper.closing.on_the_way"), message("paper.closing.keep_terminal"))
    strip.notice(message("paper.closing.no_totals"), message("paper.closing.no_totals_detail"))
    act_foot(strip, content.facts)
    return finished(strip, "closing-act", content.facts.origin)
