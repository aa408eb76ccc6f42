"""The terminal's voice over a real synthesiser and a simulated sound card: what is cut, what waits, what grows."""

import io
import threading
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from demo.gallery import examples
from drivers.simulation.start import DeviceProcess, start_device
from drivers.sound.api import Clip, Signal, Sound, SoundEvent, SoundTrouble
from drivers.sound.signals import signal_wav
from drivers.sound.simulated.sound import SimulatedSound
from drivers.sound.synthesiser import EspeakSynthesiser
from kiosk.domain.settings import Settings
from kiosk.domain.words import Said, message, plain
from kiosk.effects.speaking import AGAIN_SECONDS, QUIET_SECONDS, Speaker
from kiosk.flows.contract import Event, OptionsHeard, SettingsChosen, SoundState
from kiosk.flows.speech import Control, Kind
from kiosk.flows.views import Choices, View

WAIT_SECONDS = 60.0
VIEWS = {example.name: example.view for example in examples(Settings(sound=True))}
SILENT = {example.name: example.view for example in examples(Settings())}


def wait(holds: Callable[[], object]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < until, "it did not happen"


@dataclass
class Setting:
    """A speaker, its sound card, and what it sent."""

    card: DeviceProcess
    speaker: Speaker
    sent: list[Event] = field(default_factory=list)

    def played(self) -> list[dict[str, Any]]:
        """Everything that was given to the card."""
        entries: list[dict[str, Any]] = self.card.control.do("played")["played"]
        return entries

    def texts(self) -> list[str]:
        """What was said, and the signals, in order."""
        return [entry["text"] or entry["signal"] for entry in self.played()]

    def until(self, words: str) -> dict[str, Any]:
        """Wait until something is given to the card that holds these words."""
        wait(lambda: any(words in text for text in self.texts()))
        return next(entry for entry in self.played() if words in (entry["text"] or entry["signal"]))

    def turn(self, words: str) -> str:
        """How the entry with these words stands now."""
        return str(self.until(words)["turn"])


@pytest.fixture
def setting(short_dir: Path) -> Iterator[Setting]:
    with start_device("drivers.sound.simulated", short_dir / "sound", short_dir / "sound.s") as card:
        sent: list[Event] = []
        speaker = Speaker(SimulatedSound(card.path), EspeakSynthesiser(), sent.append)
        speaker.start()
        yield Setting(card, speaker, sent)
        speaker.stop()


def test_a_screen_is_said_and_a_newer_one_cuts_it(setting: Setting) -> None:
    setting.speaker.show(VIEWS["contest_several"])
    wait(lambda: setting.turn("Тестовое голосование") == "plays")
    setting.speaker.show(VIEWS["review"])
    setting.until("Проверьте свой выбор")
    # Nothing of the first screen is left, whether it had begun or waited.
    wait(lambda: setting.played()[0]["turn"] == "stopped")
    at = next(i for i, text in enumerate(setting.texts()) if text == "Проверьте свой выбор")
    assert all(entry["turn"] == "stopped" for entry in setting.played()[: at - 1])


def test_a_hand_cuts_and_repeat_begins_anew(setting: Setting) -> None:
    setting.card.control.do("haste", times=0)
    setting.speaker.show(VIEWS["contest"])
    setting.speaker.focused(Control(plain("Берёзкин Олег Ильич"), Kind.OPTION, position=(2, 5)))
    setting.until("Берёзкин Олег Ильич. Не выбрано.")
    setting.until("2 из пяти.")
    said = len(setting.texts())
    setting.speaker.repeat()
    wait(lambda: any(text.startswith("Стрелки") for text in setting.texts()[said:]))
    again = setting.texts()[said:]
    assert again[0].startswith("Тестовое голосование")
    assert any(text.startswith("5 вариантов") for text in again)


def test_what_comes_by_itself_waits_for_its_turn(setting: Setting) -> None:
    printing = replace(VIEWS["cast"], lead=message("cast.lead_printing"))
    setting.speaker.show(VIEWS["casting"])
    setting.speaker.show(printing)
    setting.until("Голос принят")
    setting.speaker.show(VIEWS["cast"])
    setting.until("Заберите карточку и квиток.")
    texts = setting.texts()
    assert texts.index("accepted") < texts.index("Голос принят") < texts.index("Заберите карточку и квиток.")
    assert setting.turn("Голос принят") != "stopped"


def test_silent_settings_say_nothing_but_signals_sound(setting: Setting) -> None:
    for name in ("casting", "cast", "still_here", "take_card"):
        setting.speaker.show(SILENT[name])
    setting.until("take_card")
    assert setting.texts() == ["accepted", "attention", "take_card"]
    assert all(entry["volume"] == 3 for entry in setting.played())


def test_sound_that_goes_off_is_silent_at_once_and_keeps_no_clip(setting: Setting) -> None:
    setting.speaker.show(VIEWS["review"])
    wait(lambda: setting.turn("Тестовое голосование") == "plays")
    setting.speaker.show(SILENT["review"])
    wait(lambda: setting.card.control.state()["silent"])
    assert {entry["turn"] for entry in setting.played()} <= {"stopped", "ended"}
    synthesiser = setting.speaker._synthesiser
    assert isinstance(synthesiser, EspeakSynthesiser)
    wait(lambda: not synthesiser._clips)  # it forgets on its own lane, a moment after it falls silent


def test_settings_change_voice_and_language(setting: Setting) -> None:
    setting.card.control.do("haste", times=0)
    view = VIEWS["review"]
    setting.speaker.show(view)
    setting.speaker.show(replace(view, settings=replace(view.settings, volume=5)))
    assert setting.until("громкость 5 из пяти")["volume"] == 5
    english = replace(view, settings=replace(view.settings, language="en"))
    setting.speaker.show(english)
    assert setting.until("Review your choices")["language"] == "en"


def test_headphones_turn_the_voice_on_and_off(setting: Setting) -> None:
    setting.speaker.show(SILENT["welcome"])
    setting.card.control.do("headphones_in")
    wait(lambda: setting.sent)
    assert setting.sent == [SettingsChosen(replace(SILENT["welcome"].settings, sound=True))]
    setting.speaker.show(VIEWS["welcome"])
    wait(lambda: setting.turn("Тестовое голосование") == "plays")
    setting.card.control.do("headphones_out")
    wait(lambda: setting.card.control.state()["paused"])
    wait(lambda: len(setting.sent) == 2)
    assert setting.sent[1] == SettingsChosen(replace(VIEWS["welcome"].settings, sound=False, picture=True))


def test_headphones_do_nothing_on_a_members_screen(setting: Setting) -> None:
    setting.speaker.show(SILENT["staff_home"])
    wait(lambda: setting.speaker._view is not None)
    setting.card.control.do("headphones_in")
    setting.card.control.do("headphones_out")
    setting.speaker.show(SILENT["welcome"])
    wait(lambda: setting.speaker._view is SILENT["welcome"])
    setting.card.control.do("headphones_in")
    wait(lambda: setting.sent)
    assert len(setting.sent) == 1


def test_headphones_pulled_out_beside_a_member_are_noticed_when_the_voter_is_back(setting: Setting) -> None:
    setting.speaker.show(SILENT["staff_home"])
    wait(lambda: setting.speaker._view is not None)
    setting.card.control.do("headphones_in")
    setting.card.control.do("headphones_out")
    wait(lambda: setting.speaker._unplugged)
    setting.speaker.show(VIEWS["card_pulled"])
    wait(lambda: setting.sent)
    assert setting.sent == [SettingsChosen(replace(VIEWS["card_pulled"].settings, sound=False, picture=True))]
    assert all(entry["signal"] for entry in setting.played()), "not a word aloud"


def test_a_pause_holds_until_it_is_pressed_again(setting: Setting) -> None:
    setting.speaker.show(VIEWS["review"])
    wait(lambda: setting.turn("Тестовое голосование") == "plays")
    setting.speaker.pause()
    wait(lambda: setting.card.control.state()["paused"])
    setting.speaker.pause()
    wait(lambda: not setting.card.control.state()["paused"])
    setting.card.control.do("haste", times=0)
    wait(lambda: setting.turn("Стрелки") == "ended")


# --- with a sound card that only writes down


class Notes(Sound):
    """A sound card of paper."""

    def __init__(self) -> None:
        self.signals: list[tuple[Signal, int]] = []
        self.said: list[str] = []
        self.clips: list[tuple[str, str]] = []
        self._never = threading.Event()

    def say(self, clip: Clip) -> SoundTrouble | None:
        self.said.append(clip.text)
        self.clips.append((clip.text, clip.language))
        return None

    def signal(self, signal: Signal, volume: int) -> SoundTrouble | None:
        self.signals.append((signal, volume))
        return None

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def stop(self) -> None: ...

    def wait_event(self, timeout: float) -> SoundEvent | None:
        self._never.wait(timeout)
        return None

    def trouble(self) -> SoundTrouble | None:
        return None

    def close(self) -> None: ...


def test_the_signal_to_take_the_card_grows_after_ten_seconds_and_ends_with_the_screen() -> None:
    now = [100.0]
    notes = Notes()
    speaker = Speaker(notes, EspeakSynthesiser(), lambda _: None, lambda: now[0])
    speaker._show(SILENT["take_card"])
    for _ in range(8):
        now[0] += AGAIN_SECONDS
        speaker._signal_again()
    quiet = int(QUIET_SECONDS / AGAIN_SECONDS)
    assert [volume for _, volume in notes.signals] == [3] * quiet + [4] + [5] * (8 - quiet)
    speaker._show(SILENT["welcome"])
    assert speaker._until_due() is None
    now[0] += 60
    speaker._signal_again()
    assert len(notes.signals) == 9


@pytest.mark.parametrize("name", ["card_trouble", "not_stored", "after_power_accepted", "cast"])
def test_on_every_screen_a_card_that_stays_is_reminded_of_louder_and_louder(name: str) -> None:
    """These screens are about something else, and leave ten seconds of quiet for it."""
    now = [100.0]
    notes = Notes()
    speaker = Speaker(notes, EspeakSynthesiser(), lambda _: None, lambda: now[0])
    assert SILENT[name].card_left
    speaker._show(SILENT[name])
    before = len(notes.signals)
    assert speaker._until_due() == QUIET_SECONDS
    now[0] += QUIET_SECONDS
    for _ in range(3):
        speaker._signal_again()
        now[0] += AGAIN_SECONDS
    assert [volume for _, volume in notes.signals[before:]] == [4, 5, 5]
    speaker._show(SILENT["reading"])
    assert speaker._until_due() is None


def test_the_reminder_grows_from_when_the_vote_was_accepted() -> None:
    now = [100.0]
    notes = Notes()
    speaker = Speaker(notes, EspeakSynthesiser(), lambda _: None, lambda: now[0])
    speaker._show(SILENT["cast"])
    now[0] += QUIET_SECONDS
    speaker._show(SILENT["take_card"])
    now[0] += AGAIN_SECONDS
    speaker._signal_again()
    assert [volume for _, volume in notes.signals] == [3, 3, 5]


def test_without_a_synthesiser_the_terminal_says_so_and_goes_on() -> None:
    notes = Notes()
    speaker = Speaker(notes, EspeakSynthesiser("no-such-synthesiser"), lambda _: None)
    speaker.start()
    for view in (VIEWS["welcome"], VIEWS["ballots"], VIEWS["cast"]):
        speaker.show(view)
    wait(lambda: notes.signals)
    assert speaker.state() is SoundState.NO_SYNTHESISER
    assert notes.said == []
    speaker.stop()


def test_a_card_that_is_gone_is_told(setting: Setting) -> None:
    assert setting.speaker.state() is SoundState.READY
    setting.card.control.unplug()
    wait(lambda: setting.speaker.state() is SoundState.NO_DEVICE)
    setting.speaker.show(VIEWS["welcome"])
    setting.speaker.show(VIEWS["ballots"])
    setting.card.control.plug()
    wait(lambda: setting.speaker.state() is SoundState.READY)


def test_every_view_of_a_day_is_spoken_without_a_word_missing() -> None:
    notes = Notes()
    views: list[View] = [
        example.view for language in ("ru", "en", "tt") for example in examples(Settings(language=language, sound=True))
    ]
    speaker = Speaker(notes, EspeakSynthesiser("no-such-synthesiser"), lambda _: None)
    silence = signal_wav(Signal.ATTENTION, 1)
    speaker._clip = lambda text, language, settings: Clip(silence, text, language, settings.volume)  # type: ignore[method-assign]  # no voice
    for view in views:
        speaker._show(view)
    assert len(notes.said) > 5 * len(views)
    spoken_in = {language for _, language in notes.clips}
    assert spoken_in == {"ru", "en", "tt"}


def test_what_another_language_lends_is_said_by_its_voice(setting: Setting) -> None:
    setting.card.control.do("haste", times=0)
    tatar = {example.name: example.view for example in examples(Settings(language="tt", sound=True))}
    setting.speaker.show(tatar["contest"])
    assert setting.until("Заречный өлкәсе губернаторы")["language"] == "tt"
    assert setting.until("Абрикосова Вера Павловна")["language"] == "tt"
    # Begun in Tatar, and how to go on is not translated yet.
    assert setting.until("Стрелки ведут по экрану")["language"] == "ru"
    setting.speaker.focused(Control(Said((("ru", "Продолжить"),)), Kind.BUTTON))
    assert setting.until("Продолжить.")["language"] == "ru"
    assert setting.until("Төймә")["language"] == "tt"


# --- which options were named to the end


class Reader:
    """A voter who listens to a contest, on a sound card that only writes down and a clock that this one moves."""

    def __init__(self, name: str) -> None:
        self.now = 100.0
        self.notes = Notes()
        self.sent: list[Event] = []
        self.speaker = Speaker(self.notes, EspeakSynthesiser("none"), self.sent.append, lambda: self.now)
        second = wav(1.0)
        self.speaker._clip = lambda text, language, settings: Clip(second, text, language, settings.volume)  # type: ignore[method-assign]  # every clip lasts a second
        self.view = VIEWS[name]
        self.speaker._show(self.view)

    def listen(self, seconds: float) -> list[int]:
        """Let time pass; all options that were told as heard so far."""
        self.now += seconds
        self.speaker._tell_heard()
        assert isinstance(self.view.content, Choices)
        told = [event for event in self.sent if isinstance(event, OptionsHeard)]
        assert all((event.paper_id, event.contest) == self.view.content.of for event in told)
        return [option for event in told for option in event.options]

    def clips_before(self, name: str) -> int:
        """How many clips come before the one with this name."""
        return next(i for i, text in enumerate(self.notes.said) if name in text)


def wav(seconds: float) -> bytes:
    """Silence of this length."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * int(8_000 * seconds)))
    return made.getvalue()


def test_an_option_is_heard_when_its_name_was_said_to_the_end() -> None:
    reader = Reader("contest")
    before = reader.clips_before("Абрикосова")
    assert reader.listen(before + 0.9) == [], "its sentence has not ended"
    assert reader.listen(0.2) == [0]
    assert reader.listen(1.0) == [0, 1]
    assert reader.speaker._until_due() is not None
    assert reader.listen(100.0) == [0, 1, 2, 3], "leaving without a mark is no candidate"


def test_what_was_cut_was_not_heard() -> None:
    reader = Reader("contest")
    reader.listen(reader.clips_before("Абрикосова") + 1.5)
    reader.speaker._show(VIEWS["review"])
    assert reader.listen(100.0) == [0]


def test_a_pause_is_not_listened_to() -> None:
    reader = Reader("contest")
    reader.listen(reader.clips_before("Абрикосова") + 0.5)
    reader.speaker._hold(True)
    assert reader.listen(100.0) == []
    reader.speaker._hold(False)
    assert reader.listen(0.4) == []
    assert reader.listen(0.2) == [0]


def test_an_option_that_a_hand_goes_to_is_heard_by_its_name(setting: Setting) -> None:
    """Through the real voice, card and clock."""
    setting.card.control.do("haste", times=0)
    setting.speaker.show(VIEWS["contest"])
    setting.speaker.focused(Control(plain("Берёзкин Олег Ильич"), Kind.OPTION, position=(2, 5)))
    wait(lambda: any(isinstance(event, OptionsHeard) and event.options == (1,) for event in setting.sent))


def test_a_button_that_a_hand_goes_to_names_no_option() -> None:
    reader = Reader("contest")
    reader.speaker.focused(Control(plain("Далее"), Kind.BUTTON, position=(2, 5)))
    job = reader.speaker._jobs.get()
    assert getattr(job, "option", 0) is None
