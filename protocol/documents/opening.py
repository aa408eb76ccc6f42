"""A quorum has a terminal take votes: what each member's card signs when it gives its share of the polling-place key.

Every card signs the same *statement*, one after another: which terminal, under which package, from which state of its
journal on. The acts of the opening carry it with all its signatures, so that whoever has such an act and the
election's root can check that enough members, the chair among them, were there with their cards.

A statement holds for one gathering. The journal's head in it is that of the moment the gathering began, and the journal
names the statement that the polls were opened with (`key_released`): one of an earlier gathering is found out there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from cryptography import x509

from protocol.documents import dsse
from protocol.documents.certificates import MEMBERS, identity
from protocol.documents.commission import check_commission
from protocol.documents.dsse import MAX_SIGNATURES, Signature, Trust
from protocol.documents.package import OpenedPackage
from protocol.documents.payload import decode, encode, sha256
from protocol.documents.shapes import Digest, Identifier, Mode, Moment
from protocol.errors import ProtocolError, Refused

STATEMENT_TYPE = "application/vnd.polling-terminal.opening-statement+json"
FORMAT = "polling-terminal opening statement 1"
LIMIT = 2_048
"""The longest statement, in bytes."""
ENVELOPE_LIMIT = 65_536
"""The longest envelope of a statement, in characters."""
_WHERE = "opening statement"


class Purpose(StrEnum):
    """What the members have the terminal do: open the polls, or go on after a pause in which it lost the key."""

    OPEN = "open"
    RESUME = "resume"


class OpeningStatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the members' cards sign.

    `at` is when the gathering began, and `journal_head` where the journal was; `software` is the digest of what the
    terminal runs. `needed` is how many cards release the polling-place key.
    """

    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    election_id: Identifier
    package: Digest
    mode: Mode
    place: Identifier
    terminal: Identifier
    software: Digest
    purpose: Purpose
    needed: Annotated[int, msgspec.Meta(ge=1, le=MAX_SIGNATURES)]
    at: Moment
    journal_head: Digest


@dataclass(frozen=True, slots=True)
class OpenedStatement:
    """A statement that enough cards of one polling place signed, the chair's among them; `sha256` is its digest."""

    statement: OpeningStatement
    sha256: str
    members: tuple[Signature, ...]


def to_sign(statement: OpeningStatement) -> bytes:
    """The bytes that each member's card signs (ECDSA, SHA-256)."""
    return dsse.pae(STATEMENT_TYPE, encode(statement))


def digest(statement: OpeningStatement) -> str:
    """The statement's digest, which names it in the journal."""
    return sha256(encode(statement))


def statement_envelope(statement: OpeningStatement, signatures: Mapping[x509.Certificate, bytes]) -> str:
    """The statement with the signatures that cards made of `to_sign`, as JSON text."""
    return dsse.signed_in_turn(STATEMENT_TYPE, encode(statement), signatures).decode("ascii")


def open_statement(envelope: str, root: x509.Certificate, at: datetime | None) -> OpenedStatement:
    """The statement of `envelope`, if as many members signed it as it says are needed.

    Each is another person of the statement's polling place, with a certificate of `root` that is good at `at` (None:
    whenever); the chair is among them. Raises ProtocolError, which names the statement.
    """
    try:
        verified = dsse.verify(envelope.encode(), STATEMENT_TYPE, Trust(root, MEMBERS, at), LIMIT)
        statement = decode(verified.payload, OpeningStatement, "payload", LIMIT)
    except ProtocolError as fault:
        # The act that carries the statement is an envelope with signatures, too.
        raise type(fault)(f"{_WHERE}, {fault.where}", fault.what) from fault
    check_commission(verified.signatures, statement.place, _WHERE)
    signed = len(verified.signatures)
    if signed < statement.needed:
        raise Refused(_WHERE, f"{signed} cards signed it, where it says that {statement.needed} are needed")
    return OpenedStatement(statement, verified.sha256, verified.signatures)


def check_quorum(opened: OpenedStatement, election: OpenedPackage) -> None:
    """Raise Refused unless the statement is one of the `election` and asked for the quorum that its package asks for.

    The terminal is one that the package names for the polling place.
    """
    statement, package = opened.statement, election.package
    about = (statement.election_id, statement.package, statement.mode)
    if about != (package.election_id, election.sha256, package.mode):
        raise Refused(_WHERE, "it is about another election, or another package of this one")
    places = (one for one in package.polling_places if one.place_id == statement.place)
    if statement.terminal not in {identity(one).device for place in places for one in place.terminal_certificates()}:
        raise Refused(_WHERE, "the package has no such terminal in that polling place")
    if statement.needed < package.quorum.needed:
        needed = f"{package.quorum.needed} of the package's quorum"
        raise Refused(_WHERE, f"it asks for {statement.needed} cards, where {needed} are needed")
