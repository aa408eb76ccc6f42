"""Sealed batches: ballots on their way from a terminal to the counting centre (DESIGN 9).

Inside: the papers by id, each with its ballots sorted by code, as JSON; compressed with zlib; preceded by the
length of that (8 bytes, big-endian) and padded with zeros to a multiple of 64 KiB. This is sealed with HPKE to
the centre's key; `info` is the SHA-256 of the header's JSON without `sealed_sha256`, so that a sealed batch fits
one header only. The header is signed by the terminal and chains to the one before it.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated

import msgspec

from protocol.documents import dsse
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.errors import TooLarge
from protocol.documents.hpke import CentreKey, seal_to_centre
from protocol.documents.payload import decode, encode, sha256
from protocol.documents.shapes import Digest, Identifier, Mode
from protocol.errors import Malformed, Refused

PAYLOAD_TYPE = "application/vnd.polling-terminal.batch-header+json"
LIMIT = 8_192
"""The longest header payload, in bytes."""
BLOCK = 65_536
"""Sealed batches show their size only in these steps."""
MAX_CONTENT = 256 * 1024 * 1024
"""The most that a batch may hold when decompressed, in bytes."""
MAX_SEALED = 128 * 1024 * 1024
"""The longest sealed batch, in bytes."""
_PREFIX = 8


class BatchContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A header without the digest of the sealed bytes: what the sealing is bound to.

    `package` is the digest of the election package, `sequence` counts a terminal's batches from 1, `previous` is
    the digest of the header before, None for the first.
    """

    terminal: Identifier
    place: Identifier
    package: Digest
    mode: Mode
    sequence: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    previous: Digest | None

    def info(self) -> bytes:
        """The `info` of HPKE: a digest of 32 bytes."""
        bare = BatchContext(self.terminal, self.place, self.package, self.mode, self.sequence, self.previous)
        return hashlib.sha256(encode(bare)).digest()


class BatchHeader(BatchContext, frozen=True, forbid_unknown_fields=True):
    """What the terminal signs about a batch; the counts per paper are inside the seal."""

    sealed_sha256: Digest


class PaperBallots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ballots of one paper in a batch: Belenios ballots as JSON text, by ascending `signature.hash`."""

    paper_id: Identifier
    ballots: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    papers: tuple[PaperBallots, ...]


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """What travels: the header in its envelope, and the sealed bytes. `header_sha256` is the next `previous`."""

    header_envelope: bytes
    sealed: bytes = field(repr=False)
    header_sha256: str


@dataclass(frozen=True, slots=True)
class OpenedHeader:
    """A header whose signature is good, its digest, and the terminal that signed it."""

    header: BatchHeader
    sha256: str
    signer: Signature


@dataclass(frozen=True, slots=True)
class OpenedBatch:
    """A batch with its ballots; every list ascends by code."""

    opened: OpenedHeader
    ballots_by_paper: dict[str, tuple[str, ...]] = field(repr=False)


def seal(
    ballots_by_paper: Mapping[str, Sequence[str]],
    context: BatchContext,
    signer: Signer,
    centre_public: bytes,
) -> SealedBatch:
    """Seal ballots to the centre's key (1,216 bytes) and sign the header. Raises Malformed, TooLarge."""
    papers = tuple(
        PaperBallots(paper_id, tuple(sorted(ballots, key=_hash_of)))
        for paper_id, ballots in sorted(ballots_by_paper.items())
        if ballots
    )
    plain = _packed(encode(_Content(papers)))
    sealed = seal_to_centre(centre_public, plain, context.info())
    if len(sealed) > MAX_SEALED:
        raise TooLarge("batch", f"{len(sealed)} bytes sealed, where at most {MAX_SEALED} are allowed")
    header = BatchHeader(
        context.terminal,
        context.place,
        context.package,
        context.mode,
        context.sequence,
        context.previous,
        sha256(sealed),
    )
    payload = encode(header)
    return SealedBatch(dsse.sign(PAYLOAD_TYPE, payload, [signer]), sealed, sha256(payload))


def open_header(header_envelope: bytes, trust: Trust) -> OpenedHeader:
    """The header, checked: signed by the very terminal and place that it names.

    `trust` has the role terminal; give it the package's terminals as `certificates`. Raises ProtocolError.
    """
    verified = dsse.verify(header_envelope, PAYLOAD_TYPE, trust, LIMIT)
    header = decode(verified.payload, BatchHeader, "batch header", LIMIT)
    holder = verified.signer.identity
    if (holder.device, holder.place) != (header.terminal, header.place):
        raise Refused("batch header", "it names another terminal or polling place than its signer's certificate")
    if len(verified.signatures) != 1:
        raise Refused("batch header", "it has more than one signature")
    return OpenedHeader(header, verified.sha256, verified.signer)


def open_sealed(header_envelope: bytes, sealed: bytes, trust: Trust, key: CentreKey) -> OpenedBatch:
    """Header and ballots of a batch, everything checked but the ballots themselves. Raises ProtocolError."""
    opened = open_header(header_envelope, trust)
    if len(sealed) > MAX_SEALED:
        raise TooLarge("batch", f"{len(sealed)} bytes sealed, where at most {MAX_SEALED} are allowed")
    if sha256(sealed) != opened.header.sealed_sha256:
        raise Refused("batch", "the sealed bytes are not those that the header names")
    plain = key.open(sealed, opened.header.info(), "batch")
    content = decode(_unpacked(plain), _Content, "batch", MAX_CONTENT)
    papers = [paper.paper_id for paper in content.papers]
    if papers != sorted(set(papers)):
        raise Malformed("batch", "its papers are not in order, or one stands twice")
    for paper in content.papers:
        codes = [_hash_of(ballot) for ballot in paper.ballots]
        # Any other order could tell in which order people voted.
        if any(first >= second for first, second in pairwise(codes)):
            raise Malformed(f"batch, paper {paper.paper_id}", "its ballots are not sorted by code, or one is doubled")
    return OpenedBatch(opened, {paper.paper_id: paper.ballots for paper in content.papers})


def _packed(content: bytes) -> bytes:
    if len(content) > MAX_CONTENT:
        raise TooLarge("batch", f"{len(content)} bytes, where at most {MAX_CONTENT} are allowed")
    packed = zlib.compress(content, 6)
    whole = len(packed).to_bytes(_PREFIX, "big") + packed
    return whole + bytes(-len(whole) % BLOCK)


def _unpacked(plain: bytes) -> bytes:
    length = int.from_bytes(plain[:_PREFIX], "big")
    end = _PREFIX + length
    if len(plain) % BLOCK or not plain or end > len(plain) or len(plain) - end >= BLOCK:
        raise Malformed("batch", "its padding is wrong")
    if any(plain[end:]):
        raise Malformed("batch", "its padding is not zeros")
    unzip = zlib.decompressobj()
    try:
        content = unzip.decompress(plain[_PREFIX:end], MAX_CONTENT + 1)
    except zlib.error as error:
        raise Malformed("batch", "it does not decompress") from error
    if len(content) > MAX_CONTENT:
        raise TooLarge("batch", f"more than {MAX_CONTENT} bytes when decompressed")
    if not unzip.eof or unzip.unused_data or unzip.unconsumed_tail:
        raise Malformed("batch", "it is cut short, or something follows its content")
    return content


def _hash_of(ballot: str) -> str:
    """The ballot's `signature.hash`, by which batches and archives are sorted."""
    try:
        code = json.loads(ballot)["signature"]["hash"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Malformed("ballot", "it has no signature.hash") from error
    if not isinstance(code, str):
        raise Malformed("ballot", "its signature.hash is not a text")
    return code
