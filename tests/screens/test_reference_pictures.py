"""One picture a screen and language against the one that was looked at and kept."""

from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from demo.reference_pictures import (
    FOLDER,
    WORST_BLOCK,
    WORST_BLOCK_ALIKE,
    all_taken,
    digest,
    distance,
    names,
    sheet_of_differences,
    versions,
)

MOST_BYTES = 3_000_000


@pytest.mark.slow
def test_screens_look_as_they_were_kept(qtbot: QtBot, tmp_path: Path) -> None:
    """With the versions of the reference little may differ; with others a wide tolerance decides."""
    first, *rest = (FOLDER / "versions.txt").read_text(encoding="utf-8").splitlines()
    hashes = {name: kept for kept, name in (line.split() for line in rest)}
    most = WORST_BLOCK_ALIKE if first == versions() else WORST_BLOCK
    differing = []
    for name, picture in all_taken():
        with Image.open(FOLDER / f"{name}.png") as kept:
            reference = kept.convert("L")
        if digest(picture) != hashes[name] and distance(reference, picture) > most:
            differing.append((name, reference, picture))
    if differing:
        sheet = tmp_path / "differences.png"
        sheet_of_differences(differing, sheet)
        pytest.fail(
            f"{', '.join(name for name, _, _ in differing)} differ, see {sheet}; if they are as they should be: "
            "python -m demo.gallery --renew-reference"
        )


def test_every_screen_and_language_has_one_small_picture() -> None:
    kept = sorted(path.stem for path in FOLDER.glob("*.png"))
    assert kept == sorted(f"{language}-{name}" for language, name in names())
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < MOST_BYTES


def test_the_distance_sees_a_missing_button_and_overlooks_smoothing() -> None:
    with Image.open(FOLDER / "ru-review.png") as kept:
        reference = kept.convert("L")
    assert distance(reference, reference.point([min(255, value + 12) for value in range(256)])) < WORST_BLOCK
    without = reference.copy()
    without.paste(247, (reference.width * 3 // 5, reference.height * 9 // 10, reference.width, reference.height))
    assert distance(reference, without) > WORST_BLOCK
