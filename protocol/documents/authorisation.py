"""The voter authorisation that the issuing desk signs and that lies on a voter card, beside the card's state.

The authorisation names the polling place, the day, the ballot style and its papers, and holds a credential code
sealed to the polling-place key (HPKE, X25519, AES-128-GCM; bound to election, place and style), so that the desk
that writes it cannot open it. The envelope must fit a data object that every PIV card has. The desk writes it once;
what changes is the card's state (`card_state`).
"""

import base64
import os
from datetime import date
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric import x25519

from protocol.documents import dsse
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.errors import TooLarge
from protocol.documents.hpke import open_at_place, seal_to_place
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import Digest, Identifier
from protocol.errors import Malformed

PAYLOAD_TYPE = "application/vnd.polling-terminal.authorisation+json"
LIMIT = 1_100
"""The longest authorisation payload, in bytes."""
CARD_LIMIT = 1_500
"""The envelope on a voter card is shorter than this, in bytes."""
CODE_LENGTH = 25
"""A credential code has 22 characters in groups 5-6-5-6, with three dashes."""


class CredentialContext(msgspec.Struct, frozen=True):
    """What a sealed credential is for: one election, polling place and ballot style."""

    election_id: str
    place_id: str
    style_id: str

    def info(self) -> bytes:
        """The `info` of HPKE."""
        return b"polling-terminal credential 1\0" + encode(self)


class Authorisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The right to vote once: where, when, on which papers; `card` is the voter card's fingerprint (9E)."""

    place: Identifier
    day: date
    style: Identifier
    papers: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=12)]
    sealed: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{98}==\Z")]
    card: Digest
    nonce: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]

    def sealed_bytes(self) -> bytes:
        """The sealed credential, for `open_credential`."""
        return base64.b64decode(self.sealed)


def new_authorisation(
    place: str, day: date, style: str, papers: tuple[str, ...], *, sealed: bytes, card: str
) -> Authorisation:
    """An authorisation with a fresh nonce. `sealed` is from the pool, `card` the fingerprint of the card."""
    text = base64.b64encode(sealed).decode("ascii")
    return Authorisation(place, day, style, papers, text, card, os.urandom(8).hex())


def sign_authorisation(authorisation: Authorisation, desk: Signer) -> bytes:
    """The envelope that goes onto the card. Raises TooLarge if no card could hold it."""
    envelope = dsse.sign_short(PAYLOAD_TYPE, encode(authorisation), [desk])
    if len(envelope) >= CARD_LIMIT:
        raise TooLarge("voter card", f"{len(envelope)} bytes, where a card holds fewer than {CARD_LIMIT}")
    return envelope


def open_authorisation(envelope: bytes, trust: Trust) -> tuple[Authorisation, Signature]:
    """The authorisation and the desk that signed it.

    `trust` has the role desk and, as `certificates`, the desks that the package names for this polling place.
    Raises ProtocolError.
    """
    verified = dsse.verify(envelope, PAYLOAD_TYPE, trust, LIMIT)
    authorisation = decode(verified.payload, Authorisation, "authorisation", LIMIT)
    return authorisation, verified.signer


def seal_credential(code: str, place_public: bytes, context: CredentialContext) -> bytes:
    """`code`, sealed to the polling-place key: 73 bytes. Raises Malformed."""
    plaintext = code.encode("ascii", "replace")
    if len(plaintext) != CODE_LENGTH:
        raise Malformed("credential", "a code has 25 characters")
    return seal_to_place(place_public, plaintext, context.info())


def open_credential(sealed: bytes, place_key: x25519.X25519PrivateKey, context: CredentialContext) -> str:
    """The credential code. Raises Refused, without a word of what is inside."""
    plaintext = open_at_place(place_key, sealed, context.info(), "credential")
    if len(plaintext) != CODE_LENGTH or not plaintext.isascii():
        raise Malformed("credential", "what is sealed is not a credential code")
    return plaintext.decode("ascii")
