"""The acts that voting at a terminal was paused, and that it goes on."""

from dataclasses import dataclass

from kiosk.domain.polls import Pause
from kiosk.domain.words import message
from kiosk.papers.act_frame import ActFacts, ActNumbers, act_foot, act_head, check_lines, counter_lines, moment
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class PauseAct:
    """The facts, the numbers, and the pause; `resumed` once it is over."""

    facts: ActFacts
    numbers: ActNumbers
    pause: Pause
    resumed: bool


def draw(content: PauseAct, roll: Roll, say: Say) -> PaperImage:
    """Since when and why, that nothing was sealed or sent because of it, and the counters with their equations."""
    name = "resumption" if content.resumed else "pause"
    strip = Strip(roll, say)
    act_head(strip, content.facts, message(f"paper.{name}.title"))
    strip.paragraph(message(f"paper.{name}.statement", terminal=content.facts.terminal))
    strip.pair(message("paper.pause.since"), moment(content.pause.since))
    strip.pair(message("paper.pause.reason"), message(f"pause_reason.{content.pause.reason.value}"))
    counter_lines(strip, content.numbers)
    check_lines(strip, content.numbers.checks)
    act_foot(strip, content.facts)
    return finished(strip, f"{name}-act", content.facts.origin)
