"""QR codes as they come off a worn printer and into a shaking hand: blurred, turned, with dots missing."""

import itertools
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from kiosk.domain.polls import Mode
from kiosk.papers.examples import examples
from kiosk.papers.layout import QR_PREFERRED_MM
from kiosk.papers.paper_image import ROLL_58, ROLL_80, PaperImage, Roll
from kiosk.papers.qr import LEAST_DOTS, QUIET_MODULES, qr_image, qr_modules
from kiosk.papers.render import PaperKind, render
from kiosk.papers.sheet_parts import MODULE_LEAST_MM
from kiosk.papers.sheets import sheets

MISSING = 0.05
DEGREES = 5
BLUR_DOTS = 1.0
CAMERA = 2
"""Pixels of the camera a dot of the paper."""
COARSE_DPI = 203
"""A sheet is judged as if it came from a head as coarse as a receipt printer's."""
AIR = 15 * COARSE_DPI // 25
"""What stands above and below a code is on its photograph, too."""
LEAST_ROWS = 15 * COARSE_DPI // 25
WITHOUT_CODES = {PaperKind.REFUSAL, PaperKind.ORDER_NOTICE}
EXAMPLES = examples(Mode.OFFICIAL)
PAPERS = pytest.mark.parametrize(
    "place",
    [pytest.param(i, id=f"{kind.value}-{i}") for i, (kind, _) in enumerate(EXAMPLES) if kind not in WITHOUT_CODES],
)


def worn(paper: Image.Image, seed: int) -> Image.Image:
    """A photograph of the paper: one dot in twenty did not burn, and it lies askew and out of focus."""
    grey = paper.convert("L")
    noise = Image.frombytes("L", grey.size, random.Random(seed).randbytes(grey.width * grey.height))
    grey.paste(255, mask=noise.point([255 if level < MISSING * 256 else 0 for level in range(256)]))
    seen = grey.resize((grey.width * CAMERA, grey.height * CAMERA), Image.Resampling.NEAREST)
    turned = seen.rotate(DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return turned.filter(ImageFilter.GaussianBlur(BLUR_DOTS * CAMERA))


def decoded(picture: Image.Image, folder: Path) -> list[str]:
    """What zbar, a decoder that shares nothing with the encoder, reads in a picture."""
    program = shutil.which("zbarimg")
    assert program, "zbarimg is missing: install Debian's zbar-tools"
    file = folder / "photograph.png"
    picture.save(file)
    options = ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]
    done = subprocess.run([program, *options, str(file)], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def where(paper: PaperImage, text: str, roll: Roll) -> tuple[Image.Image, int]:
    """The code's picture with its quiet zone, and the row at which exactly that stands on the paper."""
    code = qr_image(text, roll.width_dots, roll.dots(QR_PREFERRED_MM))
    left = (roll.width_dots - code.width) // 2
    row_bytes = (code.width + 7) // 8
    dots = paper.image.crop((left, 0, left + code.width, paper.height_dots)).tobytes()
    at = dots.find(code.tobytes())
    while at % row_bytes and at >= 0:
        at = dots.find(code.tobytes(), at + 1)
    assert at >= 0, "the code stands on the paper dot for dot, with nothing in its quiet zone"
    return code, at // row_bytes


def code_rows(sheet: Image.Image) -> list[tuple[int, int]]:
    """Where on a sheet codes stand: long runs of rows that are about half ink, as neither text nor bands are."""
    column = sheet.convert("L").crop((24 * COARSE_DPI // 25, 0, 40 * COARSE_DPI // 25, sheet.height))
    light = column.resize((1, sheet.height), Image.Resampling.BOX).filter(ImageFilter.BoxBlur(16)).tobytes()
    half = [48 < level < 208 for level in light]
    ends = [row for row in range(1, len(half)) if half[row] != half[row - 1]]
    runs = [(start, end) for start, end in itertools.pairwise(ends) if half[start]]
    return [(start, end) for start, end in runs if end - start > LEAST_ROWS]


@PAPERS
@pytest.mark.parametrize("roll", [ROLL_80, ROLL_58], ids=["80mm", "58mm"])
def test_every_code_of_a_worn_paper_still_scans(place: int, roll: Roll, tmp_path: Path) -> None:
    kind, content = EXAMPLES[place]
    paper = render(kind, content, "ru", roll)
    assert paper.codes
    for text in paper.codes:
        code, top = where(paper, text, roll)
        modules = len(qr_modules(text)) + 2 * QUIET_MODULES
        assert code.width % modules == 0
        assert code.width // modules >= 3
        around = (0, max(0, top - AIR), roll.width_dots, min(paper.height_dots, top + code.height + AIR))
        assert text in decoded(worn(paper.image.crop(around), seed=place), tmp_path)


@PAPERS
def test_every_code_of_a_worn_sheet_still_scans(place: int, tmp_path: Path) -> None:
    kind, content = EXAMPLES[place]
    on_sheets = sheets(render(kind, content, "ru"), "ru")
    file = tmp_path / "paper.pdf"
    file.write_bytes(on_sheets.pdf)
    program = shutil.which("pdftoppm")
    assert program, "pdftoppm is missing: install Debian's poppler-utils"
    subprocess.run([program, "-r", str(COARSE_DPI), "-mono", str(file), str(tmp_path / "sheet")], check=True)
    found: set[str] = set()
    for path in sorted(tmp_path.glob("sheet*.pbm")):
        with Image.open(path) as sheet:
            for top, bottom in code_rows(sheet):
                around = (0, max(0, top - AIR), sheet.width // 2, min(sheet.height, bottom + AIR))
                found.update(decoded(worn(sheet.crop(around), seed=place), tmp_path))
    assert found == set(on_sheets.codes)


@pytest.mark.parametrize("roll", [ROLL_80, ROLL_58], ids=["80mm", "58mm"])
def test_a_print_that_is_too_worn_does_not_scan(roll: Roll, tmp_path: Path) -> None:
    """What these tests do to a paper does harm it."""
    kind, content = next((kind, content) for kind, content in EXAMPLES if kind is PaperKind.SLIP_CHALLENGE)
    paper = render(kind, content, "ru", roll)
    code, top = where(paper, paper.codes[0], roll)
    part = paper.image.crop((0, top, roll.width_dots, top + code.height)).convert("L")
    assert decoded(worn(part.filter(ImageFilter.GaussianBlur(4)), seed=1), tmp_path) == []


def test_modules_are_no_smaller_and_the_quiet_zone_no_narrower_than_readers_want() -> None:
    assert LEAST_DOTS >= 3
    assert QUIET_MODULES >= 4
    assert MODULE_LEAST_MM * COARSE_DPI / 25.4 >= LEAST_DOTS
