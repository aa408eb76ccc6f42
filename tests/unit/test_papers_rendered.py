"""Every paper, in both languages and widths: it is drawn, whole, marked, and scans back."""

import itertools
import pickle
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kiosk.domain.counters import Check, Counters
from kiosk.domain.polls import Mode
from kiosk.domain.words import message, plain
from kiosk.papers import closing_act, zero_report
from kiosk.papers.act_frame import moment
from kiosk.papers.examples import LONG_NAME, challenge, codes, evening, examples, facts, numbers, origin
from kiosk.papers.paper_image import ROLL_58, ROLL_80, PaperImage, Roll
from kiosk.papers.render import Content, PaperKind, render
from kiosk.papers.slip_cast import Answer, SlipAnswer
from kiosk.papers.slip_offered import SlipOffered
from texts import Catalogue

ROLLS = pytest.mark.parametrize("roll", [ROLL_80, ROLL_58], ids=["80mm", "58mm"])
LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
PAPERS = pytest.mark.parametrize(
    "paper", range(len(examples(Mode.OFFICIAL))), ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(examples(Mode.TEST))]
)
TIME = re.compile(r"\d{1,2}:\d{2}|UTC|\b(AM|PM)\b")


def drawn(paper: PaperImage) -> str:
    """All words of a paper in one line, with plain spaces."""
    return " ".join(paper.drawn).replace("\N{NO-BREAK SPACE}", " ")


def scanned(image: Image.Image, folder: Path) -> list[str]:
    """What zbar, a decoder that shares nothing with the encoder, reads in a picture."""
    program = shutil.which("zbarimg")
    assert program, "zbarimg is missing: install Debian's zbar-tools"
    file = folder / "paper.png"
    image.convert("L").save(file)
    options = ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]
    result = subprocess.run([program, *options, str(file)], capture_output=True, text=True, check=False)
    return result.stdout.splitlines()


@PAPERS
@LANGUAGES
@ROLLS
def test_every_paper_keeps_its_margins_and_scans_back(paper: int, language: str, roll: Roll, tmp_path: Path) -> None:
    kind, content = examples(Mode.OFFICIAL)[paper]
    image = render(kind, content, language, roll)
    assert image.image.mode == "1"
    assert image.image.width == image.width_dots == roll.width_dots
    left, _top, right, bottom = ImageChops.invert(image.image).getbbox() or (0, 0, 0, 0)
    assert left >= roll.margin_dots
    assert right <= roll.width_dots - roll.margin_dots
    assert 0 < bottom <= image.height_dots
    ink = Image.frombytes("1", image.image.size, image.black_rows())
    assert ink.getbbox() == (left, _top, right, bottom)
    assert sorted(scanned(image.image, tmp_path)) == sorted(image.codes)
    if kind not in (PaperKind.REFUSAL, PaperKind.ORDER_NOTICE):
        assert image.codes


@PAPERS
@LANGUAGES
def test_the_same_content_gives_the_same_bytes(paper: int, language: str) -> None:
    kind, content = examples(Mode.TEST)[paper]
    first = render(kind, content, language)
    second = render(kind, pickle.loads(pickle.dumps(content)), language)
    assert first.png() == second.png()
    assert first.black_rows() == second.black_rows()
    assert pickle.loads(pickle.dumps(first)).png() == first.png()


