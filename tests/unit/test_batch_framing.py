"""The framing of a batch on its way to the centre."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central import frames
from central.frames import FrameReader, Stalled, TooLong
from protocol.batch_interface import MAX_HEADER, framed, header_sha256, unframed
from protocol.errors import Malformed

PART = st.binary(min_size=1, max_size=300)


@given(PART, PART)
def test_what_is_framed_comes_out_again(header: bytes, sealed: bytes) -> None:
    assert unframed(framed(header, sealed)) == (header, sealed)


@given(st.binary(max_size=200))
def test_rubbish_is_refused_or_has_two_parts(body: bytes) -> None:
    try:
        header, sealed = unframed(body)
    except Malformed:
        return
    assert framed(header, sealed) == body


@given(PART, PART, st.data())
def test_a_body_cut_into_its_header_is_refused(header: bytes, sealed: bytes, data: st.DataObject) -> None:
    body = framed(header, sealed)
    with pytest.raises(Malformed):
        unframed(body[: data.draw(st.integers(0, len(body) - len(sealed)))])


def test_parts_that_are_empty_or_too_long_are_refused() -> None:
    for header, sealed in ((b"", b"s"), (b"h", b""), (b"h" * (MAX_HEADER + 1), b"s")):
        with pytest.raises(Malformed):
            framed(header, sealed)
    with pytest.raises(Malformed):
        unframed(b"PTB1" + (MAX_HEADER + 1).to_bytes(4, "big") + b"h" * (MAX_HEADER + 2))


def test_the_digest_of_something_that_is_no_header_is_refused() -> None:
    with pytest.raises(Malformed):
        header_sha256(b"{}")


async def _pieces(*pieces: bytes, for_ever: bool = False) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if for_ever:
        await asyncio.Event().wait()


@given(header=st.binary(min_size=1, max_size=200), sealed=st.binary(min_size=1, max_size=200), data=st.data())
def test_a_batch_is_read_as_it_comes_in_any_pieces(header: bytes, sealed: bytes, data: st.DataObject) -> None:
    body = framed(header, sealed)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [body[start:end] for start, end in pairwise([0, *cuts, len(body)])]

    async def read() -> tuple[bytes, bytes]:
        reader = FrameReader(_pieces(*pieces), 30)
        return await reader.header(), await reader.sealed()

    assert asyncio.run(read()) == (header, sealed)
    short = body[: data.draw(st.integers(0, len(body) - len(sealed)))]

    async def read_short() -> None:
        reader = FrameReader(_pieces(short), 30)
        await reader.header()
        await reader.sealed()

    with pytest.raises(Malformed):
        asyncio.run(read_short())


def test_the_header_is_there_before_the_rest_has_come_and_a_long_pause_ends_it() -> None:
    async def read() -> None:
        reader = FrameReader(_pieces(framed(b"header", b"s")[:-1], for_ever=True), 0.01)
        assert await reader.header() == b"header"
        with pytest.raises(Stalled):
            await reader.sealed()

    asyncio.run(read())


def test_no_more_is_held_than_a_batch_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_SEALED", 100)
    taken = []

    async def endless() -> AsyncIterator[bytes]:
        yield framed(b"header", b"s")
        for number in range(1000):
            taken.append(number)
            yield bytes(10)

    async def read() -> None:
        reader = FrameReader(endless(), 30)
        await reader.header()
        with pytest.raises(TooLong):
            await reader.sealed()

    asyncio.run(read())
    assert len(taken) <= 11
