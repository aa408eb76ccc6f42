"""One small grey picture a screen and language on the 15-inch panel, kept beside the tests and compared with tolerance.

Renewed by `python -m demo.gallery --renew-reference`. `versions.txt` says with which Qt, freetype and fontconfig the
pictures were made and what their pixels hash to: the same hash needs no look; with the same versions a small
difference is a change somebody made, with others a wide tolerance decides.
"""

import ctypes
import hashlib
from collections.abc import Iterator
from ctypes.util import find_library
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from PySide6.QtCore import QBuffer, QIODevice, qVersion

from demo.gallery import Example, examples, idle_pictures
from demo.pictures import PANELS, Photographer
from kiosk.domain.settings import Settings
from kiosk.flows.views import Screen
from texts import languages

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "screens" / "reference"
WIDTH = 384
GREYS = 16
WORST_BLOCK = 40.0
"""Of 255: the mean difference of any block of `BLOCK` pixels, above which pictures of other versions differ."""
WORST_BLOCK_ALIKE = 8.0
"""The same for pictures of the same versions, where nothing but a change of ours moves a letter."""
BLOCK = 16


def names() -> Iterator[tuple[str, str]]:
    """Language and example of every reference picture: one a screen, more for practice, idle picture and call."""
    for language in languages():
        seen: set[tuple[Screen, bool, bool, bool]] = set()
        for example in _all_examples(language):
            kind = (example.view.screen, example.view.practice, example.dim, example.view.sign is not None)
            if kind not in seen:
                seen.add(kind)
                yield language, example.name


def _all_examples(language: str) -> Iterator[Example]:
    yield from examples(Settings(language))
    yield from idle_pictures(Settings(language))


def taken(photographer: Photographer, example: Example) -> Image.Image:
    """An example as a small grey picture."""
    photographer.show(example)
    focused = photographer.shell.focusWidget()
    if focused is not None:
        focused.clearFocus()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    photographer.shell.grab().save(buffer, "PNG")
    with Image.open(BytesIO(bytes(buffer.data().data()))) as whole:
        height = round(whole.height * WIDTH / whole.width)
        small = whole.convert("L").resize((WIDTH, height), Image.Resampling.BOX)
    return small.point([value * (GREYS - 1) // 255 * 255 // (GREYS - 1) for value in range(256)])


def all_taken() -> Iterator[tuple[str, Image.Image]]:
    """Name and picture of every reference, as the program draws it now."""
    photographer = Photographer(PANELS["15"])
    wanted = list(names())
    for language in languages():
        mine = {name for tag, name in wanted if tag == language}
        for example in _all_examples(language):
            if example.name in mine:
                yield f"{language}-{example.name}", taken(photographer, example)


def distance(one: Image.Image, other: Image.Image) -> float:
    """The greatest mean difference of any block, of 255; 255 if the sizes differ."""
    if one.size != other.size:
        return 255.0
    difference = ImageChops.difference(one, other)
    blocks = difference.resize((-(-one.width // BLOCK), -(-one.height // BLOCK)), Image.Resampling.BOX)
    return float(ImageStat.Stat(blocks).extrema[0][1])


def versions() -> str:
    """Versions of what draws letters: Qt (which brings its own freetype in wheels) and the system's libraries."""
    return f"Qt {qVersion()}, freetype {_freetype()}, fontconfig {_fontconfig()}"


def _freetype() -> str:
    path = find_library("freetype")
    if path is None:
        return "none"
    library, handle = ctypes.CDLL(path), ctypes.c_void_p()
    parts = [ctypes.c_int() for _ in range(3)]
    library.FT_Init_FreeType(ctypes.byref(handle))
    library.FT_Library_Version(handle, *(ctypes.byref(part) for part in parts))
    library.FT_Done_FreeType(handle)
    return ".".join(str(part.value) for part in parts)


def _fontconfig() -> str:
    path = find_library("fontconfig")
    if path is None:
        return "none"
    number = int(ctypes.CDLL(path).FcGetVersion())
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def digest(picture: Image.Image) -> str:
    """SHA-256 of a picture's pixels."""
    return hashlib.sha256(picture.tobytes()).hexdigest()


def renew(folder: Path = FOLDER) -> int:
    """Write every reference picture anew, and the line of versions with the hashes. Returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    lines = [versions()]
    for name, picture in all_taken():
        picture.save(folder / f"{name}.png", optimize=True)
        lines.append(f"{digest(picture)}  {name}")
    (folder / "versions.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1


def sheet_of_differences(differing: list[tuple[str, Image.Image, Image.Image]], path: Path) -> None:
    """Reference, present picture and their difference beside each other, a row each."""
    tall = max(new.height for _, _, new in differing)
    sheet = Image.new("L", (3 * WIDTH, tall * len(differing)), 128)
    for row, (_name, old, new) in enumerate(differing):
        sheet.paste(old, (0, row * tall))
        sheet.paste(new, (WIDTH, row * tall))
        if old.size == new.size:
            sheet.paste(ImageChops.difference(old, new), (2 * WIDTH, row * tall))
    sheet.save(path)
