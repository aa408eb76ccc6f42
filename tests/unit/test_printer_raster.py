"""Rasters are dots, exactly: what a layout drew is what the head burns and what the PNG shows."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.printer.api import Job, JobOutcome, JobResult, Raster, Reason, Status


@given(st.integers(1, 40), st.integers(1, 10), st.randoms(use_true_random=False))
def test_a_picture_becomes_dots_and_comes_back(width: int, height: int, random: object) -> None:
    assert hasattr(random, "randrange")
    shades = bytes(random.randrange(256) for _ in range(width * height))
    raster = Raster.from_image(Image.frombytes("L", (width, height), shades), 8)
    assert raster.row_bytes == (width + 7) // 8
    black_and_white = bytes(0 if shade < 128 else 255 for shade in shades)
    assert raster.image().convert("L").tobytes() == black_and_white
    with Image.open(io.BytesIO(raster.png())) as picture:
        assert picture.convert("L").tobytes() == black_and_white


def test_ink_is_one_and_the_left_dot_is_the_high_bit() -> None:
    picture = Image.new("1", (9, 1), 1)
    picture.putpixel((0, 0), 0)
    picture.putpixel((8, 0), 0)
    assert Raster.from_image(picture, 8).rows == b"\x80\x80"


def test_the_top_of_a_page() -> None:
    assert Raster(8, 3, 8, b"abc").top(2) == Raster(8, 2, 8, b"ab")


@pytest.mark.parametrize(("width", "height", "dots", "rows"), [(0, 1, 8, b""), (8, 1, 0, b"a"), (9, 1, 8, b"a")])
def test_rasters_that_are_none(width: int, height: int, dots: int, rows: bytes) -> None:
    with pytest.raises(ValueError, match="raster"):
        Raster(width, height, dots, rows)


@pytest.mark.parametrize("name", ["", "../slip", "Slip", "a" * 41])
def test_a_job_name_is_plain(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Job(name, (Raster(8, 1, 8, b"a"),))
    with pytest.raises(ValueError, match="page"):
        Job("slip", ())


def test_only_a_failure_has_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        JobResult(JobOutcome.FAILED)
    with pytest.raises(ValueError, match="reason"):
        JobResult(JobOutcome.PRINTED, Reason.JAM)
    assert Status(None, paper_low=True).ready
    assert not Status(Reason.JAM, paper_low=False).ready
