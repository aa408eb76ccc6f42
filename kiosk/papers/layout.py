"""A small layout engine for receipt paper.

A `Strip` is filled from top to bottom with blocks, each a picture as wide as the roll; nothing flows back, so the
order of calls is the order on paper. Every block wraps what does not fit. Output depends on nothing but input.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from kiosk.domain.words import Words
from kiosk.papers.lettering import Face, font, joined, lines_of, measure, overhang
from kiosk.papers.paper_image import Block, BlockKind, PaperImage, Roll
from kiosk.papers.qr import qr_image

Say = Callable[[Words], str]

BLACK, WHITE = 0, 255


@dataclass(frozen=True, slots=True)
class Lettering:
    """A face, the dots of its em and of a line at 8 dots/mm."""

    face: Face
    em: int
    line: int


TITLE = Lettering(Face.BOLD, 42, 48)
HEADING = Lettering(Face.BOLD, 28, 34)
BODY = Lettering(Face.REGULAR, 26, 32)
STRONG = Lettering(Face.BOLD, 26, 32)
SMALL = Lettering(Face.REGULAR, 22, 27)
SMALL_STRONG = Lettering(Face.BOLD, 22, 27)
BANNER = Lettering(Face.BOLD, 30, 36)

_KIND_OF = {STRONG: BlockKind.STRONG, SMALL: BlockKind.SMALL, SMALL_STRONG: BlockKind.STRONG}

CODE_LARGEST, CODE_SMALLEST = 40, 18
DIGEST_LARGEST = 22
QR_PREFERRED_MM = 50
BAND_EVERY_MM = 90
"""About so far apart the mode's band comes again, at the next place where nothing is torn apart by it."""


