"""A screen for who listens: the sound button, the voice's keys, the curtain, what the voice is told of the focus."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from demo.gallery import examples
from drivers.sound.alsa import AlsaSound
from kiosk.domain.settings import Pace, Settings
from kiosk.domain.words import Words
from kiosk.flows.contract import Attended, SettingsChosen
from kiosk.flows.speech import Control, speech_of_focus
from kiosk.flows.views import View
from kiosk.modes.command_line import options_of, parser
from kiosk.screens.parts.pin import PinBlock
from kiosk.screens.parts.sound_button import SoundButton, after_press
from tests.screens.conftest import Kiosk
from texts import Catalogue

LISTENING = Settings(sound=True)
VIEWS: dict[str, View] = {example.name: example.view for example in examples(LISTENING)}
SILENT: dict[str, View] = {example.name: example.view for example in examples(Settings())}


class Notes:
    """A voice that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def focused(self, control: Control) -> None:
        self.heard.append(" ".join(Catalogue("ru").say(words) for words in speech_of_focus(control)))

    def told(self, words: Words) -> None:
        self.heard.append(Catalogue("ru").say(words))

    def repeat(self) -> None:
        self.heard.append("repeat")

    def pause(self) -> None:
        self.heard.append("pause")


@pytest.fixture
def voice(kiosk: Kiosk, qtbot: QtBot) -> Notes:
    """The voice of the kiosk, whose window has the keyboard."""
    notes = Notes()
    kiosk.shell.listening._voice = notes
    kiosk.shell.activateWindow()
    assert QTest.qWaitForWindowActive(kiosk.shell, 60_000)
    return notes


def chosen(kiosk: Kiosk) -> list[object]:
    """What was sent besides that somebody is there."""
    return [event for event in kiosk.events if event != Attended()]


def press(kiosk: Kiosk, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(kiosk.shell.windowHandle(), key)


# --- the button


def test_the_button_goes_through_off_middle_loud_and_quiet() -> None:
    settings, seen = Settings(), []
    for _ in range(5):
        settings = after_press(settings)
        seen.append((settings.sound, settings.volume))
    assert seen == [(True, 3), (True, 5), (True, 1), (False, 3), (True, 3)]
    assert after_press(replace(LISTENING, volume=1, picture=False)).picture
    for volume in (2, 4):
        assert after_press(replace(LISTENING, volume=volume)).sound


def test_the_button_says_its_state_and_is_there_where_there_is_sound(kiosk: Kiosk) -> None:
    kiosk.show(SILENT["review"])
    assert kiosk.control("settings_sound").accessibleName() == "Звук: выключен"
    kiosk.control("settings_sound").click()
    assert kiosk.events == [SettingsChosen(LISTENING)]
    kiosk.show(VIEWS["review"])
    assert kiosk.control("settings_sound").accessibleName() == "Звук: громкость 3 из 5"
    kiosk.show(replace(SILENT["review"], sound=False))
    assert kiosk.shell.findChildren(SoundButton) == []


# --- the voice's keys


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (Qt.Key.Key_F3, replace(LISTENING, speech=Pace.SLOW)),
        (Qt.Key.Key_F4, replace(LISTENING, speech=Pace.FAST)),
        (Qt.Key.Key_F5, replace(LISTENING, volume=2)),
        (Qt.Key.Key_F6, replace(LISTENING, volume=4)),
        (Qt.Key.Key_F7, replace(LISTENING, picture=False)),
    ],
)
def test_keys_change_the_voice_on_every_voters_screen(
    kiosk: Kiosk, voice: Notes, key: Qt.Key, expected: Settings
) -> None:
    screens = [name for name, view in VIEWS.items() if not view.screen.value.startswith("staff_")]
    for name in screens:
        kiosk.show(VIEWS[name])
        press(kiosk, key)
    assert chosen(kiosk) == [SettingsChosen(expected)] * len(screens)


def test_repeat_works_on_every_screen_and_first_turns_the_sound_on(kiosk: Kiosk, voice: Notes) -> None:
    for view in VIEWS.values():
        kiosk.show(view)
        press(kiosk, Qt.Key.Key_F2, Qt.Key.Key_Asterisk)
    assert voice.heard == ["repeat"] * 2 * len(VIEWS)
    assert chosen(kiosk) == []
    kiosk.show(SILENT["welcome"])
    press(kiosk, Qt.Key.Key_F6, Qt.Key.Key_F7, Qt.Key.Key_Asterisk)
    assert chosen(kiosk) == [SettingsChosen(LISTENING)]
    kiosk.show(replace(SILENT["welcome"], sound=False))
    press(kiosk, Qt.Key.Key_Asterisk)
    assert len(chosen(kiosk)) == 1


def test_the_end_of_the_scale_is_said_and_a_pause_is_passed_on(kiosk: Kiosk, voice: Notes) -> None:
    loudest = replace(VIEWS["review"], settings=replace(LISTENING, volume=5))
    kiosk.show(loudest)
    press(kiosk, Qt.Key.Key_F6, Qt.Key.Key_F11)
    assert voice.heard == ["Звук: громкость 5 из 5", "pause"]
    assert chosen(kiosk) == []


# --- focus


