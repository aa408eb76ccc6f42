"""A paper on sheets of A4, as a PDF: the same paper gives the same bytes, with all its letters in it.

Every sheet says on top and at its foot what mode it is of and whether it is a reprint, and which sheet of how many
it is: no sheet can be mistaken for another paper's when they lie apart.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from kiosk.domain.words import message
from kiosk.papers.lettering import FONTS, Face
from kiosk.papers.paper_image import Block, BlockKind, PaperImage
from kiosk.papers.sheet_parts import LEFT, MM, RIGHT, SMALL, WIDTH, Part, band, parts
from texts import Catalogue

HEIGHT = 841.89
TOP, BOTTOM = HEIGHT - 15 * MM, 15 * MM
FOOT = 8 * MM
WORDS = (BlockKind.PARAGRAPH, BlockKind.STRONG, BlockKind.SMALL)
VALUES = (BlockKind.CODE, BlockKind.MARKED, BlockKind.UNMARKED, BlockKind.PAIR)


@dataclass(frozen=True, slots=True)
class Sheets:
    """A paper as a PDF. `drawn` are the lines on each sheet from top to bottom, `codes` the texts of its QR codes."""

    name: str
    pdf: bytes
    drawn: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Sheets({self.name!r}, {len(self.drawn)} of A4)"


def sheets(paper: PaperImage, language: str) -> Sheets:
    """Lay a drawn paper out on A4 in its language. Raises DoesNotFit for a QR code that no sheet can carry."""
    for face in Face:
        if face.name not in getRegisteredFontNames():
            registerFont(TTFont(face.name, str(FONTS / face.value)))
    bands = [band(text) for text in paper.bands]
    room = TOP - BOTTOM - FOOT - 2 * sum(one.height for one in bands)
    pages = _pages(list(_whole(paper.blocks)), room)
    title = " ".join(words for block in paper.blocks if block.kind is BlockKind.TITLE for words in block.words)
    file = io.BytesIO()
    canvas = Canvas(
        file,
        pagesize=(WIDTH, HEIGHT),
        invariant=1,
        pageCompression=1,
        lang=language,
        pdfVersion=(1, 7),
        initialFontName=Face.REGULAR.name,
    )
    canvas.setTitle(_plain(title))
    canvas.setSubject(_plain(next((block.words[0] for block in paper.blocks if block.words), "")))
    canvas.setAuthor("")
    canvas.setCreator("")
    canvas.setProducer("")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    say = Catalogue(language).say
    mark = " · ".join(words for words in (title, paper.mark) if words)
    drawn: list[tuple[str, ...]] = []
    for number, page in enumerate(pages, start=1):
        foot = _plain(say(message("paper.sheet", paper=mark, number=number, sheets=len(pages))))
        drawn.append(_draw(canvas, bands, page, foot))
        canvas.showPage()
    canvas.save()
    return Sheets(paper.name, file.getvalue(), tuple(drawn), paper.codes)


def _draw(canvas: Canvas, bands: Sequence[Part], page: Sequence[Part], foot: str) -> tuple[str, ...]:
    """One sheet; the lines on it."""
    y = TOP
    drawn: list[str] = []
    for part in (*bands, *page):
        part.draw(canvas, y)
        drawn.extend(part.lines)
        y -= part.height
    y = BOTTOM + FOOT + sum(one.height for one in bands)
    for part in bands:
        part.draw(canvas, y)
        drawn.extend(part.lines)
        y -= part.height
    lines = SMALL.lines(foot, RIGHT - LEFT)
    SMALL.put_lines(canvas, LEFT, BOTTOM + SMALL.line * len(lines), lines)
    return (*drawn, *lines)


def _whole(blocks: Sequence[Block]) -> Iterator[Part]:
    """All parts; words that speak of the value, answer or code after them stay with it."""
    for block, after in zip(blocks, (*blocks[1:], None), strict=True):
        *first, last = parts(block)
        yield from first
        belongs = block.kind in WORDS and after is not None and after.kind in VALUES
        yield replace(last, keeps_next=last.keeps_next or belongs)


def _pages(whole: Sequence[Part], room: float) -> list[list[Part]]:
    """The parts by sheet: what keeps together stands on one, as long as it fits on one at all."""
    pages: list[list[Part]] = [[]]
    left = room
    for together in _together(whole):
        height = sum(part.height for part in together)
        if height > left and height <= room and pages[-1]:
            pages.append([])
            left = room
        for part in together:
            if part.height > left and pages[-1]:
                pages.append([])
                left = room
            pages[-1].append(part)
            left -= part.height
    return pages


def _together(whole: Sequence[Part]) -> list[list[Part]]:
    groups: list[list[Part]] = [[]]
    for part in whole:
        groups[-1].append(part)
        if not part.keeps_next:
            groups.append([])
    return [group for group in groups if group]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)
