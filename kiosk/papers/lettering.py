"""Typefaces of the papers, and breaking text into lines so that nothing is ever cut off."""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from pathlib import Path

from PIL import ImageFont

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"

_JOINED = re.compile(r"(№|No\.|(?<!\w)[А-Яа-яЁёA-Za-z]) (?=\S)| (?=— )")


class Face(StrEnum):
    """The bundled faces (PT Sans and PT Mono have the letters of every language of Russia)."""

    REGULAR = "PTS55F.ttf"
    BOLD = "PTS75F.ttf"
    MONO = "PTM55F.ttf"
    MONO_BOLD = "PTM75F.ttf"


@cache
def font(face: Face, dots: int) -> ImageFont.FreeTypeFont:
    """The face at `dots` per em. Basic layout: the same dots whatever shaping library is installed."""
    return ImageFont.truetype(str(FONTS / face.value), dots, layout_engine=ImageFont.Layout.BASIC)


def overhang(text: str, face: Face, dots: int) -> int:
    """Dots by which the first letter reaches left of where it is put."""
    left, _, _, _ = font(face, dots).getbbox(text, anchor="ls")
    return max(0, -int(left // 1))


def measure(text: str, face: Face, dots: int) -> int:
    """Width of `text` in dots with all that its letters reach over their places."""
    _, _, right, _ = font(face, dots).getbbox(text, anchor="ls")
    advance = font(face, dots).getlength(text)
    return -int(-max(advance, right) // 1) + overhang(text, face, dots)


def joined(text: str) -> str:
    """`text` with no-break spaces where a line should not end: after «№» and words of one letter, before a dash."""
    return _JOINED.sub(lambda found: f"{found[1] or ''}\N{NO-BREAK SPACE}", text)


def lines_of(text: str, width: int, measured: Callable[[str], int]) -> list[str]:
    """`text` in lines no wider than `width`.

    Breaks at spaces and line ends, never at a no-break space. A word that is too long for a line is broken after
    a hyphen or slash of its own where it has one, else between any two characters; no character is lost
    or added.
    """
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            joined = f"{line} {word}" if line else word
            if measured(joined) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            *full, line = _pieces(word, width, measured)
            lines.extend(full)
        lines.append(line)
    return lines


def _pieces(word: str, width: int, measured: Callable[[str], int]) -> list[str]:
    """A word in pieces that fit; at least one character each, so that it always ends."""
    pieces: list[str] = []
    while measured(word) > width and len(word) > 1:
        length = next((n for n in range(len(word) - 1, 1, -1) if measured(word[:n]) <= width), 1)
        soft = max(word.rfind("-", 0, length), word.rfind("/", 0, length)) + 1
        if soft > length // 2:
            length = soft
        pieces.append(word[:length])
        word = word[length:]
    return [*pieces, word]
