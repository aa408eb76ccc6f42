"""The key of the second copy, shared k of n among the control cards: a file on the medium itself.

With it a quorum can open the copy on another terminal, when this one and its key store are gone. The wrapping binds the
shares to election, polling place and terminal; a file that was changed opens nothing, and the key that comes of it is
judged by the store's own header.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509

from kiosk.store.medium import write_durably
from protocol.documents.card_shares import CardShare, Gathering, share_to_cards
from protocol.documents.certificates import fingerprint
from protocol.documents.payload import encode
from protocol.documents.shapes import Digest, Identifier
from protocol.errors import Malformed

FILE: Final = "key-shares.json"
LONGEST: Final = 65_536
_WHERE: Final = "key of the second copy"


class SecondContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose second copy it is."""

    election_id: Identifier
    place_id: Identifier
    terminal: Identifier

    def purpose(self) -> bytes:
        """What the shares are for."""
        return b"polling-terminal second store 1\0" + encode(self)


class SecondKeyShares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: of which copy, how many cards it takes, and a share for each card."""

    context: SecondContext
    package_digest: Digest
    threshold: Annotated[int, msgspec.Meta(ge=1, le=32)]
    shares: Annotated[tuple[CardShare, ...], msgspec.Meta(min_length=1, max_length=32)]

    def gathering(self) -> Gathering:
        """Begin to gather the key from cards."""
        return Gathering(self.shares, self.threshold, self.context.purpose(), _WHERE)


def keep_shares(
    medium: Path,
    key: bytearray,
    threshold: int,
    cards: Sequence[x509.Certificate],
    context: SecondContext,
    package_digest: str,
) -> None:
    """Write the file if it is not there, cannot be read, or is another copy's: then no quorum would open this one.

    Raises OSError, ValueError.
    """
    try:
        found = read_shares(medium)
    except (FileNotFoundError, Malformed):
        found = None
    if (
        found is None
        or (found.context, found.package_digest, found.threshold) != (context, package_digest, threshold)
        or {share.card for share in found.shares} != {fingerprint(card) for card in cards}
    ):
        write_shares(medium, key, threshold, cards, context, package_digest)


def write_shares(
    medium: Path,
    key: bytearray,
    threshold: int,
    cards: Sequence[x509.Certificate],
    context: SecondContext,
    package_digest: str,
) -> None:
    """Share the key to `cards` (9D certificates) and put the file on the medium. Raises OSError, ValueError."""
    shares = share_to_cards(key, threshold, cards, context.purpose())
    write_durably(medium / FILE, msgspec.json.encode(SecondKeyShares(context, package_digest, threshold, shares)))


def read_shares(medium: Path) -> SecondKeyShares:
    """The file of a medium. Raises Malformed, OSError."""
    with (medium / FILE).open("rb") as file:
        text = file.read(LONGEST + 1)
    try:
        return msgspec.json.decode(text, type=SecondKeyShares)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(_WHERE, "the medium's key shares cannot be read") from error