@PAPERS
@LANGUAGES
@pytest.mark.parametrize(("roll", "mode"), [(ROLL_80, Mode.TEST), (ROLL_58, Mode.TRAINING)])
def test_mode_is_on_top_at_the_bottom_and_never_far_away(paper: int, language: str, roll: Roll, mode: Mode) -> None:
    kind, content = examples(mode)[paper]
    image = render(kind, content, language, roll)
    # Nothing but a band is black at the left margin for 5 mm and more.
    edge = image.image.crop((roll.margin_dots, 0, roll.margin_dots + 6, image.height_dots))
    rows = edge.convert("L").resize((1, image.height_dots), Image.Resampling.BOX).tobytes()
    black = [y for y in range(image.height_dots) if not rows[y]]
    tops = [y for y in black if y - 1 not in set(black)]
    bands = [y for y in tops if all(y + dy in set(black) for dy in range(40))]
    assert len(bands) >= 2
    assert bands[0] < roll.dots(5)
    assert bands[-1] > image.height_dots - roll.dots(25)
    assert max(b - a for a, b in itertools.pairwise(bands)) < roll.dots(230)
    first_word = str(Catalogue(language).forms(f"mode.{mode.value}")).split(" ")[0]
    own = kind in (PaperKind.TEST_PRINT, PaperKind.PROTOCOL, PaperKind.READINESS_REPORT)  # a band of its own
    own_word = kind is PaperKind.TEST_PRINT and first_word == "TEST"
    assert drawn(image).count(first_word) == len(bands) - own + own_word


@LANGUAGES
def test_official_papers_carry_no_mode_and_a_reprint_says_so(language: str) -> None:
    say = Catalogue(language)
    for kind, content in examples(Mode.OFFICIAL):
        words = drawn(render(kind, content, language))
        assert str(say.forms("paper.reprint")) not in words
        assert str(say.forms("mode.test"))[:8] not in words
    for kind, content in examples(Mode.OFFICIAL, reprint=True):
        assert drawn(render(kind, content, language)).count(str(say.forms("paper.reprint"))) == 2


@LANGUAGES
@ROLLS
def test_slips_hold_the_code_and_neither_choice_nor_time(language: str, roll: Roll) -> None:
    source, ballots = origin(Mode.OFFICIAL), codes()
    slips: tuple[tuple[PaperKind, Content], ...] = (
        (PaperKind.SLIP_OFFERED, SlipOffered(source, ballots, "SIGNED")),
        (PaperKind.SLIP_ANSWER, SlipAnswer(source, Answer.CAST, ballots, "https://x.example", "SIGNED")),
        (PaperKind.SLIP_ANSWER, SlipAnswer(source, Answer.CHECKED, ballots, "https://x.example", "SIGNED")),
    )
    options = {"Белова", "Ли Роман", LONG_NAME[:20]}
    for kind, content in slips:
        paper = render(kind, content, language, roll)
        together = "".join(paper.drawn)
        for ballot in ballots:
            assert ballot.code in together
        assert not TIME.search(drawn(paper))
        assert not any(option in drawn(paper) for option in options)
        assert "T-1" not in drawn(paper)


@LANGUAGES
@ROLLS
def test_a_challenge_slip_holds_everything_and_warns(language: str, roll: Roll) -> None:
    content = challenge(Mode.OFFICIAL)
    paper = render(PaperKind.SLIP_CHALLENGE, content, language, roll)
    words = drawn(paper)
    say = Catalogue(language)
    assert LONG_NAME.replace(" ", "") in words.replace(" ", "")
    assert content.seed in "".join(paper.drawn).replace(" ", "")
    assert content.code in "".join(paper.drawn)
    assert str(say.forms("paper.challenge.leads")) in words
    assert str(say.forms("paper.challenge.no_mark")) in words
    assert content.challenge_text in paper.codes
    assert not TIME.search(words)


def test_no_secret_shows_in_a_repr() -> None:
    content = challenge(Mode.OFFICIAL)
    paper = render(PaperKind.SLIP_CHALLENGE, content, "ru")
    for shown in (repr(content), repr(paper)):
        assert content.seed not in shown
        assert "Белова" not in shown
        assert content.challenge_text not in shown


