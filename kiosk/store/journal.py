"""The event journal: a hash chain of registered events in the pages of the vote store (DESIGN 8).

What a record and its hash are is in `protocol.journal`, so that whoever checks an export needs nothing of ours. The
state row of the store keeps number, hash and place of the last record, and is written in the same transaction, so that
a torn tail cannot be.

A page is a row of records, each with two bytes of length before it, then zeros. The pages are all made at the start.
When they run out the journal refuses (`JournalFull`) rather than grow, because growing would make sizes tell; the last
`RESERVE_PAGES` are kept for casts, batches, and what the registry calls kept: so that whoever votes can end, and the
polls be closed, whatever filled it. So it can never fill a disk; how many pages a terminal needs is
`kiosk.modes.stores.shape`'s matter, and an export after closing carries them away.

Time: from card in to card out no exact time is written, whatever the event; it is rounded down to ten minutes.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, assert_never

import msgspec

from kiosk.store.errors import Damaged, JournalFull
from kiosk.store.event import Event, SessionPart
from kiosk.store.events import journal_nearly_full
from kiosk.store.layout import Header
from protocol.journal import Record, WrittenRecord, first_previous, read_record, verify_records

ROUNDED_MINUTES: Final = 10
RESERVE_PAGES: Final = 4
_LENGTH_BYTES: Final = 2

Clock = Callable[[], datetime]
"""Gives the time with its zone."""


class JournalPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the journal ends: `records` so far, hash of the last as hex, the page and the offset after it."""

    head: str
    records: int = 0
    page: int = 0
    offset: int = 0
    in_session: bool = False


@dataclass(frozen=True, slots=True)
class Appended:
    """What appending would write: the pages by number, and the journal's new end."""

    pages: dict[int, bytes]
    place: JournalPlace


def written_time(now: datetime, *, rounded: bool) -> str:
    """A time as the journal writes it: UTC to the second, or rounded down to ten minutes."""
    now = now.astimezone(UTC)
    if rounded:
        now = now.replace(minute=now.minute - now.minute % ROUNDED_MINUTES, second=0)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def records_of(page: bytes) -> Iterator[Record]:
    """The records of one page. Raises Damaged if they are not records."""
    at = 0
    while length := int.from_bytes(page[at : at + _LENGTH_BYTES]):
        at += _LENGTH_BYTES
        raw = page[at : at + length]
        try:
            record = read_record(raw)
        except msgspec.DecodeError:
            raise Damaged("reading the journal") from None
        yield record
        at += length


class Journal:
    """The journal of an open store. Reading is for everybody; writing goes through `VoteStore`."""

    def __init__(self, read_page: Callable[[int], bytes], header: Header, place: JournalPlace, clock: Clock) -> None:
        pages = header.journal_pages
        self._read_page = read_page
        self._pages = pages
        self._page_bytes = header.leaf_bytes
        self._first = first_previous(header.package_digest, header.terminal)
        self._place = place
        self._clock = clock
        self._tail = read_page(min(place.page, pages - 1))

    @property
    def place(self) -> JournalPlace:
        """Where the journal ends."""
        return self._place

    @property
    def pages_left(self) -> int:
        """Pages that are empty and not kept for casts and closing; for the readiness test."""
        return self._left_after(self._place.page)

    @property
    def _low_pages(self) -> int:
        """So few pages left are an incident: a tenth of all."""
        return self._pages // 10

    def _left_after(self, page: int) -> int:
        return max(0, self._pages - RESERVE_PAGES - page - 1)

    @property
    def first_previous(self) -> str:
        """What the first record names as the hash before it; the head while there is no record."""
        return self._first

    def head(self) -> str:
        """Hash of the last record as hex, for acts."""
        return self._place.head

    def records(self) -> Iterator[Record]:
        """Every record, from the first. Raises Damaged."""
        for page in range(min(self._place.page + 1, self._pages)):
            yield from records_of(self._read_page(page))

    def verify_chain(self) -> int:
        """Check the whole chain up to the head; the number of records. Raises BrokenChain, Damaged."""
        return verify_records(self.records(), self._first, self.head())

    def check_pages(self) -> None:
        """Read every page, and check that the last record is the one the state row names. Raises Damaged.

        A page that cannot be read is met at the start, with the slots', and not when an act needs the journal.
        """
        for page in range(self._pages):
            self._read_page(page)
        records = list(records_of(self._tail))
        if records and records[-1].digest != self._place.head:
            raise Damaged("reading the journal")

    def plan(self, events: Sequence[Event], *, reserve: bool) -> Appended:
        """What appending `events` would write. Raises JournalFull; `reserve` opens the pages that are kept back.

        The events of one call must fit on one page, so that a transaction never touches more than two.
        """
        appended = self._appended(events, reserve=reserve)
        if self.pages_left > self._low_pages >= self._left_after(appended.place.page):
            appended = self._appended((*events, journal_nearly_full()), reserve=reserve)
        return appended

    def _appended(self, events: Sequence[Event], *, reserve: bool) -> Appended:
        """The records of `events` on their pages."""
        place, tail = self._place, bytearray(self._tail)
        pages: dict[int, bytes] = {}
        available = self._pages if reserve else self._pages - RESERVE_PAGES
        now, total = self._clock(), 0
        for event in events:
            in_session = _in_session(event.part, before=place.in_session)
            raw = _encoded(event, place, written_time(now, rounded=in_session))
            total += len(raw) + _LENGTH_BYTES
            page, offset = place.page, place.offset
            if offset + len(raw) + _LENGTH_BYTES > self._page_bytes:
                page, offset, tail = page + 1, 0, bytearray(self._page_bytes)
            if page >= available or total > self._page_bytes:
                raise JournalFull("journal")
            end = offset + _LENGTH_BYTES + len(raw)
            tail[offset:end] = len(raw).to_bytes(_LENGTH_BYTES) + raw
            pages[page] = bytes(tail)
            place = JournalPlace(
                hashlib.sha256(raw).hexdigest(),
                place.records + 1,
                page,
                end,
                in_session and event.part is not SessionPart.ENDS,
            )
        return Appended(pages, place)

    def accept(self, appended: Appended) -> None:
        """Take over what a committed transaction has written."""
        if appended.place.page in appended.pages:
            self._tail = appended.pages[appended.place.page]
        self._place = appended.place


def _in_session(part: SessionPart, *, before: bool) -> bool:
    """Whether an event's time is rounded. `WITHIN` and `ENDS` are, even where no beginning was seen."""
    match part:
        case SessionPart.BEGINS | SessionPart.WITHIN | SessionPart.ENDS:
            return True
        case SessionPart.ANY:
            return before
        case _:
            assert_never(part)


def _encoded(event: Event, place: JournalPlace, time: str) -> bytes:
    """The bytes of the next record."""
    return msgspec.json.encode(WrittenRecord(place.records + 1, time, event.name, dict(event.fields), place.head))
