"""Speech from text: espeak-ng as a short-lived process, behind an interface that recordings may fill as well."""

import shutil
import struct
import subprocess
from collections import OrderedDict
from typing import Protocol

from drivers.sound.api import LOUDEST, SoundTrouble, Speed

PROGRAM = "espeak-ng"
RENDER_SECONDS = 10.0
LONGEST_TEXT = 4_000
CACHED_BYTES = 8 << 20
VOICES = {"ru": "ru", "en": "en-gb", "tt": "tt"}
WORDS_A_MINUTE = {Speed.SLOW: 115, Speed.NORMAL: 150, Speed.FAST: 210}
AMPLITUDES = (12, 25, 50, 100, 180)
"""espeak-ng's own units, for volumes from 1 to 5; 100 is its default."""
HEADER = 44
"""Bytes before the samples of the WAV that espeak-ng writes."""


class Synthesiser(Protocol):
    """Turns text into speech."""

    def render(self, text: str, language: str, speed: Speed, volume: int) -> bytes | SoundTrouble:
        """A whole WAV file that says `text`, or why there is none. Waits; `volume` is from 1 to 5."""
        ...

    def knows(self, text: str, language: str, speed: Speed) -> bool:
        """Whether a person has recorded this very text: then it is said apart from the words around it."""
        ...

    def trouble(self) -> SoundTrouble | None:
        """Why nothing can be rendered."""
        ...

    def forget(self) -> None:
        """Drop every clip that is kept: the next voter's terminal holds nothing of the last one's."""
        ...


class EspeakSynthesiser:
    """espeak-ng (Debian package of that name). The text goes in by standard input: arguments are public."""

    def __init__(self, program: str = PROGRAM) -> None:
        """Find the program; that it is not installed is a state, not an error."""
        self._program = shutil.which(program)
        self._clips: OrderedDict[tuple[str, str, Speed, int], bytes] = OrderedDict()
        self._kept = 0

    def knows(self, text: str, language: str, speed: Speed) -> bool:  # noqa: ARG002  of the interface
        """It has no recordings."""
        return False

    def trouble(self) -> SoundTrouble | None:
        """NO_SYNTHESISER where the program is not installed."""
        return SoundTrouble.NO_SYNTHESISER if self._program is None else None

    def render(self, text: str, language: str, speed: Speed, volume: int) -> bytes | SoundTrouble:
        """Render, or take the clip from the last time. Texts are cut at 4,000 signs."""
        if self._program is None:
            return SoundTrouble.NO_SYNTHESISER
        if language not in VOICES:
            return SoundTrouble.NO_VOICE
        key = (text, language, speed, volume)
        if key in self._clips:
            self._clips.move_to_end(key)
            return self._clips[key]
        wav = self._run(self._program, text, VOICES[language], speed, volume)
        if isinstance(wav, bytes):
            self._keep(key, wav)
        return wav

    def forget(self) -> None:
        """Drop every clip that is kept."""
        self._clips.clear()
        self._kept = 0

    def _run(self, program: str, text: str, voice: str, speed: Speed, volume: int) -> bytes | SoundTrouble:
        # Double brackets would be read as phonemes.
        plain = text[:LONGEST_TEXT].replace("[[", "[").replace("\0", " ")
        amplitude = AMPLITUDES[min(max(volume, 1), LOUDEST) - 1]
        command = [program, "-b", "1", "-v", voice, "-s", str(WORDS_A_MINUTE[speed]), "-a", str(amplitude)]
        try:
            done = subprocess.run(
                [*command, "--stdin", "--stdout"],
                input=plain.encode("utf-8", "replace"),
                capture_output=True,
                timeout=RENDER_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return SoundTrouble.FAILED
        return SoundTrouble.FAILED if done.returncode else _with_sizes(done.stdout)

    def _keep(self, key: tuple[str, str, Speed, int], wav: bytes) -> None:
        self._clips[key] = wav
        self._kept += len(wav)
        while self._kept > CACHED_BYTES:
            _, dropped = self._clips.popitem(last=False)
            self._kept -= len(dropped)


def _with_sizes(wav: bytes) -> bytes | SoundTrouble:
    """The file with its true lengths: on a pipe the program cannot go back to write them."""
    if len(wav) < HEADER or wav[:4] != b"RIFF" or wav[36:40] != b"data":
        return SoundTrouble.FAILED
    samples = len(wav) - HEADER
    return b"".join(
        (wav[:4], struct.pack("<I", samples + HEADER - 8), wav[8:40], struct.pack("<I", samples), wav[HEADER:])
    )
