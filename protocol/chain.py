"""The chain of events that a public archive is: an old-style tar (specification, section "Public data").

Byte-exact: headers are those of the original tool (no magic, no closing zero blocks), and every entry carries the
header's time stamp, so that nothing shows when a ballot came in. Reading is as strict as writing.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, assert_never

from protocol import wire
from protocol.errors import Malformed, Refused

BLOCK = 512
HEADER_NAME = "BELENIOS"
NAME = re.compile(r"([0-9a-f]{64})\.(data|event)\.json", re.ASCII)
OCTAL = re.compile(rb"[0-7]{11}\x00")
ENTRY_LIMIT = 512 << 20  # bytes


class EventType(StrEnum):
    """What an event records. Shuffles belong to questions that we do not take."""

    SETUP = "Setup"
    BALLOT = "Ballot"
    END_BALLOTS = "EndBallots"
    ENCRYPTED_TALLY = "EncryptedTally"
    PARTIAL_DECRYPTION = "PartialDecryption"
    RESULT = "Result"


FOLLOWERS: dict[EventType | None, frozenset[EventType]] = {
    None: frozenset({EventType.SETUP}),
    EventType.SETUP: frozenset({EventType.BALLOT, EventType.END_BALLOTS}),
    EventType.BALLOT: frozenset({EventType.BALLOT, EventType.END_BALLOTS}),
    EventType.END_BALLOTS: frozenset({EventType.ENCRYPTED_TALLY}),
    EventType.ENCRYPTED_TALLY: frozenset({EventType.PARTIAL_DECRYPTION}),
    EventType.PARTIAL_DECRYPTION: frozenset({EventType.PARTIAL_DECRYPTION, EventType.RESULT}),
    EventType.RESULT: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive. `number` counts from 1; `offset` and `size` (bytes) are those of the content.

    `timestamp` (seconds since 1970) is that of its tar header.
    """

    number: int
    name: str
    offset: int
    size: int
    timestamp: int
    content: bytes = field(repr=False)

    @property
    def where(self) -> str:
        """How faults name this entry."""
        return f"entry {self.number} ({self.name})"

    @property
    def digest(self) -> str:
        """The SHA-256 that the name promises, in hexadecimal."""
        return self.name.partition(".")[0]

    @property
    def end(self) -> int:
        """The offset of the next entry's header."""
        return self.offset + -(-self.size // BLOCK) * BLOCK

    @property
    def text(self) -> str:
        """The content as text; raises Malformed if it is not UTF-8."""
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise Malformed(self.where, "not UTF-8") from None


@dataclass(frozen=True, slots=True)
class Step:
    """One event with everything that it refers to, in the specification's order of fields.

    `parts`: Setup (setup_data, election, trustees, credentials); Ballot (ballot,); EndBallots (); EncryptedTally
    (sized_encrypted_tally, encrypted_tally); PartialDecryption (owned_partial_decryption, partial_decryption);
    Result (result,).
    """

    entry: Entry
    kind: EventType
    height: int
    parts: tuple[Entry, ...]


def tar_header(name: str, size: int, timestamp: int) -> bytes:
    """The 512 bytes before an entry's content."""
    before = name.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0%011o\0" % (size, timestamp)
    after = b"0".ljust(BLOCK - 156, b"\0")
    checksum = sum(before) + 8 * ord(" ") + sum(after)
    return before + b"%06o\0 " % checksum + after


def tar_entry(name: str, content: bytes, timestamp: int) -> bytes:
    """A whole entry: header, content, and zeros up to the next block."""
    return tar_header(name, len(content), timestamp) + content + bytes(-len(content) % BLOCK)


def read_entries(stream: BinaryIO) -> Iterator[Entry]:
    """Every entry with its name's hash and its time stamp checked; raises Malformed or Refused at the first fault.

    The first entry is the header BELENIOS, which says what every tar header's time stamp is: any other could tell when
    a ballot came in.
    """
    number = offset = timestamp = 0
    while header := stream.read(BLOCK):
        number += 1
        entry = read_entry(stream, header, number, offset)
        if number == 1:
            timestamp = read_header(entry)
        if entry.timestamp != timestamp:
            raise Refused(entry.where, "its tar time stamp is not that of the archive's header")
        yield entry
        offset = entry.end
    if number == 0:
        raise Malformed("archive", "empty")


def read_entry(stream: BinaryIO, header: bytes, number: int, offset: int) -> Entry:
    """The entry whose 512-byte header was just read at `offset`; raises Malformed or Refused."""
    where = f"entry {number}"
    name = header[:100].rstrip(b"\0").decode("ascii", "replace")
    if len(header) < BLOCK or not OCTAL.fullmatch(header[124:136]) or not OCTAL.fullmatch(header[136:148]):
        raise Malformed(where, f"no whole tar header at byte {offset}")
    size, timestamp = int(header[124:135], 8), int(header[136:147], 8)
    if header != tar_header(name, size, timestamp):
        raise Malformed(where, f"the tar header at byte {offset} is not exactly as the specification's tools write it")
    if size > ENTRY_LIMIT:
        raise Malformed(where, "too long")
    padded = stream.read(size + -size % BLOCK)
    if len(padded) < size + -size % BLOCK or any(padded[size:]):
        raise Malformed(where, "cut short, or not filled with zeros")
    entry = Entry(number, name, offset + BLOCK, size, timestamp, padded[:size])
    if number == 1:
        if name != HEADER_NAME:
            raise Malformed(where, "the archive does not begin with BELENIOS")
    else:
        if not NAME.fullmatch(name):
            raise Malformed(where, "the name is not a hash with .data.json or .event.json")
        if hashlib.sha256(entry.content).hexdigest() != entry.digest:
            raise Refused(entry.where, "the content's hash is not the one in the name")
    return entry


def read_header(entry: Entry) -> int:
    """The time stamp (seconds since 1970) in the header; raises Malformed or Refused."""
    header = wire.decode(entry.content, wire.Header, entry.where)
    if header.version != 1:
        raise Refused(entry.where, "the archive's version is not 1")
    if not re.fullmatch(r"0|[1-9][0-9]{0,10}", header.timestamp, re.ASCII):
        raise Malformed(entry.where, "the time stamp is not a number")
    return int(header.timestamp)


def read_steps(stream: BinaryIO) -> Iterator[Step]:
    """The chain of events, from the start of the stream; raises Malformed or Refused at the first fault.

    Checked: header, names, time stamps, chain, heights, order of types, that references lead to data just before the
    event, and that there is no data that its event does not refer to.
    """
    parent: Entry | None = None
    kind: EventType | None = None
    height = 0
    fresh: dict[str, Entry] = {}
    for entry in read_entries(stream):
        if entry.number == 1:
            continue  # the header, which read_entries has read
        if entry.name.endswith(".data.json"):
            if entry.digest in fresh:
                raise Refused(entry.where, "the same data twice")
            fresh[entry.digest] = entry
        else:
            event = wire.decode(entry.content, wire.Event, entry.where)
            kind = _follow(entry, event, kind, parent, height)
            yield Step(entry, kind, height, _parts(entry, event, kind, fresh))
            parent, height, fresh = entry, height + 1, {}
    if fresh:
        raise Malformed(next(iter(fresh.values())).where, "data without an event that refers to it")


def _follow(
    entry: Entry, event: wire.Event, previous: EventType | None, parent: Entry | None, height: int
) -> EventType:
    try:
        kind = EventType(event.type)
    except ValueError:
        raise Refused(entry.where, "an event of a type that is not taken here") from None
    if event.height != height:
        raise Refused(entry.where, f"the chain is broken: height {event.height} where {height} must be")
    if event.parent != (parent.digest if parent else None):
        raise Refused(entry.where, "the chain is broken: the parent is not the event before")
    if kind not in FOLLOWERS[previous]:
        raise Refused(entry.where, f"{kind} cannot come {f'after {previous}' if previous else 'first'}")
    return kind


def _parts(entry: Entry, event: wire.Event, kind: EventType, fresh: dict[str, Entry]) -> tuple[Entry, ...]:
    def referred(digest: str) -> Entry:
        if digest not in fresh:
            raise Refused(entry.where, "refers to data that is not just before it")
        return fresh[digest]

    if (event.payload is None) != (kind is EventType.END_BALLOTS):
        raise Malformed(entry.where, "a payload is missing or not asked for")
    parts: list[Entry] = []
    if event.payload is not None:
        payload = referred(event.payload)
        parts = [payload, *(referred(digest) for digest in _references(payload, kind))]
    if len(set(parts)) != len(fresh):
        raise Refused(entry.where, "there is data before it that it does not refer to")
    return tuple(parts)


def _references(payload: Entry, kind: EventType) -> tuple[str, ...]:
    """The hashes of the data that a payload refers to."""
    match kind:
        case EventType.SETUP:
            setup = wire.decode(payload.content, wire.SetupData, payload.where)
            return setup.election, setup.trustees, setup.credentials
        case EventType.ENCRYPTED_TALLY:
            return (wire.decode(payload.content, wire.SizedTally, payload.where).encrypted_tally,)
        case EventType.PARTIAL_DECRYPTION:
            return (wire.decode(payload.content, wire.OwnedPartialDecryption, payload.where).payload,)
        case EventType.BALLOT | EventType.RESULT | EventType.END_BALLOTS:
            return ()
        case _:
            assert_never(kind)
