"""The centre's signed answer to a batch: accepted or quarantined, and every ballot that it refused."""

from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.documents import dsse
from protocol.documents.dsse import Signer, Trust
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import BallotCode, Count, Digest, Identifier

PAYLOAD_TYPE = "application/vnd.polling-terminal.acknowledgement+json"
LIMIT = 4 * 1024 * 1024
"""The longest payload, in bytes: enough to refuse each of 20,000 ballots."""


class Status(StrEnum):
    """What became of a batch as a whole."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"


class Reason(StrEnum):
    """Why one ballot was refused; a closed set."""

    MALFORMED = "malformed"
    PAPER_UNKNOWN = "paper_unknown"
    CREDENTIAL_UNKNOWN = "credential_unknown"
    CREDENTIAL_ELSEWHERE = "credential_elsewhere"
    CREDENTIAL_USED = "credential_used"
    DUPLICATE = "duplicate"
    PROOF_FALSE = "proof_false"


class RefusedBallot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot that did not enter the record."""

    code: BallotCode
    reason: Reason


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to the batch `sequence` of `terminal`, whose header has the digest `header_sha256`.

    `accepted` counts the ballots that entered the record; with `refused` they are all of the batch.
    """

    terminal: Identifier
    sequence: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    header_sha256: Digest
    status: Status
    accepted: Count
    refused: Annotated[tuple[RefusedBallot, ...], msgspec.Meta(max_length=20_000)]


def sign_acknowledgement(acknowledgement: Acknowledgement, centre: Signer) -> bytes:
    """The acknowledgement in its envelope."""
    return dsse.sign(PAYLOAD_TYPE, encode(acknowledgement), [centre])


def open_acknowledgement(envelope: bytes, trust: Trust) -> Acknowledgement:
    """The acknowledgement; `trust` has the role centre, and the package's centre as its certificate.

    Raises ProtocolError.
    """
    verified = dsse.verify(envelope, PAYLOAD_TYPE, trust, LIMIT)
    return decode(verified.payload, Acknowledgement, "acknowledgement", LIMIT)
