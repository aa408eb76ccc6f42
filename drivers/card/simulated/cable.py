"""What goes over the cable between the simulated reader and its driver; bytes are in base64.

An APDU may hold a PIN: it is a bytearray, which is written straight into the line that is sent and overwritten there.
"""

from enum import StrEnum

import msgspec


class Presence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """News: whether a card is in the reader."""

    card: bool


class Connect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="connect"):
    """Reset the card and power it."""


class Transmit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="transmit"):
    """Send an APDU to the card that was powered as `connection`."""

    connection: int
    apdu: bytearray


class Fault(StrEnum):
    """Why the reader has no answer."""

    NO_CARD = "no_card"
    MUTE = "mute"


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of a new connection, or the card's answer with its status word, or a fault."""

    fault: Fault | None = None
    connection: int = 0
    response: bytes = b""
