"""X.509 certificates of one election: a root, and leaves whose role, place and device are SAN URIs.

A chain is exactly two long: the election's root issues every certificate itself (basicConstraints CA with
path length 0, RFC 5280, section 4.2.1.9). All keys that sign are P-256, so that a TPM or an ordinary PIV card can hold
them; a card's key-management key may be RSA-2048, for cards that have only that for it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.utils import CryptographyDeprecationWarning

from protocol.documents.errors import CertificateNotYetValid, CertificateOutOfTime, ForeignAuthority, WrongRole
from protocol.errors import Malformed

URN = "urn:polling-terminal:"
_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,  # of what it will refuse soon, where warnings are errors
)
TOLERANCE = timedelta(hours=24)
"""How far a station's clock may be off before a certificate counts as out of time."""
RSA_BITS = 2048
LEAST_EXPONENT = 65_537
LIMIT = 16_384
"""The longest certificate that is read, in bytes of its DER or PEM form."""


class Role(StrEnum):
    """What the holder of a certificate is in the election."""

    ROOT = "root"
    ELECTION_AUTHORITY = "election_authority"
    CREDENTIAL_AUTHORITY = "credential_authority"
    CENTRE = "centre"
    TERMINAL = "terminal"
    DESK = "desk"
    CHAIR = "chair"
    SECRETARY = "secretary"
    VOTING_MEMBER = "voting_member"
    TEC_MEMBER = "tec_member"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    OBSERVER = "observer"
    VOTER_CARD = "voter_card"


MEMBERS = frozenset({Role.CHAIR, Role.SECRETARY, Role.VOTING_MEMBER})
"""The members of a precinct commission who count towards its quorum."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a certificate says about its holder. Empty strings where it says nothing."""

    role: Role
    place: str = ""
    device: str = ""
    name: str = ""

    def uris(self) -> tuple[str, ...]:
        """The URIs of the subject alternative name."""
        parts = {"role": self.role.value, "place": self.place, "device": self.device, "name": self.name}
        return tuple(f"{URN}{key}:{quote(value, safe='')}" for key, value in parts.items() if value)


def identity(certificate: x509.Certificate) -> Identity:
    """The role, place, device and name of a certificate. Raises Malformed if it has no single known role."""
    values: dict[str, str] = {}
    for uri in _uris(certificate):
        if not uri.startswith(URN):
            continue
        key, _, value = uri.removeprefix(URN).partition(":")
        if key not in {"role", "place", "device", "name"} or key in values:
            raise Malformed("certificate", f"it says “{key[:40]}” twice, or we do not know what that means")
        values[key] = unquote(value)
    try:
        role = Role(values.pop("role", ""))
    except ValueError as error:
        raise Malformed("certificate", "it names no role that we know") from error
    return Identity(role, **values)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate's DER bytes, lower-case hex: its name in envelopes (keyid)."""
    return hashlib.sha256(to_der(certificate)).hexdigest()


def to_der(certificate: x509.Certificate) -> bytes:
    """The certificate's DER bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)


def to_pem(certificate: x509.Certificate) -> str:
    """The certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def load_certificate(
    data: bytes | str, where: str = "certificate", *, key_management: bool = False
) -> x509.Certificate:
    """A certificate from DER bytes or PEM text. Raises Malformed; its key must be P-256.

    A card's certificate for `key_management` may be of an RSA-2048 key.
    """
    raw = data.encode() if isinstance(data, str) else data
    if len(raw) > LIMIT:
        raise Malformed(where, f"longer than {LIMIT} bytes")
    try:
        pem = raw.lstrip().startswith(b"-----")
        certificate = x509.load_pem_x509_certificate(raw) if pem else x509.load_der_x509_certificate(raw)
        _ = certificate.public_key()
        # The library parses these only when they are asked for: what is broken shall break here.
        _ = certificate.extensions, certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except _UNREADABLE as error:
        raise Malformed(where, "not an X.509 certificate") from error
    if certificate.serial_number <= 0:
        raise Malformed(where, "its serial number is not positive (RFC 5280, section 4.1.2.2)")
    try:
        _ = key_management_key(certificate) if key_management else public_key(certificate)
    except Malformed as error:
        raise Malformed(where, error.what) from error
    return certificate


def key_management_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """The key of a card's key-management certificate: P-256 or RSA-2048. Raises Malformed if it is of another kind."""
    key = _any_key(certificate)
    if not isinstance(key, rsa.RSAPublicKey):
        return public_key(certificate)
    if key.key_size != RSA_BITS or key.public_numbers().e < LEAST_EXPONENT:
        raise Malformed("certificate", f"its RSA key is not of {RSA_BITS} bits with an exponent from {LEAST_EXPONENT}")
    return key


def public_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a certificate. Raises Malformed if it is of another kind."""
    key = _any_key(certificate)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Malformed("certificate", "its key is not on the curve P-256")
    return key


def _any_key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except _UNREADABLE as error:
        raise Malformed("certificate", "its key cannot be read") from error


def may_sign(certificate: x509.Certificate) -> bool:
    """True if the certificate's key usage allows signing documents (RFC 5280, section 4.2.1.3)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def check_root(root: x509.Certificate) -> None:
    """Raise Malformed or WrongRole unless `root` is a self-signed CA of path length 0 with the role root."""
    if identity(root).role is not Role.ROOT:
        raise WrongRole("root certificate", "it does not have the role of an election's root")
    constraints = _basic_constraints(root)
    if constraints is None or not constraints.ca or constraints.path_length != 0:
        raise Malformed("root certificate", "it is not a certificate authority with path length 0")
    try:
        root.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise Malformed("root certificate", "it is not signed by itself") from error


def verify_chain(
    certificate: x509.Certificate,
    root: x509.Certificate,
    at: datetime | None,
    roles: Iterable[Role],
    tolerance: timedelta = TOLERANCE,
) -> Identity:
    """Check that `root` issued `certificate`, that it holds one of `roles` and is valid at `at`.

    `at` is an aware time, and `tolerance` widens the validity on both sides; None leaves the time unchecked.
    Raises ForeignAuthority, WrongRole, CertificateOutOfTime or Malformed; returns whose certificate it is.
    """
    check_root(root)
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise ForeignAuthority("certificate", "it was issued by another authority than this election's") from error
    constraints = _basic_constraints(certificate)
    if constraints is None or constraints.ca:
        raise Malformed("certificate", "it is not marked as the end of its chain")
    # Only what never signs may be RSA.
    _ = public_key(certificate) if may_sign(certificate) else key_management_key(certificate)
    holder = identity(certificate)
    allowed = frozenset(roles)
    if holder.role not in allowed:
        wanted = " or ".join(sorted(allowed))
        raise WrongRole("certificate", f"its role is {holder.role}, where {wanted} is needed")
    if at is not None:
        _check_time(certificate, at, tolerance)
    return holder


def _check_time(certificate: x509.Certificate, at: datetime, tolerance: timedelta) -> None:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < first - tolerance:
        raise CertificateNotYetValid("certificate", f"it is valid only from {first:%Y-%m-%d}; is the clock right?")
    if at > last + tolerance:
        raise CertificateOutOfTime("certificate", f"it was valid until {last:%Y-%m-%d}; is the clock right?")


def _basic_constraints(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)
