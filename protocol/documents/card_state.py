"""The state of a voter card, kept in two copies that are written in turn.

A real card may tear what it writes when it is pulled. So a new state never goes over the one that stands: it goes over
the other copy, with the next number and a check value, and stands once it is whole. A torn copy counts for nothing,
and the card is then in the state before, from which everybody can go on.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.documents.payload import decode, encode
from protocol.errors import Malformed, ProtocolError

STATE_LIMIT = 128
"""The longest copy, in bytes: what the smaller of the two places on a card holds."""
_CHECK_DIGITS = 16
_WHERE = "voter card's state"


class CardState(StrEnum):
    """Where a voter card is in its life (DESIGN 7)."""

    BLANK = "blank"
    ACTIVATED = "activated"
    IN_SESSION = "in_session"
    SPENT = "spent"
    VOIDED = "voided"


class StateCopy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One copy: the `n`th state that was written on the card; `terminal` names the terminal of a session, or is empty.

    `check` is the beginning of the SHA-256 of the rest, in hex. It tells a torn copy from a whole one and no more:
    what is on the card is only as good as the card's management key and the desk's signature.
    """

    n: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
    state: CardState
    terminal: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,39})?\Z")]
    check: Annotated[str, msgspec.Meta(pattern=rf"^[0-9a-f]{{{_CHECK_DIGITS}}}\Z")]


def encode_state(number: int, state: CardState, terminal: str) -> bytes:
    """The bytes of a copy. Raises ValueError if they would not fit."""
    data = encode(StateCopy(number, state, terminal, _check(number, state, terminal)))
    if len(data) > STATE_LIMIT:
        raise ValueError(f"the state of a card takes at most {STATE_LIMIT} bytes")
    return data


def decode_state(data: bytes) -> StateCopy | None:
    """The copy in these bytes, or None if it is torn."""
    try:
        copy = decode(data, StateCopy, _WHERE, STATE_LIMIT)
    except ProtocolError:
        return None
    return copy if copy.check == _check(copy.n, copy.state, copy.terminal) else None


def standing(copies: Sequence[bytes | None]) -> tuple[int, StateCopy] | None:
    """Which of the copies stands, by its place, and what it says; None if no copy was ever written.

    `copies` are what lies in the places: None where nothing does, no bytes where nothing can be made of it.
    Raises Malformed if what is there is all torn, which no single interruption brings about.
    """
    whole = [(index, copy) for index, data in enumerate(copies) if data and (copy := decode_state(data)) is not None]
    if not whole:
        if any(data is not None for data in copies):
            raise Malformed(_WHERE, "no copy of it is whole")
        return None
    return max(whole, key=lambda one: one[1].n)


def _check(number: int, state: CardState, terminal: str) -> str:
    text = f"polling-terminal card state 1\0{number}\0{state.value}\0{terminal}"
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECK_DIGITS]
