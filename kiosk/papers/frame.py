"""What every paper shares: the bands of mode and reprint, the head, ballot codes."""

from dataclasses import dataclass
from typing import assert_never

from kiosk.domain.polls import Mode
from kiosk.domain.words import Words, message
from kiosk.papers.layout import SMALL, SMALL_STRONG, STRONG, Strip
from kiosk.papers.paper_image import PaperImage


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a paper comes from: the election and the polling place, and whether its votes count.

    A voter's slip says no more than this: the terminal is known from its signature, the moment from nothing.
    """

    mode: Mode
    election: Words
    place: Words
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class BallotCode:
    """A ballot paper's title and its ballot code in groups joined by hyphens ("7QF2-M9KD-…")."""

    title: Words
    code: str


def finished(strip: Strip, name: str, origin: Origin) -> PaperImage:
    """The paper with the bands that its mode and a reprint ask for."""
    match origin.mode:
        case Mode.OFFICIAL:
            mode = None
        case Mode.TEST:
            mode = message("mode.test")
        case Mode.TRAINING:
            mode = message("mode.training")
        case _:
            assert_never(origin.mode)
    return strip.finish(name, mode, message("paper.reprint") if origin.reprint else None)


def head(strip: Strip, origin: Origin) -> None:
    """Election and polling place, above the title of the paper."""
    strip.paragraph(origin.election, SMALL_STRONG, centred=True)
    strip.paragraph(origin.place, SMALL, centred=True)
    strip.rule(heavy=True)


def ballot_codes(strip: Strip, codes: tuple[BallotCode, ...]) -> None:
    """Every ballot's title with its code."""
    for ballot in codes:
        strip.paragraph(ballot.title, STRONG)
        strip.code(ballot.code.split("-"))
        strip.space(1.5)


def digest(strip: Strip, label: Words, value: str) -> None:
    """A digest in groups of four, small, for comparing by eye."""
    strip.paragraph(label, SMALL)
    groups = [value[i : i + 4] for i in range(0, len(value), 4)]
    strip.code(groups, joint=" ", a_line=8, largest=22)
    strip.space(1)


def voter_qr(strip: Strip, text: str, caption: Words) -> None:
    """The QR code at the end of a voter's slip."""
    strip.rule()
    strip.qr(text, caption)
