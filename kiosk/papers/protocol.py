"""The protocol of a polling place: cards, the closing summaries of all its terminals, and the control equations."""

from dataclasses import dataclass

from kiosk.domain.counters import Check, Counters
from kiosk.domain.words import message, plain
from kiosk.papers.act_frame import ActFacts, PaperCount, act_foot, act_head, check_lines
from kiosk.papers.frame import finished
from kiosk.papers.layout import Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll

CARDS = ("received", "cancelled", "activated", "spent", "voided", "outstanding")


@dataclass(frozen=True, slots=True)
class CardCounts:
    """Voter cards of a polling place: what the desk received, and what became of each of them."""

    received: int
    cancelled: int
    activated: int
    spent: int
    voided: int
    outstanding: int


@dataclass(frozen=True, slots=True)
class TerminalSummary:
    """A terminal of the place and its signed closing counters; None while its summary is missing."""

    terminal: str
    counters: Counters | None


@dataclass(frozen=True, slots=True)
class Protocol:
    """`eligible` is the number of voters on the roll as it was given; `facts.terminal` is the issuing desk."""

    facts: ActFacts
    eligible: int
    cards: CardCounts
    terminals: tuple[TerminalSummary, ...]
    by_paper: tuple[PaperCount, ...]
    checks: tuple[Check, ...]


def draw(content: Protocol, roll: Roll, say: Say) -> PaperImage:
    """Sums over the terminals whose summaries are there. One that is missing is named, and never counted as zero."""
    strip = Strip(roll, say)
    act_head(strip, content.facts, message("paper.protocol.title"), device=message("paper.protocol.desk"))
    missing = [one.terminal for one in content.terminals if one.counters is None]
    for terminal in missing:
        strip.band(message("paper.protocol.missing", terminal=terminal))
        strip.space(1)
    if missing:
        strip.paragraph(message("paper.protocol.missing_detail"))
    strip.heading(message("paper.protocol.cards"))
    strip.pair(message("paper.protocol.eligible"), plain(str(content.eligible)))
    for name in CARDS:
        strip.pair(message(f"paper.protocol.cards_{name}"), plain(str(getattr(content.cards, name))))
    strip.heading(message("paper.protocol.terminals"))
    for one in content.terminals:
        there = message("paper.protocol.no_summary") if one.counters is None else plain(str(one.counters.accepted))
        strip.pair(plain(one.terminal), there)
    present = [one.counters for one in content.terminals if one.counters is not None]
    strip.heading(message("paper.counters.ballots"))
    for name in ("entitled", "declined", "accepted", "sealed", "unsealed", "acknowledged", "quarantined", "pending"):
        total = sum(getattr(counters, name) for counters in present)
        strip.pair(message(f"paper.counter.{name}"), plain(str(total)), strong=name == "accepted")
    strip.heading(message("paper.counters.by_paper"))
    for paper in content.by_paper:
        strip.pair(paper.title, plain(str(paper.accepted)))
    check_lines(strip, content.checks)
    strip.notice(message("paper.closing.no_totals"), message("paper.protocol.no_totals_detail"))
    act_foot(strip, content.facts)
    return finished(strip, "protocol", content.facts.origin)
