"""Hybrid public-key encryption (RFC 9180) in the two suites that documents use, and the form of their keys.

Batches go to the centre under ML-KEM-768 + X25519, so that a recorded upload stays closed even to a quantum
computer; credentials on cards go to the polling place under X25519 alone, for they must fit a card.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from protocol.errors import Malformed, Refused

_MLKEM_PUBLIC = 1184
_MLKEM_SEED = 64
_X25519 = 32


class CentreKey:
    """The centre's secret key: an ML-KEM-768 key beside an X25519 key. Never printed."""

    __slots__ = ("_key", "_raw")

    def __init__(self, raw: bytes) -> None:
        """From 96 bytes: the seed of ML-KEM-768 (64), then the X25519 scalar (32). Raises Malformed."""
        if len(raw) != _MLKEM_SEED + _X25519:
            raise Malformed("centre key", "it is not 96 bytes long")
        self._raw = raw
        self._key = MLKEM768X25519PrivateKey(
            mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED]),
            x25519.X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:]),
        )

    @classmethod
    def generate(cls) -> "CentreKey":
        """A fresh key."""
        seed = mlkem.MLKEM768PrivateKey.generate().private_bytes_raw()
        return cls(seed + raw_private(x25519.X25519PrivateKey.generate()))

    def to_bytes(self) -> bytes:
        """The 96 secret bytes, for a file that only its owner reads."""
        return self._raw

    def public_bytes(self) -> bytes:
        """The 1,216 public bytes: ML-KEM-768 (1184), then X25519 (32). They stand in the election package."""
        kem = mlkem.MLKEM768PrivateKey.from_seed_bytes(self._raw[:_MLKEM_SEED]).public_key()
        point = x25519.X25519PrivateKey.from_private_bytes(self._raw[_MLKEM_SEED:]).public_key()
        return kem.public_bytes_raw() + raw_public(point)

    def open(self, sealed: bytes, info: bytes, where: str) -> bytes:
        """What was sealed with the same `info`. Raises Refused."""
        try:
            return _batch_suite().decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise Refused(where, "it cannot be opened: changed, or sealed to another key or header") from error


def seal_to_centre(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal to the centre's public bytes. Raises Malformed if they are not a key."""
    key = centre_public(public)
    return _batch_suite().encrypt(plaintext, key, info=info)


def centre_public(public: bytes) -> MLKEM768X25519PublicKey:
    """The centre's public key from its 1,216 bytes. Raises Malformed."""
    if len(public) != _MLKEM_PUBLIC + _X25519:
        raise Malformed("centre key", "it is not 1,216 bytes long")
    try:
        return MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
            x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
        )
    except ValueError as error:
        raise Malformed("centre key", "it is not a public key") from error


def seal_to_place(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal to a polling place's X25519 key of 32 bytes; the result is 48 bytes longer. Raises Malformed."""
    try:
        key = x25519.X25519PublicKey.from_public_bytes(public)
        return _credential_suite().encrypt(plaintext, key, info=info)
    except ValueError as error:
        raise Malformed("polling-place key", "it is not a public key") from error


def open_at_place(key: x25519.X25519PrivateKey, sealed: bytes, info: bytes, where: str) -> bytes:
    """What was sealed to the polling place with the same `info`. Raises Refused."""
    try:
        return _credential_suite().decrypt(sealed, key, info=info)
    except (InvalidTag, ValueError) as error:
        raise Refused(where, "it cannot be opened: changed, or sealed for another place or use") from error


def raw_public(key: x25519.X25519PublicKey) -> bytes:
    """The 32 bytes of a public X25519 key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def raw_private(key: x25519.X25519PrivateKey) -> bytes:
    """The 32 bytes of a secret X25519 key."""
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def _batch_suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _credential_suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
