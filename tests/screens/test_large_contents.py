"""Contents as large as an election may bring: whole, readable and within reach at the largest size on every panel."""

from collections.abc import Callable

import pytest

from demo.gallery import examples
from demo.large_contents import FACTS_LENGTH, NAME_LENGTH, contest, large_examples
from kiosk.domain.polls import Mode
from kiosk.domain.settings import Settings, TextSize
from kiosk.flows.views import LongText, View
from kiosk.screens.parts.long_text import Column, Leaves
from kiosk.screens.parts.options import OptionButton
from kiosk.screens.parts.review import ReviewLine
from kiosk.screens.theme import CAPITALS_MM, PANEL_10, PANEL_15, PANEL_21, SMALLEST_MM, Panel, Type
from tests.screens.conftest import Kiosk
from tests.screens.measured import faults_on_every_page


def shown(name: str, settings: Settings) -> View:
    return next(example.view for example in large_examples(settings) if example.name == name)


@pytest.mark.parametrize(
    ("panel", "language", "size"),
    [
        (PANEL_10, "ru", TextSize.LARGEST),
        (PANEL_10, "en", TextSize.NORMAL),
        (PANEL_15, "ru", TextSize.LARGEST),
        (PANEL_21, "en", TextSize.LARGEST),
        (PANEL_10.turned, "ru", TextSize.LARGEST),
    ],
)
def test_nothing_is_cut_and_every_page_is_reached(
    make_kiosk: Callable[[Panel], Kiosk], panel: Panel, language: str, size: TextSize
) -> None:
    kiosk = make_kiosk(panel)
    settings = Settings(language, size)
    assert [fault for example in large_examples(settings) for fault in faults_on_every_page(kiosk, example)] == []


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21])
def test_names_keep_the_chosen_size_and_facts_stay_readable(make_kiosk: Callable[[Panel], Kiosk], panel: Panel) -> None:
    kiosk = make_kiosk(panel)
    for example in large_examples(Settings("ru", TextSize.LARGEST)):
        if example.name.startswith("contest"):
            kiosk.show(example.view)
            assert kiosk.shell.frame is not None
            look = kiosk.shell.frame.look
            # Five lines of 8 mm capitals for one name of 120 characters do not go on a panel of 136 mm.
            least = 6.3 if panel is PANEL_10 and example.name == "contest_long_names" else 8.0
            # Nor does it beside a button, where facts and a biography of the greatest length follow as well.
            least = 4.9 if panel is PANEL_10 and example.name == "contest_long_told" else least
            assert look.capitals(Type.STRONG) >= least, example.name
            assert look.capitals(Type.DETAIL) >= SMALLEST_MM


def test_facts_are_whole_over_the_pages(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    """Every word of the facts is drawn once and in order, and the name stands over each part."""
    kiosk = make_kiosk(PANEL_10)
    for size in TextSize:
        kiosk.show(shown("contest_long_names", Settings(size=size)))
        frame = kiosk.shell.frame
        assert frame is not None
        assert frame.paged is not None
        drawn: dict[str, list[str]] = {}
        for page in range(frame.paged.pages):
            frame.paged.turn(page)
            for option in frame.findChildren(OptionButton):
                if option.isVisibleTo(frame):
                    name, facts, _kind = option._shown
                    assert name == option.name
                    drawn.setdefault(option.objectName(), []).extend(facts.split())
        for option in frame.findChildren(OptionButton):
            assert drawn[option.objectName()] == option.facts.split(), (size, option.objectName())


def test_a_long_biography_is_whole_over_the_pages_at_every_size(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    """Every word once and in order, in the size that the voter chose, on pages that say how many they are."""
    kiosk = make_kiosk(PANEL_10)
    for size, capitals in CAPITALS_MM.items():
        view = shown("about_long", Settings(size=size))
        kiosk.show(view)
        frame = kiosk.shell.frame
        assert frame is not None
        assert isinstance(frame.paged, Leaves)
        assert frame.look.capitals(Type.TEXT) == capitals
        pages = frame.paged.pages
        read: list[str] = []
        for page in range(pages):
            frame.paged.turn(page)
            assert frame.paged.position.text() == f"Страница {page + 1} из {pages}"
            column = frame.paged.items[0]
            assert isinstance(column, Column)
            read += column.words.text().split()
        assert isinstance(view.content, LongText)
        assert view.content.facts is not None
        words = [word for each in (view.content.facts, view.content.text) for word in frame.stage.say(each).split()]
        assert read == words


def test_every_choice_of_a_long_review_is_shown_once(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_10)
    kiosk.show(shown("review_long_names", Settings(size=TextSize.LARGEST)))
    frame = kiosk.shell.frame
    assert frame is not None
    assert frame.paged is not None
    line = frame.findChild(ReviewLine)
    assert isinstance(line, ReviewLine)
    seen: list[str] = []
    for page in range(frame.paged.pages):
        frame.paged.turn(page)
        assert line.button.isVisibleTo(frame)
        seen += [label.text() for label in line.chosen if label.isVisibleTo(frame)]
    assert seen == [label.text() for label in line.chosen]
    assert len(seen) == 5


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.OFFICIAL])
@pytest.mark.parametrize("language", ["ru", "en", "tt"])
def test_three_candidates_with_facts_fit_a_page_of_the_small_panel(
    make_kiosk: Callable[[Panel], Kiosk], mode: Mode, language: str
) -> None:
    kiosk = make_kiosk(PANEL_10)
    for example in examples(Settings(language), mode):
        if example.name in {"contest", "contest_several", "contest_too_many"}:
            kiosk.show(example.view)
            frame = kiosk.shell.frame
            assert frame is not None
            options = [option for option in frame.findChildren(OptionButton) if option.isVisibleTo(frame)]
            assert len(options) >= 3, example.name
            assert frame.look.capitals(Type.STRONG) == 4.9


def test_leaving_without_a_mark_is_no_candidate(kiosk: Kiosk) -> None:
    kiosk.show(shown("contest_of_60", Settings()))
    frame = kiosk.shell.frame
    assert frame is not None
    assert frame.paged is not None
    assert frame.paged.position.text().endswith("из 60")


def test_the_longest_contents_are_as_long_as_promised() -> None:
    for option in contest(7, 5, long=True).options:
        assert option.facts is not None
        assert {len(text) for _, text in option.name.texts} == {NAME_LENGTH}
        assert {len(text) for _, text in option.facts.texts} == {FACTS_LENGTH}
