"""What an open store holds in memory: read from the database at start, kept in step by each committed transaction.

Nothing here is in the order of casts once it leaves memory: whoever lists codes gets them sorted.
"""

import random
import struct
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from kiosk.store.batches import Batch
from kiosk.store.database import Database
from kiosk.store.errors import Damaged
from kiosk.store.layout import FRONT_BYTES, Header, front_of
from kiosk.store.making import StoreState, inner_header

_MEMBER: Final = struct.Struct(">H")
_FRONTS: Final = "SELECT id, substr(body, 1, ?) FROM slot"


class Contents:
    """State row, index of slots, spent credentials, free slots (shuffled), membership and batches.

    Reading it raises Damaged if the database does not agree with its header or with itself.
    """

    def __init__(self, database: Database, header: Header) -> None:
        self._header = header
        self.slot_of: dict[str, int] = {}
        self.paper_of: dict[int, str] = {}
        self.spent: set[str] = set()
        self.free: list[int] = []
        self.state = _read_state(database, header)
        self.batches = _read_batches(database, self.state.counters.batches)
        for slot, front in database.rows(_FRONTS, (FRONT_BYTES,)):
            try:
                used = front_of(front)
            except (ValueError, struct.error):
                raise Damaged("reading a slot") from None
            if used is None:
                self.free.append(slot)
            else:
                self.remember(*used, slot)
        random.SystemRandom().shuffle(self.free)
        rows = database.rows("SELECT body FROM membership ORDER BY id")
        self.membership = bytearray(b"".join(body[: self._row_bytes] for (body,) in rows))
        self._agree()

    @property
    def _row_bytes(self) -> int:
        """Bytes of a membership row that are in use: whole entries."""
        return self._header.leaf_bytes // _MEMBER.size * _MEMBER.size

    def _agree(self) -> None:
        """Check that slots, membership, batches and counters tell the same. Raises Damaged."""
        counters = self.state.counters
        members = Counter(self.member(slot) for slot in self.slot_of.values())
        sealed = {batch.sequence: batch.ballots for batch in self.batches}
        if (
            len(self.slot_of) != counters.accepted
            or len(self.spent) != counters.accepted
            or len(self.slot_of) + len(self.free) != self._header.slots
            or {sequence: count for sequence, count in members.items() if sequence} != sealed
            or any(self.member(slot) for slot in self.free)
        ):
            raise Damaged("opening")

    def remember(self, paper: str, code: str, credential: str, slot: int) -> None:
        """Take a stored ballot into the index."""
        self.slot_of[code] = slot
        self.paper_of[slot] = paper
        self.spent.add(credential)

    def member(self, slot: int) -> int:
        """The batch that a slot's ballot went into, 0 for none."""
        (sequence,) = _MEMBER.unpack_from(self.membership, slot * _MEMBER.size)
        return int(sequence)

    def membership_with(self, members: Mapping[str, int]) -> bytearray:
        """The membership table as it is when the ballots of these codes have gone into batches."""
        membership = bytearray(self.membership)
        for code, sequence in members.items():
            _MEMBER.pack_into(membership, self.slot_of[code] * _MEMBER.size, sequence)
        return membership

    def membership_rows(self, membership: bytearray) -> list[bytes]:
        """A membership table as the bodies of its rows."""
        size = self._row_bytes
        return [
            bytes(membership[row * size : (row + 1) * size]).ljust(self._header.leaf_bytes, b"\0")
            for row in range(self._header.membership_rows)
        ]

    def unsealed(self) -> dict[str, list[str]]:
        """The codes of each paper that no batch holds; in no order that a caller may rely on."""
        pool: dict[str, list[str]] = {paper: [] for paper in self._header.papers}
        for code, slot in self.slot_of.items():
            if not self.member(slot):
                pool[self.paper_of[slot]].append(code)
        return pool

    def by_paper(self) -> dict[str, int]:
        """Ballots stored of each paper, counted from the slots."""
        counted = Counter(self.paper_of.values())
        return {paper: counted[paper] for paper in self._header.papers}


def _read_state(database: Database, header: Header) -> StoreState:
    """The state row, after a look at the copy of the header inside the database."""
    ((meta,),) = database.rows("SELECT body FROM meta")
    ((state,),) = database.rows("SELECT body FROM state")
    try:
        if msgspec.json.decode(meta.rstrip(b"\0"), type=Header) != inner_header(header):
            raise Damaged("opening")
        return msgspec.json.decode(state.rstrip(b"\0"), type=StoreState)
    except msgspec.DecodeError:
        raise Damaged("opening") from None


def _read_batches(database: Database, count: int) -> list[Batch]:
    """The rows of the batches that there are, by number."""
    rows = database.rows("SELECT body FROM batch WHERE id < ? ORDER BY id", (count,))
    try:
        return [msgspec.json.decode(body.rstrip(b"\0"), type=Batch) for (body,) in rows]
    except msgspec.DecodeError:
        raise Damaged("opening") from None
