"""Certificates: who they say they are, and that only the election's root makes them."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents.certificates import (
    Identity,
    Role,
    check_root,
    fingerprint,
    identity,
    load_certificate,
    may_sign,
    to_der,
    to_pem,
    verify_chain,
)
from protocol.documents.errors import ForeignAuthority, WrongRole
from protocol.documents.issuing import Issuer, new_issuer, new_key
from protocol.errors import Malformed

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
ISSUER = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
# TLS asks the machine's clock.
TODAY = new_issuer("today", datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))


@given(
    role=st.sampled_from(sorted(set(Role) - {Role.ROOT})),
    place=st.text(st.sampled_from("0123456789-"), max_size=20),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120),
)
def test_an_identity_survives_its_certificate(role: Role, place: str, name: str) -> None:
    holder = Identity(role, place, "T-1", name)
    certificate = ISSUER.issue(new_key().public_key(), holder)
    assert identity(certificate) == holder
    assert verify_chain(certificate, ISSUER.root, NOW, [role]) == holder
    assert load_certificate(to_pem(certificate)) == load_certificate(to_der(certificate)) == certificate


@pytest.mark.parametrize(
    "name", ["Ибрагимова-Преображенская Александра Константиновна", "Ю" * 120, "x" * 120, "Ю" * 32]
)
def test_a_member_may_have_a_long_name(name: str) -> None:
    """A control card names its holder alone, so that the name is the certificate's common name."""
    holder = Identity(Role.VOTING_MEMBER, "0112", name=name)
    first, other = (ISSUER.issue(new_key().public_key(), holder), Identity(Role.VOTING_MEMBER, "0112", name=name + "а"))
    assert identity(first) == holder
    assert first.subject != ISSUER.issue(new_key().public_key(), other).subject


def test_the_root_is_a_root_and_signs_no_documents() -> None:
    check_root(ISSUER.root)
    assert identity(ISSUER.root).role is Role.ROOT
    assert not may_sign(ISSUER.root)
    with pytest.raises(Malformed, match="end of its chain"):
        verify_chain(ISSUER.root, ISSUER.root, NOW, [Role.ROOT])


def test_a_leaf_is_no_root_and_issues_nothing() -> None:
    key = new_key()
    leaf = ISSUER.issue(key.public_key(), Identity(Role.TERMINAL, "0112", "T-1"))
    with pytest.raises(WrongRole):
        check_root(leaf)
    below = Issuer(leaf, key).issue(new_key().public_key(), Identity(Role.TERMINAL, "0112", "T-9"))
    with pytest.raises(ForeignAuthority):
        verify_chain(below, ISSUER.root, NOW, [Role.TERMINAL])


def test_a_root_of_the_same_name_with_another_key_is_foreign() -> None:
    other = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
    leaf = other.issue(new_key().public_key(), Identity(Role.TERMINAL, "0112", "T-1"))
    with pytest.raises(ForeignAuthority):
        verify_chain(leaf, ISSUER.root, NOW, [Role.TERMINAL])


def test_a_certificate_without_a_role_or_with_two_is_malformed() -> None:
    for uris in ([], ["urn:polling-terminal:role:king"], ["urn:polling-terminal:role:desk"] * 2):
        with pytest.raises(Malformed):
            identity(handmade(uris))


def test_what_is_no_certificate_is_malformed() -> None:
    for data in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", b"\x30\x03\x02\x01\x00"):
        with pytest.raises(Malformed):
            load_certificate(data)
    with pytest.raises(Malformed, match="P-256"):
        load_certificate(to_der(handmade(["urn:polling-terminal:role:desk"], ec.SECP384R1())))


def test_fingerprints_are_digests_of_der() -> None:
    assert fingerprint(ISSUER.root) == ISSUER.root.fingerprint(hashes.SHA256()).hex()


def opens_the_door(folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bool:
    """Whether a TLS server as the centre's lets in who shows this certificate. A real handshake, in memory."""

    def file(name: str, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    def context(purpose: int, own: x509.Certificate, own_key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
        made = ssl.SSLContext(purpose)
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        made.load_verify_locations(file("root.pem", to_pem(TODAY.root).encode()))
        secret = own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made.load_cert_chain(file("own.pem", to_pem(own).encode()), file("own.key", secret))
        made.verify_mode = ssl.CERT_REQUIRED
        return made

    server_key = new_key()
    server = TODAY.issue_tls_server(server_key.public_key(), Identity(Role.CENTRE, device="centre"), ("localhost",))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    door = context(ssl.PROTOCOL_TLS_SERVER, server, server_key).wrap_bio(to_server, to_client, server_side=True)
    caller = context(ssl.PROTOCOL_TLS_CLIENT, certificate, key).wrap_bio(
        to_client, to_server, server_hostname="localhost"
    )
    waiting = [caller, door]
    for side in (caller, door, caller, door):
        if side not in waiting:
            continue
        try:
            side.do_handshake()
            waiting.remove(side)
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return side is not door or "purpose" not in error.verify_message
    assert not waiting
    return True


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ROOT}))
def test_only_terminals_and_desks_open_the_centre_s_door(tmp_path: Path, role: Role) -> None:
    key = new_key()
    holder = Identity(role, "0112", "X-1")
    signing = TODAY.issue(key.public_key(), holder)
    assert may_sign(signing)
    assert verify_chain(signing, TODAY.root, None, [role]) == holder
    assert opens_the_door(tmp_path, signing, key) is (role in {Role.TERMINAL, Role.DESK})
    agreeing = TODAY.issue_key_agreement(key.public_key(), holder)
    assert not may_sign(agreeing)
    assert not opens_the_door(tmp_path, agreeing, key)


def test_the_certificate_of_the_centre_s_own_door_does_not_open_it(tmp_path: Path) -> None:
    key = new_key()
    certificate = TODAY.issue_tls_server(key.public_key(), Identity(Role.CENTRE, device="centre"), ("localhost",))
    assert not opens_the_door(tmp_path, certificate, key)


def handmade(uris: list[str], curve: ec.EllipticCurve | None = None) -> x509.Certificate:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(ISSUER.root.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
    )
    if uris:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(ISSUER.key, hashes.SHA256())
