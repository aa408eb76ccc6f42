"""QR codes as they come off a worn printer and into a shaking hand: blurred, turned, with dots missing."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from kiosk.domain.polls import Mode
from kiosk.papers.examples import examples
from kiosk.papers.paper_image import ROLL_58, ROLL_80, Roll
from kiosk.papers.qr import LEAST_DOTS, QUIET_MODULES
from kiosk.papers.render import render

MISSING = 0.05
DEGREES = 5
BLUR_DOTS = 1.0
CAMERA = 2
"""Pixels of the camera a dot of the paper."""
WITH_CODES = [
    pytest.param(place, id=f"{kind.value}-{place}")
    for place, (kind, content) in enumerate(examples(Mode.OFFICIAL))
    if render(kind, content, "en").codes
]


def worn(paper: Image.Image, seed: int) -> Image.Image:
    """A photograph of the paper: one dot in twenty did not burn, and it lies askew and out of focus."""
    grey = paper.convert("L")
    noise = random.Random(seed)
    gone = Image.new("L", grey.size, 0)
    gone.putdata([255 if noise.random() < MISSING else 0 for _ in range(grey.width * grey.height)])
    grey.paste(255, mask=gone)
    seen = grey.resize((grey.width * CAMERA, grey.height * CAMERA), Image.Resampling.NEAREST)
    turned = seen.rotate(DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return turned.filter(ImageFilter.GaussianBlur(BLUR_DOTS * CAMERA))


@pytest.mark.parametrize("place", WITH_CODES)
@pytest.mark.parametrize("roll", [ROLL_80, ROLL_58], ids=["80mm", "58mm"])
def test_a_worn_paper_still_scans(place: int, roll: Roll, tmp_path: Path) -> None:
    kind, content = examples(Mode.OFFICIAL)[place]
    paper = render(kind, content, "ru", roll)
    program = shutil.which("zbarimg")
    assert program, "zbarimg is missing: install Debian's zbar-tools"
    file = tmp_path / "photograph.png"
    bottom = paper.image.crop(
        (0, max(0, paper.height_dots - 110 * roll.dots_per_mm), roll.width_dots, paper.height_dots)
    )
    worn(bottom, seed=place).save(file)
    done = subprocess.run(
        [program, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(paper.codes) & set(done.stdout.splitlines())


def test_modules_are_no_smaller_and_the_quiet_zone_no_narrower_than_readers_want() -> None:
    assert LEAST_DOTS >= 3
    assert QUIET_MODULES >= 4
