"""DSSE envelopes (Dead Simple Signing Envelope, version 1.0.2) signed with ECDSA P-256 and SHA-256.

The signature is over PAE(type, payload), so a document of one kind never passes as one of another. Beyond
the specification: fields that we do not know are refused, every signature must be good, `keyid` is the digest
of the signer's certificate, and a signature may carry that certificate (`cert`, base64 of its DER).
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Protocol

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from protocol.documents.certificates import (
    TOLERANCE,
    Identity,
    Role,
    fingerprint,
    load_certificate,
    may_sign,
    public_key,
    to_der,
    verify_chain,
)
from protocol.documents.errors import BadSignature, TooLarge, UnknownSigner, WrongRole, WrongType
from protocol.documents.payload import decode, encode, sha256
from protocol.errors import Malformed, Refused

MAX_SIGNATURES = 16


class Signer(Protocol):
    """A key with its certificate; the key may live in a card or a TPM."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""
        ...

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER."""
        ...


@dataclass(frozen=True, slots=True)
class SoftwareSigner:
    """A signer whose key is in memory."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class Trust:
    """Who may sign: holders of one of `roles` under `root`, at least `least` different ones.

    With `certificates` only those may sign, and the envelope need not carry them; with None the envelope
    carries the certificates itself. `at` is the time of checking (None: the time is not checked).
    """

    root: x509.Certificate
    roles: frozenset[Role]
    at: datetime | None
    certificates: tuple[x509.Certificate, ...] | None = None
    least: int = 1
    tolerance: timedelta = TOLERANCE


@dataclass(frozen=True, slots=True)
class Signature:
    """One good signature: by which certificate, and whose that is."""

    certificate: x509.Certificate
    identity: Identity


@dataclass(frozen=True, slots=True)
class Verified:
    """A payload whose every signature is good. `sha256` is the document's digest."""

    payload: bytes = field(repr=False)
    sha256: str
    signatures: tuple[Signature, ...]

    @property
    def signer(self) -> Signature:
        """The first signer, for documents that have one."""
        return self.signatures[0]


Base64 = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]*={0,2}\Z")]


class EnvelopeSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One signature of an envelope, as its JSON has it."""

    keyid: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    sig: Base64
    cert: Base64 | None = None


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON of an envelope."""

    payload: Base64
    payloadType: str  # noqa: N815  the name that the DSSE specification gives it
    signatures: Annotated[tuple[EnvelopeSignature, ...], msgspec.Meta(min_length=1, max_length=MAX_SIGNATURES)]


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: what is signed (DSSE protocol, "Signature Definition")."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, signers: Sequence[Signer]) -> bytes:
    """An envelope that carries its signers' certificates, as JSON bytes."""
    return _sign(payload_type, payload, signers, carry=True)


def sign_short(payload_type: str, payload: bytes, signers: Sequence[Signer]) -> bytes:
    """An envelope without certificates, for readers who have them from the election package."""
    return _sign(payload_type, payload, signers, carry=False)


def _sign(payload_type: str, payload: bytes, signers: Sequence[Signer], *, carry: bool) -> bytes:
    signed = pae(payload_type, payload)
    signatures = tuple(
        EnvelopeSignature(
            keyid=fingerprint(signer.certificate),
            sig=_to_base64(signer.sign(signed)),
            cert=_to_base64(to_der(signer.certificate)) if carry else None,
        )
        for signer in signers
    )
    return encode(Envelope(_to_base64(payload), payload_type, signatures))


@dataclass(frozen=True, slots=True)
class _Signed:
    """A signature that was made already, as a signer of just that."""

    certificate: x509.Certificate
    signature: bytes

    def sign(self, _data: bytes) -> bytes:
        return self.signature


def signed_in_turn(payload_type: str, payload: bytes, signatures: Mapping[x509.Certificate, bytes]) -> bytes:
    """An envelope of signatures that cards made of `pae` one after another; it does not tell in which order."""
    signers = [_Signed(certificate, signature) for certificate, signature in signatures.items()]
    return sign(payload_type, payload, sorted(signers, key=lambda one: fingerprint(one.certificate)))


def verify(envelope: bytes, payload_type: str, trust: Trust, limit: int) -> Verified:
    """The payload of `envelope` (at most `limit` bytes long), once every signature has been checked.

    Raises TooLarge, NotJson, UnknownField or Malformed for its form; WrongType, BadSignature, UnknownSigner,
    ForeignAuthority, WrongRole, CertificateOutOfTime or Refused for what it says.
    """
    # Base64 makes four bytes of three; a signature with its certificate is under 4 KiB.
    most = limit * 4 // 3 + 4 + MAX_SIGNATURES * 4096
    parsed = decode(envelope, Envelope, "envelope", most)
    if parsed.payloadType != payload_type:
        raise WrongType("envelope", f"it holds “{parsed.payloadType[:80]}”, where “{payload_type}” is expected")
    payload = _from_base64(parsed.payload, "envelope.payload")
    if len(payload) > limit:
        raise TooLarge("envelope.payload", f"{len(payload)} bytes, where at most {limit} are allowed")
    signed = pae(payload_type, payload)
    signatures = tuple(
        _check(signature, signed, trust, f"envelope.signatures[{index}]")
        for index, signature in enumerate(parsed.signatures)
    )
    different = {public_key(one.certificate).public_numbers() for one in signatures}
    if len(different) != len(signatures):
        raise Refused("envelope.signatures", "one key signed twice")
    if len(different) < trust.least:
        raise Refused("envelope.signatures", f"{len(different)} signatures, where {trust.least} are needed")
    return Verified(payload, sha256(payload), signatures)


def verify_signature(certificate: x509.Certificate, data: bytes, signature: bytes, where: str) -> None:
    """Raise BadSignature unless `signature` (ECDSA, SHA-256, DER) over `data` is by the certificate's key.

    Raises WrongRole for a key that is certified for something else than signing.
    """
    if not may_sign(certificate):
        raise WrongRole(where, "its key is certified for another use than signing")
    try:
        public_key(certificate).verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise BadSignature(where, "the signature is broken: the document was changed, or is by another key") from error


def _check(signature: EnvelopeSignature, signed: bytes, trust: Trust, where: str) -> Signature:
    certificate = _certificate_of(signature, trust, where)
    verify_signature(certificate, signed, _from_base64(signature.sig, where), where)
    holder = verify_chain(certificate, trust.root, trust.at, trust.roles, trust.tolerance)
    return Signature(certificate, holder)


def _certificate_of(signature: EnvelopeSignature, trust: Trust, where: str) -> x509.Certificate:
    if trust.certificates is not None:
        for known in trust.certificates:
            if fingerprint(known) == signature.keyid:
                return known
        raise UnknownSigner(where, "the signer is not among those that the election package names")
    if signature.cert is None:
        raise Malformed(where, "the envelope does not carry its signer's certificate")
    certificate = load_certificate(_from_base64(signature.cert, where), where)
    if fingerprint(certificate) != signature.keyid:
        raise Malformed(where, "keyid is not the digest of the certificate beside it")
    return certificate


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str, where: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Malformed(where, "not base64") from error
    if _to_base64(data) != text:
        raise Malformed(where, "base64 with stray bits")
    return data
