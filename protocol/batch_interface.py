"""How a sealed batch travels to the counting centre: framing, media types and the centre's refusals.

The same bytes go over HTTPS (`POST /batches`) and on a removable medium. Described in `docs/batch-interface.md`.
"""

import base64
import binascii
from enum import StrEnum

import msgspec

from protocol.documents.batch import LIMIT, MAX_SEALED, BatchHeader
from protocol.documents.dsse import Envelope
from protocol.documents.payload import decode, sha256
from protocol.errors import Malformed

MEDIA_TYPE = "application/vnd.polling-terminal.batch"
ACKNOWLEDGEMENT_TYPE = "application/vnd.dsse+json"
MAGIC = b"PTB1"
MAX_HEADER = 64 * 1024
"""Longest header envelope, in bytes."""
HEAD = len(MAGIC) + 4
"""Bytes before the header envelope: the magic and the envelope's length."""


class RefusalCode(StrEnum):
    """Why the centre did not take a batch into its record; a closed set. Nothing was stored of its ballots."""

    MALFORMED = "malformed"
    """The body is not a framed batch, or the sealed part is not the one that the header names. Send it again."""
    SIGNER = "signer"
    """The header's signature is false, does not chain to the root, or is not by a terminal of this package."""
    MODE = "mode"
    """The batch is of another mode (official, test, training) than the centre's."""
    PACKAGE = "package"
    """The batch was made under another election package."""
    SEQUENCE_TAKEN = "sequence_taken"
    """The centre already answered another batch of this terminal under this sequence number."""
    SEQUENCE_GAP = "sequence_gap"
    """Batches before this one have not arrived: send the one numbered `expected` first."""
    BROKEN_CHAIN = "broken_chain"
    """The header does not name the digest of the header before it."""
    CLOSED = "closed"
    """A paper in the batch takes no more ballots, for its tally has begun. People must decide about the batch."""
    BUSY = "busy"
    """The centre cannot judge the batch now. Send it again later."""


class CentreRefusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The JSON body of an answer that is not an acknowledgement.

    `expected` is the sequence number that the centre waits for, with SEQUENCE_GAP and BROKEN_CHAIN.
    """

    error: RefusalCode
    what: str
    expected: int | None = None


def header_sha256(envelope: bytes) -> str:
    """The digest of a header: SHA-256 of its payload, which is what `previous` and acknowledgements name.

    Nothing is verified: this is for the terminal's own headers. Raises Malformed.
    """
    return sha256(_payload(envelope))


def stated_header(envelope: bytes) -> BatchHeader:
    """What a header says; nothing is verified: for headers out of the terminal's own store. Raises Malformed."""
    return decode(_payload(envelope), BatchHeader, "batch header", LIMIT)


def _payload(envelope: bytes) -> bytes:
    try:
        return base64.b64decode(decode(envelope, Envelope, "batch header", MAX_HEADER).payload, validate=True)
    except binascii.Error as error:
        raise Malformed("batch header", "its payload is not base64") from error


def framed(header: bytes, sealed: bytes) -> bytes:
    """The body of a batch: "PTB1", the header envelope's length as 4 bytes big-endian, the envelope, the sealed part.

    Raises Malformed if a part is empty or too long.
    """
    if not 0 < len(header) <= MAX_HEADER or not 0 < len(sealed) <= MAX_SEALED:
        raise Malformed("batch", "a part is empty or too long")
    return MAGIC + len(header).to_bytes(4, "big") + header + sealed


def header_length(head: bytes) -> int:
    """The length of the header envelope, from the first HEAD bytes of a framed batch. Raises Malformed."""
    if len(head) < HEAD or head[: len(MAGIC)] != MAGIC:
        raise Malformed("batch", f"it does not begin with {MAGIC.decode()} and a length")
    length = int.from_bytes(head[len(MAGIC) : HEAD], "big")
    if not 0 < length <= MAX_HEADER:
        raise Malformed("batch", f"its header is said to be {length} bytes long; 1 to {MAX_HEADER} are allowed")
    return length


def unframed(body: bytes) -> tuple[bytes, bytes]:
    """The header envelope and the sealed part of a framed batch. Raises Malformed."""
    length = header_length(body)
    header, sealed = body[HEAD : HEAD + length], body[HEAD + length :]
    if len(header) < length or not 0 < len(sealed) <= MAX_SEALED:
        raise Malformed("batch", "it is cut short or too long")
    return header, sealed
