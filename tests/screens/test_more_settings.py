"""The second face of the settings bar: voice and marker by finger, keys and switches, and spoken."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from demo.gallery import examples
from kiosk.domain.settings import Pace, Settings, TextSize
from kiosk.flows.contract import Attended, SettingsChosen
from kiosk.flows.speech import speech_of_change
from kiosk.screens.keys import ring_of
from kiosk.screens.theme import PANEL_10, PANEL_15, PANEL_21, Panel
from tests.screens.conftest import Kiosk
from tests.screens.measured import faults_on_every_page
from tests.screens.test_listening import Notes, press
from texts import Catalogue, languages

LISTENING = Settings(sound=True, more=True)
NAMES = ("more", "scanning", "pause", "repeat", "rate", "picture")
VIEWS = {example.name: example.view for example in examples(LISTENING)}


@pytest.fixture
def voice(make_kiosk: Callable[[Panel], Kiosk], qtbot: QtBot) -> tuple[Kiosk, Notes]:
    kiosk, notes = make_kiosk(PANEL_15), Notes()
    kiosk.shell._voice = kiosk.shell.listening._voice = notes
    kiosk.shell.activateWindow()
    assert QTest.qWaitForWindowActive(kiosk.shell, 60_000)
    return kiosk, notes


def shown(kiosk: Kiosk) -> list[str]:
    assert kiosk.shell.frame is not None
    return [button.objectName().removeprefix("settings_") for button in kiosk.shell.frame.top.settings]


def after(kiosk: Kiosk) -> Settings:
    """The settings that were asked for last."""
    chosen = [event for event in kiosk.events if isinstance(event, SettingsChosen)]
    return chosen[-1].settings


def finger(kiosk: Kiosk, name: str) -> None:
    control = kiosk.control(name)
    kiosk.seconds += 1
    where = QPointF(control.mapTo(kiosk.shell, control.rect().center()))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, down in ((QEvent.Type.MouseButtonPress, left), (QEvent.Type.MouseButtonRelease, none)):
        event = QMouseEvent(kind, where, kiosk.shell.mapToGlobal(where), left, down, Qt.KeyboardModifier.NoModifier)
        event.setTimestamp(round(kiosk.seconds * 1000))
        QApplication.sendEvent(kiosk.shell.windowHandle(), event)
        kiosk.seconds += 0.2
    kiosk.seconds += 1


def test_the_bar_turns_over_and_back(kiosk: Kiosk) -> None:
    view = VIEWS["contest"]
    kiosk.show(replace(view, settings=Settings()))
    assert shown(kiosk) == ["more", "size", "theme", "sound", "language_ru", "language_en", "language_tt"]
    finger(kiosk, "settings_more")
    assert after(kiosk) == Settings(more=True)
    # Without a voice there is nothing to hold still or to repeat.
    kiosk.show(replace(view, settings=Settings(more=True)))
    assert shown(kiosk) == ["more", "scanning"]
    kiosk.show(view)
    assert shown(kiosk) == list(NAMES)
    finger(kiosk, "settings_more")
    assert after(kiosk) == replace(LISTENING, more=False)


def test_each_setting_goes_through_all_its_values(kiosk: Kiosk) -> None:
    settings, paces, rates = LISTENING, [], []
    for _ in range(4):
        kiosk.show(replace(VIEWS["contest"], settings=settings))
        finger(kiosk, "settings_scanning")
        settings = after(kiosk)
        paces.append(settings.scanning)
    assert paces == [Pace.SLOW, Pace.NORMAL, Pace.FAST, None]
    for _ in range(3):
        kiosk.show(replace(VIEWS["contest"], settings=settings))
        finger(kiosk, "settings_rate")
        settings = after(kiosk)
        rates.append(settings.speech)
    assert rates == [Pace.FAST, Pace.SLOW, Pace.NORMAL]
    kiosk.show(replace(VIEWS["contest"], settings=settings))
    finger(kiosk, "settings_picture")
    assert after(kiosk) == replace(LISTENING, picture=False)


def test_a_finger_holds_the_voice_still_without_cutting_it(voice: tuple[Kiosk, Notes]) -> None:
    kiosk, notes = voice
    kiosk.show(VIEWS["contest"])
    for name in ("pause", "repeat"):
        finger(kiosk, f"settings_{name}")
    # Nothing was told of the focus, which would have been said in place of what was to be held.
    assert notes.heard == ["pause", "repeat"]
    assert kiosk.events == [Attended(), Attended()]


def test_arrows_and_enter_reach_everything(voice: tuple[Kiosk, Notes]) -> None:
    kiosk, notes = voice
    kiosk.show(VIEWS["contest"])
    assert kiosk.shell.frame is not None
    reached = []
    for _ in ring_of(kiosk.shell.frame):
        press(kiosk, Qt.Key.Key_Down)
        focused = kiosk.shell.frame.focusWidget()
        assert focused is not None
        reached.append(focused.objectName())
        kiosk.seconds += 1
        if focused.objectName().startswith("settings_"):
            press(kiosk, Qt.Key.Key_Return)
    assert reached[-len(NAMES) :] == [f"settings_{name}" for name in NAMES]
    asked = [event.settings for event in kiosk.events if isinstance(event, SettingsChosen)]
    assert asked == [
        replace(LISTENING, more=False),
        replace(LISTENING, scanning=Pace.SLOW),
        replace(LISTENING, speech=Pace.FAST),
        replace(LISTENING, picture=False),
    ]
    assert notes.heard.count("pause") == notes.heard.count("repeat") == 1
    assert "Рамка: стоит. Кнопка." in " ".join(notes.heard)


def test_two_switches_reach_everything(voice: tuple[Kiosk, Notes]) -> None:
    kiosk, notes = voice
    kiosk.show(VIEWS["welcome"])
    for name in NAMES:
        for _ in range(20):
            press(kiosk, Qt.Key.Key_F9)
            kiosk.seconds += 1
            assert kiosk.shell.frame is not None
            focused = kiosk.shell.frame.focusWidget()
            if focused is not None and focused.objectName() == f"settings_{name}":
                press(kiosk, Qt.Key.Key_F10)
                kiosk.seconds += 1
                break
        else:
            pytest.fail(f"{name} is not reached")
    assert len({event.settings for event in kiosk.events if isinstance(event, SettingsChosen)}) == 4
    assert {"pause", "repeat"} <= set(notes.heard)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"scanning": Pace.SLOW}, "Рамка: идёт медленно"),
        ({"speech": Pace.FAST}, "Речь быстрая."),
        ({"picture": False}, "Экран выключен."),
        ({"volume": 5}, "Звук: громкость 5 из 5"),
        ({"more": False}, "Ещё настройки закрыты."),
    ],
)
def test_every_change_is_spoken(changed: dict[str, object], words: str) -> None:
    before = VIEWS["review"]
    now = replace(before, settings=replace(before.settings, **changed))  # type: ignore[arg-type]  # of several kinds
    assert [Catalogue("ru").say(each) for each in speech_of_change(before, now)] == [words]


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21, PANEL_10.turned, PANEL_15.turned])
def test_it_has_room_on_every_panel(make_kiosk: Callable[[Panel], Kiosk], panel: Panel) -> None:
    kiosk = make_kiosk(panel)
    found = []
    for language in languages():
        for size in (TextSize.SMALL, TextSize.LARGEST):
            for example in examples(Settings(language, size, sound=True, more=True)):
                if example.name in ("welcome", "contest", "help"):
                    found += list(faults_on_every_page(kiosk, example))
    assert found == []


# --- the picture off


def test_with_the_picture_off_every_screen_is_the_same_picture(kiosk: Kiosk) -> None:
    """Of no screen can anything be read: all of them are one picture, and that is not the screen's own."""
    seen: set[bytes] = set()
    for example in examples(Settings(sound=True, picture=False)):
        if example.view.screen.value.startswith("staff"):
            continue
        kiosk.show(example.view)
        seen.add(pixels(kiosk))
    assert len(seen) == 1
    kiosk.show(VIEWS["contest"])
    assert pixels(kiosk) not in seen


def pixels(kiosk: Kiosk) -> bytes:
    image = kiosk.shell.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return bytes(image.constBits())


def test_a_finger_that_rests_brings_the_picture_back(kiosk: Kiosk, qtbot: QtBot) -> None:
    dark = replace(VIEWS["contest"], settings=replace(LISTENING, picture=False))
    kiosk.show(dark)
    window = kiosk.shell.windowHandle()
    arguments = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    QTest.mouseClick(window, *arguments)
    curtain = kiosk.shell.listening.curtain
    assert not curtain._held.isActive()
    assert kiosk.events == []
    QTest.mousePress(window, *arguments)
    qtbot.waitUntil(lambda: bool(kiosk.events), timeout=60_000)
    assert kiosk.events == [SettingsChosen(LISTENING)]
    QTest.mouseRelease(window, *arguments)
