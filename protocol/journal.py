"""The event journal of a terminal: its hash chain, and its export as NIST SP 1500-101 (Election Event Logging).

A record is a JSON object in exactly the bytes that were written: {"n": number from 1, "t": UTC time, "e": event,
"f": fields, "p": hash of the record before}; its hash is the SHA-256 of those bytes. The first record's "p" is the hash
of the election package's digest and the terminal's name, so that a journal belongs to one terminal of one election.

In an export the bytes of a record are the `Details` of its `Event`, as text, and what else the event says has to agree
with them. What an event's name means is in the registry that the software publishes (docs/events.md).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec

from protocol.errors import Malformed, Refused

LARGEST_EXPORT: Final = 256 << 20
"""Bytes; a journal is made with a fixed size, and its export cannot come near."""
_SEQUENCE: Final = re.compile(rb'"Sequence":"([0-9]{1,9})"')

Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Line = Annotated[str, msgspec.Meta(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Record:
    """One journal record as it is read back; `raw` is what is hashed, `time` an ISO 8601 text in UTC."""

    number: int
    time: str
    event: str
    fields: dict[str, str | int]
    previous: str
    raw: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the record as hex."""
        return hashlib.sha256(self.raw).hexdigest()


class WrittenRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record's JSON; the order of fields is that of the bytes."""

    n: int
    t: str
    e: str
    f: dict[str, str | int]
    p: str


class BrokenChain(Refused):
    """A record does not follow from the one before it; `number` is its place, from 1."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"journal record {number}", what)
        self.number = number


def read_record(raw: bytes) -> Record:
    """A record from its bytes. Raises msgspec.DecodeError."""
    written = msgspec.json.decode(raw, type=WrittenRecord)
    return Record(written.n, written.t, written.e, written.f, written.p, raw)


def first_previous(package_digest: str, terminal: str) -> str:
    """What the first record names as the hash before it."""
    return hashlib.sha256(f"{package_digest}\n{terminal}".encode()).hexdigest()


def verify_records(records: Iterable[Record], first: str, head: str) -> int:
    """Check numbers and hashes from the first record to `head`; how many there are. Raises BrokenChain."""
    previous, count = first, 0
    for count, record in enumerate(records, start=1):
        if record.number != count:
            raise BrokenChain(count, f"it is missing: record {record.number} stands in its place")
        if record.previous != previous:
            raise BrokenChain(count, "it does not follow from the record before it: one of the two was altered")
        previous = record.digest
    if previous != head:
        raise BrokenChain(count, "the journal does not end with it: records after it are missing, or it was altered")
    return count


# --- the export -------------------------------------------------------------------------------------------------


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """An event of the common data format. `disposition` is `na`: what an event means is its name's matter."""

    kind: Literal["EventLogging.Event"] = msgspec.field(name="@type")
    id: Line
    sequence: Line
    time_stamp: Line
    type: Literal["journal-record"]
    disposition: Literal["na"]
    hash: Digest
    details: Line


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The details of the device: where its journal ended when it was exported."""

    records: Annotated[int, msgspec.Meta(ge=0)]
    head: Digest


class _Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    kind: Literal["EventLogging.Device"] = msgspec.field(name="@type")
    id: Line
    type: Literal["dre"]
    hash_type: Literal["sha-256"]
    details: Line
    event: tuple[_Event, ...]


class _Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    kind: Literal["EventLogging.ElectionEventLog"] = msgspec.field(name="@type")
    election_id: Digest
    generated_time: Line
    device: Annotated[tuple[_Device, ...], msgspec.Meta(min_length=1, max_length=1)]


@dataclass(frozen=True, slots=True)
class Journal:
    """An export whose every record is right. `package` is the digest of the election package."""

    package: str
    terminal: str
    exported: str
    records: tuple[Record, ...]

    @property
    def head(self) -> str:
        """Hash of the last record as hex."""
        return self.records[-1].digest if self.records else first_previous(self.package, self.terminal)

    def after(self, head: str) -> Iterator[Record] | None:
        """The records after the one with the hash `head`, or None if there is no such record."""
        if head == first_previous(self.package, self.terminal):
            return iter(self.records)
        place = next((record.number for record in self.records if record.digest == head), None)
        return None if place is None else iter(self.records[place:])


def export_journal(records: Iterable[Record], package: str, terminal: str, exported: str) -> bytes:
    """The journal as a file of the common data format; `exported` is the time, ISO 8601 with its zone."""
    events = tuple(
        _Event(
            kind="EventLogging.Event",
            id=record.event,
            sequence=str(record.number),
            time_stamp=record.time,
            type="journal-record",
            disposition="na",
            hash=record.digest,
            details=record.raw.decode(),
        )
        for record in records
    )
    head = events[-1].hash if events else first_previous(package, terminal)
    end = msgspec.json.encode(_End(len(events), head)).decode()
    device = _Device("EventLogging.Device", terminal, "dre", "sha-256", end, events)
    return msgspec.json.encode(_Log("EventLogging.ElectionEventLog", package, exported, (device,))) + b"\n"


def read_journal(data: bytes) -> Journal:
    """An export, every record checked. Raises Malformed, Refused; each names the record where there is one."""
    if len(data) > LARGEST_EXPORT:
        raise Malformed("journal", "it is longer than any journal can be")
    try:
        log = msgspec.json.decode(data, type=_Log)
    except msgspec.ValidationError as error:
        raise Malformed(_place(str(error)), str(error).partition(" - at ")[0]) from None
    except (msgspec.DecodeError, RecursionError):
        whole = _SEQUENCE.findall(data)
        after = f"in or after record {int(whole[-1])}" if whole else "before its first record"
        raise Malformed("journal", f"the file is cut short or is not JSON: it breaks off {after}") from None
    (device,) = log.device
    records = tuple(_record(place, event) for place, event in enumerate(device.event, start=1))
    try:
        end = msgspec.json.decode(device.details, type=_End)
    except msgspec.DecodeError:
        raise Malformed("journal", "the device's details do not say where the journal ends") from None
    verify_records(records, first_previous(log.election_id, device.id), end.head)
    if end.records != len(records):
        raise BrokenChain(len(records), f"the journal ends with it, and says that it has {end.records} records")
    return Journal(log.election_id, device.id, log.generated_time, records)


def _record(place: int, event: _Event) -> Record:
    """A record of an export, after a look at whether all that is said of it agrees."""
    try:
        record = read_record(event.details.encode())
    except (msgspec.DecodeError, RecursionError):
        raise BrokenChain(place, "it was altered: its details are not a record") from None
    if record.digest != event.hash:
        raise BrokenChain(place, "it was altered: it does not have the hash that stands with it")
    if (event.sequence, event.time_stamp, event.id) != (str(record.number), record.time, record.event):
        raise BrokenChain(place, "it was altered: its number, time or event is not that of its details")
    return record


def _place(error: str) -> str:
    """Where msgspec found the fault, as a record's number if it is in one."""
    found = re.search(r"\.Event\[([0-9]+)\]", error)
    return "journal" if found is None else f"journal record {int(found[1]) + 1}"
