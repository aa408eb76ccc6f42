"""Papers on A4: the same bytes each time, whole, marked on every sheet, with their letters, title and language."""

import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from kiosk.domain.polls import Mode
from kiosk.domain.words import plain
from kiosk.papers import closing_act
from kiosk.papers.act_frame import ByCard, Member
from kiosk.papers.examples import evening, examples, facts, numbers
from kiosk.papers.paper_image import BlockKind, PaperImage
from kiosk.papers.qr import DoesNotFit
from kiosk.papers.render import PaperKind, render, render_sheets
from kiosk.papers.sheets import Sheets, sheets
from texts import Catalogue

ROOT = Path(__file__).parents[2]
LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
PAPERS = pytest.mark.parametrize(
    "place", range(len(examples(Mode.TEST))), ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(examples(Mode.TEST))]
)


@cache
def both(place: int, language: str, mode: Mode, *, reprint: bool = False) -> tuple[PaperImage, Sheets]:
    """A paper on a roll and on sheets."""
    kind, content = examples(mode, reprint=reprint)[place]
    paper = render(kind, content, language)
    return paper, sheets(paper, language)


def close(text: str) -> str:
    """All letters of a text without its spaces: lines end elsewhere on other paper."""
    return re.sub(r"\s", "", text)


def poppler(program: str, *arguments: str) -> str:
    """What a program of poppler-utils, which shares nothing with what wrote the PDF, says of it."""
    path = shutil.which(program)
    assert path, f"{program} is missing: install Debian's poppler-utils"
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout


@PAPERS
@LANGUAGES
def test_a_sheet_says_all_that_the_roll_says(place: int, language: str) -> None:
    paper, on_sheets = both(place, language, Mode.OFFICIAL)
    together = close("".join(line for page in on_sheets.drawn for line in page))
    for block in paper.blocks:
        match block.kind:
            case BlockKind.CODE:
                words: tuple[str, ...] = (block.words[0].join(block.words[1:]),)
            case BlockKind.QR:
                words = block.words[1:]
            case _:
                words = block.words
        assert all(close(text) in together for text in words), words
    missing = [line for line in paper.drawn if len(close(line)) > 20 and close(line)[:10] not in together]
    assert not missing, "what is drawn on a roll is a block of sheets, too"
    assert on_sheets.codes == paper.codes


@PAPERS
@LANGUAGES
def test_the_same_paper_gives_the_same_bytes(place: int, language: str) -> None:
    paper, first = both(place, language, Mode.TEST)
    assert sheets(pickle.loads(pickle.dumps(paper)), language).pdf == first.pdf


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import hashlib; from kiosk.domain.polls import Mode; from kiosk.papers.examples import examples\n"
        "from kiosk.papers.render import render_sheets\n"
        "kind, content = examples(Mode.TEST)[7]\n"
        "print(hashlib.sha256(render_sheets(kind, content, 'ru').pdf).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


@PAPERS
@pytest.mark.parametrize(("language", "mode"), [("ru", Mode.TEST), ("en", Mode.TRAINING)])
def test_every_sheet_is_marked_on_top_and_at_its_foot(place: int, language: str, mode: Mode) -> None:
    say = Catalogue(language)
    _, on_sheets = both(place, language, mode, reprint=True)
    count = len(on_sheets.drawn)
    for number, page in enumerate(on_sheets.drawn, start=1):
        words = " ".join(page).replace("\N{NO-BREAK SPACE}", " ")
        assert words.count(str(say.forms(f"mode.{mode.value}"))) == 2
        assert words.count(str(say.forms("paper.reprint"))) == 2
        assert re.search(rf"{number} \w+ {count}$", page[-1]), "which sheet of how many"


@LANGUAGES
def test_an_official_paper_carries_no_mark(language: str) -> None:
    say = Catalogue(language)
    for place in range(len(examples(Mode.OFFICIAL))):
        _, on_sheets = both(place, language, Mode.OFFICIAL)
        words = " ".join(line for page in on_sheets.drawn for line in page).replace("\N{NO-BREAK SPACE}", " ")
        assert str(say.forms("paper.reprint")) not in words
        assert str(say.forms("mode.test"))[:8] not in words


