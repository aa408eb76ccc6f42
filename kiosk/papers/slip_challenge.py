"""The slip of an opened ballot: choices, seed and code, for anyone to recompute (DESIGN 5, challenge)."""

from dataclasses import dataclass, field

from kiosk.domain.words import Words, message, plain
from kiosk.papers.frame import Origin, finished, head, voter_qr
from kiosk.papers.layout import CODE_LARGEST, DIGEST_LARGEST, SMALL, STRONG, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class ContestChosen:
    """A contest of the opened paper and the names that were encrypted as chosen; none means left without a mark."""

    title: Words
    chosen: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class SlipChallenge:
    """An opened ballot. `seed` is the hexadecimal of its 32 bytes, `challenge_text` what `check-ballot` reads.

    `signed_text` is the terminal's signature over package digest, code and "checked".
    """

    origin: Origin
    paper: Words
    contests: tuple[ContestChosen, ...] = field(repr=False)
    code: str
    seed: str = field(repr=False)
    published_at: str
    challenge_text: str = field(repr=False)
    signed_text: str


def draw(content: SlipChallenge, roll: Roll, say: Say) -> PaperImage:
    """Everything that the ballot was made of, how to check it, and what this slip gives away."""
    strip = Strip(roll, say)
    head(strip, content.origin)
    strip.title(message("paper.challenge.title"))
    strip.notice(message("paper.challenge.opened"), message("paper.challenge.again"))
    strip.heading(message("paper.challenge.choices"))
    strip.paragraph(content.paper, STRONG)
    for contest in content.contests:
        strip.paragraph(contest.title)
        for name in contest.chosen:
            strip.marked(name)
        if not contest.chosen:
            strip.marked(message("paper.challenge.no_mark"), chosen=False)
        strip.space(1)
    strip.paragraph(message("paper.challenge.differs"), SMALL)
    strip.rule()
    strip.heading(message("paper.challenge.code"))
    strip.code(content.code.split("-"), largest=CODE_LARGEST)
    strip.heading(message("paper.challenge.seed"))
    groups = [content.seed[i : i + 4] for i in range(0, len(content.seed), 4)]
    strip.code(groups, joint=" ", largest=DIGEST_LARGEST + 10)
    strip.rule()
    strip.qr(content.challenge_text, message("paper.challenge.qr"))
    strip.rule()
    strip.heading(message("paper.challenge.how"))
    strip.step(1, message("paper.challenge.compare"))
    strip.step(2, message("paper.challenge.scan"))
    strip.step(3, message("paper.challenge.absent", address=plain(content.published_at)))
    strip.notice(message("paper.challenge.secret"), message("paper.challenge.leads"))
    voter_qr(strip, content.signed_text, message("paper.checked.signature"))
    return finished(strip, "slip-challenge", content.origin)
