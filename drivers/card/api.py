"""What a terminal may expect of any card reader, and the words that cards answer with (ISO/IEC 7816-4).

A reader tells what happens to it as events, in this order always: every INSERTED is followed by one REMOVED
before the next INSERTED, also when the reader itself is lost (REMOVED, then READER_LOST). A card that lies in
the reader when the driver starts, or when the reader comes back, is reported by INSERTED like any other.
"""

from enum import IntEnum, StrEnum
from typing import Protocol


class ReaderEvent(StrEnum):
    """What happened to a reader."""

    INSERTED = "inserted"
    REMOVED = "removed"
    READER_LOST = "reader_lost"
    READER_BACK = "reader_back"


class StatusWord(IntEnum):
    """Status words of ISO/IEC 7816-4 that PIV cards use (SP 800-73-4 part 2, table 1, and chaining)."""

    OK = 0x9000
    MORE_DATA = 0x6100
    """The low byte is the number of bytes that GET RESPONSE will bring; 0 means 256 or more."""
    PIN_TRIES = 0x63C0
    """The low four bits are the tries that are left."""
    WRONG_LENGTH = 0x6700
    LAST_OF_CHAIN_EXPECTED = 0x6883
    SECURITY_STATUS = 0x6982
    PIN_BLOCKED = 0x6983
    CONDITIONS = 0x6985
    BAD_DATA = 0x6A80
    NO_FUNCTION = 0x6A81
    NOT_FOUND = 0x6A82
    NO_SPACE = 0x6A84
    BAD_PARAMETERS = 0x6A86
    NO_REFERENCE = 0x6A88
    WRONG_LE = 0x6C00
    """The low byte is the length to ask for."""
    NO_INSTRUCTION = 0x6D00
    NO_CLASS = 0x6E00


class CardError(Exception):
    """Something is wrong with the card or its reader. Words never hold card data."""


class CardLost(CardError):  # noqa: N818 - named for what happened
    """The card was taken out, or was never there; only a new INSERTED helps."""

    def __init__(self) -> None:
        super().__init__("the card is not in the reader")


class ReaderLost(CardError):  # noqa: N818 - named for what happened
    """The reader is unplugged, gone, or does not answer; READER_BACK tells when it is back."""

    def __init__(self) -> None:
        super().__init__("the card reader does not answer")


class CardMute(CardError):  # noqa: N818 - named for what happened
    """A card is in the reader and does not answer to power: upside down, dirty, broken, or no chip card at all."""

    def __init__(self) -> None:
        super().__init__("the card in the reader does not answer")


class CardData(CardError):  # noqa: N818 - named for what happened
    """The card sent bytes that mean nothing: bad TLV, a broken certificate, an answer of the wrong shape."""


class CardConnection(Protocol):
    """One powered card, from `connect` until the card is taken out or another connection is made."""

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command APDU and return (data, status word).

        A bytearray holds a secret that its owner overwrites afterwards: no copy of it stays in the process.

        Raises CardLost once the card this connection was made to is out, even if another is in; ReaderLost.
        """
        ...

    def close(self) -> None:
        """Let go of the card; its security status is forgotten."""
        ...


class CardReader(Protocol):
    """One reader. `wait_event` belongs to one thread; connections to one thread at a time."""

    def wait_event(self, timeout: float) -> ReaderEvent | None:
        """Return the next event, or None after `timeout` seconds."""
        ...

    def connect(self) -> CardConnection:
        """Reset the card and connect to it; an older connection is dead from here on.

        Raises CardLost if there is no card, CardMute if it does not answer, ReaderLost.
        """
        ...

    def close(self) -> None:
        """Let go of the reader."""
        ...
