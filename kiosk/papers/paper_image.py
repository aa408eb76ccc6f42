"""What a layout gives back: a one-bit picture of a paper, and the rolls it can be drawn for."""

import io
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_INVERTED = bytes(255 - byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class Roll:
    """Receipt paper as the print head sees it: `width_dots` across, `margin_dots` kept white on both sides."""

    width_dots: int
    dots_per_mm: int
    margin_dots: int

    def dots(self, millimetres: float) -> int:
        """A length on paper in whole dots."""
        return round(millimetres * self.dots_per_mm)


ROLL_80 = Roll(width_dots=576, dots_per_mm=8, margin_dots=16)
"""80 mm paper: 72 mm are printable."""

ROLL_58 = Roll(width_dots=384, dots_per_mm=8, margin_dots=12)
"""58 mm paper: 48 mm are printable."""


class BlockKind(StrEnum):
    """What a part of a paper is, whatever it is printed on."""

    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    STRONG = "strong"
    SMALL = "small"
    STEP = "step"
    MARKED = "marked"
    UNMARKED = "unmarked"
    RULE = "rule"
    NOTICE = "notice"
    BAND = "band"
    PAIR = "pair"
    STRONG_PAIR = "strong_pair"
    SIGNATURE = "signature"
    CODE = "code"
    QR = "qr"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a paper and its words, resolved.

    A code's first word is the joint between its groups; a QR code has its text and then its caption, a step its number
    and its words, a signature a name and what belongs to it.
    """

    kind: BlockKind
    words: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Block({self.kind.value})"


@dataclass(frozen=True, slots=True)
class PaperImage:
    """A finished paper. `image` is a Pillow picture of mode "1" (white is not 0), `width_dots` wide.

    `drawn` are the strings that were drawn, from top to bottom, one a line of print: what a test or a blind
    reader can know about the picture. The texts of QR codes are in `codes`. Both may hold a challenged
    ballot's choices and seed, so neither shows in a repr.
    """

    name: str
    width_dots: int
    dots_per_mm: int
    image: "Image.Image"
    drawn: tuple[str, ...]
    codes: tuple[str, ...]
    blocks: tuple[Block, ...] = ()
    """The same paper for sheets; `bands` are its marks of mode and reprint, `mark` what each sheet says at its foot."""
    bands: tuple[str, ...] = ()
    mark: str = ""

    def __repr__(self) -> str:
        return f"PaperImage({self.name!r}, {self.width_dots}×{self.height_dots} dots)"

    def without_words(self) -> "PaperImage":
        """The same dots, and nothing else that says what they mean."""
        return replace(self, drawn=(), codes=(), blocks=(), bands=(), mark="")

    @property
    def height_dots(self) -> int:
        """Length of the paper in dots."""
        return self.image.height

    def black_rows(self) -> bytes:
        """Rows from the top, each padded to whole bytes, the leftmost dot in the highest bit, 1 is black."""
        return self.image.tobytes().translate(_INVERTED)

    def png(self) -> bytes:
        """The picture as PNG at its true size; the same picture gives the same bytes."""
        file = io.BytesIO()
        resolution = self.dots_per_mm * 25.4
        self.image.save(file, format="PNG", dpi=(resolution, resolution))
        return file.getvalue()