@LANGUAGES
def test_every_sheet_of_an_act_says_of_which_act_it_is(language: str) -> None:
    act = facts(Mode.OFFICIAL)
    on_sheets = render_sheets(PaperKind.CLOSING_ACT, closing_act.ClosingAct(act, numbers(evening())), language)
    assert len(on_sheets.drawn) > 1
    for page in on_sheets.drawn:
        assert act.terminal in page[-1]
        assert "20:05" in page[-1]


@PAPERS
def test_poppler_finds_title_language_and_all_letters_in_the_file(place: int, tmp_path: Path) -> None:
    paper, on_sheets = both(place, "ru", Mode.OFFICIAL)
    file = tmp_path / "paper.pdf"
    file.write_bytes(on_sheets.pdf)
    fonts = poppler("pdffonts", str(file)).splitlines()[2:]
    assert fonts
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts), "embedded, subset, with letters' names"
    told = poppler("pdfinfo", str(file))
    title = next(block.words[0] for block in paper.blocks if block.kind.value == "title")
    assert close(title) in close(told)
    assert "A4" in told
    assert b"/Lang (ru)" in on_sheets.pdf
    read = close(poppler("pdftotext", "-layout", str(file), "-"))
    for block in paper.blocks:
        if block.kind.value in ("title", "heading"):
            assert close(block.words[0]) in read


@LANGUAGES
def test_long_names_wrap_and_a_crowd_takes_more_sheets(language: str) -> None:
    act = facts(Mode.OFFICIAL)
    names = [
        "А" * 120,
        "Длинное-Двойное Имя " * 6,
        "x" * 60 + "-" + "y" * 59,
        *(f"Член комиссии {i}" for i in range(40)),
    ]
    members = tuple(Member(name, act.members[0].role, ByCard.SIGNED) for name in names)
    act = replace(act, members=members, address=plain(names[0]))
    on_sheets = render_sheets(PaperKind.CLOSING_ACT, closing_act.ClosingAct(act, numbers(evening())), language)
    together = close("".join(line for page in on_sheets.drawn for line in page))
    assert all(close(name) in together for name in names)
    assert len(on_sheets.drawn) > 3


def test_no_part_reaches_over_the_edge_of_a_sheet(tmp_path: Path) -> None:
    program = shutil.which("pdftoppm")
    assert program, "pdftoppm is missing: install Debian's poppler-utils"
    from PIL import Image, ImageChops

    act = replace(facts(Mode.TEST), address=plain("Ж" * 300))
    content = closing_act.ClosingAct(act, numbers(evening()))
    file = tmp_path / "paper.pdf"
    file.write_bytes(render_sheets(PaperKind.CLOSING_ACT, content, "ru").pdf)
    subprocess.run([program, "-r", "50", "-gray", str(file), str(tmp_path / "sheet")], check=True)
    pictures = sorted(tmp_path.glob("sheet*.pgm"))
    assert pictures
    for path in pictures:
        with Image.open(path) as picture:
            left, top, right, bottom = ImageChops.invert(picture.convert("L")).getbbox() or (0, 0, 0, 0)
            assert left >= 18 / 25.4 * 50
            assert right <= picture.width - 13 / 25.4 * 50
            assert top >= 13 / 25.4 * 50
            assert bottom <= picture.height - 13 / 25.4 * 50


def test_a_code_that_no_sheet_can_carry_is_refused() -> None:
    act = replace(facts(Mode.OFFICIAL), signed_summary="a" * 3000)
    with pytest.raises(DoesNotFit):
        render_sheets(PaperKind.CLOSING_ACT, closing_act.ClosingAct(act, numbers(evening())), "ru")


def test_nothing_of_an_opened_ballot_shows_in_a_repr() -> None:
    place = next(i for i, (kind, _) in enumerate(examples(Mode.OFFICIAL)) if kind is PaperKind.SLIP_CHALLENGE)
    paper, on_sheets = both(place, "ru", Mode.OFFICIAL)
    assert "Белова" not in repr(on_sheets)
    assert "Белова" not in repr(paper.blocks)
