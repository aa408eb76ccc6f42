"""The idle picture: dim after a minute, never still, as readable as before; the touch that wakes it chooses nothing."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from demo.gallery import examples
from kiosk.domain.polls import Mode
from kiosk.domain.settings import Pace, Settings, TextSize, Theme
from kiosk.flows.contract import SettingsChosen, Touch, Touched
from kiosk.flows.views import View
from kiosk.screens.resting import MOVE_SECONDS, PLACES, REST_SECONDS, RESTING
from kiosk.screens.theme import (
    DIM_COLOURS,
    IDLE_MOVE_MM,
    LEAST_CONTRAST,
    LINE_PAIRS,
    PANEL_10,
    PANEL_15,
    PANEL_21,
    TEXT_PAIRS,
    Panel,
    Role,
    contrast,
    luminance,
)
from tests.screens.conftest import Kiosk
from tests.screens.measured import faults
from texts import languages


def shown(name: str, settings: Settings | None = None, mode: Mode = Mode.TRAINING) -> View:
    return next(example.view for example in examples(settings or Settings(), mode) if example.name == name)


def wait(kiosk: Kiosk, seconds: float) -> None:
    kiosk.seconds += seconds
    kiosk.shell.resting.look()


def rested(kiosk: Kiosk, name: str = "welcome", settings: Settings | None = None) -> None:
    kiosk.show(shown(name, settings))
    wait(kiosk, REST_SECONDS)
    assert kiosk.shell.resting.dim


def is_dim(kiosk: Kiosk) -> bool:
    return kiosk.shell.resting.dim


def box(kiosk: Kiosk) -> QRect:
    assert kiosk.shell.frame is not None
    return kiosk.shell.frame.geometry()


def ground(kiosk: Kiosk) -> float:
    """Luminance of the panel's mean pixel."""
    image = kiosk.shell.grab().toImage().scaled(1, 1, mode=Qt.TransformationMode.SmoothTransformation)
    return luminance(image.pixelColor(0, 0).name())


def test_it_goes_dim_after_a_minute_and_not_before(kiosk: Kiosk) -> None:
    kiosk.show(shown("welcome"))
    before = ground(kiosk)
    wait(kiosk, REST_SECONDS - 2)
    assert (is_dim(kiosk), box(kiosk)) == (False, kiosk.shell.rect())
    wait(kiosk, 2)
    assert is_dim(kiosk)
    assert ground(kiosk) < before / 10


def test_only_the_screens_that_wait_for_anybody_go_dim(kiosk: Kiosk) -> None:
    for example in examples(Settings(), Mode.OFFICIAL):
        kiosk.show(example.view)
        wait(kiosk, 10 * REST_SECONDS)
        assert kiosk.shell.resting.dim == (example.view.screen in RESTING and example.view.sign is None), example.name


@pytest.mark.parametrize("settings", [Settings(sound=True), Settings(scanning=Pace.SLOW)])
def test_it_stays_bright_for_who_listens_or_scans(kiosk: Kiosk, settings: Settings) -> None:
    kiosk.show(shown("welcome", settings))
    wait(kiosk, 10 * REST_SECONDS)
    assert not kiosk.shell.resting.dim


def test_it_moves_every_minute_by_millimetres_and_comes_round(kiosk: Kiosk) -> None:
    rested(kiosk)
    seen = [box(kiosk)]
    for _ in PLACES:
        wait(kiosk, MOVE_SECONDS)
        seen.append(box(kiosk))
    step = kiosk.shell.panel.pixels_per_mm * IDLE_MOVE_MM
    for one, other in pairwise(seen):
        assert one.size() == other.size()
        moved = max(abs(one.x() - other.x()), abs(one.y() - other.y()))
        assert step - 1 <= moved <= step + 2
    assert seen[0] == seen[-1]
    assert len({(each.x(), each.y()) for each in seen}) == len(PLACES)
    assert all(kiosk.shell.rect().contains(each) for each in seen)


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21, PANEL_10.turned])
def test_nothing_is_cut_or_overlaps_that_does_not_in_full_light(
    make_kiosk: Callable[[Panel], Kiosk], panel: Panel
) -> None:
    """What is measured in full light is the matrix's to judge."""
    kiosk = make_kiosk(panel)
    found = []
    for language, size, name in product(languages(), TextSize, ("welcome", "closed")):
        kiosk.show(shown(name, Settings(language, size)))
        bright = set(faults(kiosk))
        rested(kiosk, name, Settings(language, size))
        found += [f"{language} {size} {name}: {fault}" for fault in set(faults(kiosk)) - bright]
    assert found == []


