"""The types that fields of several documents share, with their limits."""

from typing import Annotated

import msgspec

Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 in lower-case hex."""
Identifier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z")]
"""A short name of a thing within an election: `0112`, `T-1`, `governor`."""
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")]
"""A language tag (RFC 5646): `ru`, `en`."""
Texts = dict[str, str]
"""A text in each of the package's languages."""
Base64Text = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]*={0,2}\Z", max_length=8192)]
"""Bytes in base64 with padding."""
Pem = Annotated[str, msgspec.Meta(max_length=16_384)]
"""A certificate as PEM text."""
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
"""A number of things."""
Mode = Annotated[str, msgspec.Meta(pattern=r"^(official|test|training)\Z")]
"""What the votes are for."""
Moment = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}\Z"),
]
"""Local date and time to the minute with the zone's offset: `2026-09-20T08:00+03:00`."""
BallotCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){0,19}\Z")]
"""A ballot code as a person reads it, in groups of four (see `protocol.code`)."""
