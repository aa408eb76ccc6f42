"""The event journal: chain, times, pages, and what it says when it is full."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.store import events
from kiosk.store.errors import Damaged, JournalFull
from kiosk.store.event import Event, SessionPart
from kiosk.store.journal import RESERVE_PAGES, Journal, JournalPlace, records_of, written_time
from kiosk.store.layout import FORMAT, Header
from protocol.journal import BrokenChain, Record, first_previous, verify_records

FIRST = first_previous("package", "T-1")


def header(pages: int = 12) -> Header:
    return Header(
        format=FORMAT,
        package_digest="package",
        terminal="T-1",
        papers=("mayor",),
        slots=10,
        page_bytes=32768,
        session_papers=1,
        journal_pages=pages,
        batch_rows=2,
        database_bytes=0,
        rollback_bytes=0,
        key_check="",
    )


class Pages:
    """A journal on pages in memory, and the clock it sees."""

    def __init__(self, pages: int = 12) -> None:
        self.pages: dict[int, bytes] = {}
        self.now = datetime(2026, 9, 18, 12, 34, 56, tzinfo=UTC)
        self.header = header(pages)
        self.journal = Journal(self.read, self.header, JournalPlace(FIRST), lambda: self.now)

    def read(self, page: int) -> bytes:
        return self.pages.get(page, bytes(self.header.leaf_bytes))

    def write(self, *written: Event, reserve: bool = False) -> None:
        appended = self.journal.plan(written, reserve=reserve)
        self.pages.update(appended.pages)
        self.journal.accept(appended)

    def records(self) -> list[Record]:
        return list(self.journal.records())


def test_records_are_chained_from_package_and_terminal() -> None:
    pages = Pages()
    pages.write(events.terminal_started("1.0", "test"), events.polls_opened())
    first, second = pages.records()
    assert first.previous == FIRST == hashlib.sha256(b"package\nT-1").hexdigest()
    assert second.previous == hashlib.sha256(first.raw).hexdigest()
    assert pages.journal.head() == second.digest
    assert first.raw == (
        b'{"n":1,"t":"2026-09-18T12:34:56Z","e":"terminal_started","f":{"software":"1.0","mode":"test"},"p":"'
        + FIRST.encode()
        + b'"}'
    )
    assert pages.journal.verify_chain() == 2


def test_an_empty_journal_is_whole() -> None:
    assert Pages().journal.verify_chain() == 0


def test_from_card_in_to_card_out_no_exact_time_is_written() -> None:
    pages = Pages()
    pages.write(events.printer_ready())
    pages.write(events.card_inserted())
    pages.write(events.printer_trouble("jam"))
    pages.write(events.session_cast())
    pages.write(events.batch_sealed(1, 40))
    pages.write(events.card_removed())
    pages.write(events.printer_ready())
    exact, rounded = "2026-09-18T12:34:56Z", "2026-09-18T12:30:00Z"
    assert [record.time for record in pages.records()] == [exact, *[rounded] * 5, exact]


def test_a_session_cut_short_keeps_times_rounded_until_a_card_is_out() -> None:
    pages = Pages()
    pages.write(events.card_inserted())
    again = Journal(pages.read, pages.header, pages.journal.place, lambda: pages.now)
    (page,) = again.plan([events.store_opened()], reserve=False).pages.values()
    assert list(records_of(page))[-1].time == "2026-09-18T12:30:00Z"


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)), st.integers(-12, 14))
def test_rounding_never_goes_forward_nor_more_than_ten_minutes_back(moment: datetime, hours: int) -> None:
    moment = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    rounded = datetime.fromisoformat(written_time(moment, rounded=True))
    assert timedelta(0) <= moment - rounded < timedelta(minutes=10)
    assert (rounded.minute % 10, rounded.second) == (0, 0)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=120))
def test_whatever_is_written_is_read_back(texts: list[str]) -> None:
    pages = Pages(60)
    for text in texts:
        pages.write(events.effect_failed("cast", text))
    assert [record.fields["error"] for record in pages.records()] == texts
    assert pages.journal.verify_chain() == len(texts)


def many(pages: Pages, count: int) -> None:
    for _ in range(count):
        pages.write(events.effect_failed("e" * 200, "x" * 200))


def test_records_run_on_over_pages() -> None:
    pages = Pages()
    many(pages, 120)
    assert pages.journal.place.page >= 1
    assert pages.journal.verify_chain() == 120
    pages.journal.check_pages()


def test_a_full_journal_refuses_but_for_its_reserve_and_warns_before() -> None:
    pages = Pages(12)
    with pytest.raises(JournalFull):
        many(pages, 2000)
    assert pages.journal.place.page == 12 - RESERVE_PAGES - 1
    assert pages.journal.pages_left == 0
    assert [record.event for record in pages.records()].count("journal_nearly_full") == 1
    before = pages.journal.head()
    with pytest.raises(JournalFull):
        many(pages, 1)
    assert pages.journal.head() == before
    pages.write(*[events.effect_failed("e" * 200, "x" * 200)] * 5, reserve=True)
    assert pages.journal.verify_chain() > 5


def test_more_events_than_a_page_holds_are_refused_at_once() -> None:
    with pytest.raises(JournalFull):
        Pages().write(*[events.effect_failed("e" * 200, "x" * 200)] * 100)


def test_a_text_too_long_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="too long"):
        Event("effect_failed", SessionPart.ANY, (("error", "x" * 201),))


def written() -> list[Record]:
    pages = Pages()
    for number in range(1, 6):
        pages.write(events.batch_sent(number))
    return pages.records()


def test_a_change_a_gap_and_a_swap_are_found_and_named() -> None:
    records = written()
    head = records[-1].digest
    (changed,) = records_of(
        (len(raw := records[2].raw.replace(b'"sequence":3', b'"sequence":7'))).to_bytes(2) + raw + b"\0\0"
    )
    for harmed, place in (
        ([*records[:2], changed, *records[3:]], 4),
        ([*records[:2], *records[3:]], 3),
        ([records[0], records[2], records[1], *records[3:]], 2),
        (records[:-1], 4),
        ([*records[:-1], changed], 5),
    ):
        with pytest.raises(BrokenChain) as raised:
            verify_records(harmed, FIRST, head)
        assert raised.value.number == place
    assert verify_records(records, FIRST, head) == 5


def test_a_journal_of_another_terminal_is_found() -> None:
    records = written()
    with pytest.raises(BrokenChain, match="record 1"):
        verify_records(records, first_previous("package", "T-2"), records[-1].digest)


def test_a_page_of_something_else_is_damage() -> None:
    with pytest.raises(Damaged):
        list(records_of(b"\x00\x04null\x00\x00"))
    pages = Pages()
    pages.write(events.polls_opened())
    pages.pages[0] = pages.pages[0].replace(b"polls_opened", b"polls_closed")
    again = Journal(pages.read, pages.header, pages.journal.place, lambda: pages.now)
    with pytest.raises(Damaged):
        again.check_pages()
