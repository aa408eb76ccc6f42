"""The parts of a paper on sheets of A4: how tall each is, and how it is drawn. Lengths are points (72 an inch)."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from kiosk.papers.lettering import Face, lines_of
from kiosk.papers.paper_image import Block, BlockKind
from kiosk.papers.qr import QUIET_MODULES, DoesNotFit, qr_modules

MM = 72 / 25.4
WIDTH = 595.276
LEFT, RIGHT = 20 * MM, WIDTH - 15 * MM
WIDE = RIGHT - LEFT

Draw = Callable[[Canvas, float], None]
"""Draws downwards from a height above the sheet's lower edge."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is not torn apart: its height, the lines in it, how to draw it, and whether the next part stays with it."""

    height: float
    lines: tuple[str, ...]
    draw: Draw
    keeps_next: bool = False


@dataclass(frozen=True, slots=True)
class Letters:
    """A face, its size, and the height of a line."""

    face: Face
    size: float
    line: float

    def width(self, text: str) -> float:
        """How wide a line of text is."""
        width: float = stringWidth(text, self.face.name, self.size)
        return width

    def lines(self, text: str, width: float) -> list[str]:
        """The text in lines no wider than that; nothing is cut off."""
        return lines_of(text, math.floor(width * 1000), lambda line: math.ceil(self.width(line) * 1000))

    def put(self, canvas: Canvas, x: float, y: float, text: str) -> None:
        """Draw a line of text with its baseline at `y`."""
        canvas.setFont(self.face.name, self.size)
        canvas.drawString(x, y, text)

    def put_lines(self, canvas: Canvas, x: float, top: float, lines: list[str]) -> None:
        """Draw lines downwards; a baseline lies a quarter of a line above the line's end."""
        for row, line in enumerate(lines, start=1):
            self.put(canvas, x, top - row * self.line + self.line / 4, line)


TITLE = Letters(Face.BOLD, 20, 25)
HEADING = Letters(Face.BOLD, 13, 17)
BODY = Letters(Face.REGULAR, 11, 15)
STRONG = Letters(Face.BOLD, 11, 15)
SMALL = Letters(Face.REGULAR, 9.5, 13)
BANNER = Letters(Face.BOLD, 14, 19)
CODE = Letters(Face.MONO_BOLD, 12, 17)

LABEL = WIDE * 0.4
QR_MM = 50.0
MODULE_LEAST_MM, MODULE_MOST_MM = 0.5, 0.9
"""A dot of the coarsest report printer (300 dpi) is 0.085 mm: at least five of them a module."""
OVERLAP = 0.02
"""Neighbouring modules lie over each other by so much, so that no white hair is drawn between them."""


def parts(block: Block) -> Iterator[Part]:
    """A block as what may stand on different sheets. Raises DoesNotFit for a QR code that no sheet can carry."""
    words = block.words
    match block.kind:
        case BlockKind.TITLE:
            yield _text(words[0], TITLE, after=6, keeps_next=True)
        case BlockKind.HEADING:
            yield replace(_text(words[0], HEADING, before=7, after=2), keeps_next=True)
        case BlockKind.PARAGRAPH:
            yield from _running(words[0], BODY, after=4)
        case BlockKind.STRONG:
            yield _text(words[0], STRONG, after=2, keeps_next=True)
        case BlockKind.SMALL:
            yield from _running(words[0], SMALL, after=2)
        case BlockKind.STEP:
            yield _step(*words)
        case BlockKind.MARKED | BlockKind.UNMARKED:
            yield _marked(words[0], chosen=block.kind is BlockKind.MARKED)
        case BlockKind.RULE:
            yield Part(9, (), lambda canvas, top: canvas.rect(LEFT, top - 5, WIDE, 0.75, stroke=0, fill=1))
        case BlockKind.NOTICE:
            yield _notice(*words)
        case BlockKind.BAND:
            yield band(words[0])
        case BlockKind.PAIR:
            yield _pair(BODY, *words)
        case BlockKind.STRONG_PAIR:
            yield _pair(STRONG, *words)
        case BlockKind.SIGNATURE:
            yield _signature(*words)
        case BlockKind.CODE:
            yield _code(words[0], words[1:])
        case BlockKind.QR:
            yield _qr(*words)
        case _:
            assert_never(block.kind)


