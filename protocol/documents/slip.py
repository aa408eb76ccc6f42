"""The two signed parts of a voter's slip (DESIGN 5): *offered* before the question, *cast* or *checked* after it.

Each says one word over the election package's digest and the ballot codes; no time, number or sequence, and
nothing of the choices.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.documents.compact import open_text, seal_text
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import BallotCode, Digest
from protocol.errors import Malformed

PAYLOAD_TYPE = "application/vnd.polling-terminal.slip+json"
PREFIX = "PTS1"
LIMIT = 1_400


class Word(StrEnum):
    """What the terminal says of the ballots with these codes."""

    OFFERED = "offered"
    CAST = "cast"
    CHECKED = "checked"


class SlipPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part: `package` is the digest of the election package, `codes` ascend, so that they tell no order."""

    word: Word
    package: Digest
    codes: Annotated[tuple[BallotCode, ...], msgspec.Meta(min_length=1, max_length=12)]


def slip_part(word: Word, package: str, codes: tuple[str, ...]) -> SlipPart:
    """A part with its codes (as `protocol.code` shows them) in order."""
    return SlipPart(word, package, tuple(sorted(codes)))


def sign_slip(part: SlipPart, terminal: Signer) -> str:
    """The text of the part's QR code."""
    return seal_text(PREFIX, PAYLOAD_TYPE, encode(part), terminal)


def open_slip(text: str, trust: Trust) -> tuple[SlipPart, Signature]:
    """The part and the terminal that signed it; `trust` names the package's terminals. Raises ProtocolError."""
    payload, signature = open_text(text, PREFIX, PAYLOAD_TYPE, trust)
    part = decode(payload, SlipPart, "slip", LIMIT)
    if list(part.codes) != sorted(set(part.codes)):
        raise Malformed("slip", "its codes are not in order, or one stands twice")
    return part, signature
