"""Acts: what the commission signs with its cards, and the short summary that a QR code on the paper carries."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import msgspec

from protocol.documents import dsse
from protocol.documents.certificates import MEMBERS, fingerprint
from protocol.documents.compact import open_text, seal_text
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.opening import ENVELOPE_LIMIT, OpenedStatement, Purpose, open_statement
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import Count, Digest, Identifier, Mode, Moment
from protocol.errors import Malformed, Refused

PAYLOAD_TYPE = "application/vnd.polling-terminal.act+json"
SUMMARY_TYPE = "application/vnd.polling-terminal.act-summary+json"
SUMMARY_PREFIX = "PTA1"
LIMIT = 131_072
"""The longest act payload, in bytes."""
ZERO_REPORT = "zero_report"
STATED = {ZERO_REPORT: Purpose.OPEN, "opening": Purpose.OPEN, "resumption": Purpose.RESUME}
"""The kinds of acts that may carry a statement of the quorum, and what it is for; those of opening have to."""

CounterName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.:-]{0,79}\Z")]
Note = Annotated[str, msgspec.Meta(max_length=600)]


class ControlCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control equation: its two sides, as the paper prints them."""

    name: CounterName
    left: Annotated[int, msgspec.Meta(ge=-10_000_000, le=10_000_000)]
    right: Annotated[int, msgspec.Meta(ge=-10_000_000, le=10_000_000)]


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who was present: name, role, and the fingerprint of the certificate that their card signed with.

    The card signed the act, or the statement that it carries; `card` is empty if it signed neither.
    """

    name: Annotated[str, msgspec.Meta(max_length=200)]
    role: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]
    card: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")]


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act of a polling place about one terminal.

    `kind` is for instance `zero_report`, `opening`, `closing`; `state` that of the polls. `counters` only grow and
    hold no totals per candidate. `package`, `software` and `journal_head` are digests. A correction is a new act.
    `statement` is what the cards of the quorum signed (`protocol.documents.opening`), in its envelope; or empty.
    """

    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]
    place: Identifier
    terminal: Identifier
    mode: Mode
    at: Moment
    state: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]
    counters: Annotated[dict[CounterName, Count], msgspec.Meta(max_length=200)]
    checks: Annotated[tuple[ControlCheck, ...], msgspec.Meta(max_length=100)]
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=50)]
    package: Digest
    journal_head: Digest
    software: Digest
    notes: Annotated[tuple[Note, ...], msgspec.Meta(max_length=50)] = ()
    statement: Annotated[str, msgspec.Meta(max_length=ENVELOPE_LIMIT)] = ""


@dataclass(frozen=True, slots=True)
class OpenedAct:
    """An act whose every signature is good, and what the quorum stated, if the act carries that."""

    act: Act
    signatures: tuple[Signature, ...]
    statement: OpenedStatement | None


class ActSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The act in a QR code: what it is, its digest, and its counters. Signed by the terminal."""

    kind: str
    place: Identifier
    terminal: Identifier
    at: Moment
    act: Digest
    counters: Annotated[dict[CounterName, Count], msgspec.Meta(max_length=60)]


def act_payload(act: Act) -> bytes:
    """The bytes that are signed; `payload.sha256` of them is the act's digest."""
    return encode(act)


def sign_act(act: Act, signers: list[Signer]) -> bytes:
    """The act in its envelope, signed by the cards of those present (each signer is a card's 9C key)."""
    return dsse.sign(PAYLOAD_TYPE, act_payload(act), signers)


def open_act(envelope: bytes, trust: Trust) -> OpenedAct:
    """The act and its signatures; `trust` has the roles of members (`certificates.MEMBERS`) and how many.

    Every signer belongs to the act's polling place and stands among its members, and a member whose card the act names
    signed it, or the statement that it carries. Raises ProtocolError.
    """
    verified = dsse.verify(envelope, PAYLOAD_TYPE, trust, LIMIT)
    act = decode(verified.payload, Act, "act", LIMIT)
    cards = {member.card for member in act.members}
    for signature in verified.signatures:
        if signature.identity.role in MEMBERS and signature.identity.place != act.place:
            raise Refused("act", "it is signed by a member of another polling place's commission")
        if fingerprint(signature.certificate) not in cards:
            raise Refused("act", "a signer is not among the members present")
    stated = _stated(act, trust)
    signatures = (*verified.signatures, *(() if stated is None else stated.members))
    signed = {fingerprint(one.certificate): one.identity for one in signatures}
    for member in act.members:
        holder = signed.get(member.card)
        if holder is None and member.card:
            raise Refused("act", f"it names the card of {member.name}, which signed nothing")
        if holder is not None and (holder.name, holder.role) != (member.name, member.role):
            raise Refused("act", f"it names {member.name} as the holder of somebody else's card")
    return OpenedAct(act, verified.signatures, stated)


def _stated(act: Act, trust: Trust) -> OpenedStatement | None:
    """What the quorum stated, if it is what this act is about. Raises ProtocolError."""
    if not act.statement:
        if STATED.get(act.kind) is Purpose.OPEN:
            raise Refused("act", "it carries no statement of the quorum that opened the polls")
        return None
    opened = open_statement(act.statement, trust.root, trust.at)
    stated = opened.statement
    if stated.purpose is not STATED.get(act.kind):
        raise Refused("opening statement", f"it is to {stated.purpose} voting, in an act of the kind {act.kind}")
    if (stated.place, stated.terminal, stated.package, stated.mode) != (act.place, act.terminal, act.package, act.mode):
        raise Refused("opening statement", "it is about another terminal, place, package or mode than the act")
    day, drawn_up = _day(stated.at, "opening statement.at"), _day(act.at, "act.at")
    # The report is drawn up while the cards are gathered. The other acts may wait for a printer, over a restart too.
    if day > drawn_up or (act.kind == ZERO_REPORT and (day, stated.software) != (drawn_up, act.software)):
        raise Refused("opening statement", "it is of another day, or of other software, than the act")
    if not {fingerprint(one.certificate) for one in opened.members} <= {member.card for member in act.members}:
        raise Refused("opening statement", "a signer is not among the act's members")
    return opened


def _day(moment: str, where: str) -> date:
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        raise Malformed(where, "no such date and time") from None


def sign_summary(act: Act, act_sha256: str, terminal: Signer) -> str:
    """The text of the act's QR code. Counters that are zero are left out, to keep it small."""
    counters = {name: count for name, count in act.counters.items() if count}
    summary = ActSummary(act.kind, act.place, act.terminal, act.at, act_sha256, counters)
    return seal_text(SUMMARY_PREFIX, SUMMARY_TYPE, encode(summary), terminal)


def open_summary(text: str, trust: Trust) -> tuple[ActSummary, Signature]:
    """The summary and the terminal that signed it. Raises ProtocolError."""
    payload, signature = open_text(text, SUMMARY_PREFIX, SUMMARY_TYPE, trust)
    summary = decode(payload, ActSummary, "act summary", 1_500)
    if (signature.identity.device, signature.identity.place) != (summary.terminal, summary.place):
        raise Refused("act summary", "it names another terminal than its signer's certificate")
    return summary, signature
