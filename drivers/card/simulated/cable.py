"""What goes over the cable between the simulated reader and its driver; bytes are hex."""

from enum import StrEnum
from typing import Annotated

import msgspec

Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2})*\Z")]


class Presence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """News: whether a card is in the reader."""

    card: bool


class Connect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="connect"):
    """Reset the card and power it."""


class Transmit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="transmit"):
    """Send an APDU to the card that was powered as `connection`."""

    connection: int
    apdu: Hex


class Fault(StrEnum):
    """Why the reader has no answer."""

    NO_CARD = "no_card"


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of a new connection, or the card's answer with its status word, or a fault."""

    fault: Fault | None = None
    connection: int = 0
    response: Hex = ""
