"""The slip's second part: the answer to the question, *cast* or *checked* (DESIGN 5)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from kiosk.domain.words import message, plain
from kiosk.papers.frame import BallotCode, Origin, ballot_codes, finished, head, voter_qr
from kiosk.papers.layout import SMALL, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


class Answer(StrEnum):
    """What became of the ballots of a slip."""

    CAST = "cast"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class SlipAnswer:
    """`signed_text` is the terminal's signature over package digest, codes and the answer.

    `published_at` is where the codes of accepted ballots are published.
    """

    origin: Origin
    answer: Answer
    codes: tuple[BallotCode, ...]
    published_at: str
    signed_text: str


def draw(content: SlipAnswer, roll: Roll, say: Say) -> PaperImage:
    """The answer in large letters, the codes again, and what they are good for. No time, no number, no choice."""
    strip = Strip(roll, say)
    head(strip, content.origin)
    where, count = plain(content.published_at), len(content.codes)
    match content.answer:
        case Answer.CAST:
            strip.title(message("paper.cast.title", count=count))
            strip.paragraph(message("paper.cast.lead", count=count))
            strip.space(1)
            ballot_codes(strip, content.codes)
            strip.heading(message("paper.cast.check"))
            strip.paragraph(message("paper.cast.find", count=count, address=where))
            strip.paragraph(message("paper.cast.no_choice", count=count), SMALL)
            caption = message("paper.cast.signature", count=count)
        case Answer.CHECKED:
            strip.title(message("paper.checked.title"))
            strip.paragraph(message("paper.checked.lead"))
            strip.space(1)
            ballot_codes(strip, content.codes)
            strip.notice(message("paper.checked.again"), message("paper.checked.vote"))
            strip.paragraph(message("paper.checked.absent", address=where), SMALL)
            caption = message("paper.checked.signature")
        case _:
            assert_never(content.answer)
    voter_qr(strip, content.signed_text, caption)
    return finished(strip, f"slip-{content.answer.value}", content.origin)
