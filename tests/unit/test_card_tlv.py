"""Card data is anybody's bytes: the parsers answer with data or with CardData, and with nothing else."""

import contextlib
import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.card import tlv
from drivers.card.api import CardData
from drivers.card.piv import PivCard, Slot, certificate_contents, parse_certificate
from drivers.card.voter_object import LONGEST_RECORD, voter_object, voter_record

TAGS = st.sampled_from([0x30, 0x53, 0x70, 0x71, 0x7C, 0xFE, 0x5F2F, 0x5FC102, 0x7F49])


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=5))
def test_what_is_encoded_is_parsed_back(items: list[tuple[int, bytes]]) -> None:
    data = b"".join(tlv.encode(tag, value) for tag, value in items)
    assert [(item.tag, item.value) for item in tlv.parse(data)] == items


@pytest.mark.parametrize("length", [0, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000])
def test_lengths_at_their_borders(length: int) -> None:
    assert tlv.only(tlv.encode(0x53, bytes(length)), 0x53) == bytes(length)


def test_longer_lengths_than_needed_are_read() -> None:
    assert tlv.only(bytes.fromhex("538200022020"), 0x53) == b"  "


@pytest.mark.parametrize(
    "raw",
    ["53", "5380", "5380ffff", "5384000000010a", "530301", "5381", "538201", "5f", "5fc1", "5fc1c1c101", "1f", "00"],
)
def test_broken_objects_are_refused(raw: str) -> None:
    with pytest.raises(CardData):
        tlv.parse(bytes.fromhex(raw))


def test_an_object_that_comes_twice_is_refused() -> None:
    with pytest.raises(CardData, match="twice"):
        tlv.fields(bytes.fromhex("7100" * 2))


@given(st.binary(max_size=400))
@example(bytes.fromhex("700130710101fe00"))
@example(bytes.fromhex("3e00"))
def test_no_error_but_our_own(data: bytes) -> None:
    for parse in (tlv.parse, tlv.fields, parse_certificate, voter_record):
        with contextlib.suppress(CardData):
            parse(data)


@given(st.binary(max_size=400), st.booleans(), st.integers(0, 255))
def test_no_error_but_our_own_inside_a_certificate(data: bytes, packed: bool, info: int) -> None:
    for value in (data, gzip.compress(data)):
        contents = tlv.encode(0x71, bytes([info if not packed else 1])) + tlv.encode(0x70, value)
        with pytest.raises(CardData):
            parse_certificate(contents)


class Says:
    """A card that answers everything with the same bytes."""

    def __init__(self, data: bytes, sw: int) -> None:
        self.data, self.sw = data, sw

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        return self.data, self.sw

    def close(self) -> None:
        pass


@given(st.binary(max_size=300), st.sampled_from([0x9000, 0x6100, 0x6110, 0x6C10]))
def test_a_card_that_talks_nonsense(data: bytes, sw: int) -> None:
    from drivers.card.api import CardError

    card = PivCard(Says(data, sw))
    for ask in (
        card.select,
        card.pin_tries,
        lambda: card.certificate(Slot.AUTHENTICATION),
        lambda: card.sign(Slot.SIGNATURE, bytes(32)),
        lambda: card.agree(Slot.KEY_MANAGEMENT, b"\x04" + bytes(64)),
        lambda: card.authenticate_management(bytes(16)),
        lambda: card.write_object(0x5FC102, bytes(600)),
        lambda: card.verify_pin(bytearray(b"123456")),
    ):
        with contextlib.suppress(CardError):
            ask()


@given(st.binary(max_size=LONGEST_RECORD))
def test_a_voter_record_comes_back(record: bytes) -> None:
    assert voter_record(voter_object(record)) == (record or None)


def test_a_card_without_a_record_is_blank() -> None:
    chuid_of_another_tool = bytes.fromhex("3019" + "d4" * 25 + "3410" + "01" * 16 + "3508" + "39" * 8 + "3e00fe00")
    assert voter_record(None) is None
    assert voter_record(chuid_of_another_tool) is None


def test_a_record_that_is_too_long() -> None:
    with pytest.raises(ValueError, match="1500"):
        voter_object(bytes(LONGEST_RECORD + 1))
    with pytest.raises(CardData):
        voter_record(tlv.encode(0x3E, bytes(LONGEST_RECORD + 1)))


def test_a_certificate_object_is_70_71_fe() -> None:
    assert certificate_contents(b"der").hex() == "7003" + b"der".hex() + "710100fe00"
