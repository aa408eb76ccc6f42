"""Every screen drawn on panels of several sizes and measured: nothing cut, nothing overlapping, nothing too small."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtGui import QColor, QFontMetricsF, QPalette

from demo.gallery import examples
from kiosk.domain.polls import Mode
from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.screens.parts.buttons import ActionButton, Weight
from kiosk.screens.parts.rows import RowLine
from kiosk.screens.parts.text import BandLabel
from kiosk.screens.theme import (
    COLOURS,
    LEAST_CONTRAST,
    LINE_PAIRS,
    PANEL_10,
    PANEL_15,
    PANEL_21,
    SMALLEST_MM,
    TEXT_PAIRS,
    Look,
    Panel,
    Role,
    Type,
    contrast,
)
from tests.screens.conftest import Kiosk
from tests.screens.measured import drawn_words, faults_on_every_page, rect_in

PORTRAIT = Panel(1080, 1920, 268.1, 476.6)
# Chosen so that every pair of panel, language, size, theme and mode that matters occurs; the whole matrix is slow.
PAIRWISE = [
    (PANEL_10, "ru", TextSize.NORMAL, Theme.STANDARD, Mode.TEST),
    (PANEL_10, "en", TextSize.LARGEST, Theme.HIGH, Mode.OFFICIAL),
    (PANEL_10, "ru", TextSize.LARGEST, Theme.LOW_GLARE, Mode.TRAINING),
    (PANEL_15, "en", TextSize.NORMAL, Theme.INVERTED, Mode.TEST),
    (PANEL_15, "ru", TextSize.LARGEST, Theme.STANDARD, Mode.TEST),
    (PANEL_15, "ru", TextSize.SMALL, Theme.HIGH, Mode.OFFICIAL),
    (PANEL_21, "ru", TextSize.LARGE, Theme.INVERTED, Mode.OFFICIAL),
    (PANEL_21, "en", TextSize.SMALL, Theme.LOW_GLARE, Mode.TRAINING),
    (PORTRAIT, "en", TextSize.LARGE, Theme.STANDARD, Mode.TEST),
]
NAMES = [example.name for example in examples(Settings())]


@pytest.mark.parametrize(("panel", "language", "size", "theme", "mode"), PAIRWISE)
def test_nothing_is_cut_overlaps_or_is_too_small(
    make_kiosk: Callable[[Panel], Kiosk],
    panel: Panel,
    language: str,
    size: TextSize,
    theme: Theme,
    mode: Mode,
) -> None:
    kiosk = make_kiosk(panel)
    settings = Settings(language, size, theme)
    found = [fault for example in examples(settings, mode) for fault in faults_on_every_page(kiosk, example)]
    assert found == []


@pytest.mark.parametrize("theme", list(Theme))
def test_contrast_of_every_pair_that_is_drawn(theme: Theme) -> None:
    colours = COLOURS[theme]
    weak = [
        f"{ink.value} on {ground.value}: {contrast(colours[ink], colours[ground]):.1f}"
        for ink, ground in TEXT_PAIRS
        if contrast(colours[ink], colours[ground]) < LEAST_CONTRAST[theme]
    ]
    weak += [
        f"{line.value} on {ground.value}: {contrast(colours[line], colours[ground]):.1f}"
        for line, ground in LINE_PAIRS
        if contrast(colours[line], colours[ground]) < 3
    ]
    assert weak == []
    assert set(colours) == set(Role)


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21])
def test_capitals_are_as_high_as_the_setting_says(kiosk: Kiosk, panel: Panel) -> None:
    for size, millimetres in (
        (TextSize.SMALL, 3.5),
        (TextSize.NORMAL, 4.9),
        (TextSize.LARGE, 6.3),
        (TextSize.LARGEST, 8.0),
    ):
        look = Look(panel, size, Theme.STANDARD)
        for kind in Type:
            font = look.font(kind)
            assert QFontMetricsF(font).capHeight() == pytest.approx(look.capitals(kind) * panel.pixels_per_mm, abs=0.6)
            assert look.capitals(kind) >= SMALLEST_MM
        assert look.capitals(Type.STRONG) == millimetres


def test_choices_keep_the_chosen_size_on_every_panel(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    """Headings and details may give way on a small panel; what is chosen from stays as large as was asked for."""
    kiosk = make_kiosk(PANEL_10)
    for example in examples(Settings("ru", TextSize.LARGEST), Mode.OFFICIAL):
        if example.name.startswith(("contest", "ballots", "decide", "choose_check")):
            kiosk.show(example.view)
            assert kiosk.shell.frame is not None
            # Three codes and two cards do not go with capitals of 8 mm on a panel of 136 mm.
            least = 6.3 if example.name == "decide" else 8.0
            assert kiosk.shell.frame.look.capitals(Type.STRONG) >= least, example.name


def test_a_press_never_moves_what_is_chosen_from(kiosk: Kiosk) -> None:
    shown = {example.name: example.view for example in examples(Settings())}
    kiosk.show(shown["contest_several"])
    before = rect_in(kiosk.control("option_0"), kiosk.shell)
    kiosk.show(shown["contest_too_many"])
    assert rect_in(kiosk.control("option_0"), kiosk.shell) == before


@pytest.mark.parametrize("theme", list(Theme))
def test_why_a_touch_was_refused_stands_out_and_the_count_does_not(kiosk: Kiosk, theme: Theme) -> None:
    shown = {example.name: example.view for example in examples(Settings(theme=theme))}
    colours = []
    for name in ("contest_several", "contest_too_many", "contest_several"):
        kiosk.show(shown[name])
        notice = kiosk.shell.findChild(BandLabel, "notice")
        assert isinstance(notice, BandLabel)
        edge = rect_in(notice, kiosk.shell)
        ground = kiosk.shell.grab().toImage().pixelColor(edge.center().x(), edge.top())
        words = QColor(notice.palette().color(QPalette.ColorRole.WindowText)).name()
        colours.append((ground.name(), words))
    of = COLOURS[theme]
    assert colours[1] == (of[Role.ON_ATTENTION], of[Role.ON_ATTENTION])
    assert colours[0] == colours[2] == (of[Role.GROUND], of[Role.INK])


def test_how_long_to_press_is_said_in_letters_of_the_voters_size(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    """Who has chosen large letters has to read it: a short touch of *Cast* does nothing."""
    kiosk = make_kiosk(PANEL_21)
    heights = []
    for size in (TextSize.SMALL, TextSize.LARGEST):
        shown = {example.name: example.view for example in examples(Settings("en", size))}
        with drawn_words() as drawn:
            kiosk.show(shown["decide_one"])
            kiosk.shell.grab()
        hint = next(each for each in drawn if each.words.startswith("Press and hold"))
        assert hint.widget.rect().contains(hint.box)
        heights.append(hint.box.height())
    assert heights[1] > 1.5 * heights[0]


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21])
@pytest.mark.parametrize("size", list(TextSize))
def test_whatever_needs_somebody_stands_on_the_staffs_home(
    make_kiosk: Callable[[Panel], Kiosk], panel: Panel, size: TextSize
) -> None:
    kiosk = make_kiosk(panel)
    for example in examples(Settings("ru", size)):
        if not example.name.startswith("staff_home"):
            continue
        kiosk.show(example.view)
        lines = kiosk.shell.findChildren(RowLine)
        assert lines
        assert all(line.isVisible() for line in lines if line.urgent), example.name
        urgent = [line.urgent for line in lines]
        assert urgent == sorted(urgent, reverse=True), "it comes first"


def test_pages_hold_every_option_once_and_in_order(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_10)
    shown = {example.name: example.view for example in examples(Settings(size=TextSize.LARGEST))}
    kiosk.show(shown["contest_several"])
    frame = kiosk.shell.frame
    assert frame is not None
    assert frame.paged is not None
    ranges = frame.paged._pages
    assert ranges[0].start == 0
    assert ranges[-1].stop == 12
    assert all(one.stop == other.start for one, other in pairwise(ranges))


@pytest.mark.parametrize("mode", list(Mode))
def test_a_mode_that_does_not_count_says_so_on_every_screen(kiosk: Kiosk, mode: Mode) -> None:
    for example in examples(Settings(), mode):
        kiosk.show(example.view)
        frame = kiosk.shell.frame
        assert frame is not None
        if mode is Mode.OFFICIAL and example.name == "welcome_open_keys":
            assert frame.ribbon is not None
            assert frame.ribbon.accessibleName().startswith("Ключи этого терминала не защищены")
        elif mode is Mode.OFFICIAL and not example.name.startswith("practice"):
            assert frame.ribbon is None
        else:
            assert frame.ribbon is not None
            assert frame.ribbon.isVisibleTo(kiosk.shell)
            assert "голоса не учитываются" in frame.ribbon.accessibleName()
            assert frame.ribbon.accessibleName().startswith("ТРЕНИРОВКА") == example.name.startswith("practice")


def test_one_filled_button_a_screen(kiosk: Kiosk) -> None:
    for example in examples(Settings()):
        kiosk.show(example.view)
        filled = [
            button
            for button in kiosk.shell.findChildren(ActionButton)
            if button.weight is Weight.FILLED and button.isVisibleTo(kiosk.shell)
        ]
        assert len(filled) <= 1, example.name
