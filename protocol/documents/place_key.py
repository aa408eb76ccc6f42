"""The polling-place key, which opens credentials, and how control cards hold it k of n (DESIGN 4)."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import x25519

from protocol.documents.card_shares import Agreement, CardShare, Gathering, share_to_cards
from protocol.documents.hpke import raw_private, raw_public
from protocol.documents.payload import encode
from protocol.errors import Refused

_WHERE = "polling-place key"


class PlaceContext(msgspec.Struct, frozen=True):
    """Which key this is: part of every derivation, so that a share of another place opens nothing."""

    election_id: str
    place_id: str

    def purpose(self) -> bytes:
        """What the shares are for."""
        return b"polling-terminal place key 1\0" + encode(self)


class PlaceKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A polling place's key in the election package: X25519, hex; and its shares."""

    public: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    threshold: Annotated[int, msgspec.Meta(ge=1, le=32)]
    shares: Annotated[tuple[CardShare, ...], msgspec.Meta(min_length=1, max_length=32)]

    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return bytes.fromhex(self.public)

    def gathering(self, context: PlaceContext) -> Gathering:
        """Begin to gather the key from cards; `gathered_place_key` ends it."""
        return Gathering(self.shares, self.threshold, context.purpose(), _WHERE)


def new_place_key() -> x25519.X25519PrivateKey:
    """A fresh key for a polling place."""
    return x25519.X25519PrivateKey.generate()


def wrap_place_key(
    key: x25519.X25519PrivateKey,
    threshold: int,
    cards: Sequence[x509.Certificate],
    context: PlaceContext,
) -> PlaceKey:
    """`key`, given back by `threshold` of `cards` (9D certificates). Raises ValueError for an impossible threshold."""
    shares = share_to_cards(raw_private(key), threshold, cards, context.purpose())
    return PlaceKey(raw_public(key.public_key()).hex(), threshold, shares)


def gathered_place_key(key: PlaceKey, gathering: Gathering) -> x25519.X25519PrivateKey:
    """The secret key, once enough cards gave their share. Raises Refused if it is not the package's."""
    private = x25519.X25519PrivateKey.from_private_bytes(gathering.secret())
    if raw_public(private.public_key()) != key.public_bytes():
        raise Refused(_WHERE, "the shares open, but hold another key than the package names")
    return private


def unwrap_place_key(
    key: PlaceKey, card: x509.Certificate, agree: Agreement, context: PlaceContext
) -> x25519.X25519PrivateKey:
    """The secret key where a single card is enough.

    Raises Refused if the card has no share, the share does not open, or it takes more cards than this one.
    """
    gathering = key.gathering(context)
    gathering.add(card, agree)
    return gathered_place_key(key, gathering)
