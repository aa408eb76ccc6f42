"""The driver of the simulated slot: the terminal's end of its cable."""

import queue
from pathlib import Path

import msgspec

from drivers.media.api import MediaEvent, MediaSilent, Medium
from drivers.media.simulated.cable import Look, Slot
from drivers.simulation.link import DataLink, LinkLost, LinkSilent, Listener

ANSWER_SECONDS = 30.0


class SimulatedMedia(Listener):
    """A slot on the data socket beside the control socket `path`; the device need not be there."""

    def __init__(self, path: Path) -> None:
        self._events: queue.SimpleQueue[MediaEvent] = queue.SimpleQueue()
        self._there = False
        self._link = DataLink(path, self)

    def look(self) -> Medium | None:
        """The medium in the slot now. Raises MediaSilent."""
        try:
            slot = self._link.ask(Look(), Slot, ANSWER_SECONDS)
        except LinkLost:
            return None
        except LinkSilent:
            raise MediaSilent("the slot does not answer") from None
        if not slot.folder:
            return None
        return Medium(Path(slot.folder), "simulated", slot.free_bytes, slot.read_only)

    def wait_event(self, timeout: float) -> MediaEvent | None:
        """The next event, or None after `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Let go of the slot."""
        self._link.close()

    # --- called on the link's thread --------------------------------------------------------------------------

    def plugged(self) -> None:
        """The slot is there; its greeting tells what is in it."""

    def unplugged(self) -> None:
        """The slot is gone, and what is in it."""
        self._is(there=False)

    def news(self, body: msgspec.Raw) -> None:
        """A medium came or went. One that was changed for another comes after it went."""
        self._is(there=bool(msgspec.json.decode(body, type=Slot).folder))

    def _is(self, *, there: bool) -> None:
        if there is not self._there:
            self._there = there
            self._events.put(MediaEvent.APPEARED if there else MediaEvent.GONE)
