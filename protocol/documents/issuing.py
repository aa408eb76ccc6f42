"""Making certificates: the election's root, and what it issues.

Used by provisioning, by orders that admit a device, and by tests.
"""

import hashlib
import ipaddress
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from protocol.documents.certificates import Identity, Role

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""The purpose of signing documents (RFC 9336)."""
TLS_CLIENTS = frozenset({Role.TERMINAL, Role.DESK})
"""Who calls the centre; nobody else's certificate opens its TLS door."""


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Issuer:
    """An election's root with its key. What it issues is valid as long as the root itself."""

    root: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def issue(self, public_key: ec.EllipticCurvePublicKey, holder: Identity) -> x509.Certificate:
        """A certificate for a signing key; a terminal's or a desk's also serves as a TLS client certificate."""
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if holder.role in TLS_CLIENTS else DOCUMENT_SIGNING
        return self._leaf(public_key, holder, _usage(sign=True), _purpose(purpose))

    def issue_key_agreement(
        self, public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, holder: Identity
    ) -> x509.Certificate:
        """A certificate for a card's key-management key (PIV 9D): it agrees on keys, or decrypts, and never signs."""
        # What is sealed to such a key is a message; without any purpose the certificate would be good for every one.
        usage = _usage(decrypt=True) if isinstance(public_key, rsa.RSAPublicKey) else _usage(agree=True)
        return self._leaf(public_key, holder, usage, _purpose(ExtendedKeyUsageOID.EMAIL_PROTECTION))

    def issue_tls_server(
        self, public_key: ec.EllipticCurvePublicKey, holder: Identity, hosts: tuple[str, ...]
    ) -> x509.Certificate:
        """A TLS server certificate for `hosts`: DNS names or IP addresses."""
        names = tuple(_host(host) for host in hosts)
        purpose = _purpose(ExtendedKeyUsageOID.SERVER_AUTH)
        return self._leaf(public_key, holder, _usage(sign=True), purpose, names)

    def _leaf(
        self,
        public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        holder: Identity,
        usage: x509.KeyUsage,
        purpose: x509.ExtendedKeyUsage,
        hosts: tuple[x509.GeneralName, ...] = (),
    ) -> x509.Certificate:
        root = self.root
        issuer = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (
            _builder(holder, public_key, hosts)
            .not_valid_before(root.not_valid_before_utc)
            .not_valid_after(root.not_valid_after_utc)
            .issuer_name(root.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
            .add_extension(purpose, critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())


def new_issuer(name: str, not_before: datetime, not_after: datetime) -> Issuer:
    """A fresh root for the election called `name`, valid between two aware times, with its key."""
    key = new_key()
    holder = Identity(Role.ROOT, name=name)
    root = (
        _builder(holder, key.public_key(), ())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .issuer_name(_subject(holder))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certify=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Issuer(root, key)


def _builder(
    holder: Identity, public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, hosts: tuple[x509.GeneralName, ...]
) -> x509.CertificateBuilder:
    names = [x509.UniformResourceIdentifier(uri) for uri in holder.uris()]
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(holder))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName([*names, *hosts]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _subject(holder: Identity) -> x509.Name:
    name = holder.device or holder.name or holder.place or holder.role.value
    # X.520 allows 64 letters in a common name, `cryptography` 64 bytes; the whole name stands in the SAN.
    whole = name.encode()
    if len(whole) > 64:
        name = f"{whole[:55].decode(errors='ignore')}-{hashlib.sha256(whole).hexdigest()[:8]}"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, holder.role.value),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _purpose(purpose: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([purpose])


def _usage(*, sign: bool = False, agree: bool = False, decrypt: bool = False, certify: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=decrypt,
        data_encipherment=False,
        key_agreement=agree,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )
