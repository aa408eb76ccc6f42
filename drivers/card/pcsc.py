"""Card readers through PC/SC: the machine's `pcscd`, its readers, and the card in one of them.

`pyscard` is used at its lowest level. Its own monitor of readers ends for good when `pcscd` does; here a thread of our
own asks again for as long as the reader is open. Any number of readers may be plugged in: the one that gets a card is
in use until the card is out, and meanwhile a card in another one waits its turn.

`pcscd` sees every APDU, a PIN too: it belongs to what the machine has to trust (docs/threat-model.md).
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from smartcard import scard

from drivers.card.api import CardConnection, CardData, CardLost, CardMute, CardReader, ReaderEvent, ReaderLost
from drivers.card.hand import Hand, HandStuck

ANSWER_SECONDS = 10.0
"""How long a card may work on one APDU before its reader counts as lost."""
LOOK_MS = 300
"""How long one question to pcscd for news may wait; closing takes no longer."""
RETRY_SECONDS = 0.25
HANGS_SECONDS = 10.0
"""After which a pcscd that is there and answers no question for news counts as lost, with its readers."""
SILENT_SECONDS = 1.0
"""After which a card that stopped answering and still lies there is reported as taken out and put in again."""
PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
"""The reader that stands for readers coming and going."""

CARD_GONE = frozenset(
    {
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_W_RESET_CARD,
        scard.SCARD_E_NOT_TRANSACTED,
    }
)
"""Also a card that falls silent in the middle: pulled, or as good as; only putting it in again helps."""
CARD_SILENT = frozenset(
    {
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
        scard.SCARD_E_PROTO_MISMATCH,
    }
)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Slot:
    """What pcscd says of one reader: whether a card is in, and how often that has changed."""

    card: bool
    changes: int


class PcscReader(CardReader):
    """The readers of this machine as one `CardReader`.

    `name` is how the reader's name begins, as pcscd has it; empty takes every reader. `answer_seconds` bounds each
    APDU. pcscd need not be there: then READER_LOST is the first event.
    """

    def __init__(self, name: str = "", answer_seconds: float = ANSWER_SECONDS) -> None:
        self._name = name
        self._answer_seconds = answer_seconds
        self._events: queue.SimpleQueue[ReaderEvent] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self.greeting = threading.Lock()
        """Held to greet pcscd, and to have its readers listed. To free that list pyscard waits for whoever greets, with
        Python's own lock in hand: where pcscd hangs just then, the window would stand still with the reader."""
        self._names: tuple[str, ...] = ()
        self._used: tuple[str, int] | None = None
        self._fell_silent: float | None = None
        self._asked = time.monotonic()
        self._lost = False
        self._hand = Hand("card hand")
        self._connection: PcscConnection | None = None
        self._thread = threading.Thread(target=self._watch, name="readers", daemon=True)
        self._thread.start()

    @property
    def names(self) -> tuple[str, ...]:
        """The readers that are plugged in and wanted, as pcscd names them."""
        return self._names

    def wait_event(self, timeout: float) -> ReaderEvent | None:
        """Return the next event, or None after `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            if time.monotonic() - self._asked > HANGS_SECONDS:
                # The thread that watches waits in a question for an answer that may never come.
                self._see({})
            return None

    def connect(self) -> "PcscConnection":
        """Reset the card and connect to it. Raises CardLost, CardMute, ReaderLost."""
        if self._connection is not None:
            self._connection.close()
        with self._lock:
            used, lost = self._used, self._lost
        if used is None:
            raise ReaderLost if lost else CardLost
        # A connection that comes too late is let go of: the card it holds for itself would be nobody's for good.
        self._connection = self.do(lambda: PcscConnection.make(self, used), PcscConnection.let_go)
        return self._connection

    def fell_silent(self, used: tuple[str, int]) -> None:
        """That card stopped answering. Mostly pcscd sees it go in a moment; if not, it must be read anew."""
        with self._lock:
            if used == self._used:
                self._fell_silent = self._fell_silent or time.monotonic()

    def do(self, work: Callable[[], R], too_late: Callable[[R], object] = lambda _: None) -> R:
        """Let the hand do it. Raises what it raises, and ReaderLost if it takes too long: the reader hangs.

        What it brings after that is given to `too_late`.
        """
        try:
            return self._hand.do(work, self._answer_seconds, too_late)
        except HandStuck as error:
            raise ReaderLost from error

    def close(self) -> None:
        """Let go of the readers."""
        self._closing.set()
        if self._connection is not None:
            self._connection.close()
        self._hand.close()
        self._thread.join(self._answer_seconds)

    # --- the thread that watches ------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._closing.is_set():
            self._asked = time.monotonic()
            with self.greeting:
                result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
            if result == scard.SCARD_S_SUCCESS:
                try:
                    self._follow(context)
                finally:
                    scard.SCardReleaseContext(context)
            if not self._closing.is_set():
                self._see({})
                self._closing.wait(RETRY_SECONDS)

    def _follow(self, context: int) -> None:
        """Report until pcscd is gone or this reader is closed."""
        known: dict[str, int] = {}
        while not self._closing.is_set():
            self._asked = time.monotonic()
            with self.greeting:
                result, names = scard.SCardListReaders(context, [])
            if result == scard.SCARD_E_NO_READERS_AVAILABLE:
                names = []
            elif result != scard.SCARD_S_SUCCESS:
                return
            wanted = [name for name in names if name.startswith(self._name)]
            known = {name: known.get(name, scard.SCARD_STATE_UNAWARE) for name in wanted}
            asked = [*known.items(), (PLUG_AND_PLAY, scard.SCARD_STATE_UNAWARE)]
            result, states = scard.SCardGetStatusChange(context, LOOK_MS, asked)
            if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
                if result == scard.SCARD_E_UNKNOWN_READER:  # it went between the two questions
                    continue
                return
            known = {name: state for name, state, _ in states if name != PLUG_AND_PLAY}
            self._see({} if self._hand.stuck else {name: _slot(state) for name, state in known.items()})

    def _see(self, slots: Mapping[str, Slot]) -> None:
        """Turn what is seen now into events, in the order that `api` promises."""
        self._names = tuple(slots)
        with self._lock:
            used = self._used
            if used is not None:
                there = slots.get(used[0])
                since = self._fell_silent
                stale = since is not None and time.monotonic() - since > SILENT_SECONDS
                if there is None or not there.card or there.changes != used[1] or stale:
                    used = self._fell_silent = None
                    self._events.put(ReaderEvent.REMOVED)
            if self._lost is bool(slots):
                self._lost = not slots
                self._events.put(ReaderEvent.READER_BACK if slots else ReaderEvent.READER_LOST)
            if used is None:
                used = next(((name, slot.changes) for name, slot in slots.items() if slot.card), None)
                if used is not None:
                    self._events.put(ReaderEvent.INSERTED)
            self._used = used


class PcscConnection(CardConnection):
    """A `CardConnection` to a card that no other program may use meanwhile."""

    def __init__(self, reader: PcscReader, used: tuple[str, int], context: int, card: int, protocol: int) -> None:
        self._reader = reader
        self._used = used
        self._context = context
        self._card = card
        self._protocol = protocol
        self._open = True
        self._held = True

    @classmethod
    def make(cls, reader: PcscReader, used: tuple[str, int]) -> "PcscConnection":
        """Connect to the card of the reader in use, for oneself. On the hand. Raises CardLost, CardMute, ReaderLost."""
        with reader.greeting:
            result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        if result != scard.SCARD_S_SUCCESS:
            raise ReaderLost
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, card, protocol = scard.SCardConnect(context, used[0], scard.SCARD_SHARE_EXCLUSIVE, protocols)
        if result != scard.SCARD_S_SUCCESS:
            scard.SCardReleaseContext(context)
            raise _error(result)
        return cls(reader, used, context, card, protocol)

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send an APDU. Raises CardLost, ReaderLost."""
        if not self._open:
            raise CardLost
        # pyscard wants the numbers one by one. The list is emptied of what it held; pyscard's own block of memory is
        # freed, and the C library writes its own notes over the first 16 bytes of it, the PIN of a VERIFY among them.
        sent = list(apdu)
        if self._protocol == scard.SCARD_PROTOCOL_T0 and len(sent) > 5 and len(sent) == sent[4] + 6:
            sent.pop()  # T=0 has no command with data and an expected length: the card answers 61xx (ISO/IEC 7816-3)
        try:
            result, answer = self._reader.do(lambda: scard.SCardTransmit(self._card, self._protocol, sent))
        except ReaderLost:
            self._open = False
            raise
        finally:
            sent[:] = [0] * len(sent)
        # Success without a byte of an answer: the card went while the reader waited for it (vpcd tells it so).
        gone = result == scard.SCARD_S_SUCCESS and not answer
        if result != scard.SCARD_S_SUCCESS or gone:
            self._open = False
            self._reader.fell_silent(self._used)
            raise CardLost if gone else _error(result)
        if len(answer) < 2:
            raise CardData("the card's answer has no status word")
        return bytes(answer[:-2]), answer[-2] << 8 | answer[-1]

    def close(self) -> None:
        """Let go of the card and take its power: what its PIN opened is shut."""
        self._open = False
        if self._held:
            with contextlib.suppress(ReaderLost):  # it hangs: it is let go of before the next connection
                self._reader.do(self.let_go)

    def let_go(self) -> None:
        """The same, on the hand."""
        self._held = False
        scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(self._context)


def _slot(state: int) -> Slot:
    """The low half tells how the reader stands, the high half counts the cards that came and went."""
    return Slot(bool(state & scard.SCARD_STATE_PRESENT), state >> 16)


def _error(result: int) -> CardLost | CardMute | ReaderLost:
    if result in CARD_GONE:
        return CardLost()
    if result in CARD_SILENT:
        return CardMute()
    return ReaderLost()
