"""Sealed batches: what goes in comes out, sorted; every changed byte is refused; sizes tell little."""

import json
import secrets
import zlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.documents import batch as batches
from protocol.documents.acknowledgement import (
    Acknowledgement,
    Reason,
    RefusedBallot,
    Status,
    open_acknowledgement,
    sign_acknowledgement,
)
from protocol.documents.batch import BLOCK, BatchContext, SealedBatch, open_header, open_sealed, seal
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner, Trust, sign
from protocol.documents.errors import TooLarge, WrongRole, WrongType
from protocol.documents.hpke import CentreKey, seal_to_centre
from protocol.documents.issuing import new_issuer, new_key
from protocol.documents.payload import encode, sha256
from protocol.errors import Malformed, ProtocolError, Refused

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
ISSUER = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
CENTRE = CentreKey.generate()
CONTEXT = BatchContext("T-1", "0112", "a" * 64, "test", 1, None)
TRUST = Trust(ISSUER.root, frozenset({Role.TERMINAL}), NOW)


def signer(role: Role, place: str = "0112", device: str = "T-1") -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(ISSUER.issue(key.public_key(), Identity(role, place, device)), key)


TERMINAL = signer(Role.TERMINAL)


def ballot(code: str, body: str = "") -> str:
    return json.dumps({"election_uuid": "x", "body": body, "signature": {"hash": code}}, ensure_ascii=False)


def sealed_content(papers: list[dict[str, object]], pad: bytes | None = None) -> SealedBatch:
    """A batch with arbitrary content, properly sealed and signed."""
    packed = zlib.compress(encode({"papers": papers}))
    plain = len(packed).to_bytes(8, "big") + packed
    plain += bytes(-len(plain) % BLOCK) if pad is None else pad
    return sealed_plain(plain)


def sealed_plain(plain: bytes) -> SealedBatch:
    sealed = seal_to_centre(CENTRE.public_bytes(), plain, CONTEXT.info())
    header = batches.BatchHeader(**msgspec.structs.asdict(CONTEXT), sealed_sha256=sha256(sealed))
    payload = encode(header)
    return SealedBatch(sign(batches.PAYLOAD_TYPE, payload, [TERMINAL]), sealed, sha256(payload))


CODES = st.lists(st.text(st.sampled_from("ABab01+/"), min_size=1, max_size=6), unique=True, max_size=8)


@settings(max_examples=30, deadline=None)
@given(content=st.dictionaries(st.sampled_from(["governor", "council", "referendum"]), CODES, max_size=3))
def test_ballots_come_back_sorted_by_code(content: dict[str, list[str]]) -> None:
    ballots = {paper: [ballot(code, "Воробьёва") for code in codes] for paper, codes in content.items()}
    made = seal(ballots, CONTEXT, TERMINAL, CENTRE.public_bytes())
    opened = open_sealed(made.header_envelope, made.sealed, TRUST, CENTRE)
    assert opened.ballots_by_paper == {
        paper: tuple(ballot(code, "Воробьёва") for code in sorted(codes)) for paper, codes in content.items() if codes
    }
    assert opened.opened.sha256 == made.header_sha256
    assert opened.opened.header.previous is None


