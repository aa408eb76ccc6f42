"""A voter card as its contents say: read, and brought from one state into the next, so that a pull cannot ruin it.

The order of writing is the safety: the authorisation is whole before the card is activated, and a card is blank again
before its authorisation goes. A state is written over the copy that does not stand (`protocol.documents.card_state`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.card.api import CardData
from drivers.card.piv import PivCard
from drivers.card.voter_object import (
    STATE_OBJECTS,
    VOTER_OBJECT,
    state_copy,
    state_object,
    voter_object,
    voter_record,
)
from protocol.documents.card_state import CardState, encode_state, standing
from protocol.errors import Malformed


@dataclass(frozen=True, slots=True)
class VoterCard:
    """What is written on a voter card: its state, the terminal of a session, the authorisation's envelope if any.

    The `number`th state stands, in the copy `copy`.
    """

    state: CardState
    terminal: str
    authorisation: bytes | None = field(repr=False)
    number: int = 0
    copy: int = 0


def read_voter_card(read: Callable[[int], bytes | None]) -> VoterCard | None:
    """The card whose data objects `read` gives, by tag; None if it was never made a voter card.

    A blank card's authorisation is not looked at: a desk may have been interrupted while writing it.
    Raises CardError, Malformed if no copy of the state is whole.
    """
    now = standing(_copies(read))
    if now is None:
        return None
    copy, written = now
    authorisation = None if written.state is CardState.BLANK else voter_record(read(VOTER_OBJECT))
    return VoterCard(written.state, written.terminal, authorisation, written.n, copy)


def write_state(card: PivCard, state: CardState, terminal: str = "") -> None:
    """Bring the card into `state`; `terminal` is that of a session. The management key is authenticated.

    It is in the old state or in the new one, wherever it is interrupted. Raises CardError, also for a card that is
    no voter card.
    """
    try:
        now = standing(_copies(card.read_object))
    except Malformed as error:
        raise CardData("no copy of the card's state is whole") from error
    if now is None:
        raise CardData("the card was never made a voter card")
    copy, written = now
    _write(card, 1 - copy, written.n + 1, state, terminal)


def activate(card: PivCard, authorisation: bytes) -> None:
    """Put an authorisation's envelope on a blank card. It stays blank until the envelope is whole. Raises CardError."""
    card.write_object(VOTER_OBJECT, voter_object(authorisation))
    write_state(card, CardState.ACTIVATED)


def make_blank(card: PivCard) -> None:
    """Make a voter card of a card, or a blank one of a used one, whatever is on it. Raises CardError."""
    try:
        now = standing(_copies(card.read_object))
    except Malformed:
        now = None
    # Both copies, the one that stands last: nothing of the last voter is left but the number.
    copy, number = (1, 0) if now is None else (now[0], now[1].n)
    _write(card, 1 - copy, number + 1, CardState.BLANK, "")
    _write(card, copy, number + 2, CardState.BLANK, "")
    card.write_object(VOTER_OBJECT, voter_object(b""))


def blank_objects() -> dict[int, bytes]:
    """The data objects of a fresh voter card: tag → contents."""
    first, second = (
        (tag, state_object(tag, encode_state(number, CardState.BLANK, "")))
        for number, tag in enumerate(STATE_OBJECTS, 1)
    )
    return {VOTER_OBJECT: voter_object(b""), first[0]: first[1], second[0]: second[1]}


def _write(card: PivCard, copy: int, number: int, state: CardState, terminal: str) -> None:
    tag = STATE_OBJECTS[copy]
    card.write_object(tag, state_object(tag, encode_state(number, state, terminal)))


def _copies(read: Callable[[int], bytes | None]) -> list[bytes | None]:
    copies: list[bytes | None] = []
    for tag in STATE_OBJECTS:
        try:
            copies.append(state_copy(tag, read(tag)))
        except CardData:
            copies.append(b"")  # torn so badly that it is no data object
    return copies
