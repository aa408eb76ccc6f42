"""The layout engine: lines, QR codes, letters."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont

from kiosk.papers.lettering import Face, font, joined, lines_of
from kiosk.papers.qr import LEAST_DOTS, QUIET_MODULES, DoesNotFit, qr_image
from kiosk.papers.test_print import LETTERS

ROOT = Path(__file__).resolve().parents[2]


@given(st.text(alphabet="аб -/\N{NO-BREAK SPACE}\n", max_size=80), st.integers(min_value=1, max_value=30))
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    lines = lines_of(text, width, len)
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_a_long_word_breaks_after_its_hyphen() -> None:
    assert lines_of("Мамин-Сибиряк", 8, len) == ["Мамин-", "Сибиряк"]
    assert lines_of("сельскохозяйственный", 10, len) == ["сельскохоз", "яйственный"]


def test_numbers_stay_with_their_sign() -> None:
    assert joined("участок № 112 в городе — да") == "участок №\xa0112 в\xa0городе\xa0— да"
    assert joined("place No. 3 at I am") == "place No.\xa03 at I\xa0am"


def dots(letters: ImageFont.FreeTypeFont, letter: str) -> bytes:
    picture = Image.new("1", (60, 60))
    ImageDraw.Draw(picture).text((10, 10), letter, font=letters, fill=1)
    return picture.tobytes()


@pytest.mark.parametrize("face", [Face.REGULAR, Face.BOLD])
def test_all_letters_of_the_languages_of_russia_are_in_the_faces(face: Face) -> None:
    letters = font(face, 26)
    unknown = dots(letters, "\ue000")
    for letter in {*LETTERS, *"«»—–№≠−“”’"} - {" "}:
        assert dots(letters, letter) != unknown, letter


@pytest.mark.parametrize("length", [1, 60, 300, 700, 1100])
def test_qr_codes_have_a_quiet_zone_and_whole_modules(length: int) -> None:
    picture = qr_image("a" * length, 576, 400)
    left, top, right, bottom = ImageChops.invert(picture).getbbox() or (0, 0, 0, 0)
    quiet = left
    dots = quiet // QUIET_MODULES
    assert quiet == top == picture.width - right == picture.height - bottom
    assert dots >= LEAST_DOTS
    assert (right - left) % dots == 0
    assert picture.width <= 576


@pytest.mark.parametrize(("text", "width"), [("x" * 1000, 384), ("x" * 3000, 576), ("ё", 576), ("", 576)])
def test_qr_texts_that_cannot_be_carried_are_refused(text: str, width: int) -> None:
    with pytest.raises(DoesNotFit):
        qr_image(text, width, 400)


def test_rendering_imports_no_qt_and_no_driver() -> None:
    code = "import sys, kiosk.papers.render; print([m for m in sys.modules if m.startswith(('PySide6', 'drivers'))])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
