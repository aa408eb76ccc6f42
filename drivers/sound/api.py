"""What a terminal may expect of its sound: one voice, short signals, and a socket for headphones.

Whatever happens to a sound card is a value, never an error: a terminal that cannot speak still takes votes.
"""

import io
import wave
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

LOUDEST = 5


class Signal(StrEnum):
    """Short signals; a closed set."""

    ACCEPTED = "accepted"
    ATTENTION = "attention"
    TAKE_CARD = "take_card"


class Speed(StrEnum):
    """How fast the voice speaks."""

    SLOW = "slow"
    NORMAL = "normal"
    FAST = "fast"


class SoundEvent(StrEnum):
    """What happened to the socket for headphones. Headphones that are plugged at the start are reported as IN."""

    HEADPHONES_IN = "headphones_in"
    HEADPHONES_OUT = "headphones_out"


class SoundTrouble(StrEnum):
    """Why nothing is heard; a closed set."""

    NO_DEVICE = "no_device"
    NO_SYNTHESISER = "no_synthesiser"
    NO_VOICE = "no_voice"
    """The synthesiser does not speak this language."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Clip:
    """Speech, ready to be played.

    `wav` is a whole WAV file; `text` is what it says and `language` its tag, for devices that keep what they
    played. A text may hold a voter's choice: it is never written anywhere by a real device, nor shown by `repr`.
    """

    wav: bytes = field(repr=False)
    text: str = field(repr=False)
    language: str
    volume: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return wav_seconds(self.wav)


def wav_seconds(wav: bytes) -> float:
    """How long a WAV file lasts. Raises wave.Error, EOFError if it is none."""
    with wave.open(io.BytesIO(wav)) as file:
        return float(file.getnframes() / file.getframerate())


class Sound(Protocol):
    """A sound card with one channel: what is given to it is played one after the other.

    Every call but `wait_event` returns at once. May be used from several threads.
    """

    def say(self, clip: Clip) -> SoundTrouble | None:
        """Play a clip after what is being played and what waits already."""
        ...

    def signal(self, signal: Signal, volume: int) -> SoundTrouble | None:
        """Play a signal in its turn; one that waits already is not added a second time. `volume` is from 1 to 5."""
        ...

    def pause(self) -> None:
        """Hold still until `resume` or `stop`."""
        ...

    def resume(self) -> None:
        """Go on where it was held."""
        ...

    def stop(self) -> None:
        """Be silent now, and forget what waits."""
        ...

    def wait_event(self, timeout: float) -> SoundEvent | None:
        """Return the next event, or None after `timeout` seconds."""
        ...

    def trouble(self) -> SoundTrouble | None:
        """Why nothing would be heard now, as far as the device knows."""
        ...

    def close(self) -> None:
        """Be silent and let go of the device."""
        ...
