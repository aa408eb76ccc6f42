"""Public archives (.bel) as files: reading a whole one, and appending to one (`protocol.chain` has the format)."""

import fcntl
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from protocol import wire
from protocol.chain import (
    BLOCK,
    FOLLOWERS,
    HEADER_NAME,
    EventType,
    Step,
    read_entries,
    read_entry,
    read_header,
    read_steps,
    tar_entry,
)
from protocol.errors import ProtocolError, Refused

__all__ = ["Archive", "ArchiveWriter", "EventType", "Step", "read_archive"]


@dataclass(frozen=True, slots=True)
class Archive:
    """A whole archive in memory, its chain checked: for tools and tests, not for hundreds of thousands of ballots."""

    timestamp: int
    steps: tuple[Step, ...]

    @property
    def final(self) -> bool:
        """Whether the result is in it."""
        return bool(self.steps) and self.steps[-1].kind is EventType.RESULT

    def first(self, kind: EventType) -> Step | None:
        """The first event of a type."""
        return next((step for step in self.steps if step.kind is kind), None)

    @property
    def ballots(self) -> tuple[str, ...]:
        """The ballots' texts, in their order."""
        return tuple(step.parts[0].text for step in self.steps if step.kind is EventType.BALLOT)


def read_archive(path: Path) -> Archive:
    """Read an archive and check its chain (not its cryptography); raises Malformed, Refused or OSError."""
    with path.open("rb") as stream:
        timestamp = read_header(next(read_entries(stream)))
        stream.seek(0)
        return Archive(timestamp, tuple(read_steps(stream)))


class ArchiveWriter:
    """Appends events to an archive, in the specification's order only.

    One call is one event (`ballots`: as many as it is given) in one write; `sync` makes it durable. A file that lost
    power in the middle of a write is opened again with `reopen`, which cuts the torn tail.
    """

    def __init__(self, descriptor: int, timestamp: int, last: Step | None, cut_bytes: int) -> None:
        """For `create` and `reopen`, which say what a new or an old file needs."""
        self._descriptor = descriptor
        self._timestamp = timestamp
        self.head: str | None = last.entry.digest if last else None
        self.height = last.height + 1 if last else 0
        self.last_kind = last.kind if last else None
        self.cut_bytes = cut_bytes

    @classmethod
    def create(cls, path: Path, timestamp: int) -> Self:
        """Begin a new archive. `timestamp` (seconds since 1970) is the election's, and every entry's.

        Raises FileExistsError if there is a file already.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        writer = cls(_locked(descriptor), timestamp, None, 0)
        header = wire.encode(wire.Header(1, str(timestamp)))
        writer._write(tar_entry(HEADER_NAME, header.encode(), timestamp))
        return writer

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on with an archive. What a power cut left behind the last whole event is cut (`cut_bytes`).

        Raises Malformed or Refused if the header is damaged, or if whole events follow the fault: then it is no torn
        tail, nothing is touched, and the file must come back from a copy.
        """
        descriptor = _locked(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        try:
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                head = next(read_entries(stream))
                timestamp = read_header(head)
                last, fault = _last_step(stream)
                end = last.entry.end if last else head.end
                size = os.fstat(descriptor).st_size
                if fault is not None:
                    _refuse_damage(stream, end, fault)
            if size > end:
                os.ftruncate(descriptor, end)
                os.fsync(descriptor)
            os.lseek(descriptor, end, os.SEEK_SET)
        except (ProtocolError, OSError):
            os.close(descriptor)
            raise
        return cls(descriptor, timestamp, last, size - end)

    def setup(self, election_raw: str, trustees_raw: str, credentials_raw: str) -> str:
        """The Setup event; returns its hash, as all these methods do."""
        texts = (election_raw, trustees_raw, credentials_raw)
        payload = wire.encode(wire.SetupData(*(_sha256(text) for text in texts)))
        return self._append([self._event(EventType.SETUP, (*texts, payload), payload)])

    def ballot(self, ballot_json: str) -> str:
        """One verified ballot."""
        return self.ballots([ballot_json])

    def ballots(self, ballots_json: Iterable[str]) -> str:
        """Verified ballots, in this order, in one write; at least one."""
        texts = list(ballots_json)
        return self._append([self._event(EventType.BALLOT, (text,), text) for text in texts])

    def end_ballots(self) -> str:
        """The end of voting."""
        return self._append([self._event(EventType.END_BALLOTS, (), None)])

    def encrypted_tally(self, tally_json: str, number: int) -> str:
        """The encrypted tally of `number` ballots."""
        payload = wire.encode(wire.SizedTally(number, number, _sha256(tally_json)))
        return self._append([self._event(EventType.ENCRYPTED_TALLY, (tally_json, payload), payload)])

    def partial_decryption(self, owner: int, decryption_json: str) -> str:
        """A partial decryption of the trustee `owner`, counted from 1."""
        payload = wire.encode(wire.OwnedPartialDecryption(owner, _sha256(decryption_json)))
        return self._append([self._event(EventType.PARTIAL_DECRYPTION, (decryption_json, payload), payload)])

    def result(self, result_json: str) -> str:
        """The result, after which the archive is final."""
        return self._append([self._event(EventType.RESULT, (result_json,), result_json)])

    def sync(self) -> None:
        """Return when all that was appended is on the medium."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Sync and close; nothing can be appended after it."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                os.fsync(descriptor)
            finally:
                # Left open, it would keep the file locked against the one who tries again.
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _event(self, kind: EventType, data: tuple[str, ...], payload: str | None) -> bytes:
        """The bytes of one event and its data; moves the chain's head."""
        if self._descriptor < 0:
            raise Refused("archive", "closed, or a write failed; open it again")
        if kind not in FOLLOWERS[self.last_kind]:
            raise Refused("archive", f"{kind} cannot come after {self.last_kind or 'the header'}")
        event = wire.encode(
            wire.Event(
                parent=self.head,
                height=self.height,
                type=kind.value,
                payload=_sha256(payload) if payload is not None else None,
            )
        )
        self.head, self.height, self.last_kind = _sha256(event), self.height + 1, kind
        named = [(text, "data") for text in data] + [(event, "event")]
        return b"".join(
            tar_entry(f"{_sha256(text)}.{suffix}.json", text.encode(), self._timestamp) for text, suffix in named
        )

    def _append(self, events: list[bytes]) -> str:
        if self.head is None:
            raise Refused("archive", "no event to append")
        self._write(b"".join(events))
        return self.head

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            # Half an event may be in the file now: only `reopen` knows where to go on.
            os.close(self._descriptor)
            self._descriptor = -1
            raise


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(descriptor: int) -> int:
    """The descriptor, held against a second writer; raises Refused if there is one."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Refused("archive", "another program is writing to it") from None
    return descriptor


def _last_step(stream: BinaryIO) -> tuple[Step | None, ProtocolError | None]:
    """The last whole event and the fault behind it, if any."""
    stream.seek(0)
    last: Step | None = None
    try:
        for step in read_steps(stream):
            last = step
    except ProtocolError as fault:
        return last, fault
    return last, None


def _refuse_damage(stream: BinaryIO, start: int, fault: ProtocolError) -> None:
    """Raise Refused if a whole event lies anywhere behind `start`: a torn tail holds none."""
    offset = start
    while True:
        stream.seek(offset)
        header = stream.read(BLOCK)
        if not header:
            return
        try:
            entry = read_entry(stream, header, 2, offset)
        except ProtocolError:
            offset += BLOCK
            continue
        if entry.name.endswith(".event.json"):
            raise Refused(fault.where, f"damaged before later events ({fault.what}); restore it from a copy")
        offset = entry.end
