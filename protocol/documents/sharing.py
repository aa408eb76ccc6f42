"""A secret shared k of n (Shamir, 1979): any k shares give it back, and fewer tell nothing about it.

The secret is a number below 2^256, the value at 0 of a random polynomial of degree k - 1 over the field of integers
modulo `PRIME`; share x is the polynomial's value at x. A share is 34 bytes: x, and the value with 33 bytes, big-endian.
A false share gives a false secret and nothing tells which it was: whoever combines checks the secret against
something public. What a share is for stands in its wrapping (see `card_shares`), not in it.

Python's numbers cannot be overwritten: shares and secret leave traces in this process's memory until it ends, like
every key that `cryptography` is given as bytes.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import Malformed, Refused

PRIME: Final = 2**256 + 297
"""The smallest prime above 2^256, so that every secret of 32 bytes is an element of the field."""
SECRET_BYTES: Final = 32
SHARE_BYTES: Final = 34
MOST_SHARES: Final = 255
_WHERE: Final = "shared secret"


@dataclass(frozen=True, slots=True)
class Share:
    """One share: `x` from 1 to 255, `y` in the field."""

    x: int
    y: int = field(repr=False)

    def to_bytes(self) -> bytes:
        """The 34 bytes of the share."""
        return bytes([self.x]) + self.y.to_bytes(SHARE_BYTES - 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Share":
        """The share of these bytes. Raises Malformed."""
        if len(data) != SHARE_BYTES:
            raise Malformed(_WHERE, "a share has 34 bytes")
        x, y = data[0], int.from_bytes(data[1:])
        if x == 0 or y >= PRIME:
            raise Malformed(_WHERE, "a share is out of range")
        return cls(x, y)


def split(secret: bytes | bytearray, threshold: int, number: int) -> tuple[Share, ...]:
    """`number` shares of a secret of 32 bytes, any `threshold` of which give it back. Raises ValueError."""
    if len(secret) != SECRET_BYTES:
        raise ValueError("a shared secret has 32 bytes")
    if not 1 <= threshold <= number <= MOST_SHARES:
        raise ValueError("a threshold is from 1 to the number of shares, of which there are at most 255")
    # Every coefficient is drawn from the whole field, zero included: otherwise k - 1 shares would exclude a value.
    coefficients = [int.from_bytes(secret), *(secrets.randbelow(PRIME) for _ in range(threshold - 1))]
    return tuple(Share(x, _value(coefficients, x)) for x in range(1, number + 1))


def combine(shares: Iterable[Share]) -> bytearray:
    """The secret of exactly as many shares as its threshold says; the caller wipes it.

    Raises Refused for shares of which two have one number, or which together are no secret; false shares may also
    give a false secret.
    """
    kept = tuple(shares)
    points = {share.x: share.y for share in kept}
    if not kept or len(points) != len(kept):
        raise Refused(_WHERE, "two shares have one number, or there is none")
    total = 0
    for x, y in points.items():
        above, below = 1, 1
        for other in points:
            if other != x:
                above = above * other % PRIME
                below = below * (other - x) % PRIME
        total = (total + y * above * pow(below, -1, PRIME)) % PRIME
    if total >= 1 << 8 * SECRET_BYTES:
        raise Refused(_WHERE, "these shares do not belong together")
    return bytearray(total.to_bytes(SECRET_BYTES))


def _value(coefficients: list[int], x: int) -> int:
    """The polynomial's value (Horner)."""
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % PRIME
    return value
