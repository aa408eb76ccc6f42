"""What has focus is seen, measured in pixels; descriptions in every language; arrows lead everywhere and out again."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from demo.gallery import Example, examples
from kiosk.domain.settings import Settings, Theme
from kiosk.screens.keys import ring_of
from kiosk.screens.theme import COLOURS, FRAME_MM, PANEL_15, Role, contrast
from tests.screens.conftest import Kiosk
from texts import languages

LEAST_CONTRAST = 3.0
EXAMPLES = [pytest.param(example, id=example.name) for example in examples(Settings())]


def ring(picture: QImage, colour: str, start: QPoint, step: QPoint, reach: int) -> list[int]:
    """How many pixels from `start` on, going by `step`, have the colour; a run of them."""
    run: list[int] = []
    for distance in range(reach):
        at = start + step * distance
        if picture.pixelColor(at).name() == colour:
            run.append(distance)
        elif run:
            break
    return run


def thin_or_faint(kiosk: Kiosk, control: QWidget, theme: Theme) -> list[str]:
    """What is wrong with the ring around a control that has focus."""
    control.setFocus()
    QTest.qWait(0)
    shell = kiosk.shell
    area = QRect(control.mapTo(shell, QPoint(0, 0)), control.size())
    room = 4
    picture = shell.grab(area.adjusted(-room, -room, room, room)).toImage()
    colour = COLOURS[theme][Role.FOCUS]
    middle = QPoint(picture.width() // 2, picture.height() // 2)
    wrong = []
    sides = {
        "left": (QPoint(0, middle.y()), QPoint(1, 0)),
        "right": (QPoint(picture.width() - 1, middle.y()), QPoint(-1, 0)),
        "top": (QPoint(middle.x(), 0), QPoint(0, 1)),
        "bottom": (QPoint(middle.x(), picture.height() - 1), QPoint(0, -1)),
    }
    for side, (start, step) in sides.items():
        run = ring(picture, colour, start, step, room + 12)
        if len(run) < FRAME_MM * PANEL_15.pixels_per_mm:
            wrong.append(f"{side}: {len(run)} pixels")
            continue
        # One pixel beyond the ring on either side may be mixed of both colours.
        for distance in (run[0] - 2, run[-1] + 2):
            beside = picture.pixelColor(start + step * distance)
            if distance >= 0 and contrast(colour, beside.name()) < LEAST_CONTRAST:
                wrong.append(f"{side}: {contrast(colour, beside.name()):.1f}:1 beside {beside.name()}")
    return wrong


@pytest.mark.parametrize("theme", list(Theme))
def test_the_ring_of_focus_is_thick_and_clear_on_every_control(kiosk: Kiosk, theme: Theme) -> None:
    wrong = []
    for example in examples(Settings(theme=theme)):
        kiosk.show(example.view)
        frame = kiosk.shell.frame
        assert frame is not None
        for control in ring_of(frame):
            wrong += [
                f"{example.name} {control.objectName()} {words}" for words in thin_or_faint(kiosk, control, theme)
            ]
    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_every_control_has_a_description_of_its_own(kiosk: Kiosk, language: str) -> None:
    silent = []
    for example in examples(Settings(language=language)):
        kiosk.show(example.view)
        frame = kiosk.shell.frame
        assert frame is not None
        for control in frame.controls():
            if not control.accessibleDescription().strip():
                silent.append(f"{example.name} {control.objectName()}")
    assert silent == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_arrows_reach_everything_and_come_round(kiosk: Kiosk, example: Example) -> None:
    kiosk.show(example.view)
    frame = kiosk.shell.frame
    assert frame is not None
    expected = [control.objectName() for control in ring_of(frame)]
    for onward, backward in ((Qt.Key.Key_Right, Qt.Key.Key_Left), (Qt.Key.Key_Down, Qt.Key.Key_Up)):
        if onward is Qt.Key.Key_Down and example.view.screen.value == "staff_pin":
            continue  # up and down go by rows there
        frame.heading.setFocus()
        seen = []
        for _ in expected:
            QTest.keyClick(kiosk.shell.focusWidget(), onward)
            seen.append(kiosk.shell.focusWidget().objectName())
        assert seen == expected
        for name in reversed(expected[:-1]):
            QTest.keyClick(kiosk.shell.focusWidget(), backward)
            assert kiosk.shell.focusWidget().objectName() == name


def test_up_and_down_leave_the_pin_pad(kiosk: Kiosk) -> None:
    kiosk.show(next(example.view for example in examples(Settings()) if example.name == "staff_pin"))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
        kiosk.control("pin_5").setFocus()
        seen = set()
        for _ in range(20):
            QTest.keyClick(kiosk.shell.focusWidget(), key)
            seen.add(kiosk.shell.focusWidget().objectName())
        assert not all(name.startswith("pin_") for name in seen), "no way out of the pad"
