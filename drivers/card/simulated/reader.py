"""The driver of the simulated card reader: the terminal's end of its cable."""

import queue
from pathlib import Path
from typing import assert_never

import msgspec

from drivers.card.api import CardConnection, CardLost, CardMute, CardReader, ReaderEvent, ReaderLost
from drivers.card.simulated.cable import Connect, Fault, Presence, Reply, Transmit
from drivers.simulation.link import DataLink, LinkLost, LinkSilent, Listener

ANSWER_SECONDS = 10.0
"""How long a card may work on one APDU before its reader counts as lost."""


class SimulatedCardReader(Listener, CardReader):
    """A `CardReader` on the data socket beside the control socket `path`.

    The device need not be there: then READER_LOST is the first event. `answer_seconds` bounds each APDU.
    """

    def __init__(self, path: Path, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._events: queue.SimpleQueue[ReaderEvent] = queue.SimpleQueue()
        self._answer_seconds = answer_seconds
        self._card = False
        self._lost = False
        self._link = DataLink(path, self)

    def wait_event(self, timeout: float) -> ReaderEvent | None:
        """Return the next event, or None after `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def connect(self) -> CardConnection:
        """Reset the card and connect to it. Raises CardLost, CardMute, ReaderLost."""
        return SimulatedConnection(self, self.ask(Connect()).connection)

    def ask(self, ask: Connect | Transmit) -> Reply:
        """Put a question to the reader. Raises CardLost, CardMute, ReaderLost."""
        try:
            reply = self._link.ask(ask, Reply, self._answer_seconds)
        except LinkLost as error:
            raise ReaderLost from error
        except LinkSilent as error:
            # What it answers later belongs to no question: begin anew.
            self._link.hang_up()
            raise ReaderLost from error
        match reply.fault:
            case None:
                return reply
            case Fault.NO_CARD:
                raise CardLost
            case Fault.MUTE:
                raise CardMute
            case _:
                assert_never(reply.fault)

    def close(self) -> None:
        """Let go of the reader."""
        self._link.close()

    # --- called on the link's thread --------------------------------------------------------------------------

    def plugged(self) -> None:
        """The reader is there."""
        if self._lost:
            self._events.put(ReaderEvent.READER_BACK)
        self._lost = False

    def unplugged(self) -> None:
        """The reader is gone, and its card with it."""
        self._presence(False)
        self._lost = True
        self._events.put(ReaderEvent.READER_LOST)

    def news(self, body: msgspec.Raw) -> None:
        """A card came or went."""
        self._presence(msgspec.json.decode(body, type=Presence).card)

    def _presence(self, card: bool) -> None:
        if card != self._card:
            self._card = card
            self._events.put(ReaderEvent.INSERTED if card else ReaderEvent.REMOVED)


class SimulatedConnection(CardConnection):
    """A `CardConnection` to the card in the simulated reader."""

    def __init__(self, reader: SimulatedCardReader, number: int) -> None:
        self._reader = reader
        self._number: int | None = number

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send an APDU. Raises CardLost, ReaderLost."""
        if self._number is None:
            raise CardLost
        sent = apdu if isinstance(apdu, bytearray) else bytearray(apdu)
        response = self._reader.ask(Transmit(self._number, sent)).response
        return response[:-2], int.from_bytes(response[-2:], "big")

    def close(self) -> None:
        """Let go of the card."""
        self._number = None
