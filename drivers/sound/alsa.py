"""The real sound card: WAVs are played by `aplay` of alsa-utils, headphones are told by the kernel's jack switch."""

import contextlib
import os
import queue
import re
import select
import shutil
import signal as signals
import struct
import subprocess
import threading
from collections import deque
from pathlib import Path

from drivers.sound.api import Clip, Signal, SoundEvent, SoundTrouble, wav_seconds
from drivers.sound.signals import signal_wav

PROGRAM = "aplay"
SPARE_SECONDS = 5.0
"""How much longer than its sound a clip may take before the card counts as stuck; a pause is not counted."""
TICK_SECONDS = 0.1
INPUT_DEVICES = Path("/proc/bus/input/devices")
EVENT = struct.Struct("llHHi")
"""struct input_event of linux/input.h: seconds, microseconds, type, code, value."""
EV_SW = 5
SW_HEADPHONE_INSERT = 2


class AlsaSound:
    """A `Sound` on an ALSA device. `jack` is the input device of the jack switch, if the machine has one."""

    def __init__(self, device: str = "default", jack: Path | None = None) -> None:
        """Begin with silence; nothing is opened before something is played, but the jack."""
        self._device = device
        self._program = shutil.which(PROGRAM)
        self._waiting: deque[tuple[bytes, Signal | None]] = deque()
        self._changed = threading.Condition()
        self._playing: subprocess.Popen[bytes] | None = None
        self._paused = False
        self._closing = False
        self._trouble: SoundTrouble | None = None if self._program else SoundTrouble.NO_DEVICE
        self._idle: queue.SimpleQueue[SoundEvent] = queue.SimpleQueue()
        self._jack = _open_jack(jack)
        self._rest = b""
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        self._thread.start()

    def say(self, clip: Clip) -> SoundTrouble | None:
        """Play a clip in its turn; its volume is in its samples."""
        return self._add(clip.wav, None)

    def signal(self, signal: Signal, volume: int) -> SoundTrouble | None:
        """Play a signal in its turn."""
        with self._changed:
            if any(waiting is signal for _, waiting in self._waiting):
                return self._trouble
        return self._add(signal_wav(signal, volume), signal)

    def _add(self, wav: bytes, signal: Signal | None) -> SoundTrouble | None:
        with self._changed:
            self._waiting.append((wav, signal))
            self._changed.notify()
            return self._trouble

    def pause(self) -> None:
        """Hold the player still."""
        with self._changed:
            self._paused = True
            _tell(self._playing, signals.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        with self._changed:
            self._paused = False
            _tell(self._playing, signals.SIGCONT)
            self._changed.notify()

    def stop(self) -> None:
        """End the player and forget what waits."""
        with self._changed:
            self._paused = False
            self._waiting.clear()
            _tell(self._playing, signals.SIGKILL)

    def wait_event(self, timeout: float) -> SoundEvent | None:
        """Read the jack switch; without one nothing ever happens."""
        if self._jack is None:
            try:
                return self._idle.get(timeout=timeout)
            except queue.Empty:
                return None
        try:
            readable, _, _ = select.select([self._jack], [], [], timeout)
            if not readable:
                return None
            self._rest += os.read(self._jack, EVENT.size * 16)
        except OSError:  # the switch was unplugged with its card
            os.close(self._jack)
            self._jack = None
            return None
        found: SoundEvent | None = None
        while len(self._rest) >= EVENT.size:
            _, _, kind, code, value = EVENT.unpack(self._rest[: EVENT.size])
            self._rest = self._rest[EVENT.size :]
            if (kind, code) == (EV_SW, SW_HEADPHONE_INSERT):
                found = SoundEvent.HEADPHONES_IN if value else SoundEvent.HEADPHONES_OUT
        return found

    def trouble(self) -> SoundTrouble | None:
        """How the last thing that was played ended."""
        return self._trouble

    def close(self) -> None:
        """Be silent and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self.stop()
        self._thread.join()
        if self._jack is not None:
            os.close(self._jack)

    # --- the player's own thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or (bool(self._waiting) and not self._paused))
                if self._closing:
                    return
                wav, _ = self._waiting.popleft()
                player = self._playing = self._start()
            if player is not None:
                self._feed(player, wav)
                with self._changed:
                    self._playing = None

    def _start(self) -> "subprocess.Popen[bytes] | None":
        if self._program is None:
            return None
        try:
            return subprocess.Popen(
                [self._program, "-q", "-D", self._device, "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._trouble = SoundTrouble.NO_DEVICE
            return None

    def _feed(self, player: "subprocess.Popen[bytes]", wav: bytes) -> None:
        """Give the player its WAV and wait for its end; a card that is stuck is given up."""
        left = wav_seconds(wav) + SPARE_SECONDS
        given: bytes | None = wav
        while True:
            try:
                player.communicate(given, timeout=TICK_SECONDS)
            except subprocess.TimeoutExpired:
                given = None
                left -= 0 if self._paused else TICK_SECONDS
                if left <= 0:
                    player.kill()
                continue
            break
        if player.returncode == 0:
            self._trouble = None
        elif player.returncode > 0 or left <= 0:  # below zero: a signal, which is our own `stop`
            self._trouble = SoundTrouble.NO_DEVICE if left > 0 else SoundTrouble.FAILED


def find_jack(listing: str) -> Path | None:
    """The input device of the first headphone jack in the text of `/proc/bus/input/devices`."""
    for block in listing.split("\n\n"):
        switches = re.search(r"^B: SW=([0-9a-f]+)$", block, re.MULTILINE)
        handler = re.search(r"^H: Handlers=.*?\b(event\d+)\b", block, re.MULTILINE)
        if switches and handler and int(switches[1], 16) >> SW_HEADPHONE_INSERT & 1:
            return Path("/dev/input") / handler[1]
    return None


def jack_of_this_machine() -> Path | None:
    """The jack switch of this machine, or None."""
    try:
        return find_jack(INPUT_DEVICES.read_text())
    except OSError:
        return None


def _open_jack(jack: Path | None) -> int | None:
    if jack is None:
        return None
    try:
        return os.open(jack, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None


def _tell(player: "subprocess.Popen[bytes] | None", number: signals.Signals) -> None:
    if player is not None:
        with contextlib.suppress(ProcessLookupError):
            player.send_signal(number)
