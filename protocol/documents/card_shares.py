"""A secret held k of n by control cards: each card's share is wrapped to its key-management key (PIV 9D).

With a P-256 key an ephemeral one agrees; to an RSA-2048 key a random number below its modulus is encrypted without
padding (RSA-KEM, ISO/IEC 18033-2). HKDF-SHA256 makes an AES-256-GCM key of that shared secret, bound to what the
secret is for (`purpose`) and to the card. `Gathering` collects the shares, one card after another.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.documents.certificates import RSA_BITS, fingerprint, key_management_key
from protocol.documents.shapes import Digest
from protocol.documents.sharing import Share, combine, split
from protocol.errors import Malformed, Refused

Agreement = Callable[[bytes], bytes | bytearray]
"""What a card's key makes of a share's `ephemeral`.

ECDH of an uncompressed P-256 point (65 bytes), which gives the shared x coordinate (32 bytes); or RSA-2048 decryption
of 256 bytes, which gives 256 with nothing taken off. A bytearray is wiped once the share is open, or is not.
"""

RSA_BYTES = RSA_BITS // 8
ECDH_BYTES = 32
_NONCE = bytes(12)  # every wrapping key wraps once, so the nonce may be constant


class CardShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One card's share. `card` is the fingerprint of the card's 9D certificate, the rest lower-case hex.

    `ephemeral` is a P-256 point, or what RSA-2048 encrypted.
    """

    card: Digest
    ephemeral: Annotated[str, msgspec.Meta(pattern=r"^(04[0-9a-f]{128}|[0-9a-f]{512})\Z")]
    wrapped: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{100}\Z")]


def share_to_cards(
    secret: bytes | bytearray, threshold: int, cards: Sequence[x509.Certificate], purpose: bytes
) -> tuple[CardShare, ...]:
    """A secret of 32 bytes, `threshold` of `cards` (9D certificates) give it back. Raises ValueError."""
    shares = split(secret, threshold, len(cards))
    return tuple(_wrap(share, card, purpose) for share, card in zip(shares, cards, strict=True))


class Gathering:
    """Shares that are gathered from cards until there are enough; each card counts once."""

    def __init__(self, shares: Sequence[CardShare], threshold: int, purpose: bytes, where: str) -> None:
        """`where` names the secret in errors."""
        self._wrapped = {share.card: share for share in shares}
        self._threshold = threshold
        self._purpose = purpose
        self._where = where
        self._gathered: dict[str, Share] = {}

    @property
    def missing(self) -> int:
        """How many cards are still needed."""
        return max(0, self._threshold - len(self._gathered))

    @property
    def cards(self) -> frozenset[str]:
        """The fingerprints of the cards whose share is here."""
        return frozenset(self._gathered)

    def add(self, card: x509.Certificate, agree: Agreement) -> None:
        """Take the share of the card whose 9D certificate is `card` and whose key `agree` uses.

        A card that gave its share before changes nothing. Raises Refused if the card has no share or it does not
        open, Malformed, and whatever `agree` raises; what was gathered stays.
        """
        name = fingerprint(card)
        if name in self._gathered:
            return
        if name not in self._wrapped:
            raise Refused(self._where, "this card holds no share of it")
        share = _unwrap(self._wrapped[name], card, agree, self._purpose, self._where)
        if share.x in {other.x for other in self._gathered.values()}:
            raise Refused(self._where, "two cards hold one share")
        self._gathered[name] = share

    def secret(self) -> bytearray:
        """The secret; the caller wipes it, and checks it against something public. Raises Refused."""
        if self.missing:
            raise Refused(self._where, f"{self.missing} more of {self._threshold} cards are needed")
        # One share too many would be no harm to the arithmetic; a false one among them would.
        return combine(sorted(self._gathered.values(), key=lambda share: share.x)[: self._threshold])

    def forget(self) -> None:
        """Let go of every share."""
        self._gathered.clear()


def _wrap(share: Share, card: x509.Certificate, purpose: bytes) -> CardShare:
    ephemeral, shared = _agreed(key_management_key(card))
    name = fingerprint(card)
    wrapped = AESGCM(_wrapping_key(shared, ephemeral, name, purpose)).encrypt(_NONCE, share.to_bytes(), None)
    return CardShare(name, ephemeral.hex(), wrapped.hex())


def _agreed(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> tuple[bytes, bytes]:
    """What the card gets, and the secret that it makes of it."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        # 0, 1 and n - 1 stay what they are, and so would tell the secret.
        secret = 2 + secrets.randbelow(numbers.n - 3)
        return pow(secret, numbers.e, numbers.n).to_bytes(RSA_BYTES), secret.to_bytes(RSA_BYTES)
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point, ephemeral.exchange(ec.ECDH(), key)


def _unwrap(share: CardShare, card: x509.Certificate, agree: Agreement, purpose: bytes, where: str) -> Share:
    ephemeral = bytes.fromhex(share.ephemeral)
    key = key_management_key(card)
    _check_ephemeral(ephemeral, key, where)
    shared = agree(ephemeral)
    try:
        if len(shared) != (RSA_BYTES if isinstance(key, rsa.RSAPublicKey) else ECDH_BYTES):
            raise Refused(where, "what the card made of its share has the wrong length")
        cipher = AESGCM(_wrapping_key(shared, ephemeral, share.card, purpose))
        return Share.from_bytes(cipher.decrypt(_NONCE, bytes.fromhex(share.wrapped), None))
    except InvalidTag as error:
        raise Refused(where, "the card's share does not open") from error
    finally:
        if isinstance(shared, bytearray):
            shared[:] = bytes(len(shared))


def _check_ephemeral(ephemeral: bytes, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, where: str) -> None:
    """Raise Malformed unless it is for a key of this kind: a card is not asked what it would make of anything else."""
    if isinstance(key, rsa.RSAPublicKey):
        if len(ephemeral) != RSA_BYTES or not 1 < int.from_bytes(ephemeral) < key.public_numbers().n - 1:
            raise Malformed(where, "a share's ephemeral number does not fit the card's modulus")
        return
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ephemeral)
    except ValueError as error:
        raise Malformed(where, "a share's ephemeral point is not on the curve") from error


def _wrapping_key(shared: bytes | bytearray, ephemeral: bytes, card: str, purpose: bytes) -> bytes:
    info = purpose + bytes.fromhex(card) + ephemeral
    return HKDF(hashes.SHA256(), 32, None, info).derive(shared)
