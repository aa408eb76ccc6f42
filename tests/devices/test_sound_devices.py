"""The simulated sound card behind its driver, and the real one as far as it goes without a card."""

import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.simulation.control import DeviceRefused
from drivers.simulation.start import DeviceProcess, start_device
from drivers.sound.alsa import EV_SW, SW_HEADPHONE_INSERT, AlsaSound, find_jack
from drivers.sound.api import Clip, Signal, SoundEvent, SoundTrouble, wav_seconds
from drivers.sound.signals import signal_wav
from drivers.sound.simulated.sound import SimulatedSound

WAIT_SECONDS = 60.0
WAV = signal_wav(Signal.TAKE_CARD, 3)


def clip(text: str) -> Clip:
    return Clip(WAV, text, "ru", 3)


@pytest.fixture
def card(short_dir: Path) -> Iterator[DeviceProcess]:
    with start_device("drivers.sound.simulated", short_dir / "sound", short_dir / "sound.s") as process:
        yield process


@pytest.fixture
def sound(card: DeviceProcess) -> Iterator[SimulatedSound]:
    driver = SimulatedSound(card.path)
    yield driver
    driver.close()


def played(card: DeviceProcess) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = card.control.do("played")["played"]
    return entries


def wait(holds: Callable[[], object]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < until, "it did not happen"


def test_what_is_said_is_played_in_turn_and_kept(card: DeviceProcess, sound: SimulatedSound, short_dir: Path) -> None:
    card.control.do("haste", times=0)
    assert sound.say(clip("Первое")) is None
    assert sound.signal(Signal.ACCEPTED, 5) is None
    assert sound.say(clip("Второе")) is None
    wait(lambda: card.control.state()["silent"])
    entries = played(card)
    assert [(entry["text"], entry["signal"], entry["turn"]) for entry in entries] == [
        ("Первое", None, "ended"),
        ("", "accepted", "ended"),
        ("Второе", None, "ended"),
    ]
    assert [entry["volume"] for entry in entries] == [3, 5, 3]
    assert entries[0]["language"] == "ru"
    assert entries[0]["seconds"] == pytest.approx(wav_seconds(WAV))
    assert (short_dir / "sound" / "heard" / entries[0]["wav"]).read_bytes() == WAV
    assert card.control.do("played", after=2)["played"] == entries[2:]


def test_it_takes_as_long_as_it_sounds(card: DeviceProcess, sound: SimulatedSound) -> None:
    began = time.monotonic()
    sound.say(clip("Слово"))
    wait(lambda: card.control.state()["silent"])
    assert time.monotonic() - began >= 0.9 * wav_seconds(WAV)


def test_newer_words_cut_the_older_ones(card: DeviceProcess, sound: SimulatedSound) -> None:
    sound.say(clip("Старое"))
    sound.say(clip("Старое, ещё не начатое"))
    wait(lambda: played(card)[0]["turn"] == "plays")
    sound.stop()
    sound.say(clip("Новое"))
    wait(lambda: card.control.state()["silent"])
    assert [entry["turn"] for entry in played(card)] == ["stopped", "stopped", "ended"]
    assert [entry["begun"] for entry in played(card)] == [True, False, True]


def test_a_pause_holds_and_a_resume_goes_on(card: DeviceProcess, sound: SimulatedSound) -> None:
    card.control.do("haste", times=0)
    sound.pause()
    sound.say(clip("Слово"))
    assert played(card)[0]["turn"] == "waits"
    assert card.control.state()["paused"] is True
    sound.resume()
    wait(lambda: played(card)[0]["turn"] == "ended")


def test_a_signal_does_not_pile_up(card: DeviceProcess, sound: SimulatedSound) -> None:
    sound.say(clip("Длинное"))
    for _ in range(5):
        sound.signal(Signal.TAKE_CARD, 5)
    assert len(played(card)) == 2


def test_headphones_are_told_and_remembered(card: DeviceProcess, sound: SimulatedSound) -> None:
    assert sound.wait_event(0.01) is None
    card.control.do("headphones_in")
    assert sound.wait_event(WAIT_SECONDS) is SoundEvent.HEADPHONES_IN
    with pytest.raises(DeviceRefused):
        card.control.do("headphones_in")
    sound.close()
    again = SimulatedSound(card.path)
    assert again.wait_event(WAIT_SECONDS) is SoundEvent.HEADPHONES_IN
    card.control.do("headphones_out")
    assert again.wait_event(WAIT_SECONDS) is SoundEvent.HEADPHONES_OUT
    again.close()


def test_a_card_that_is_not_there_is_a_value(card: DeviceProcess, sound: SimulatedSound, short_dir: Path) -> None:
    card.control.do("headphones_in")
    assert sound.wait_event(WAIT_SECONDS) is SoundEvent.HEADPHONES_IN
    card.control.unplug()
    assert sound.wait_event(WAIT_SECONDS) is SoundEvent.HEADPHONES_OUT
    assert sound.say(clip("Слово")) is SoundTrouble.NO_DEVICE
    assert sound.trouble() is SoundTrouble.NO_DEVICE
    card.control.plug()
    assert sound.wait_event(WAIT_SECONDS) is SoundEvent.HEADPHONES_IN
    assert sound.trouble() is None
    nowhere = SimulatedSound(short_dir / "nothing.s")
    assert nowhere.trouble() is SoundTrouble.NO_DEVICE
    nowhere.stop()
    nowhere.close()


def test_words_are_not_shown_by_repr() -> None:
    assert "тайна" not in repr(clip("тайна"))


# --- ALSA, on its null device: everything but the air


def test_aplay_plays_on_the_null_device() -> None:
    sound = AlsaSound("null")
    assert sound.say(clip("Слово")) is None
    wait(lambda: not sound._waiting and sound._playing is None)
    assert sound.trouble() is None
    assert sound.wait_event(0.01) is None
    sound.close()


def test_a_missing_alsa_device_is_a_value() -> None:
    sound = AlsaSound("no_such_device")
    sound.say(clip("Слово"))
    wait(lambda: sound.trouble() is SoundTrouble.NO_DEVICE)
    assert sound.say(clip("Слово")) is SoundTrouble.NO_DEVICE
    sound.stop()
    sound.close()


def test_an_alsa_pause_keeps_what_waits_and_a_stop_forgets_it() -> None:
    sound = AlsaSound("null")
    sound.pause()
    sound.say(clip("Слово"))
    sound.signal(Signal.ATTENTION, 3)
    sound.signal(Signal.ATTENTION, 3)
    assert len(sound._waiting) == 2
    sound.stop()
    assert not sound._waiting
    sound.close()


def test_the_jack_switch_is_read(short_dir: Path) -> None:
    pipe = short_dir / "jack"
    os.mkfifo(pipe)
    sound = AlsaSound("null", pipe)
    with pipe.open("wb", buffering=0) as switch:
        for value, expected in ((1, SoundEvent.HEADPHONES_IN), (0, SoundEvent.HEADPHONES_OUT)):
            switch.write(struct.pack("llHHi", 0, 0, EV_SW, SW_HEADPHONE_INSERT, value) + bytes(24))
            assert sound.wait_event(WAIT_SECONDS) is expected
        sound.close()


def test_the_jack_is_found_in_the_kernels_listing() -> None:
    listing = (
        'I: Bus=0019\nN: Name="Lid Switch"\nH: Handlers=event0\nB: EV=21\nB: SW=1\n\n'
        'I: Bus=0000\nN: Name="HDA Intel PCH Front Headphone"\nH: Handlers=kbd event11 \nB: EV=21\nB: SW=4\n'
    )
    assert find_jack(listing) == Path("/dev/input/event11")
    assert find_jack(listing.replace("SW=4", "SW=1")) is None
