"""The whole matrix: screen × language × size × theme × mode × panel, upright and on its side, laid out and measured.

What is measured on every layout is in `tests.screens.measured`. Layout does not depend on the theme, which is tested,
so each layout is made once; what does depend on it, the contrast, is measured in painted pixels once a theme.
"""

from collections.abc import Callable, Iterator
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
from kiosk.screens.parts.buttons import ActionButton
from kiosk.screens.parts.text import TextLabel
from kiosk.screens.theme import LEAST_CONTRAST, PANEL_10, PANEL_15, PANEL_21, Panel, contrast
from tests.screens.conftest import Kiosk
from tests.screens.measured import faults_on_every_page, rect_in, visible
from texts import languages

PANELS = {"10": PANEL_10, "15": PANEL_15, "21": PANEL_21}
ALL_PANELS = {**PANELS, **{f"{name} upright": panel.turned for name, panel in PANELS.items()}}
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
    """Of every label and every button with words, on every screen: its commonest colour against its farthest."""
    kiosk = make_kiosk(PANEL_10)
    weak: list[str] = []
    for example in examples(Settings("ru", TextSize.NORMAL, theme)):
        kiosk.show(example.view)
        frame = kiosk.shell.frame
        assert frame is not None
        frame.heading.clearFocus()
        painted = pixels(frame)
        for words, box in words_on(frame):
            ratio = contrast_in(painted, box)
            if ratio < LEAST_CONTRAST[theme]:
                weak.append(f"{example.name}: {words!r} {ratio:.1f}")
    assert weak == []


def words_on(frame: QWidget) -> Iterator[tuple[str, QRect]]:
    for label in visible(frame, TextLabel):
        assert isinstance(label, TextLabel)
        if label.text():
            yield label.text(), rect_in(label, frame)
    for button in visible(frame, ActionButton):
        assert isinstance(button, ActionButton)
        # Inside the frame, so that the ground around the button does not count.
        inner = button.inset + button.look.px(1.5)
        yield button.label, rect_in(button, frame).adjusted(inner, inner, -inner, -inner)


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
