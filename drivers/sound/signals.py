"""The signals as sound: notes that rise, knock or call, made from sines so that no recording has to be kept."""

import array
import io
import math
import sys
import wave
from functools import lru_cache

from drivers.sound.api import LOUDEST, Signal

RATE = 22_050
FADE_SECONDS = 0.012
FULL = 30_000
Note = tuple[float, float]
"""Hertz (0 is a rest) and seconds."""

NOTES: dict[Signal, tuple[Note, ...]] = {
    Signal.ACCEPTED: ((523.25, 0.14), (659.25, 0.14), (783.99, 0.32)),
    Signal.ATTENTION: ((587.33, 0.16), (0.0, 0.07), (587.33, 0.16)),
    Signal.TAKE_CARD: ((880.0, 0.10), (0.0, 0.05), (880.0, 0.10), (0.0, 0.05), (1108.73, 0.20)),
}


@lru_cache(maxsize=len(Signal) * LOUDEST)
def signal_wav(signal: Signal, volume: int) -> bytes:
    """A signal as a WAV file. `volume` is from 1 to 5; each step is 5 decibels."""
    loud = FULL * 10 ** (-5.0 * (LOUDEST - volume) / 20)
    samples = array.array("h")
    for hertz, seconds in NOTES[signal]:
        samples.extend(_note(hertz, seconds, loud))
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _note(hertz: float, seconds: float, loud: float) -> list[int]:
    """One note that swells and fades, so that it does not click."""
    count, fade = round(seconds * RATE), round(FADE_SECONDS * RATE)
    turn = 2 * math.pi * hertz / RATE
    return [round(loud * min(1.0, i / fade, (count - i) / fade) * math.sin(turn * i)) for i in range(count)]
