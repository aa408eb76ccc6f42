"""Every example paper in every form in which it can come out: for looking at, for hashes, and for tests.

Bare, in both languages, on both rolls and on A4; marked as a test's and as a reprint, in one language each.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kiosk.domain.polls import Mode
from kiosk.papers.examples import examples
from kiosk.papers.paper_image import ROLL_58, ROLL_80, PaperImage
from kiosk.papers.render import Content, PaperKind, render, render_sheets
from kiosk.papers.sheets import Sheets
from kiosk.papers.slip_cast import SlipAnswer

LANGUAGES = ("ru", "en")


class Form(StrEnum):
    """What a paper is printed on."""

    WIDE = "80mm"
    NARROW = "58mm"
    SHEETS = "a4"


@dataclass(frozen=True, slots=True)
class Specimen:
    """One example in one form; `marked` as of a test and as a reprint."""

    paper: str
    place: int
    language: str
    form: Form
    marked: bool = False

    @property
    def name(self) -> str:
        """Its name among all specimens."""
        return f"{self.paper}-{self.language}-{self.form.value}{'-marked' if self.marked else ''}"

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.{'pdf' if self.form is Form.SHEETS else 'png'}"

    def drawn(self) -> PaperImage | Sheets:
        """Draw it."""
        kind, content = _examples(marked=self.marked)[self.place]
        match self.form:
            case Form.WIDE:
                return render(kind, content, self.language, ROLL_80)
            case Form.NARROW:
                return render(kind, content, self.language, ROLL_58)
            case Form.SHEETS:
                return render_sheets(kind, content, self.language)


def specimens() -> Iterator[Specimen]:
    """All of them, paper by paper."""
    for place, (kind, content) in enumerate(_examples(marked=False)):
        paper = f"{kind.value}-{content.answer.value}" if isinstance(content, SlipAnswer) else kind.value
        for form in Form:
            for language in LANGUAGES:
                yield Specimen(paper, place, language, form)
            yield Specimen(paper, place, "en" if form is Form.NARROW else "ru", form, marked=True)


def file_bytes(drawn: PaperImage | Sheets) -> bytes:
    """The paper as a file: a PNG of a roll's, a PDF of sheets."""
    return drawn.png() if isinstance(drawn, PaperImage) else drawn.pdf


def digest(drawn: PaperImage | Sheets) -> str:
    """The SHA-256 of what comes out: of the dots, or of the PDF."""
    if isinstance(drawn, PaperImage):
        return hashlib.sha256(f"{drawn.width_dots}:".encode() + drawn.black_rows()).hexdigest()
    return hashlib.sha256(drawn.pdf).hexdigest()


@cache
def _examples(*, marked: bool) -> tuple[tuple[PaperKind, Content], ...]:
    return examples(Mode.TEST if marked else Mode.OFFICIAL, reprint=marked)
