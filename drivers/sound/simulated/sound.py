"""The driver of the simulated sound card: the terminal's end of its cable."""

import queue
from pathlib import Path

import msgspec

from drivers.simulation.link import DataLink, LinkLost, LinkSilent, Listener
from drivers.sound.api import Clip, Signal, Sound, SoundEvent, SoundTrouble
from drivers.sound.simulated.cable import Ask, Beep, Headphones, Pause, Resume, Say, Silence, Taken

ANSWER_SECONDS = 5.0


class SimulatedSound(Listener, Sound):
    """A `Sound` on the data socket beside the control socket `path`; the device need not be there."""

    def __init__(self, path: Path) -> None:
        self._events: queue.SimpleQueue[SoundEvent] = queue.SimpleQueue()
        self._headphones = False
        self._trouble: SoundTrouble | None = SoundTrouble.NO_DEVICE
        self._link = DataLink(path, self)

    def say(self, clip: Clip) -> SoundTrouble | None:
        """Give the clip to the card."""
        return self._ask(Say(clip.wav, clip.text, clip.language, clip.volume))

    def signal(self, signal: Signal, volume: int) -> SoundTrouble | None:
        """Let the card sound a signal."""
        return self._ask(Beep(signal, volume))

    def pause(self) -> None:
        """Hold still."""
        self._ask(Pause())

    def resume(self) -> None:
        """Go on."""
        self._ask(Resume())

    def stop(self) -> None:
        """Be silent."""
        self._ask(Silence())

    def wait_event(self, timeout: float) -> SoundEvent | None:
        """Return the next event, or None after `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def trouble(self) -> SoundTrouble | None:
        """NO_DEVICE while the cable is out."""
        return self._trouble

    def close(self) -> None:
        """Let go of the card."""
        self._link.close()

    def _ask(self, ask: Ask) -> SoundTrouble | None:
        try:
            self._link.ask(ask, Taken, ANSWER_SECONDS)
        except LinkLost:
            return SoundTrouble.NO_DEVICE
        except LinkSilent:
            return SoundTrouble.FAILED
        return None

    # --- called on the link's thread --------------------------------------------------------------------------

    def plugged(self) -> None:
        """The card is there; its greeting tells of the headphones."""
        self._trouble = None

    def unplugged(self) -> None:
        """The card is gone, and the headphones with it."""
        self._trouble = SoundTrouble.NO_DEVICE
        self._headphones_are(False)

    def news(self, body: msgspec.Raw) -> None:
        """Headphones came or went."""
        self._headphones_are(msgspec.json.decode(body, type=Headphones).plugged)

    def _headphones_are(self, plugged: bool) -> None:
        if plugged != self._headphones:
            self._headphones = plugged
            self._events.put(SoundEvent.HEADPHONES_IN if plugged else SoundEvent.HEADPHONES_OUT)
