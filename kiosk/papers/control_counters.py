"""Control counters: printed in the evening, compared in the morning, or whenever an observer asks."""

from dataclasses import dataclass

from kiosk.domain.polls import PollsState
from kiosk.domain.words import message
from kiosk.papers.act_frame import ActFacts, ActNumbers, act_foot, act_head, check_lines, counter_lines
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class ControlCounters:
    """The facts, the numbers, and the state of the polls at that moment."""

    facts: ActFacts
    numbers: ActNumbers
    state: PollsState


def draw(content: ControlCounters, roll: Roll, say: Say) -> PaperImage:
    """Every counter with the control equations."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.control.title"))
    strip.pair(message("paper.control.state"), message(f"paper.state.{content.state.value}"))
    counter_lines(strip, content.numbers)
    check_lines(strip, content.numbers.checks)
    act_foot(strip, content.facts)
    return finished(strip, "control-counters", content.facts.origin)