def test_what_a_hand_moves_to_is_told(kiosk: Kiosk, voice: Notes) -> None:
    kiosk.show(VIEWS["contest"])
    assert voice.heard == []
    press(kiosk, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert voice.heard == [
        "Абрикосова Вера Павловна. Выбрано. 1 из 5. 1971 года рождения, врач, выдвинута партией «Сад»",
        "Подробнее: Абрикосова Вера Павловна. Кнопка. Сведения о кандидате целиком. Отметка не изменится.",
        "Берёзкин Олег Ильич. Не выбрано. 2 из 5. 1965 года рождения, инженер, самовыдвижение",
    ]
    press(kiosk, Qt.Key.Key_Tab)
    assert voice.heard[-1].startswith("Васильков Тимур Ренатович. Не выбрано. 3 из 5.")


def test_who_listens_is_not_idle(kiosk: Kiosk, voice: Notes) -> None:
    kiosk.show(VIEWS["contest"])
    press(kiosk, Qt.Key.Key_Down, Qt.Key.Key_F2)
    assert kiosk.events == [Attended(), Attended()]
    kiosk.show(SILENT["contest"])
    press(kiosk, Qt.Key.Key_Down)
    assert len(kiosk.events) == 2


def test_a_new_screen_and_new_marks_tell_no_focus(kiosk: Kiosk, voice: Notes) -> None:
    kiosk.show(VIEWS["contest"])
    press(kiosk, Qt.Key.Key_Down)
    told = len(voice.heard)
    kiosk.show(replace(VIEWS["contest"], settings=replace(LISTENING, volume=4)))
    kiosk.show(VIEWS["review"])
    assert len(voice.heard) == told


def test_buttons_have_names_without_signs(kiosk: Kiosk, voice: Notes) -> None:
    kiosk.show(VIEWS["review"])
    assert kiosk.shell.frame is not None
    for _ in kiosk.shell.frame.controls():
        press(kiosk, Qt.Key.Key_Down)
    assert "Помощь. Кнопка." in voice.heard
    assert "Назад. Кнопка." in voice.heard
    assert not any(sign in " ".join(voice.heard) for sign in "←→↑↓")


def test_of_a_pin_only_the_number_of_digits_is_told(kiosk: Kiosk, voice: Notes) -> None:
    kiosk.show(VIEWS["staff_pin"])
    assert kiosk.shell.frame is not None
    assert isinstance(kiosk.shell.frame.block, PinBlock)
    press(kiosk, Qt.Key.Key_7, Qt.Key.Key_4)
    assert voice.heard == ["Введена 1 цифра", "Введено 2 цифры"]
    kiosk.control("pin_9").setFocus(Qt.FocusReason.TabFocusReason)
    assert voice.heard[-1] == "Введено 2 цифры"
    press(kiosk, Qt.Key.Key_Return)
    assert voice.heard[-1] == "Введено 3 цифры"
    said = " ".join(voice.heard)
    assert not any(digit in said for digit in "4567890")


# --- the curtain


def test_with_the_picture_off_nothing_is_seen_and_everything_works(kiosk: Kiosk, voice: Notes) -> None:
    curtain = kiosk.shell.listening.curtain
    kiosk.show(VIEWS["contest"])
    assert not curtain.isVisible()
    for name in ("contest", "review", "decide"):
        kiosk.show(replace(VIEWS[name], settings=replace(LISTENING, picture=False)))
        assert curtain.isVisible()
        assert curtain.geometry() == kiosk.shell.rect()
        assert kiosk.shell.childAt(kiosk.shell.rect().center()) is curtain
    assert "F7" in curtain.accessibleName()
    picture = kiosk.shell.grab().toImage()
    size = picture.size()
    corners = [QPoint(x, y) for x in (4, size.width() - 5) for y in (4, size.height() - 5)]
    assert len({picture.pixel(corner) for corner in corners}) == 1
    press(kiosk, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert len(chosen(kiosk)) == 1
    where = kiosk.control("decision_right").mapTo(kiosk.shell, QPoint(20, 20))
    QTest.mouseClick(kiosk.shell.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert len(chosen(kiosk)) == 1
    press(kiosk, Qt.Key.Key_F7)
    assert chosen(kiosk)[-1] == SettingsChosen(LISTENING)


def test_who_does_not_listen_and_members_always_see_the_screen(kiosk: Kiosk, voice: Notes) -> None:
    off = replace(LISTENING, picture=False)
    kiosk.show(replace(VIEWS["review"], settings=replace(off, sound=False)))
    assert not kiosk.shell.listening.curtain.isVisible()
    kiosk.show(replace(VIEWS["staff_home"], settings=off))
    assert not kiosk.shell.listening.curtain.isVisible()


# --- the command line


def test_the_command_line_names_the_sound_card(capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--device", "d", "--card", "simulated:c", "--printer", "simulated:p"]
    assert options_of(parser().parse_args(common)).sound is None
    assert options_of(parser().parse_args([*common, "--sound", "none"])).sound is None
    alsa = options_of(parser().parse_args([*common, "--sound", "alsa:null"])).sound
    assert alsa is not None
    sound = alsa()
    assert isinstance(sound, AlsaSound)
    sound.close()
    simulated = options_of(parser().parse_args([*common, "--sound", "simulated:s"])).sound
    assert simulated is not None
    with pytest.raises(SystemExit):
        parser().parse_args([*common, "--sound", "loud"])
    assert "loud" in capsys.readouterr().err
