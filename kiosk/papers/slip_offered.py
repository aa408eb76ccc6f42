"""The slip's first part: the codes of the encrypted ballots, printed before the question (DESIGN 5)."""

from dataclasses import dataclass

from kiosk.domain.words import message
from kiosk.papers.frame import BallotCode, Origin, ballot_codes, finished, head, voter_qr
from kiosk.papers.layout import SMALL, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class SlipOffered:
    """`signed_text` goes into the QR code: the terminal's signature over package digest, codes and "offered"."""

    origin: Origin
    codes: tuple[BallotCode, ...]
    signed_text: str


def draw(content: SlipOffered, roll: Roll, say: Say) -> PaperImage:
    """Codes, and that nothing is cast yet. No time, no number, no choice."""
    strip = Strip(roll, say)
    head(strip, content.origin)
    count = len(content.codes)
    strip.title(message("paper.offered.title"))
    strip.paragraph(message("paper.offered.lead", count=count))
    strip.space(1)
    ballot_codes(strip, content.codes)
    strip.notice(message("paper.offered.not_cast", count=count), message("paper.offered.decide", count=count))
    strip.paragraph(message("paper.offered.no_choice"), SMALL)
    voter_qr(strip, content.signed_text, message("paper.offered.signature", count=count))
    return finished(strip, "slip-offered", content.origin)