@LANGUAGES
@ROLLS
def test_names_of_120_characters_are_printed_whole(language: str, roll: Roll) -> None:
    names = ("А" * 120, "Длинное-Двойное Имя " * 6, "x" * 60 + "-" + "y" * 59)
    act = facts(Mode.OFFICIAL)
    member = act.members[0]
    act = replace(act, members=tuple(replace(member, name=name) for name in names), address=plain(names[0]))
    counts = numbers(evening())
    counts = replace(counts, by_paper=tuple(replace(counts.by_paper[0], title=plain(name)) for name in names))
    paper = render(PaperKind.CLOSING_ACT, closing_act.ClosingAct(act, counts), language, roll)
    together = re.sub(r"\s", "", "".join(paper.drawn))
    for name in names:
        assert together.count(re.sub(r"\s", "", name)) == 2 + (name == names[0])
    left, _, right, _ = ImageChops.invert(paper.image).getbbox() or (0, 0, 0, 0)
    assert roll.margin_dots <= left < right <= roll.width_dots - roll.margin_dots


@LANGUAGES
def test_acts_print_every_counter_member_digest_and_equation(language: str) -> None:
    act, counts = facts(Mode.OFFICIAL), numbers(evening())
    paper = render(PaperKind.CLOSING_ACT, closing_act.ClosingAct(act, counts), language)
    words, together = drawn(paper), "".join(paper.drawn).replace(" ", "")
    say = Catalogue(language)
    for check in counts.checks:
        assert f"{check.left} = {check.right} {say.forms('paper.check_holds')}" in words
    for value in (act.package_digest, act.journal_head, act.software_digest):
        assert value in together
    for member in act.members:
        assert member.name in words
        assert str(say.forms(f"paper.role.{member.role.value}")) in words
    assert say.say(moment(act.drawn_up)).replace("\N{NO-BREAK SPACE}", " ") in words
    assert act.keystore_banner is not None
    assert act.keystore_banner.in_language(language) in words  # type: ignore[union-attr]  # a Said in examples
    assert paper.codes == (act.signed_summary,)


@LANGUAGES
def test_an_equation_that_does_not_hold_is_said(language: str) -> None:
    counts = replace(numbers(evening()), checks=(Check("accepted", 1198, 1197),))
    content = closing_act.ClosingAct(facts(Mode.OFFICIAL), counts)
    words = drawn(render(PaperKind.CLOSING_ACT, content, language))
    assert f"1198 ≠ 1197 — {Catalogue(language).forms('paper.check_fails')}" in words
    assert "1198 = " not in words


@LANGUAGES
def test_a_zero_report_that_is_not_zero_says_so(language: str) -> None:
    say = Catalogue(language)
    for counters, empty in ((Counters(), True), (Counters(challenges=1), False), (evening(), False)):
        content = zero_report.ZeroReport(facts(Mode.OFFICIAL), numbers(counters))
        words = drawn(render(PaperKind.ZERO_REPORT, content, language))
        assert (str(say.forms("paper.zero.empty")) in words) is empty
        assert (str(say.forms("paper.zero.not_empty")) in words) is not empty


def test_a_content_of_another_paper_is_refused() -> None:
    with pytest.raises(TypeError, match="is not the content of refusal"):
        render(PaperKind.REFUSAL, challenge(Mode.OFFICIAL), "ru")


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        moment(facts(Mode.OFFICIAL).drawn_up.replace(tzinfo=None))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_slips_speak_of_as_many_ballots_as_they_name(language: str) -> None:
    say, source, ballots = Catalogue(language), origin(Mode.OFFICIAL), codes()
    for count in (1, 2, 3):
        offered = SlipOffered(source, ballots[:count], "PT1:offered")
        cast = SlipAnswer(source, Answer.CAST, ballots[:count], "https://centre.example/codes", "PT1:cast")
        for kind, content, key in (
            (PaperKind.SLIP_OFFERED, offered, "paper.offered.lead"),
            (PaperKind.SLIP_ANSWER, cast, "paper.cast.lead"),
        ):
            assert say.say(message(key, count=count)) in drawn(render(kind, content, language, ROLL_80))
