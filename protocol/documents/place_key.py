"""The polling-place key, which opens credentials, and how control cards hold it (DESIGN 4).

The secret is wrapped to the key-management key (PIV 9D, P-256) of each control card: an ephemeral key agrees with
the card's, HKDF-SHA256 makes an AES-256-GCM key of the shared secret, bound to election, place and card.

With threshold 1 every share is the whole secret. Sharing it k of n is not written yet: any other threshold is
refused, and only `wrap_place_key` and `unwrap_place_key` will change for it.
"""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.documents.certificates import fingerprint, public_key
from protocol.documents.hpke import raw_private, raw_public
from protocol.documents.payload import encode
from protocol.documents.shapes import Digest
from protocol.errors import Malformed, Refused

Agreement = Callable[[bytes], bytes | bytearray]
"""ECDH in a card: takes an uncompressed P-256 point (65 bytes), returns the shared x coordinate (32 bytes)."""

_NONCE = bytes(12)  # every wrapping key wraps once, so the nonce may be constant


class PlaceContext(msgspec.Struct, frozen=True):
    """Which key this is: part of every derivation, so that a share of another place opens nothing."""

    election_id: str
    place_id: str


class KeyShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One card's share. `card` is the fingerprint of the card's 9D certificate, the rest lower-case hex."""

    card: Digest
    ephemeral: Annotated[str, msgspec.Meta(pattern=r"^04[0-9a-f]{128}\Z")]
    wrapped: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{96}\Z")]


class PlaceKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A polling place's key in the election package: X25519, hex; and its shares."""

    public: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    threshold: Annotated[int, msgspec.Meta(ge=1, le=32)]
    shares: Annotated[tuple[KeyShare, ...], msgspec.Meta(min_length=1, max_length=32)]

    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return bytes.fromhex(self.public)


def new_place_key() -> x25519.X25519PrivateKey:
    """A fresh key for a polling place."""
    return x25519.X25519PrivateKey.generate()


def wrap_place_key(
    key: x25519.X25519PrivateKey,
    threshold: int,
    cards: Sequence[x509.Certificate],
    context: PlaceContext,
) -> PlaceKey:
    """`key`, wrapped to each of `cards` (9D certificates). Raises Refused for a threshold other than 1."""
    _refuse_sharing(threshold)
    secret = raw_private(key)
    shares = tuple(_wrap(secret, card, context) for card in cards)
    return PlaceKey(raw_public(key.public_key()).hex(), threshold, shares)


def unwrap_place_key(
    key: PlaceKey, card: x509.Certificate, agree: Agreement, context: PlaceContext
) -> x25519.X25519PrivateKey:
    """The secret key, released by the card whose 9D certificate is `card` and whose key `agree` uses.

    Raises Refused if the card has no share, the share does not open, or the threshold is not 1.
    """
    _refuse_sharing(key.threshold)
    share = next((share for share in key.shares if share.card == fingerprint(card)), None)
    if share is None:
        raise Refused("polling-place key", "this card holds no share of it")
    secret = _unwrap(share, agree, context)
    private = x25519.X25519PrivateKey.from_private_bytes(secret)
    if raw_public(private.public_key()) != key.public_bytes():
        raise Refused("polling-place key", "the share opens, but holds another key than the package names")
    return private


def _refuse_sharing(threshold: int) -> None:
    if threshold != 1:
        raise Refused(
            "polling-place key",
            f"it would need {threshold} cards together; only a threshold of 1 is possible yet",
        )


def _wrap(secret: bytes, card: x509.Certificate, context: PlaceContext) -> KeyShare:
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ephemeral.exchange(ec.ECDH(), public_key(card))
    name = fingerprint(card)
    wrapped = AESGCM(_wrapping_key(shared, point, name, context)).encrypt(_NONCE, secret, None)
    return KeyShare(name, point.hex(), wrapped.hex())


def _unwrap(share: KeyShare, agree: Agreement, context: PlaceContext) -> bytes:
    point = bytes.fromhex(share.ephemeral)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Malformed("polling-place key", "a share's ephemeral point is not on the curve") from error
    shared = agree(point)
    try:
        cipher = AESGCM(_wrapping_key(shared, point, share.card, context))
        return cipher.decrypt(_NONCE, bytes.fromhex(share.wrapped), None)
    except InvalidTag as error:
        raise Refused("polling-place key", "the card's share does not open") from error


def _wrapping_key(shared: bytes | bytearray, point: bytes, card: str, context: PlaceContext) -> bytes:
    info = b"polling-terminal place key 1\0" + encode(context) + bytes.fromhex(card) + point
    return HKDF(hashes.SHA256(), 32, None, info).derive(shared)
