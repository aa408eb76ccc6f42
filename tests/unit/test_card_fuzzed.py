"""A fuzzer over everything that is read from cards, for a moment; `./run soak --fuzz MINUTES` for long."""

from datetime import timedelta

import pytest

from drivers.card.api import CardData
from drivers.card.piv import certificate_contents, parse_certificate
from protocol.documents.certificates import Identity, Role, to_der
from protocol.documents.issuing import new_issuer, new_key
from tests.soak.__main__ import fuzzed
from tests.soak.fuzzing import NOW, Parser, fuzz, judged, parsers


def test_nothing_but_our_own_errors_comes_of_what_a_card_says() -> None:
    *_, found = fuzz(20260920, rounds=3)
    assert found.faults == []
    assert set(found.inputs) == {parser.name for parser in parsers()}


def test_every_parser_takes_what_it_was_made_for() -> None:
    for parser in parsers():
        if parser.name not in ("certificate", "authorisation, signed"):  # judged there: whose it is, what it signs
            assert None in {judged(parser, seed) for seed in parser.seeds}, parser.name


def test_the_fuzzer_finds_what_is_not_ours() -> None:
    def careless(data: bytes) -> int:
        return data[5] if data else 0

    def ours(_: bytes) -> None:
        raise CardData("as it should be")

    assert judged(Parser("careless", careless, ()), b"abc") == "IndexError: index out of range"
    assert judged(Parser("ours", ours, ()), b"abc") == ""
    assert judged(Parser("taken", careless, ()), b"abcdefgh") is None


def test_a_certificate_of_no_known_version_is_refused() -> None:
    """Found by the fuzzer: the library has an error of its own for it."""
    key = new_key()
    whole = to_der(new_issuer("e", NOW, NOW + timedelta(days=1)).issue(key.public_key(), Identity(Role.CHAIR)))
    version = whole.index(bytes.fromhex("a003020102"))
    for wrong in (0x07, 0x56):
        der = whole[: version + 4] + bytes([wrong]) + whole[version + 5 :]
        with pytest.raises(CardData):
            parse_certificate(certificate_contents(der))


def test_the_command_says_how_much_it_tried() -> None:
    assert fuzzed(0.01, 7) == 0
