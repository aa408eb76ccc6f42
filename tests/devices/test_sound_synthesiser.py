"""What espeak-ng really says: recordings, not silence."""

import array
import io
import itertools
import wave

import pytest

from drivers.sound.api import Signal, SoundTrouble, Speed, wav_seconds
from drivers.sound.signals import signal_wav
from drivers.sound.synthesiser import CACHED_BYTES, EspeakSynthesiser

RUSSIAN = "Возьмите бюллетень и выберите одного кандидата. Шаг 2 из 4."
ENGLISH = "Take the ballot and choose one candidate. Step 2 of 4."
TATAR = "Бюллетеньне алыгыз һәм бер кандидатны сайлагыз."


@pytest.fixture
def voice() -> EspeakSynthesiser:
    return EspeakSynthesiser()


def said(voice: EspeakSynthesiser, text: str, language: str, speed: Speed = Speed.NORMAL, volume: int = 3) -> bytes:
    wav = voice.render(text, language, speed, volume)
    assert isinstance(wav, bytes), wav
    return wav


def loudness(wav: bytes) -> float:
    """Root of the mean square of the samples."""
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        samples = array.array("h", file.readframes(file.getnframes()))
    return float((sum(sample * sample for sample in samples) / len(samples)) ** 0.5)


@pytest.mark.parametrize(("text", "language"), [(RUSSIAN, "ru"), (ENGLISH, "en"), (TATAR, "tt")])
def test_speech_is_loud_and_of_plausible_length(voice: EspeakSynthesiser, text: str, language: str) -> None:
    wav = said(voice, text, language)
    assert loudness(wav) > 300
    assert 0.03 <= wav_seconds(wav) / len(text) <= 0.25


def test_languages_and_texts_sound_different(voice: EspeakSynthesiser) -> None:
    assert said(voice, "Да. 7", "ru") != said(voice, "Да. 7", "tt")
    assert said(voice, RUSSIAN, "ru") != said(voice, RUSSIAN + " 1", "ru")


def test_the_whole_of_a_text_is_said_whatever_is_in_it(voice: EspeakSynthesiser) -> None:
    short = wav_seconds(said(voice, "Начало", "ru"))
    for tricky in ("Начало [[h@l'oU]] <break time='9s'/> конец", "Начало -v en --help конец", "Начало\0конец"):
        assert 1.2 * short < wav_seconds(said(voice, tricky, "ru")) < 12


def test_speed_and_volume_are_heard(voice: EspeakSynthesiser) -> None:
    slow, normal, fast = (wav_seconds(said(voice, RUSSIAN, "ru", speed)) for speed in Speed)
    assert slow > normal * 1.1
    assert normal > fast * 1.1
    louder = [loudness(said(voice, RUSSIAN, "ru", volume=volume)) for volume in range(1, 6)]
    assert all(after > 1.3 * before for before, after in itertools.pairwise(louder))


def test_a_clip_is_kept_until_it_is_forgotten_and_never_too_many(voice: EspeakSynthesiser) -> None:
    first = said(voice, RUSSIAN, "ru")
    assert said(voice, RUSSIAN, "ru") is first
    voice.forget()
    assert said(voice, RUSSIAN, "ru") is not first
    long = RUSSIAN * 8
    for number in range(12):
        said(voice, f"{number} {long}", "ru")
    kept = sum(len(wav) for wav in voice._clips.values())
    assert kept == voice._kept <= CACHED_BYTES


def test_no_synthesiser_no_voice_and_no_answer_are_values() -> None:
    missing = EspeakSynthesiser("no-such-synthesiser")
    assert missing.trouble() is SoundTrouble.NO_SYNTHESISER
    assert missing.render("Да", "ru", Speed.NORMAL, 3) is SoundTrouble.NO_SYNTHESISER
    assert EspeakSynthesiser().render("Oui", "fr", Speed.NORMAL, 3) is SoundTrouble.NO_VOICE
    assert EspeakSynthesiser("true").render("Да", "ru", Speed.NORMAL, 3) is SoundTrouble.FAILED
    assert EspeakSynthesiser("false").render("Да", "ru", Speed.NORMAL, 3) is SoundTrouble.FAILED


def test_signals_differ_and_grow() -> None:
    assert len({signal_wav(signal, 3) for signal in Signal}) == len(Signal)
    for signal in Signal:
        assert 0.2 < wav_seconds(signal_wav(signal, 3)) < 1.0
        louder = [loudness(signal_wav(signal, volume)) for volume in range(1, 6)]
        assert all(after > 1.5 * before for before, after in itertools.pairwise(louder))
