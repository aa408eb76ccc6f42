"""The whole matrix: screen × language × size × theme × mode × panel, upright and on its side, laid out and measured.

What is measured on every layout is in `tests.screens.measured`. Layout does not depend on the theme, which is tested,
so each layout is made once; what does depend on it, the contrast, is measured in painted pixels once a theme.
"""

from collections.abc import Callable
from itertools import product

import pytest
from PIL import Image
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from demo.gallery import examples
from demo.large_contents import large_examples
from kiosk.domain.polls import Mode
from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.screens.parts.text import TextLabel
from kiosk.screens.theme import LEAST_CONTRAST, PANEL_10, PANEL_15, PANEL_21, Panel, contrast
from tests.screens.conftest import Kiosk
from tests.screens.measured import Drawn, drawn_words, faults_on_every_page, rect_in, visible
from texts import languages

PANELS = {"10": PANEL_10, "15": PANEL_15, "21": PANEL_21}
ALL_PANELS = {**PANELS, **{f"{name} upright": panel.turned for name, panel in PANELS.items()}}
WRITING = {
    *(
        "ActionButton",
        "CallSign",
        "CodeCard",
        "CounterLine",
        "DecisionCard",
        "LanguageButton",
        "OptionButton",
        "Ribbon",
    ),
    *("RowButton", "RowLine", "SizeButton", "Steps", "TextLabel", "TextLabel notice", "WordOrSignButton"),
}
"""Widgets that write something: all of them have to be met."""
FEWEST_PIXELS = 12
"""Of one colour, before it counts as what letters are drawn in: smoothing leaves stray shades at their edges."""


@pytest.mark.slow
@pytest.mark.parametrize("panel", ALL_PANELS)
@pytest.mark.parametrize("language", languages())
def test_every_layout(make_kiosk: Callable[[Panel], Kiosk], panel: str, language: str) -> None:
    kiosk = make_kiosk(ALL_PANELS[panel])
    found = []
    for size, mode in product(TextSize, (Mode.OFFICIAL, Mode.TRAINING)):
        for example in examples(Settings(language, size), mode):
            found += [f"{size} {mode} {fault}" for fault in faults_on_every_page(kiosk, example)]
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("panel", ALL_PANELS)
@pytest.mark.parametrize(("language", "size"), [("ru", TextSize.LARGEST), ("en", TextSize.LARGEST), ("tt", "small")])
def test_every_layout_of_large_contents(
    make_kiosk: Callable[[Panel], Kiosk], panel: str, language: str, size: TextSize
) -> None:
    kiosk = make_kiosk(ALL_PANELS[panel])
    settings = Settings(language, TextSize(size))
    found = [
        fault for example in large_examples(settings, Mode.TRAINING) for fault in faults_on_every_page(kiosk, example)
    ]
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [TextSize.SMALL, TextSize.LARGEST])
def test_a_theme_changes_no_layout(make_kiosk: Callable[[Panel], Kiosk], size: TextSize) -> None:
    kiosk = make_kiosk(PANEL_10)
    places: dict[Theme, list[object]] = {}
    for theme in Theme:
        places[theme] = []
        for example in examples(Settings("ru", size, theme)):
            kiosk.show(example.view)
            frame = kiosk.shell.frame
            assert frame is not None
            for widget in visible(frame, QWidget):
                places[theme].append((example.name, type(widget).__name__, rect_in(widget, frame).getRect()))
    for theme in Theme:
        assert places[theme] == places[Theme.STANDARD]


@pytest.mark.parametrize("theme", [Theme.HIGH, *(pytest.param(t, marks=pytest.mark.slow) for t in Theme)])
def test_contrast_of_words_in_painted_pixels(make_kiosk: Callable[[Panel], Kiosk], theme: Theme) -> None:
    """Of everything that is written on every screen: the commonest colour around it against the farthest."""
    kiosk = make_kiosk(PANEL_10)
    weak: list[str] = []
    written: set[str] = set()
    # Signs in place of words (a loudspeaker, a circle) are drawn in the same ink; what is chosen has its own ground.
    for settings in (Settings("ru", TextSize.NORMAL, theme), Settings("ru", theme=theme, sound=True, more=True)):
        for example in examples(settings):
            kiosk.show(example.view)
            frame = kiosk.shell.frame
            assert frame is not None
            frame.heading.clearFocus()
            with drawn_words() as drawn:
                painted = pixels(frame)
            for label in visible(frame, TextLabel):
                assert isinstance(label, TextLabel)
                if label.text():
                    drawn.append(Drawn(label, label.text(), label.rect()))
                    written.add(f"TextLabel {label.kind}")
            for each in drawn:
                written.add(type(each.widget).__name__)
                ratio = contrast_in(painted, each.box.translated(rect_in(each.widget, frame).topLeft()))
                if ratio < LEAST_CONTRAST[theme]:
                    weak.append(f"{example.name}: {type(each.widget).__name__} {each.words!r} {ratio:.1f}")
    assert sorted(set(weak)) == []
    assert written >= WRITING


def pixels(frame: QWidget) -> Image.Image:
    image = frame.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return Image.frombuffer("RGBA", (image.width(), image.height()), bytes(image.constBits()), "raw", "RGBA", 0, 1)


def contrast_in(painted: Image.Image, box: QRect) -> float:
    part = painted.crop((box.left(), box.top(), box.right() + 1, box.bottom() + 1)).convert("RGB")
    counted: list[tuple[int, tuple[int, int, int]]] | None = part.getcolors(part.width * part.height)  # type: ignore[assignment]  # RGB
    assert counted is not None
    named = sorted(((count, "#{:02x}{:02x}{:02x}".format(*colour)) for count, colour in counted), reverse=True)
    ground = named[0][1]
    return max((contrast(ground, colour) for count, colour in named if count >= FEWEST_PIXELS), default=1.0)
