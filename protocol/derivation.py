"""Every random number of the unsigned ballot, from one seed (docs/ballot-derivation.md).

HKDF with SHA-256 (RFC 5869): extract once a ballot, over everything that the ballot is a function of; expand once a
number, with a label that names its use. 512 bits are reduced modulo q, so the bias is below 2^-255.
"""

import hashlib
import hmac
from collections.abc import Sequence

from protocol.errors import Malformed

SEED_LENGTH = 32
DOMAIN = "polling-terminal ballot derivation 1"


def choices_text(choices: Sequence[Sequence[int]]) -> str:
    """A ballot's choices in one line: a digit a place, a full stop between questions ("0100.10000")."""
    return ".".join("".join(str(choice) for choice in answer) for answer in choices)


class Derivation:
    """The numbers of one ballot; holds a secret, so it is dropped when the ballot is encrypted."""

    __slots__ = ("_key", "_order")

    def __init__(
        self,
        seed: bytes,
        *,
        fingerprint: str,
        credential: str,
        choices: Sequence[Sequence[int]],
        order: int,
    ) -> None:
        """Raises Malformed for a seed that is not 32 bytes."""
        if len(seed) != SEED_LENGTH:
            raise Malformed("seed", "not 32 bytes")
        context = "|".join((DOMAIN, fingerprint, credential, choices_text(choices)))
        self._key = hmac.digest(hashlib.sha256(context.encode()).digest(), seed, "sha256")
        self._order = order

    def number(self, label: str) -> int:
        """The number in [0, order) that this ballot uses under `label`."""
        info = label.encode()
        first = hmac.digest(self._key, info + b"\x01", "sha256")
        second = hmac.digest(self._key, first + info + b"\x02", "sha256")
        return int.from_bytes(first + second, "big") % self._order
