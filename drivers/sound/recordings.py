"""Recordings from the election's audio folder, behind the same interface as the synthesiser that says all the rest.

A file is hashed each time before it is played: what was swapped on the medium is not said, and the start of the
terminal does not wait for it.
"""

import array
import hashlib
import io
import os
import sys
import wave
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from drivers.sound.api import LOUDEST, SoundTrouble, Speed
from drivers.sound.synthesiser import AMPLITUDES, Synthesiser
from protocol.documents.audio import LONGEST_CLIP, AudioList

AS_RECORDED = 3
"""The volume at which a recording is played as it is."""
FULL = 32_767
AROUND = " .,:;!?…«»“”"
"""Signs around a text that do not change what is said."""


class BadRecording(ValueError):  # noqa: N818 - named for what is wrong
    """A file that cannot be played; the words say why."""


class Recordings:
    """A `Synthesiser` that plays what is recorded, and has the rest said by another."""

    def __init__(
        self,
        folder: Path,
        listed: AudioList,
        synthesiser: Synthesiser,
        read_aloud: Callable[[str, str], str],
        damaged: Callable[[], None],
    ) -> None:
        """`listed` was checked. `read_aloud(text, language)` is the text as it comes to `render`.

        `damaged` is called once, when a file is found that is missing or is not the listed one. It learns no text:
        what is said in a session may be a choice.
        """
        self._folder = folder
        self._synthesiser = synthesiser
        self._tell_damaged = damaged
        self._clips = {
            (clip.language, _bare(read_aloud(clip.text, clip.language))): clip.sha256 for clip in listed.clips
        }
        self._damaged: set[str] = set()

    def knows(self, text: str, language: str, speed: Speed) -> bool:
        """Whether there is a recording: people speak at one speed, another one is the synthesiser's."""
        return self._digest(text, language, speed) is not None

    def render(self, text: str, language: str, speed: Speed, volume: int) -> bytes | SoundTrouble:
        """The recording, or what the synthesiser makes of the text."""
        digest = self._digest(text, language, speed)
        wav = None if digest is None else self._load(digest)
        if wav is None:
            return self._synthesiser.render(text, language, speed, volume)
        return at_volume(wav, volume)

    def trouble(self) -> SoundTrouble | None:
        """The synthesiser's: without it much cannot be said."""
        return self._synthesiser.trouble()

    def forget(self) -> None:
        """Recordings are not kept in memory."""
        self._synthesiser.forget()

    def _digest(self, text: str, language: str, speed: Speed) -> str | None:
        found = self._clips.get((language, _bare(text))) if speed is Speed.NORMAL else None
        return None if found in self._damaged else found

    def _load(self, digest: str) -> bytes | None:
        try:
            wav = _read(self._folder / f"{digest}.wav")
            if hashlib.sha256(wav).hexdigest() != digest:
                raise BadRecording("it is not the file that was listed")
            check_recording(wav)
        except (OSError, BadRecording):
            if not self._damaged:
                self._tell_damaged()
            self._damaged.add(digest)
            return None
        return wav


def check_recording(wav: bytes) -> float:
    """Seconds of a recording that can be played: PCM, 16 bits, one channel. Raises BadRecording."""
    if len(wav) > LONGEST_CLIP:
        raise BadRecording(f"it is longer than {LONGEST_CLIP} bytes")
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise BadRecording("it is not of one channel and 16 bits")
            frames, rate = file.getnframes(), file.getframerate()
            if not frames or not rate or len(file.readframes(frames)) != 2 * frames:
                raise BadRecording("it is empty or cut short")
            return float(frames / rate)
    except (wave.Error, EOFError) as error:
        raise BadRecording(f"it is not a WAV file: {error}") from error


def at_volume(wav: bytes, volume: int) -> bytes:
    """A recording louder or softer, as the synthesiser's volumes are; what would be too loud is cut off."""
    if volume == AS_RECORDED:
        return wav
    with wave.open(io.BytesIO(wav)) as file:
        rate, samples = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    # By a table: the window's thread must not wait while every sample is multiplied and compared.
    loud = array.array("h", map(_louder(min(max(volume, 1), LOUDEST)).__getitem__, samples))
    if sys.byteorder == "big":
        loud.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(loud.tobytes())
    return out.getvalue()


@lru_cache(maxsize=LOUDEST)
def _louder(volume: int) -> "array.array[int]":
    """What becomes of each sample: from 0 to the highest, then from the lowest to -1, as Python's indices go."""
    times = AMPLITUDES[volume - 1] / AMPLITUDES[AS_RECORDED - 1]
    every = (*range(FULL + 1), *range(-FULL - 1, 0))
    return array.array("h", [max(-FULL, min(FULL, int(sample * times))) for sample in every])


def _bare(text: str) -> str:
    return text.strip(AROUND)


def _read(path: Path) -> bytes:
    """The file, without leaving a time of reading: it would tell what was said when."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOATIME)
    except PermissionError:  # not our own file: the device's image mounts its medium without such times
        descriptor = os.open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(LONGEST_CLIP + 1)
