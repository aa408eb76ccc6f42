"""A whole vote by ear: keys in, sounds out, and nothing else is known.

The listener decides only from what the simulated sound card played: texts, their order, signals. It is given no
view, no state and no picture; it puts the card in, as a hand does, and takes it out.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.exceptions import TimeoutError as WaitedInVain
from pytestqt.qtbot import QtBot

from drivers.simulation.start import DeviceProcess
from drivers.sound.api import wav_seconds
from tests.accessibility.spoken_place import SpokenPlace, spoken_place

WAIT_MS = 30_000
REACTION_MS = 1_500
FIRST = "Тестовое голосование"
LAST = "Стрелки ведут по экрану"
FOCUS = re.compile(r"(?!\d+: )(?P<name>.+?)\. (?P<state>Кнопка|Выбрано|Не выбрано)\.")
OPTION = re.compile(r"\d+: (?P<name>.+?)\.(?: Выбрано\.)?")
Played = list[dict[str, Any]]


@pytest.fixture
def place(qtbot: QtBot) -> Iterator[SpokenPlace]:
    """Polls opened by the chair, nobody at the terminal."""
    with spoken_place(qtbot) as built:
        built.sound.control.do("haste", times=0)
        yield built


class Listener:
    """Somebody with headphones and a keypad, who knows the language and whom to vote for."""

    def __init__(self, card: DeviceProcess, press: Callable[[Qt.Key], None], qtbot: QtBot) -> None:
        """`card` is the sound card: its `played` list is all that is ever known."""
        self._ear = card.control
        self._press = press
        self._qtbot = qtbot
        self._known = 0
        self.story: list[str] = []

    def _new(self) -> Played:
        played: Played = self._ear.do("played", after=self._known)["played"]
        return [entry for entry in played if entry["turn"] == "ended"]

    def hear(self, wanted: Callable[[list[str]], bool], milliseconds: int = WAIT_MS) -> list[str]:
        """Listen until what was heard since the last time is as wanted; it is then known."""
        heard: list[str] = []

        def enough() -> bool:
            new = self._new()
            heard[:] = [entry["text"] or entry["signal"] for entry in new]
            if wanted(heard):
                self._known = new[-1]["number"]
                return True
            return False

        self._qtbot.waitUntil(enough, timeout=milliseconds)
        self.story += heard
        return heard

    def hear_screen(self) -> list[str]:
        """Listen to a screen from its first sentence to its last."""
        heard = self.hear(lambda texts: any(text.startswith(LAST) for text in texts))
        begins = max(i for i, text in enumerate(heard) if text.startswith(FIRST))
        return heard[begins:]

    def hear_words(self, words: str) -> str:
        """Listen until a sentence with these words."""
        heard = self.hear(lambda texts: any(words in text for text in texts))
        return next(text for text in heard if words in text)

    def key(self, key: Qt.Key, answer: Callable[[list[str]], bool]) -> list[str]:
        """Press a key until something is heard of it, as a person does."""
        for _ in range(5):
            self._press(key)
            try:
                return self.hear(answer, REACTION_MS)
            except WaitedInVain:
                continue
        raise AssertionError(f"nothing is heard of {key.name}; so far: {self.story[-12:]}")

    def go_to(self, name: str) -> str:
        """Press *down* until the voice names the control; how it stands."""
        for _ in range(60):
            heard = self.key(Qt.Key.Key_Down, lambda texts: any(FOCUS.match(text) for text in texts))
            found = [match for text in heard if (match := FOCUS.match(text))][-1]
            if found["name"].startswith(name):
                return found["state"]
        raise AssertionError(f"the voice never names {name!r}; so far: {self.story[-60:]}")

    def choose(self, name: str, answer: Callable[[list[str]], bool]) -> list[str]:
        """Go to a control and press Enter."""
        self.go_to(name)
        return self.key(Qt.Key.Key_Return, answer)

    def press_button(self, name: str) -> list[str]:
        """Go to a button that leads to another screen; all of that screen."""
        heard = self.choose(name, lambda texts: any(text.startswith(LAST) for text in texts))
        return heard[max(i for i, text in enumerate(heard) if text.startswith(FIRST)) :]


def buttons(screen: list[str]) -> list[str]:
    """The buttons that a screen named."""
    return [match[1] for text in screen if (match := re.match(r"Кнопка «(.+)»\.", text))]


def fill(listener: Listener, screen: list[str], *, wrong_turn: bool) -> tuple[str, list[str]]:
    """Mark the option that was named second, and go on; its name and the next screen."""
    options = [match["name"] for text in screen if (match := OPTION.match(text))]
    count = next(int(text.split()[0]) for text in screen if re.match(r"\d+ вариант", text))
    assert len(options) == count
    wanted = options[1]
    if wrong_turn:
        listener.choose(options[0], lambda texts: f"Выбрано: {options[0]}." in texts)
        listener.choose(options[0], lambda texts: f"Отметка снята: {options[0]}." in texts)
    listener.choose(wanted, lambda texts: f"Выбрано: {wanted}." in texts)
    if wrong_turn:
        again = listener.key(Qt.Key.Key_Asterisk, lambda texts: any(text.startswith(LAST) for text in texts))
        assert f"2: {wanted}. Выбрано." in again
        assert f"1: {options[0]}." in again
    onward = buttons(screen)[-1]
    return wanted, listener.press_button(onward)


@pytest.mark.slow
def test_a_vote_by_sound_alone(place: SpokenPlace, qtbot: QtBot) -> None:
    card = place.issue("A")

    def press(key: Qt.Key) -> None:
        QTest.keyClick(place.shell.windowHandle(), key)

    listener = Listener(place.sound, press, qtbot)
    place.sound.control.do("headphones_in")
    assert "Вставьте карточку" in listener.hear_screen()
    place.card.control.insert(card)
    screen = listener.hear_screen()
    assert any(text.startswith("Вам полож") for text in screen)

    # A wrong turn: help, and back.
    assert "Как проголосовать" in listener.press_button("Помощь")
    screen = listener.press_button("Вернуться")

    wanted: list[str] = []
    while "Проверьте свой выбор" not in screen:
        paper = next((text.removesuffix(": Не начат.") for text in screen if text.endswith(": Не начат.")), None)
        if paper is not None:
            screen = listener.press_button(paper)
        elif any(OPTION.match(text) for text in screen):
            chosen, screen = fill(listener, screen, wrong_turn=not wanted)
            wanted.append(chosen)
        else:
            screen = listener.press_button(buttons(screen)[-1])
    review = " ".join(screen)
    assert all(f" {name}." in review for name in wanted), (wanted, screen)

    screen = listener.press_button(buttons(screen)[-1])
    assert "Дальше два пути." in screen
    spelled = [text for text in screen if text.startswith("Код бюллетеня")]
    assert len(spelled) >= 1
    assert all(text.count(", ") == 39 for text in spelled)
    accepted = listener.choose("Опустить", lambda texts: "Голос принят" in texts)
    assert "accepted" in accepted
    listener.hear_words("Заберите карточку")
    place.card.control.remove()

    # What the listener could not know: it was true.
    place.see("welcome")
    assert place.store(lambda store: store.counters()).accepted == len(spelled)
    # The next voter finds nothing of it: no sound, though the headphones are still in.
    assert place.watcher.views[-1].settings.sound is False
    check_recordings(place)


def check_recordings(place: SpokenPlace) -> None:
    """Every sentence was a real recording: not silent, and as long as it takes to say it."""
    entries: Played = place.sound.control.do("played")["played"]
    spoken = [entry for entry in entries if entry["text"]]
    assert len(spoken) > 100
    for entry in spoken:
        wav = (place.folder / "h" / "heard" / entry["wav"]).read_bytes()
        assert len(set(wav[44:])) > 20, entry["text"]
        assert entry["seconds"] == pytest.approx(wav_seconds(wav))
        if len(entry["text"]) > 20:
            assert 0.03 <= entry["seconds"] / len(entry["text"]) <= 0.25, entry["text"]
        assert entry["language"] == "ru"
