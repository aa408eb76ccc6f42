"""A walk over the accessibility tree of every screen, in each language."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QLineEdit, QWidget

from demo.gallery import Example, examples
from kiosk.domain.settings import Settings
from kiosk.screens.parts.buttons import ContrastButton, LanguageButton, SizeButton
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.sound_button import SoundButton
from kiosk.screens.theme import PANEL_15, Panel
from tests.screens.conftest import Kiosk
from texts import languages

CONTROLS = (QAbstractButton, QLineEdit, QAbstractSlider)
ICONS = (SizeButton, ContrastButton, SoundButton, LanguageButton)
ROLES = {QAccessible.Role.Button, QAccessible.Role.CheckBox, QAccessible.Role.RadioButton}
EXAMPLES = [pytest.param(e, id=f"{lang}-{e.name}") for lang in languages() for e in examples(Settings(language=lang))]


def controls(kiosk: Kiosk) -> Iterator[QWidget]:
    frame = kiosk.shell.frame
    assert frame is not None
    for widget in frame.findChildren(QWidget):
        if isinstance(widget, CONTROLS) and widget.isVisibleTo(frame):
            yield widget


def test_every_control_says_what_it_is(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_15)
    silent = []
    for language in languages():
        for example in examples(Settings(language=language)):
            kiosk.show(example.view)
            for widget in controls(kiosk):
                face = QAccessible.queryAccessibleInterface(widget)
                where = f"{language} {example.name} {widget.objectName()}"
                if face is None or not face.text(QAccessible.Text.Name).strip():
                    silent.append(f"{where}: no name")
                elif face.role() not in ROLES:
                    silent.append(f"{where}: role {face.role()}")
                elif isinstance(widget, ICONS) and not face.text(QAccessible.Text.Description).strip():
                    silent.append(f"{where}: an icon without a description")
                elif not widget.isEnabled() and widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
                    silent.append(f"{where}: never focusable")
    assert silent == []


def test_names_differ_on_a_screen(make_kiosk: Callable[[Panel], Kiosk]) -> None:
    kiosk = make_kiosk(PANEL_15)
    for example in examples(Settings()):
        kiosk.show(example.view)
        names = [widget.accessibleName() for widget in controls(kiosk)]
        assert len(names) == len(set(names)), (example.name, names)


@pytest.mark.parametrize("example", EXAMPLES)
def test_tab_goes_through_every_control_in_reading_order_and_round(kiosk: Kiosk, example: Example) -> None:
    kiosk.show(example.view)
    frame = kiosk.shell.frame
    assert frame is not None
    expected = [control for control in frame.controls() if control.isEnabled() and control.isVisibleTo(frame)]
    frame.heading.setFocus()
    seen: list[QWidget] = []
    for _ in range(len(expected)):
        QTest.keyClick(kiosk.shell.focusWidget(), Qt.Key.Key_Tab)
        seen.append(kiosk.shell.focusWidget())
    assert [w.objectName() for w in seen] == [w.objectName() for w in expected]
    tops = [w.mapTo(frame, w.rect().topLeft()) for w in expected]
    in_rows = [(point.y() // 8, point.x()) for point in tops]
    assert in_rows == sorted(in_rows), "focus does not go as the eye reads"
    if expected:
        QTest.keyClick(kiosk.shell.focusWidget(), Qt.Key.Key_Tab)
        assert kiosk.shell.focusWidget() is expected[0], "Tab does not come round"
        QTest.keyClick(kiosk.shell.focusWidget(), Qt.Key.Key_Backtab)
        assert kiosk.shell.focusWidget() is expected[-1], "Tab does not go back"


def test_enter_and_space_activate_every_control(kiosk: Kiosk) -> None:
    dead = []
    for example in examples(Settings()):
        kiosk.show(example.view)
        for name in [widget.objectName() for widget in controls(kiosk) if widget.isEnabled()]:
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
                control = kiosk.control(name)
                pressed: list[bool] = []
                control.clicked.connect(lambda _checked=False, into=pressed: into.append(True))
                kiosk.seconds += 1
                if not control.isVisibleTo(kiosk.shell):
                    continue
                QTest.keyClick(control, key)
                if not pressed:
                    dead.append(f"{example.name} {name} {key.name}")
    assert dead == []


def test_assistive_technology_presses_too(kiosk: Kiosk) -> None:
    view = next(example.view for example in examples(Settings()) if example.name == "decide")
    kiosk.show(view)
    kiosk.control("decision_right").click()
    assert len(kiosk.events) == 1


def test_radio_buttons_and_check_boxes_are_told_apart(kiosk: Kiosk) -> None:
    shown = {example.name: example.view for example in examples(Settings())}
    for name, role in (("contest", QAccessible.Role.RadioButton), ("contest_several", QAccessible.Role.CheckBox)):
        kiosk.show(shown[name])
        option = kiosk.control("option_1" if name == "contest_several" else "option_0")
        face = QAccessible.queryAccessibleInterface(option)
        assert isinstance(face, QAccessibleInterface)
        assert face.role() == role
        assert face.state().checked


def test_every_text_of_a_screen_is_in_the_tree(kiosk: Kiosk) -> None:
    for example in examples(Settings()):
        kiosk.show(example.view)
        frame = kiosk.shell.frame
        assert frame is not None
        face = QAccessible.queryAccessibleInterface(frame)
        assert face is not None
        names = set(walk(face))
        assert frame.heading.text() in names
        assert frame.lead.text() in names or not frame.lead.text()
        for drawn in frame.findChildren(QWidget):
            if drawn.isVisibleTo(frame) and not isinstance(drawn, Pressable) and drawn.accessibleName():
                assert drawn.accessibleName() in names


def walk(face: QAccessibleInterface) -> Iterator[str]:
    yield face.text(QAccessible.Text.Name)
    for index in range(face.childCount()):
        yield from walk(face.child(index))
