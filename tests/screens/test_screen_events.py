"""Real presses on screens, and the events that come of them."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from demo.gallery import examples
from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.domain.words import message
from kiosk.flows.contract import (
    BlankTouched,
    ChangeChosen,
    DeclineChosen,
    OptionTouched,
    PageTurned,
    PaperChosen,
    PinEntered,
    SettingsChosen,
    Touch,
    Touched,
)
from kiosk.flows.views import Choices, PinPad, Screen, View
from kiosk.screens.parts.options import OptionButton
from kiosk.screens.registry import SCREENS
from kiosk.screens.theme import LEAST_PRESS_MS
from tests.screens.conftest import Kiosk

RU = Settings()
VIEWS: dict[str, View] = {example.name: example.view for example in examples(RU)}


def finger(kiosk: Kiosk, name: str) -> QPoint:
    """Where a finger goes to touch the control, in the window."""
    control = kiosk.control(name)
    return control.mapTo(kiosk.shell, control.rect().center())


def press(kiosk: Kiosk, where: QPoint) -> None:
    QTest.mousePress(kiosk.shell.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)


def release(kiosk: Kiosk, where: QPoint) -> None:
    """After as long as the shortest touch that counts: Qt gives the event the time that it waits."""
    button, no_key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseRelease(kiosk.shell.windowHandle(), button, no_key, where, LEAST_PRESS_MS + 5)


def touch(kiosk: Kiosk, name: str) -> None:
    """A whole touch, through the window system's queue."""
    where = finger(kiosk, name)
    press(kiosk, where)
    release(kiosk, where)


def test_every_screen_of_the_contract_has_its_class_and_its_example() -> None:
    assert set(SCREENS) == set(Screen)
    assert {view.screen for view in VIEWS.values()} == set(Screen)


@pytest.mark.parametrize(
    ("example", "control", "expected"),
    [
        ("ballots", "row_1", PaperChosen("council")),
        ("ballots", "primary", Touched(Touch.NEXT)),
        ("ballots", "back", Touched(Touch.LEAVE)),
        ("ballots", "help", Touched(Touch.HELP)),
        ("contest", "option_1", OptionTouched(1)),
        ("contest", "option_4", BlankTouched()),
        ("contest_several", "page_next", PageTurned(1)),
        ("review", "change_1", ChangeChosen("council", 0)),
        ("review", "beside_1", DeclineChosen("council")),
        ("review_unfilled", "change_2", ChangeChosen("park", 0)),
        ("decide", "decision_left", Touched(Touch.CHALLENGE)),
        ("choose_check", "row_0", PaperChosen("governor")),
        ("still_here", "primary", Touched(Touch.STILL_HERE)),
        ("help", "back", Touched(Touch.HELP_CLOSED)),
        ("welcome", "settings_size", SettingsChosen(replace(RU, size=TextSize.LARGE))),
        ("welcome", "settings_theme", SettingsChosen(replace(RU, theme=Theme.HIGH))),
        ("welcome", "settings_language_en", SettingsChosen(replace(RU, language="en"))),
        ("staff_close", "primary", Touched(Touch.CONFIRM)),
        ("staff_home", "primary", Touched(Touch.CLOSE_POLLS)),
        ("staff_home", "other_0", Touched(Touch.RETRY)),
    ],
)
def test_a_touch_sends_the_event_of_its_control(kiosk: Kiosk, example: str, control: str, expected: object) -> None:
    kiosk.show(VIEWS[example])
    touch(kiosk, control)
    assert kiosk.events == [expected]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Enter])
def test_a_key_does_what_a_finger_does(kiosk: Kiosk, key: Qt.Key) -> None:
    kiosk.show(VIEWS["contest"])
    QTest.keyClick(kiosk.control("option_2"), key)
    assert kiosk.events == [OptionTouched(2)]