def test_sizes_go_in_steps() -> None:
    few = seal({"p": [ballot("a")]}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    more = seal({"p": [ballot(str(i)) for i in range(900)]}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    overhead = len(few.sealed) - BLOCK
    assert len(more.sealed) == len(few.sealed)
    large = [ballot(str(i), secrets.token_hex(500)) for i in range(300)]
    big = seal({"p": large}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    assert (len(big.sealed) - overhead) % BLOCK == 0
    assert len(big.sealed) > len(few.sealed)


def test_every_changed_byte_of_the_header_is_refused() -> None:
    made = seal({"p": [ballot("a")]}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    for position in range(len(made.header_envelope)):
        changed = bytearray(made.header_envelope)
        changed[position] ^= 0x01
        with pytest.raises(ProtocolError):
            open_header(bytes(changed), TRUST)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_byte_of_the_sealed_part_is_refused_twice_over(data: st.DataObject) -> None:
    made = seal({"p": [ballot("a")]}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    changed = bytearray(made.sealed)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused, match="not those that the header names"):
        open_sealed(made.header_envelope, bytes(changed), TRUST, CENTRE)
    with pytest.raises(Refused, match="cannot be opened"):
        CENTRE.open(bytes(changed), CONTEXT.info(), "batch")


@pytest.mark.parametrize(
    "other",
    [
        BatchContext("T-2", "0112", "a" * 64, "test", 1, None),
        BatchContext("T-1", "0113", "a" * 64, "test", 1, None),
        BatchContext("T-1", "0112", "b" * 64, "test", 1, None),
        BatchContext("T-1", "0112", "a" * 64, "official", 1, None),
        BatchContext("T-1", "0112", "a" * 64, "test", 2, None),
        BatchContext("T-1", "0112", "a" * 64, "test", 1, "c" * 64),
    ],
)
def test_sealed_bytes_fit_one_header_only(other: BatchContext) -> None:
    made = seal({"p": [ballot("a")]}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    with pytest.raises(Refused, match="cannot be opened"):
        CENTRE.open(made.sealed, other.info(), "batch")


def test_the_info_of_a_header_is_that_of_its_context() -> None:
    header = batches.BatchHeader(**msgspec.structs.asdict(CONTEXT), sealed_sha256="d" * 64)
    assert header.info() == CONTEXT.info()
    assert len(header.info()) == 32


def test_another_key_opens_nothing() -> None:
    made = seal({"p": [ballot("a")]}, CONTEXT, TERMINAL, CENTRE.public_bytes())
    with pytest.raises(Refused, match="cannot be opened"):
        open_sealed(made.header_envelope, made.sealed, TRUST, CentreKey.generate())


def test_the_header_names_its_own_signer() -> None:
    for impostor in (signer(Role.TERMINAL, device="T-2"), signer(Role.TERMINAL, place="0113")):
        made = seal({"p": [ballot("a")]}, CONTEXT, impostor, CENTRE.public_bytes())
        with pytest.raises(Refused, match="another terminal or polling place"):
            open_header(made.header_envelope, TRUST)
    with pytest.raises(WrongRole):
        open_header(seal({}, CONTEXT, signer(Role.DESK), CENTRE.public_bytes()).header_envelope, TRUST)
    with pytest.raises(WrongType):
        open_header(sign("application/other", b"{}", [TERMINAL]), TRUST)


@pytest.mark.parametrize(
    ("papers", "words"),
    [
        ([{"paper_id": "p", "ballots": [ballot("b"), ballot("a")]}], "not sorted"),
        ([{"paper_id": "p", "ballots": [ballot("a"), ballot("a")]}], "not sorted"),
        ([{"paper_id": "q", "ballots": [ballot("a")]}, {"paper_id": "p", "ballots": [ballot("a")]}], "not in order"),
        ([{"paper_id": "p", "ballots": ["{}"]}], "signature.hash"),
        ([{"paper_id": "p", "ballots": ["[" * 5000]}], "signature.hash"),
        ([{"paper_id": "p", "ballots": []}], "length"),
        ([{"paper_id": "p", "ballots": [ballot("a")], "extra": 1}], "extra"),
    ],
)
def test_content_that_says_more_than_it_may_is_refused(papers: list[dict[str, object]], words: str) -> None:
    made = sealed_content(papers)
    with pytest.raises(Malformed, match=words):
        open_sealed(made.header_envelope, made.sealed, TRUST, CENTRE)


def test_padding_is_zeros_and_no_longer_than_needed() -> None:
    content: list[dict[str, object]] = [{"paper_id": "p", "ballots": [ballot("a")]}]
    packed = zlib.compress(encode({"papers": content}))
    rest = -(8 + len(packed)) % BLOCK
    for pad in (b"\x01" + bytes(rest - 1), bytes(rest - 1), bytes(rest + BLOCK)):
        made = sealed_content(content, pad)
        with pytest.raises(Malformed, match="padding"):
            open_sealed(made.header_envelope, made.sealed, TRUST, CENTRE)


def test_a_bomb_does_not_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_CONTENT", 1_000_000)
    packed = zlib.compress(bytes(50_000_000), 9)
    plain = len(packed).to_bytes(8, "big") + packed
    made = sealed_plain(plain + bytes(-len(plain) % BLOCK))
    with pytest.raises(TooLarge, match="decompressed"):
        open_sealed(made.header_envelope, made.sealed, TRUST, CENTRE)


@pytest.mark.parametrize("packed", [b"nonsense", zlib.compress(b"{}")[:-2], zlib.compress(b"{}") + b"x"])
def test_broken_compression_is_refused(packed: bytes) -> None:
    plain = len(packed).to_bytes(8, "big") + packed
    made = sealed_plain(plain + bytes(-len(plain) % BLOCK))
    with pytest.raises(Malformed, match=r"decompress|cut short"):
        open_sealed(made.header_envelope, made.sealed, TRUST, CENTRE)


def test_the_centres_key_survives_its_file_and_is_not_shown() -> None:
    again = CentreKey(CENTRE.to_bytes())
    assert again.public_bytes() == CENTRE.public_bytes()
    assert CENTRE.to_bytes().hex()[:16] not in repr(CENTRE)
    with pytest.raises(Malformed):
        CentreKey(bytes(95))
    with pytest.raises(Malformed):
        seal({}, CONTEXT, TERMINAL, bytes(1215))
    with pytest.raises(Malformed):
        seal({}, CONTEXT, TERMINAL, b"\xff" * 1216)


def test_acknowledgements_are_the_centres_word() -> None:
    code = "-".join(["7QF2"] * 13)
    answer = Acknowledgement("T-1", 1, "e" * 64, Status.ACCEPTED, 5, (RefusedBallot(code, Reason.CREDENTIAL_USED),))
    centre = signer(Role.CENTRE, "", "centre")
    trust = Trust(ISSUER.root, frozenset({Role.CENTRE}), NOW, (centre.certificate,))
    assert open_acknowledgement(sign_acknowledgement(answer, centre), trust) == answer
    with pytest.raises(ProtocolError):
        open_acknowledgement(sign_acknowledgement(answer, TERMINAL), trust)
    with pytest.raises(Malformed, match="reason"):
        open_acknowledgement(
            sign(
                "application/vnd.polling-terminal.acknowledgement+json",
                encode(answer).replace(b"credential_used", b"no_reason"),
                [centre],
            ),
            trust,
        )