def band(text: str) -> Part:
    """White words on a black band."""
    lines = BANNER.lines(text, WIDE - 8 * MM)
    height = BANNER.line * len(lines) + 8

    def draw(canvas: Canvas, top: float) -> None:
        canvas.rect(LEFT, top - height, WIDE, height, stroke=0, fill=1)
        canvas.setFillGray(1)
        for row, line in enumerate(lines, start=1):
            x = LEFT + (WIDE - BANNER.width(line)) / 2
            BANNER.put(canvas, x, top - 4 - row * BANNER.line + 5.5, line)
        canvas.setFillGray(0)

    return Part(height + 5, tuple(lines), draw)


# --- words ----------------------------------------------------------------------------------------------------


def _text(text: str, letters: Letters, *, before: float = 0, after: float = 0, keeps_next: bool = False) -> Part:
    lines = letters.lines(text, WIDE)
    return Part(
        before + letters.line * len(lines) + after,
        tuple(lines),
        lambda canvas, top: letters.put_lines(canvas, LEFT, top - before, lines),
        keeps_next,
    )


def _running(text: str, letters: Letters, after: float) -> Iterator[Part]:
    """Running words: a long paragraph may go on on the next sheet, but no line of it stands alone."""
    lines = letters.lines(text, WIDE)
    for row, line in enumerate(lines, start=1):
        last = row == len(lines)
        alone = row == 1 or row == len(lines) - 1
        one = _text(line, letters, after=after if last else 0)
        yield replace(one, lines=(line,), keeps_next=alone and not last)


def _step(number: str, text: str) -> Part:
    indent = 8 * MM
    lines = BODY.lines(text, WIDE - indent)

    def draw(canvas: Canvas, top: float) -> None:
        STRONG.put_lines(canvas, LEFT, top, [number])
        BODY.put_lines(canvas, LEFT + indent, top, lines)

    return Part(BODY.line * len(lines) + 3, (f"{number} {lines[0]}", *lines[1:]), draw)


def _marked(text: str, *, chosen: bool) -> Part:
    indent, side = 8 * MM, 3.2 * MM
    lines = STRONG.lines(text, WIDE - indent)

    def draw(canvas: Canvas, top: float) -> None:
        canvas.setLineWidth(1)
        canvas.rect(LEFT + 0.5, top - 12.5, side, side, stroke=1, fill=int(chosen))
        STRONG.put_lines(canvas, LEFT + indent, top, lines)

    return Part(STRONG.line * len(lines) + 2, tuple(lines), draw)


def _notice(title: str, *paragraphs: str) -> Part:
    inside, padding = WIDE - 10 * MM, 4 * MM
    rows = [(line, HEADING) for line in HEADING.lines(title, inside)]
    rows += [(line, BODY) for text in paragraphs for line in BODY.lines(text, inside)]
    height = sum(letters.line for _, letters in rows) + 2 * padding - 4

    def draw(canvas: Canvas, top: float) -> None:
        canvas.setLineWidth(2)
        canvas.rect(LEFT + 1, top - 4 - height, WIDE - 2, height, stroke=1, fill=0)
        y = top - 4 - padding + 3
        for line, letters in rows:
            letters.put_lines(canvas, LEFT + 5 * MM, y, [line])
            y -= letters.line

    return Part(height + 12, tuple(line for line, _ in rows), draw)


# --- values ---------------------------------------------------------------------------------------------------


