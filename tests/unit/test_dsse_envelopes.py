"""Envelopes: the specification's own example, and that nothing false or unclear gets through."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents import dsse
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner, Trust, pae, sign, sign_short, verify
from protocol.documents.errors import (
    BadSignature,
    CertificateOutOfTime,
    ForeignAuthority,
    NotJson,
    TooLarge,
    UnknownField,
    UnknownSigner,
    WrongRole,
    WrongType,
)
from protocol.documents.issuing import Issuer, new_issuer, new_key
from protocol.errors import Malformed, ProtocolError, Refused

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
KIND = "application/vnd.example+json"


def issuer(name: str = "election") -> Issuer:
    return new_issuer(name, NOW - timedelta(days=30), NOW + timedelta(days=400))


def signer(authority: Issuer, role: Role = Role.TERMINAL) -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(authority.issue(key.public_key(), Identity(role, "0112", "T-1")), key)


ISSUER = issuer()
TERMINAL = signer(ISSUER)
TRUST = Trust(ISSUER.root, frozenset({Role.TERMINAL}), NOW)


def test_pae_is_that_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_specifications_signature_verifies_over_our_pae() -> None:
    public = ec.EllipticCurvePublicNumbers(
        46950820868899156662930047687818585632848591499744589407958293238635476079160,
        5640078356564379163099075877009565129882514886557779369047442380624545832820,
        ec.SECP256R1(),
    ).public_key()
    raw = base64.b64decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public.verify(der, pae("http://example.com/HelloWorld", b"hello world"), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(der, pae("http://example.com/HelloWorld", b"hello worle"), ec.ECDSA(hashes.SHA256()))


def test_pae_counts_bytes_not_characters() -> None:
    assert pae("т", "слово".encode()) == b"DSSEv1 2 \xd1\x82 10 " + "слово".encode()


@given(payload=st.binary(max_size=2000))
def test_what_was_signed_comes_back(payload: bytes) -> None:
    verified = verify(sign(KIND, payload, [TERMINAL]), KIND, TRUST, 4000)
    assert verified.payload == payload
    assert verified.signer.identity == Identity(Role.TERMINAL, "0112", "T-1")


def test_every_changed_byte_of_an_envelope_is_refused() -> None:
    envelope = sign(KIND, b'{"a":1}', [TERMINAL])
    for position in range(len(envelope)):
        for flip in (0x01, 0x20):
            changed = bytearray(envelope)
            changed[position] ^= flip
            with pytest.raises(ProtocolError):
                verify(bytes(changed), KIND, TRUST, 4000)


def test_a_changed_payload_is_a_broken_signature() -> None:
    record = json.loads(sign(KIND, b'{"a":1}', [TERMINAL]))
    record["payload"] = base64.b64encode(b'{"a":2}').decode()
    with pytest.raises(BadSignature, match="signature is broken"):
        verify(json.dumps(record).encode(), KIND, TRUST, 4000)


def test_another_authority_is_told_apart_from_a_broken_signature() -> None:
    envelope = sign(KIND, b"{}", [signer(issuer("election"))])
    with pytest.raises(ForeignAuthority, match="another authority"):
        verify(envelope, KIND, TRUST, 4000)


def test_a_signer_without_the_role_is_refused() -> None:
    with pytest.raises(WrongRole, match="its role is desk"):
        verify(sign(KIND, b"{}", [signer(ISSUER, Role.DESK)]), KIND, TRUST, 4000)


def test_a_key_that_is_certified_for_key_agreement_does_not_sign() -> None:
    key = new_key()
    holder = ISSUER.issue_key_agreement(key.public_key(), Identity(Role.TERMINAL, "0112", "T-1"))
    with pytest.raises(WrongRole, match="another use than signing"):
        verify(sign(KIND, b"{}", [SoftwareSigner(holder, key)]), KIND, TRUST, 4000)


@pytest.mark.parametrize("at", [NOW - timedelta(days=32), NOW + timedelta(days=402)])
def test_a_certificate_out_of_time_is_refused(at: datetime) -> None:
    trust = Trust(ISSUER.root, frozenset({Role.TERMINAL}), at)
    with pytest.raises(CertificateOutOfTime, match="is the clock right"):
        verify(sign(KIND, b"{}", [TERMINAL]), KIND, trust, 4000)


@pytest.mark.parametrize("at", [NOW - timedelta(days=30, hours=23), NOW + timedelta(days=400, hours=23), None])
def test_a_clock_off_by_less_than_the_tolerance_is_no_trouble(at: datetime | None) -> None:
    trust = Trust(ISSUER.root, frozenset({Role.TERMINAL}), at)
    assert verify(sign(KIND, b"{}", [TERMINAL]), KIND, trust, 4000).payload == b"{}"


def test_a_document_of_another_kind_is_refused() -> None:
    with pytest.raises(WrongType, match="application/other"):
        verify(sign("application/other", b"{}", [TERMINAL]), KIND, TRUST, 4000)


def test_a_short_envelope_needs_a_listed_signer() -> None:
    envelope = sign_short(KIND, b"{}", [TERMINAL])
    roles = frozenset({Role.TERMINAL})
    listed = Trust(ISSUER.root, roles, NOW, (TERMINAL.certificate,))
    assert verify(envelope, KIND, listed, 4000).payload == b"{}"
    with pytest.raises(Malformed, match="does not carry"):
        verify(envelope, KIND, TRUST, 4000)
    with pytest.raises(UnknownSigner, match="package names"):
        verify(envelope, KIND, Trust(ISSUER.root, roles, NOW, (signer(ISSUER).certificate,)), 4000)


def test_several_signers_are_counted_once_each() -> None:
    other = signer(ISSUER)
    two = Trust(ISSUER.root, frozenset({Role.TERMINAL}), NOW, least=2)
    assert len(verify(sign(KIND, b"{}", [TERMINAL, other]), KIND, two, 4000).signatures) == 2
    with pytest.raises(Refused, match="1 signatures, where 2"):
        verify(sign(KIND, b"{}", [TERMINAL]), KIND, two, 4000)
    with pytest.raises(Refused, match="one key signed twice"):
        verify(sign(KIND, b"{}", [TERMINAL, TERMINAL]), KIND, two, 4000)
    again = SoftwareSigner(
        ISSUER.issue(TERMINAL.key.public_key(), Identity(Role.TERMINAL, "0112", "T-2")), TERMINAL.key
    )
    with pytest.raises(Refused, match="one key signed twice"):
        verify(sign(KIND, b"{}", [TERMINAL, again]), KIND, two, 4000)


def test_form_is_strict() -> None:
    envelope = sign(KIND, b"{}", [TERMINAL])
    record = json.loads(envelope)
    with pytest.raises(UnknownField, match="extra"):
        verify(json.dumps({**record, "extra": 1}).encode(), KIND, TRUST, 4000)
    with pytest.raises(NotJson, match="stands twice"):
        verify(envelope[:-1] + b',"payload":"e30="}', KIND, TRUST, 4000)
    with pytest.raises(NotJson, match="line 1"):
        verify(envelope[:-1], KIND, TRUST, 4000)
    with pytest.raises(NotJson, match="UTF-8"):
        verify(b"\xff" + envelope, KIND, TRUST, 4000)
    with pytest.raises(NotJson):
        verify(b"[" * 100_000, KIND, TRUST, 1_000_000)
    with pytest.raises(Malformed):
        verify(json.dumps({**record, "signatures": []}).encode(), KIND, TRUST, 4000)
    with pytest.raises(TooLarge):
        verify(sign(KIND, bytes(4001), [TERMINAL]), KIND, TRUST, 4000)
    with pytest.raises(TooLarge):
        verify(b" " * 1_000_000, KIND, TRUST, 4000)


def test_a_signer_does_not_show_its_key() -> None:
    assert "key" not in repr(TERMINAL)
    assert dsse.Verified(b"secret", "0" * 64, ()).__repr__().count("secret") == 0
