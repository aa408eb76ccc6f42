"""A spare terminal takes over the votes of another one: what the quorum's cards state, and what the spare makes of it.

The members sign a *statement*: which store, which terminal carries it on from now on. Every card signs the same bytes,
one card after another. When enough did, the store's medium is open, and the spare signs a *notice* around it that tells
everybody else: the counting centre, and the terminal that was replaced, should it wake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from cryptography import x509

from protocol.documents import dsse
from protocol.documents.certificates import MEMBERS, Role, identity
from protocol.documents.commission import check_commission
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.package import OpenedPackage
from protocol.documents.payload import decode, encode, sha256
from protocol.documents.shapes import Digest, Identifier, Mode, Moment
from protocol.errors import Refused

STATEMENT_TYPE = "application/vnd.polling-terminal.takeover-statement+json"
NOTICE_TYPE = "application/vnd.polling-terminal.takeover+json"
FORMAT = "polling-terminal takeover 1"
STATEMENT_LIMIT = 2_048
"""The longest statement, in bytes."""
LIMIT = 196_608
"""The longest notice, in bytes."""
ENVELOPE_LIMIT = 393_216
"""The longest envelope of a notice that is read, in bytes."""
MOST_NOTICES = 1_000
"""More takeovers than this no election has."""
_WHERE = "takeover"


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the members' cards sign.

    `store` is the terminal that the store was made for, `by` the one that carries it on from now on.
    """

    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    election_id: Identifier
    package: Digest
    mode: Mode
    place: Identifier
    store: Identifier
    by: Identifier
    at: Moment


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the spare signs: the statement in its envelope, and how far the store was.

    `line` are the terminals that carried it on before, in their order. `headers` are the digests of every batch header
    in it: a batch of one of those terminals that is not among them holds what the medium never had, or was made after.
    `journal_head` is the journal's before.
    """

    statement: Annotated[str, msgspec.Meta(max_length=65_536)]
    line: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=32)]
    headers: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=1_000)]
    journal_head: Digest


class ListedNotice(msgspec.Struct, frozen=True):
    """A line of the centre's list of notices; what else stands there is for people."""

    sha256: Digest


@dataclass(frozen=True, slots=True)
class OpenedNotice:
    """A notice of which every signature is good; `members` signed the statement, `sha256` is the notice's digest."""

    statement: Statement
    notice: Notice
    sha256: str
    members: tuple[Signature, ...]


def to_sign(statement: Statement) -> bytes:
    """The bytes that each member's card signs (ECDSA, SHA-256)."""
    return dsse.pae(STATEMENT_TYPE, encode(statement))


def digest(statement: Statement) -> str:
    """The statement's digest, which names it in the journal."""
    return sha256(encode(statement))


def statement_envelope(statement: Statement, signatures: Mapping[x509.Certificate, bytes]) -> str:
    """The statement with the signatures that cards made of `to_sign`, as JSON text."""
    return dsse.signed_in_turn(STATEMENT_TYPE, encode(statement), signatures).decode("ascii")


def sign_notice(notice: Notice, terminal: Signer) -> bytes:
    """The notice in its envelope."""
    return dsse.sign(NOTICE_TYPE, encode(notice), [terminal])


def open_notice(envelope: bytes, opened: OpenedPackage, at: datetime | None) -> OpenedNotice:
    """The notice of `envelope`, if it binds whoever has the package `opened`.

    Signed by the terminal that took over; its statement by as many members of that polling place's commission as the
    package's quorum needs, the chair among them; about this package, and terminals of one polling place. Certificates
    are judged by `at` (None: not by the time). Raises ProtocolError.
    """
    package = opened.package
    terminals = tuple(one for place in package.polling_places for one in place.terminal_certificates())
    trust = opened.trust(Role.TERMINAL, at, terminals)
    verified = dsse.verify(envelope, NOTICE_TYPE, trust, LIMIT)
    notice = decode(verified.payload, Notice, _WHERE, LIMIT)
    members = Trust(opened.root, MEMBERS, at, least=package.quorum.needed)
    signed = dsse.verify(notice.statement.encode(), STATEMENT_TYPE, members, STATEMENT_LIMIT)
    statement = decode(signed.payload, Statement, _WHERE, STATEMENT_LIMIT)
    if (statement.election_id, statement.package, statement.mode) != (package.election_id, opened.sha256, package.mode):
        raise Refused(f"{_WHERE}.package", "it is about another election, or another package of this one")
    here = {identity(one).device for one in terminals if identity(one).place == statement.place}
    if notice.line[0] != statement.store or statement.by in notice.line or not {statement.by, *notice.line} <= here:
        raise Refused(f"{_WHERE}.by", "a terminal takes over from other ones of its own polling place")
    if len(verified.signatures) != 1 or verified.signer.identity.device != statement.by:
        raise Refused(f"{_WHERE}.by", "the notice is signed by another terminal than the one that took over")
    check_commission(signed.signatures, statement.place, f"{_WHERE}.members")
    return OpenedNotice(statement, notice, verified.sha256, signed.signatures)