def test_a_view_from_another_thread_is_shown(kiosk: Kiosk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(kiosk.shell.shown, timeout=60_000):
        thread = threading.Thread(target=kiosk.shell.show_view, args=(VIEWS["welcome"],))
        thread.start()
        thread.join()
    assert kiosk.shell.view == VIEWS["welcome"]


# --- cast


def test_cast_by_finger_needs_half_a_second(kiosk: Kiosk, qtbot: QtBot) -> None:
    kiosk.show(VIEWS["decide"])
    touch(kiosk, "decision_right")
    assert kiosk.events == []
    press(kiosk, finger(kiosk, "decision_right"))

    def later() -> bool:
        kiosk.seconds += 0.016
        return kiosk.events == [Touched(Touch.CAST)]

    qtbot.waitUntil(later, timeout=60_000)
    release(kiosk, finger(kiosk, "decision_right"))
    assert kiosk.events == [Touched(Touch.CAST)]


def test_cast_by_key_needs_one_press(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["decide"])
    QTest.keyClick(kiosk.control("decision_right"), Qt.Key.Key_Space)
    assert kiosk.events == [Touched(Touch.CAST)]


def test_sliding_off_cast_chooses_nothing(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["decide"])
    press(kiosk, finger(kiosk, "decision_right"))
    control = kiosk.control("decision_right")
    assert control.isDown()
    QTest.mouseMove(kiosk.shell.windowHandle(), finger(kiosk, "help"))
    QTest.qWait(0)
    release(kiosk, finger(kiosk, "help"))
    assert not control.isDown()
    assert control.held_share == 0
    assert kiosk.events == []


# --- lock-out


def test_a_press_right_after_a_screen_appeared_chooses_nothing(kiosk: Kiosk) -> None:
    kiosk.shell.present(VIEWS["ballots"])
    touch(kiosk, "row_0")
    assert kiosk.events == []
    kiosk.seconds += 0.29
    touch(kiosk, "row_0")
    assert kiosk.events == []
    kiosk.seconds += 0.02
    touch(kiosk, "row_0")
    assert kiosk.events == [PaperChosen("governor")]


def test_a_finger_that_stays_down_over_a_change_chooses_nothing(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["ballots"])
    where = finger(kiosk, "row_0")
    press(kiosk, where)
    kiosk.shell.present(VIEWS["contest"])
    kiosk.seconds += 5
    assert not kiosk.shell.accepts_press()
    release(kiosk, where)
    assert kiosk.events == []
    assert kiosk.shell.accepts_press()
    touch(kiosk, "option_0")
    assert kiosk.events == [OptionTouched(0)]


def test_a_second_tap_waits_for_the_answer(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["contest"])
    touch(kiosk, "primary")
    touch(kiosk, "primary")
    assert kiosk.events == [Touched(Touch.NEXT)]
    kiosk.shell.present(VIEWS["contest"])
    touch(kiosk, "option_0")
    assert kiosk.events[1:] == [OptionTouched(0)]


def test_a_key_held_over_a_change_chooses_nothing(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["ballots"])
    QTest.keyPress(kiosk.control("primary"), Qt.Key.Key_Return)
    kiosk.show(VIEWS["review"])
    QTest.keyRelease(kiosk.control("primary"), Qt.Key.Key_Return)
    assert kiosk.events == []


# --- same screen


def test_an_update_of_the_same_screen_keeps_widgets_focus_and_page(kiosk: Kiosk) -> None:
    view = VIEWS["contest_several"]
    kiosk.show(view)
    touch(kiosk, "page_next")
    frame = kiosk.shell.frame
    assert frame is not None
    assert frame.paged is not None
    assert frame.paged.page == 1
    option = next(o for o in frame.findChildren(OptionButton) if o.isVisibleTo(frame))
    option.setFocus()
    content = view.content
    assert isinstance(content, Choices)
    marked = tuple(replace(c, chosen=True) for c in content.choices)
    kiosk.show(replace(view, content=replace(content, choices=marked, notice=message("contest.too_many", count=3))))
    assert kiosk.shell.frame is frame
    assert frame.paged.page == 1
    assert option.isChecked()
    assert kiosk.shell.focusWidget() is option


def test_another_size_keeps_the_first_visible_option_and_the_focus(kiosk: Kiosk) -> None:
    view = VIEWS["contest_several"]
    kiosk.show(view)
    touch(kiosk, "page_next")
    assert kiosk.shell.frame is not None
    assert kiosk.shell.frame.paged is not None
    first = kiosk.shell.frame.paged.first
    kiosk.control("settings_size").setFocus()
    kiosk.show(replace(view, settings=replace(RU, size=TextSize.LARGEST)))
    frame = kiosk.shell.frame
    assert frame.paged is not None
    assert frame.paged.items[first].isVisibleTo(frame)
    assert kiosk.shell.focusWidget() is kiosk.control("settings_size")


def test_another_contest_starts_on_its_first_page(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["contest_several"])
    touch(kiosk, "page_next")
    kiosk.show(VIEWS["contest"])
    kiosk.show(VIEWS["contest_several"])
    assert kiosk.shell.frame is not None
    assert kiosk.shell.frame.paged is not None
    assert kiosk.shell.frame.paged.page == 0


# --- PIN


def test_a_pin_goes_to_the_deposit_and_nowhere_else(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["staff_pin"])
    seen: list[str] = []
    for digit in "314159":
        touch(kiosk, f"pin_{digit}")
        for widget in kiosk.shell.findChildren(QWidget):
            seen.append(widget.accessibleName() + widget.accessibleDescription())
    assert kiosk.events == []
    touch(kiosk, "pin_enter")
    assert kiosk.pins == [bytearray(b"314159")]
    assert [type(event) for event in kiosk.events] == [PinEntered]
    assert "314159" not in repr(kiosk.events)
    assert "314159" not in "".join(seen)
    assert "3141" not in "".join(seen)


def test_a_pin_is_typed_on_a_keyboard_too(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["staff_pin"])
    assert kiosk.shell.frame is not None
    QTest.keyClicks(kiosk.shell.frame.heading, "12345")
    QTest.keyClick(kiosk.shell.frame.heading, Qt.Key.Key_Backspace)
    QTest.keyClicks(kiosk.shell.frame.heading, "678")
    QTest.keyClick(kiosk.shell.frame.heading, Qt.Key.Key_Return)
    assert kiosk.pins == [bytearray(b"1234678")]


def test_what_was_typed_is_overwritten_when_the_screen_goes(kiosk: Kiosk) -> None:
    kiosk.show(VIEWS["staff_pin"])
    block = kiosk.shell.frame.block if kiosk.shell.frame is not None else None
    touch(kiosk, "pin_7")
    typed = block._typed  # type: ignore[union-attr]  # the test looks behind the screen on purpose
    assert typed.startswith(b"7")
    kiosk.show(VIEWS["welcome"])
    assert not any(typed)


def test_too_short_a_pin_is_not_handed_over(kiosk: Kiosk) -> None:
    view = VIEWS["staff_pin"]
    assert isinstance(view.content, PinPad)
    kiosk.show(view)
    for _ in range(view.content.least - 1):
        touch(kiosk, "pin_1")
    assert not kiosk.control("pin_enter").isEnabled()
    touch(kiosk, "pin_1")
    assert kiosk.control("pin_enter").isEnabled()


def digits_as_they_stand(kiosk: Kiosk) -> str:
    """The digits of the pad, row by row."""
    assert kiosk.shell.frame is not None
    keys = [kiosk.control(f"pin_{digit}") for digit in "0123456789"]
    keys.sort(key=lambda key: (key.y(), key.x()))
    assert [key.objectName() for key in keys] == [f"pin_{key.accessibleName()}" for key in keys]
    return "".join(key.accessibleName() for key in keys)


def test_a_shuffled_pad_stands_in_another_order_each_time_and_types_what_its_keys_say(kiosk: Kiosk) -> None:
    view = VIEWS["staff_pin"]
    assert isinstance(view.content, PinPad)
    kiosk.show(view)
    assert digits_as_they_stand(kiosk) == "1234567890"
    shuffled = replace(view, content=replace(view.content, shuffled=True))
    orders = set()
    for _ in range(6):
        kiosk.show(VIEWS["welcome"])
        kiosk.show(shuffled)
        orders.add(digits_as_they_stand(kiosk))
    assert {"".join(sorted(order)) for order in orders} == {"0123456789"}
    # That six of them agree by chance happens once in 10 to the 32nd.
    assert len(orders) > 1
    kiosk.show(replace(shuffled, heading=VIEWS["welcome"].heading))
    assert kiosk.shell.frame is not None
    for digit in "472":
        touch(kiosk, f"pin_{digit}")
    block = kiosk.shell.frame.block
    assert bytes(block._typed[:3]) == b"472"  # type: ignore[union-attr]  # the test looks behind the screen on purpose
