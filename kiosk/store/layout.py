"""Sizes and bytes of the store's rows. Everything on disk has a fixed length, so that no size or place tells anything.

A *leaf* is the body of a row that fills a database page by itself: a slot, a page of the journal, a page of the
membership table. A slot holds either zeros (free) or one ballot:

    1 byte 0x01 | 2 bytes length of paper | 2 of code | 2 of credential | 4 of ballot | the four, UTF-8 | zeros
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from typing import Final

import msgspec

from kiosk.store.errors import BallotTooLarge

FORMAT: Final = 1
"""Version of everything in this module. A migration reads the older ones; a newer one is refused."""

KEY_BYTES: Final = 32
PAGE_SIZES: Final = (32768, 65536)
FRONT_BYTES: Final = 1024
"""Paper, code and credential lie within this many first bytes of a slot: enough to index it at start."""

STATE_BYTES: Final = 8192
BATCH_BYTES: Final = 1024
_RESERVE: Final = 80  # SQLCipher: 16 bytes of IV and 64 of HMAC-SHA512 at the end of each page
_CELL: Final = 35 + 16  # SQLite: what a table leaf keeps from its only payload, and the record's own header
_FRONT: Final = struct.Struct(">BHHHI")
_USED: Final = 1


@dataclass(frozen=True, slots=True)
class StoredBallot:
    """A signed ballot as it is cast: `code` is the Belenios hash in base64, `credential` the public credential."""

    paper_id: str
    code: str = field(repr=False)
    credential: str = field(repr=False)
    ballot_json: str = field(repr=False)


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain file beside the database, written once: what must be known before the database may be touched.

    (Opening a database with a wrong key could already roll a journal back.) A copy lies inside the database, and
    the two must agree. `key_check` is an HMAC under the key and tells nothing of it.
    """

    format: int
    package_digest: str
    terminal: str
    papers: tuple[str, ...]
    slots: int
    page_bytes: int
    session_papers: int
    journal_pages: int
    batch_rows: int
    database_bytes: int
    rollback_bytes: int
    key_check: str

    @property
    def leaf_bytes(self) -> int:
        """Length of the body of a row that fills a page."""
        return leaf_bytes(self.page_bytes)

    @property
    def membership_rows(self) -> int:
        """Rows of the membership table: two bytes a slot."""
        return -(-self.slots // (self.leaf_bytes // 2))


def key_check(key: bytearray) -> str:
    """What the header keeps of the key."""
    return hmac.new(key, b"polling-terminal vote store key check", hashlib.sha256).hexdigest()


def leaf_bytes(page_bytes: int) -> int:
    """The longest row body that SQLite keeps on one page without an overflow page."""
    return page_bytes - _RESERVE - _CELL


def page_bytes_for(largest_ballot: int) -> int:
    """The page size for ballots of up to `largest_ballot` bytes of JSON. Raises BallotTooLarge if none is enough."""
    for size in PAGE_SIZES:
        if largest_ballot + FRONT_BYTES <= leaf_bytes(size):
            return size
    raise BallotTooLarge("making the store")


def rollback_bytes(page_bytes: int, pages: int) -> int:
    """A fixed size for the rollback journal that a transaction of `pages` pages cannot outgrow."""
    needed = 4096 + pages * (page_bytes + 8)
    return -(-needed // 4096) * 4096


def filled_slot(ballot: StoredBallot, length: int) -> bytes:
    """The bytes of a slot that holds `ballot`. Raises BallotTooLarge."""
    parts = [text.encode() for text in (ballot.paper_id, ballot.code, ballot.credential, ballot.ballot_json)]
    sizes = [len(part) for part in parts]
    if _FRONT.size + sum(sizes[:3]) > FRONT_BYTES or _FRONT.size + sum(sizes) > length:
        raise BallotTooLarge("cast")
    return (_FRONT.pack(_USED, *sizes) + b"".join(parts)).ljust(length, b"\0")


def front_of(front: bytes) -> tuple[str, str, str] | None:
    """Paper, code and credential from the first bytes of a slot; None if it is free. Raises ValueError."""
    used, paper, code, credential, _ = _FRONT.unpack_from(front)
    if not used:
        return None
    if used != _USED:
        raise ValueError("a slot of an unknown kind")
    at = _FRONT.size
    ends = (at + paper, at + paper + code, at + paper + code + credential)
    return front[at : ends[0]].decode(), front[ends[0] : ends[1]].decode(), front[ends[1] : ends[2]].decode()


def ballot_of(body: bytes) -> str:
    """The ballot JSON of a filled slot."""
    _, *sizes = _FRONT.unpack_from(body)
    end = _FRONT.size + sum(sizes)
    return body[end - sizes[3] : end].decode()


def stored_of(body: bytes) -> StoredBallot:
    """All of a filled slot. Raises ValueError for a free one."""
    front = front_of(body)
    if front is None:
        raise ValueError("a free slot")
    return StoredBallot(*front, ballot_of(body))


def padded(value: msgspec.Struct, length: int) -> bytes:
    """A struct as JSON, padded with zeros to `length`. Raises ValueError if it is longer."""
    text = msgspec.json.encode(value)
    if len(text) > length:
        raise ValueError("a fixed-size row is too small")
    return text.ljust(length, b"\0")