def _pair(letters: Letters, label: str, value: str) -> Part:
    """On one line with dots between; a long value has its own column."""
    if "\n" in value or letters.width(label) + STRONG.width(value) > WIDE - 6 * MM:
        return _columns(label, value)
    width = STRONG.width(value)

    def draw(canvas: Canvas, top: float) -> None:
        letters.put_lines(canvas, LEFT, top, [label])
        STRONG.put_lines(canvas, RIGHT - width, top, [value])
        # Dots on one grid for all lines of a paper.
        first = math.ceil((letters.width(label) + 4) / 4) * 4
        for x in range(first, math.floor(WIDE - width - 4), 4):
            canvas.rect(LEFT + x, top - 11, 0.8, 0.8, stroke=0, fill=1)

    return Part(STRONG.line + 1.5, (f"{label} {value}",), draw)


def _columns(label: str, value: str) -> Part:
    left, right = BODY.lines(label, LABEL - 5 * MM), STRONG.lines(value, WIDE - LABEL)

    def draw(canvas: Canvas, top: float) -> None:
        BODY.put_lines(canvas, LEFT, top, left)
        STRONG.put_lines(canvas, LEFT + LABEL, top, right)

    return Part(BODY.line * max(len(left), len(right)) + 1.5, (*left, *right), draw)


def _signature(name: str, rest: str) -> Part:
    """Name, role and card on the left; a line to sign on the right."""
    column = WIDE * 0.6
    names, others = STRONG.lines(name, column), SMALL.lines(rest, column)
    height = max(STRONG.line * len(names) + SMALL.line * len(others), 12 * MM)

    def draw(canvas: Canvas, top: float) -> None:
        STRONG.put_lines(canvas, LEFT, top, names)
        SMALL.put_lines(canvas, LEFT, top - STRONG.line * len(names), others)
        canvas.rect(LEFT + column + 6 * MM, top - height + 3, WIDE - column - 6 * MM, 0.75, stroke=0, fill=1)

    return Part(height + 6, (*names, *others), draw)


def _code(joint: str, groups: tuple[str, ...]) -> Part:
    """As many groups a line as fit, evenly; a line that goes on ends with the joint."""
    group = CODE.width(max(groups, key=len) + joint)
    rows = math.ceil(len(groups) / max(1, math.floor(WIDE / group)))
    count = math.ceil(len(groups) / rows)
    lines = [joint.join(groups[at : at + count]) for at in range(0, len(groups), count)]
    lines = [*(f"{line}{joint}".rstrip(" ") for line in lines[:-1]), lines[-1]]
    return Part(CODE.line * len(lines) + 4, tuple(lines), lambda canvas, top: CODE.put_lines(canvas, LEFT, top, lines))


def _qr(text: str, caption: str) -> Part:
    """The code with its quiet zone on the left, its words beside it."""
    matrix = qr_modules(text)
    modules = len(matrix) + 2 * QUIET_MODULES
    module = max(MODULE_LEAST_MM, min(MODULE_MOST_MM, QR_MM / modules)) * MM
    side = modules * module
    if side > WIDE:
        raise DoesNotFit(f"QR code: {len(text)} characters are too many for a sheet")
    beside = WIDE - side - 5 * MM
    under = beside < 45 * MM
    lines = SMALL.lines(caption, WIDE if under else beside)
    words = SMALL.line * len(lines)

    def draw(canvas: Canvas, top: float) -> None:
        path = canvas.beginPath()
        for row, line in enumerate(matrix):
            y = top - (row + 1 + QUIET_MODULES) * module
            for start, end in _runs(line):
                x = LEFT + (start + QUIET_MODULES) * module
                path.rect(x, y - OVERLAP, (end - start) * module + OVERLAP, module + OVERLAP)
        canvas.drawPath(path, stroke=0, fill=1)
        if under:
            SMALL.put_lines(canvas, LEFT, top - side, lines)
        else:
            SMALL.put_lines(canvas, LEFT + side + 5 * MM, top - (side - words) / 2, lines)

    return Part(side + words + 4 if under else max(side, words) + 4, tuple(lines), draw)


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Where black begins and ends in a row."""
    start: int | None = None
    for x, black in enumerate((*row, False)):
        if black and start is None:
            start = x
        elif not black and start is not None:
            yield start, x
            start = None
