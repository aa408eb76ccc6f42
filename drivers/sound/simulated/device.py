"""The simulated sound card: plays by letting the time pass, and keeps every WAV with what it said.

The WAVs are `heard/NNNN.wav` in the state folder. That keeps what a voter heard, as no real device may: the
simulator is a tool of tests and of the demo.
"""

import asyncio
import contextlib
import itertools
import wave
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import assert_never

import msgspec

from drivers.simulation.device import CommandRefused, Device, StateFile
from drivers.sound.api import Signal, wav_seconds
from drivers.sound.signals import signal_wav
from drivers.sound.simulated import commands
from drivers.sound.simulated.cable import Ask, Beep, Headphones, Pause, Resume, Say, Silence, Taken

KEPT = 2_000
"""Entries of the list; older ones are forgotten, their WAVs too."""


class Turn(StrEnum):
    """How an entry stands."""

    WAITS = "waits"
    PLAYS = "plays"
    ENDED = "ended"
    STOPPED = "stopped"
    """It was cut short, or never began."""


class Entry(msgspec.Struct):
    """Something that was given to the card. `number` counts from 1; `begun` tells whether any of it was heard."""

    number: int
    text: str
    language: str
    signal: Signal | None
    volume: int
    seconds: float
    wav: str
    turn: Turn = Turn.WAITS
    begun: bool = False


class SoundState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lasts."""

    headphones: bool = False
    haste: float = 1.0


class SoundDevice(Device[commands.Command, Ask]):
    """The card, its headphones and its memory."""

    command_shape = commands.Command
    ask_shape = Ask

    def __init__(self, state_dir: Path, tell: Callable[[msgspec.Struct], None]) -> None:
        super().__init__(state_dir, tell)
        self._folder = state_dir / "heard"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = StateFile(state_dir / "sound.json", SoundState())
        self._entries: deque[Entry] = deque()
        self._numbers = itertools.count(1)
        self._queue: deque[Entry] = deque()
        self._paused = False
        self._voice: asyncio.Task[None] | None = None

    # --- hands and ears ---------------------------------------------------------------------------------------

    def obey(self, command: commands.Command) -> dict[str, object]:
        """Carry out a command. Raises CommandRefused."""
        match command:
            case commands.HeadphonesIn() | commands.HeadphonesOut():
                self._plug(isinstance(command, commands.HeadphonesIn))
            case commands.Heard(after):
                return {"played": [msgspec.to_builtins(entry) for entry in self._entries if entry.number > after]}
            case commands.Haste(times):
                self._state.replace(haste=times)
            case _:
                assert_never(command)
        return {}

    def _plug(self, plugged: bool) -> None:
        if self._state.value.headphones == plugged:
            raise CommandRefused(f"the headphones are {'in' if plugged else 'out'} already")
        self._state.replace(headphones=plugged)
        self.tell(Headphones(plugged))

    def describe(self) -> dict[str, object]:
        """Headphones, whether anything sounds or waits, and how much was played so far."""
        return {
            **msgspec.to_builtins(self._state.value),
            "paused": self._paused,
            "silent": not self._queue,
            "entries": self._entries[-1].number if self._entries else 0,
        }

    # --- cable ------------------------------------------------------------------------------------------------

    def greet(self) -> list[msgspec.Struct]:
        """Whether headphones are in."""
        return [Headphones(self._state.value.headphones)]

    async def answer(self, ask: Ask) -> Taken:
        """Take it; playing goes on by itself."""
        match ask:
            case Say():
                self._add(ask.wav, ask.text, ask.language, None, ask.volume)
            case Beep():
                if not any(entry.signal is ask.signal and not entry.begun for entry in self._queue):
                    self._add(signal_wav(ask.signal, ask.volume), "", "", ask.signal, ask.volume)
            case Pause():
                self._paused = True
            case Resume():
                self._paused = False
            case Silence():
                self._silence()
            case _:
                assert_never(ask)
        return Taken()

    def disconnected(self) -> None:
        """No terminal, no sound."""
        self._silence()

    async def stop(self) -> None:
        """Power off."""
        self._silence()
        if self._voice is not None:
            self._voice.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._voice

    # --- playing ----------------------------------------------------------------------------------------------

    def _add(self, wav: bytes, text: str, language: str, signal: Signal | None, volume: int) -> None:
        number = next(self._numbers)
        path = self._folder / f"{number:04}.wav"
        path.write_bytes(wav)
        try:
            seconds = wav_seconds(wav)
        except (wave.Error, EOFError):
            seconds = 0.0  # a real card would crackle
        entry = Entry(number, text, language, signal, volume, seconds, path.name)
        self._entries.append(entry)
        self._queue.append(entry)
        while len(self._entries) > KEPT:
            (self._folder / self._entries.popleft().wav).unlink(missing_ok=True)
        if self._voice is None or self._voice.done():
            self._voice = asyncio.create_task(self._play())

    async def _play(self) -> None:
        """Play what waits, in ticks, so that a pause or an end is seen soon."""
        while self._queue:
            entry = self._queue[0]
            left = entry.seconds
            while left > 0 or self._paused:
                entry.begun = entry.begun or not self._paused
                entry.turn = Turn.PLAYS if entry.begun else Turn.WAITS
                haste = self._state.value.haste
                tick = 0.02 if haste else 0.0
                await asyncio.sleep(0.02 if self._paused else tick)
                if entry.turn is Turn.STOPPED:
                    break
                if not self._paused:
                    left = left - tick * haste if haste else 0.0
            if entry.turn is not Turn.STOPPED:
                entry.begun = True
                entry.turn = Turn.ENDED
                self._queue.popleft()

    def _silence(self) -> None:
        self._paused = False
        for entry in self._queue:
            entry.turn = Turn.STOPPED
        self._queue.clear()
