"""Every paper in every form comes out as it was last looked at; what changed is shown side by side."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from demo.papers import compare, kept_hashes, write_page
from kiosk.papers.paper_image import PaperImage
from kiosk.papers.specimens import Specimen, digest, specimens

SPECIMENS = list(specimens())


@pytest.mark.parametrize("paper", sorted({one.paper for one in SPECIMENS}))
def test_a_paper_is_as_it_was_last_looked_at(paper: str) -> None:
    kept = kept_hashes()
    changed = [one.name for one in SPECIMENS if one.paper == paper and digest(one.drawn()) != kept[one.name]]
    assert not changed, (
        "look at what changed: .venv/bin/python -m demo.papers --page DIR; then keep it: … -m demo.papers --renew"
    )


def test_every_specimen_is_kept_and_no_other() -> None:
    assert list(kept_hashes()) == [one.name for one in SPECIMENS]


def test_a_hash_sees_a_single_dot() -> None:
    drawn = next(one for one in SPECIMENS if one.name == "refusal-ru-58mm").drawn()
    before = digest(drawn)
    assert isinstance(drawn, PaperImage)
    drawn.image.putpixel((5, 5), 0)
    assert digest(drawn) != before


def test_the_page_shows_what_is_other_new_or_gone_and_nothing_else(tmp_path: Path) -> None:
    before, after, out = tmp_path / "before", tmp_path / "after", tmp_path / "page"
    for folder in (before, after):
        folder.mkdir()
        for name in ("same", "other"):
            Image.new("1", (40, 30), 1).save(folder / f"{name}.png")
    with Image.open(after / "other.png") as picture:
        longer = Image.new("1", (40, 50), 1)
        longer.paste(picture)
    ImageDraw.Draw(longer).rectangle((10, 10, 14, 14), fill=0)
    longer.save(after / "other.png")
    Image.new("1", (9, 9), 1).save(before / "gone.png")
    Image.new("1", (9, 9), 1).save(after / "new.png")
    changes = write_page(before, after, out)
    assert [change.name for change in changes] == ["gone.png", "new.png", "other.png"]
    page = (out / "index.html").read_text("utf-8")
    assert "same.png" not in page
    with Image.open(out / "difference-other.png") as shown:
        assert shown.getpixel((12, 12)) == (208, 0, 0)
        assert shown.getpixel((30, 30)) == (255, 255, 255)


def test_a_file_name_says_what_a_specimen_is() -> None:
    assert len({one.file for one in SPECIMENS}) == len(SPECIMENS)
    assert all(isinstance(one, Specimen) and one.file.endswith((".png", ".pdf")) for one in SPECIMENS)


@pytest.mark.slow
def test_papers_are_compared_with_those_of_a_commit(tmp_path: Path) -> None:
    """The code of the commit draws for itself; what it has not and we have is new."""
    for change in compare("HEAD", tmp_path / "page", only="refusal-ru"):
        assert change.name.startswith("refusal-ru")
    assert (tmp_path / "page" / "index.html").exists()
