"""The framing of a batch on its way to the centre."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