class Strip:
    """A paper being laid out on `roll`; `say` resolves words in the language of its reader."""

    def __init__(self, roll: Roll, say: Say) -> None:
        self._roll = roll
        self._say: Say = lambda words: joined(say(words))
        self._blocks: list[Image.Image] = []
        self._drawn: list[tuple[str, ...]] = []
        self._codes: list[str] = []
        self._written: list[Block] = []
        self._breaks: list[bool] = []
        self._mark = ""
        self._left = roll.margin_dots
        self._right = roll.width_dots - roll.margin_dots

    def mark(self, words: Words) -> None:
        """What each sheet says at its foot, where the paper is on sheets, so that none passes for another paper's."""
        self._mark = self._say(words)

    # --- blocks of words ------------------------------------------------------------------------------------

    def title(self, words: Words) -> None:
        """The name of the paper: large and centred."""
        self._write(BlockKind.TITLE, self._say(words))
        self._text(self._say(words), TITLE, centred=True)

    def heading(self, words: Words) -> None:
        """A heading inside the paper."""
        self._write(BlockKind.HEADING, self._say(words))
        self._add(self._air(2), (), may_break=True)
        self._text(self._say(words), HEADING)

    def paragraph(self, words: Words, lettering: Lettering = BODY, *, centred: bool = False) -> None:
        """Running words."""
        self._write(_KIND_OF.get(lettering, BlockKind.PARAGRAPH), self._say(words))
        self._text(self._say(words), lettering, centred=centred)
        self.space(0.75)

    def step(self, number: int, words: Words) -> None:
        """A numbered instruction with a hanging number."""
        self._write(BlockKind.STEP, f"{number}.", self._say(words))
        indent = self._left + self._dots(4)
        lines = self._lines(self._say(words), BODY, self._right - indent)
        block, draw = self._block(BODY.line * len(lines))
        self._put(draw, self._left, BODY.line, f"{number}.", STRONG)
        for row, line in enumerate(lines, start=1):
            self._put(draw, indent, row * BODY.line, line, BODY)
        self._add(block, (f"{number}. {lines[0]}", *lines[1:]))
        self.space(0.75)

    def marked(self, words: Words, *, chosen: bool = True) -> None:
        """An answer: a filled square with the words beside it in bold; an empty square if nothing was chosen."""
        self._write(BlockKind.MARKED if chosen else BlockKind.UNMARKED, self._say(words))
        indent = self._left + self._dots(4)
        lines = self._lines(self._say(words), STRONG, self._right - indent)
        block, draw = self._block(STRONG.line * len(lines))
        side = self._dots(2)
        box = (self._left, 8, self._left + side, 8 + side)
        draw.rectangle(box, fill=BLACK if chosen else WHITE, outline=BLACK, width=2)
        for row, line in enumerate(lines, start=1):
            self._put(draw, indent, row * STRONG.line, line, STRONG)
        self._add(block, lines)
        self.space(0.5)

    # --- lines, boxes, bands --------------------------------------------------------------------------------

    def space(self, millimetres: float) -> None:
        """White paper."""
        self._add(self._air(millimetres), ())

    def rule(self, *, heavy: bool = False) -> None:
        """A line across, with white around it."""
        self._write(BlockKind.RULE)
        weight = 4 if heavy else 2
        block, draw = self._block(weight + self._dots(2.5))
        top = self._dots(1.25)
        draw.rectangle((self._left, top, self._right - 1, top + weight - 1), fill=BLACK)
        self._add(block, (), may_break=True)

    def notice(self, title: Words, *paragraphs: Words) -> None:
        """What must not be overlooked, in a heavy frame."""
        self._write(BlockKind.NOTICE, self._say(title), *(self._say(words) for words in paragraphs))
        padding, weight = self._dots(1.75), 4
        width = self._right - self._left - 2 * (padding + weight)
        lines = [(line, HEADING) for line in self._lines(self._say(title), HEADING, width)]
        for words in paragraphs:
            lines += [(line, BODY) for line in self._lines(self._say(words), BODY, width)]
        height = sum(lettering.line for _, lettering in lines) + 2 * (padding + weight)
        block, draw = self._block(height + self._dots(2))
        draw.rectangle(
            (self._left, self._dots(1), self._right - 1, self._dots(1) + height - 1), outline=BLACK, width=weight
        )
        y = self._dots(1) + weight + padding - 3
        for line, lettering in lines:
            y += lettering.line
            self._put(draw, self._left + weight + padding, y, line, lettering)
        self._add(block, [line for line, _ in lines], may_break=True)

    def band(self, words: Words) -> None:
        """White words on a black band: a mode, a reprint, a failed check."""
        text = self._say(words)
        self._write(BlockKind.BAND, text)
        block, lines = self._band_block(text)
        self._add(block, lines)

    # --- values ---------------------------------------------------------------------------------------------

    def pair(self, label: Words, value: Words, *, strong: bool = False) -> None:
        """A label and its value on one line with dots between; a long value goes under its label."""
        words, shown = self._say(label), self._say(value)
        self._write(BlockKind.STRONG_PAIR if strong else BlockKind.PAIR, words, shown)
        whole = self._right - self._left
        value_width = measure(shown, STRONG.face, STRONG.em)
        if "\n" in shown or value_width > whole * 0.55:
            self._stacked(words, shown)
            return
        lettering = STRONG if strong else BODY
        lines = self._lines(words, lettering, whole - value_width - self._dots(3))
        block, draw = self._block(len(lines) * BODY.line + 2)
        for row, line in enumerate(lines, start=1):
            self._put(draw, self._left, row * BODY.line, line, lettering)
        baseline = len(lines) * BODY.line
        self._put(draw, self._right - value_width, baseline, shown, STRONG)
        start = self._left + measure(lines[-1], lettering.face, lettering.em)
        self._leader(draw, start, self._right - value_width, baseline)
        self._add(block, (*lines[:-1], f"{lines[-1]} {shown}"))

    def check(self, label: Words, equation: str, verdict: Words, *, holds: bool) -> None:
        """A control equation: what it says, its two sides, whether they agree. One that fails is a black band."""
        self.paragraph(label, SMALL)
        if not holds:
            words = f"{equation} — {self._say(verdict)}"
            self._write(BlockKind.BAND, words)
            block, lines = self._band_block(words)
            self._add(block, lines)
            self.space(1)
            return
        shown = self._say(verdict)
        self._write(BlockKind.PAIR, equation, shown)
        block, draw = self._block(BODY.line + 2)
        width = measure(shown, STRONG.face, STRONG.em)
        self._put(draw, self._left, BODY.line, equation, STRONG)
        self._put(draw, self._right - width, BODY.line, shown, STRONG)
        start = self._left + measure(equation, STRONG.face, STRONG.em)
        self._leader(draw, start, self._right - width, BODY.line)
        self._add(block, (f"{equation} {shown}",))
        self.space(1)

    def signature(self, name: Words, role: Words, card: Words) -> None:
        """A member of the commission: name, role, what the card did, and a line to sign by hand."""
        self._write(BlockKind.SIGNATURE, self._say(name), f"{self._say(role)}; {self._say(card)}")
        self._add(self._air(1), (), may_break=True)
        self._text(self._say(name), STRONG)
        self._text(f"{self._say(role)}; {self._say(card)}", SMALL)
        block, draw = self._block(self._dots(9))
        y = self._dots(8)
        draw.rectangle(((self._left + self._right) // 2, y, self._right - 1, y + 1), fill=BLACK)
        self._add(block, ())
        self.space(1)

    def code(self, groups: Sequence[str], *, joint: str = "-", a_line: int = 4, largest: int = CODE_LARGEST) -> None:
        """Groups of a code in large monospaced letters: `a_line` groups a line, fewer where they do not fit.

        Lines are filled evenly; a line that the code goes on after ends with the joint, so that it reads as one.
        """
        self._write(BlockKind.CODE, joint, *groups)
        whole, size, count = self._right - self._left, largest, a_line
        while count > 1 and self._code_width(groups, count, joint, CODE_SMALLEST) > whole:
            count -= 1
        while size > CODE_SMALLEST and self._code_width(groups, count, joint, size) > whole:
            size -= 1
        rows = -(-len(groups) // count)
        count = -(-len(groups) // rows)
        lines = [joint.join(groups[i : i + count]) for i in range(0, len(groups), count)]
        lines = [*(f"{line}{joint}".rstrip(" ") for line in lines[:-1]), lines[-1]]
        leading = size + max(4, size // 6)
        block, draw = self._block(leading * len(lines) + self._dots(0.75))
        lettering = Lettering(Face.MONO_BOLD, size, leading)
        for row, line in enumerate(lines, start=1):
            self._put(draw, self._left, row * leading - 2, line, lettering)
        self._add(block, lines)

    def qr(self, text: str, caption: Words) -> None:
        """A QR code of `text`, centred, with words under it. Raises DoesNotFit (see `qr_image`).

        Its quiet zone may lie in the margin: both are white paper.
        """
        self._write(BlockKind.QR, text, self._say(caption))
        picture = qr_image(text, self._roll.width_dots, preferred_dots=self._dots(QR_PREFERRED_MM))
        block, _ = self._block(picture.height)
        block.paste(picture, ((self._roll.width_dots - picture.width) // 2, 0))
        self._add(block, ())
        self._codes.append(text)
        self._text(self._say(caption), SMALL, centred=True)

    # --- the finished paper ---------------------------------------------------------------------------------

    def finish(self, name: str, mode: Words | None, reprint: Words | None) -> PaperImage:
        """The paper with its bands at the top and at the bottom; that of the mode comes again on long papers."""
        pictures: list[Image.Image] = []
        drawn: list[str] = []

        def put_band(words: Words) -> None:
            picture, lines = self._band_block(self._say(words))
            pictures.extend((picture, self._air(1)))
            drawn.extend(lines)

        bands = [words for words in (mode, reprint) if words is not None]
        pictures.append(self._air(1))
        for words in bands:
            put_band(words)
        since, left = 0, sum(block.height for block in self._blocks)
        for block, lines, may_break in zip(self._blocks, self._drawn, self._breaks, strict=True):
            far = min(since, left + self._dots(BAND_EVERY_MM // 2)) > self._dots(BAND_EVERY_MM)
            if mode is not None and may_break and far:
                pictures.append(self._air(1))
                put_band(mode)
                since = 0
            pictures.append(block)
            drawn.extend(lines)
            since += block.height
            left -= block.height
        pictures.append(self._air(1))
        for words in bands:
            put_band(words)
        whole = Image.new("1", (self._roll.width_dots, sum(p.height for p in pictures)), WHITE)
        y = 0
        for picture in pictures:
            whole.paste(picture, (0, y))
            y += picture.height
        return PaperImage(
            name,
            self._roll.width_dots,
            self._roll.dots_per_mm,
            whole,
            tuple(drawn),
            tuple(self._codes),
            tuple(self._written),
            tuple(self._say(words) for words in bands),
            self._mark,
        )

    def _write(self, kind: BlockKind, *words: str) -> None:
        self._written.append(Block(kind, words))

    # --- inside ---------------------------------------------------------------------------------------------

    def _dots(self, millimetres: float) -> int:
        return self._roll.dots(millimetres)

    def _block(self, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        # Letters with tails hang below their line's end; every block leaves room for them.
        block = Image.new("1", (self._roll.width_dots, height + self._dots(0.5)), WHITE)
        return block, ImageDraw.Draw(block)

    def _air(self, millimetres: float) -> Image.Image:
        return Image.new("1", (self._roll.width_dots, self._dots(millimetres)), WHITE)

    def _add(self, block: Image.Image, lines: Sequence[str], *, may_break: bool = False) -> None:
        """Append a block; `may_break` says that a band may stand before it without tearing things apart."""
        self._blocks.append(block)
        self._drawn.append(tuple(lines))
        self._breaks.append(may_break)

    def _lines(self, text: str, lettering: Lettering, width: int) -> list[str]:
        return lines_of(text, width, lambda line: measure(line, lettering.face, lettering.em))

    def _put(self, draw: ImageDraw.ImageDraw, x: int, bottom: int, text: str, lettering: Lettering) -> None:
        """Draw a line of text whose line box ends at `bottom`; the baseline lies a fifth of the line above."""
        baseline = bottom - lettering.line // 5
        x += overhang(text, lettering.face, lettering.em)
        draw.text((x, baseline), text, font=font(lettering.face, lettering.em), fill=BLACK, anchor="ls")

    def _text(self, text: str, lettering: Lettering, *, centred: bool = False) -> None:
        lines = self._lines(text, lettering, self._right - self._left)
        block, draw = self._block(lettering.line * len(lines))
        for row, line in enumerate(lines, start=1):
            spare = self._right - self._left - measure(line, lettering.face, lettering.em)
            self._put(draw, self._left + (spare // 2 if centred else 0), row * lettering.line, line, lettering)
        self._add(block, lines)

    def _stacked(self, label: str, value: str) -> None:
        self._text(label, SMALL)
        self._text(value, STRONG)
        self.space(0.5)

    def _leader(self, draw: ImageDraw.ImageDraw, start: int, end: int, bottom: int) -> None:
        """Dots between a label and its value, on one grid for all lines of a paper."""
        y, pitch = bottom - BODY.line // 5 - 2, 8
        first = (start + 8 + pitch - 1) // pitch * pitch
        for x in range(first, end - 8, pitch):
            draw.rectangle((x, y, x + 1, y + 1), fill=BLACK)

    def _band_block(self, text: str) -> tuple[Image.Image, list[str]]:
        padding = self._dots(1.25)
        width = self._right - self._left - 2 * padding
        if measure(text, BANNER.face, BANNER.em) > width:
            text = text.replace("\N{NO-BREAK SPACE}\N{EM DASH} ", "\n")
        lines = self._lines(text, BANNER, width)
        height = BANNER.line * len(lines) + 2 * padding
        block = Image.new("1", (self._roll.width_dots, height), WHITE)
        draw = ImageDraw.Draw(block)
        draw.rectangle((self._left, 0, self._right - 1, height - 1), fill=BLACK)
        for row, line in enumerate(lines, start=1):
            x = (self._roll.width_dots - measure(line, BANNER.face, BANNER.em)) // 2
            baseline = padding + row * BANNER.line - BANNER.line // 4
            draw.text((x, baseline), line, font=font(BANNER.face, BANNER.em), fill=WHITE, anchor="ls")
        return block, lines

    @staticmethod
    def _code_width(groups: Sequence[str], count: int, joint: str, size: int) -> int:
        rows = [groups[i : i + count] for i in range(0, len(groups), count)]
        return max(measure(joint.join(row) + joint, Face.MONO_BOLD, size) for row in rows)