@pytest.mark.parametrize("theme", Theme)
def test_its_words_are_as_readable_as_the_theme_promises(theme: Theme) -> None:
    colours = DIM_COLOURS[theme]
    for ink, on in TEXT_PAIRS:
        assert contrast(colours[ink], colours[on]) >= LEAST_CONTRAST[theme], (ink, on)
    for line, on in LINE_PAIRS:
        assert contrast(colours[line], colours[on]) >= 3.0, (line, on)
    assert set(colours) == set(Role)


def test_a_finger_wakes_it_and_chooses_nothing(kiosk: Kiosk) -> None:
    rested(kiosk)
    assert kiosk.shell.frame is not None
    button = kiosk.control("settings_language_en")
    window = kiosk.shell.window().windowHandle()
    at = button.mapTo(kiosk.shell, button.rect().center())
    QTest.mousePress(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert not kiosk.shell.resting.dim
    assert box(kiosk) == kiosk.shell.rect()
    kiosk.seconds += 1.0
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at, 100)
    assert kiosk.events == []
    at = button.mapTo(kiosk.shell, button.rect().center())
    QTest.mousePress(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    kiosk.seconds += 1.0
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at, 100)
    assert kiosk.events == [SettingsChosen(replace(Settings(), language="en"))]


def press(kiosk: Kiosk, key: Qt.Key) -> None:
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(kiosk.shell.window().windowHandle(), event)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_F10, Qt.Key.Key_Escape])
def test_a_key_wakes_it_and_chooses_nothing(kiosk: Kiosk, key: Qt.Key) -> None:
    rested(kiosk)
    kiosk.control("back").setFocus()
    press(kiosk, key)
    assert not kiosk.shell.resting.dim
    assert kiosk.events == []
    kiosk.seconds += 1.0
    if key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        press(kiosk, key)
        assert kiosk.events == [Touched(Touch.PRACTISE)]


def test_the_key_of_the_voice_wakes_it_and_is_heard(kiosk: Kiosk) -> None:
    rested(kiosk)
    press(kiosk, Qt.Key.Key_F2)
    assert not kiosk.shell.resting.dim
    assert kiosk.events == [SettingsChosen(Settings(sound=True))]


@pytest.mark.parametrize("name", ["reading", "welcome"])
def test_a_card_or_headphones_wake_it(kiosk: Kiosk, name: str) -> None:
    """A card brings another screen, headphones the same one with sound."""
    rested(kiosk)
    kiosk.show(shown(name, Settings(sound=name == "welcome")))
    assert not kiosk.shell.resting.dim
    assert box(kiosk) == kiosk.shell.rect()
    assert kiosk.shell.frame is not None
    assert not kiosk.shell.frame.look.dim
    assert DIM_COLOURS[Theme.STANDARD][Role.GROUND] not in kiosk.shell.styleSheet()


def tree(interface: QAccessibleInterface) -> list[tuple[object, ...]]:
    """Name, description, role and state of everything a screen reader meets, in order."""
    state = interface.state()
    own = (
        interface.text(QAccessible.Text.Name),
        interface.text(QAccessible.Text.Description),
        interface.role(),
        state.focused,
        state.disabled,
        state.checked,
        state.invisible,
    )
    children = [interface.child(index) for index in range(interface.childCount())]
    return [own, *(line for child in children if child is not None for line in tree(child))]


def test_a_screen_reader_meets_the_same_screen(kiosk: Kiosk) -> None:
    kiosk.show(shown("welcome"))
    before = tree(QAccessible.queryAccessibleInterface(kiosk.shell))
    assert len(before) > 5
    wait(kiosk, REST_SECONDS)
    assert kiosk.shell.resting.dim
    assert tree(QAccessible.queryAccessibleInterface(kiosk.shell)) == before
