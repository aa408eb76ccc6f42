"""The observer's check of a journal export, alone or with an act: `python -m protocol.verifier --journal FILE`.

The chain shows any record that was altered, dropped or moved. It cannot show that the whole chain was made anew, or
that its end was cut off and its last words rewritten: for that an act names the journal's head of its moment, and
members of the commission signed it. An act of the opening, or of going on after a pause, also carries what the quorum's
cards signed: it has to be the very statement that the journal names before the polls were opened.
"""

import argparse
import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from protocol.documents.acts import LIMIT, PAYLOAD_TYPE, ZERO_REPORT, Act, open_act
from protocol.documents.certificates import LIMIT as CERTIFICATE_LIMIT
from protocol.documents.certificates import MEMBERS, Role, load_certificate
from protocol.documents.dsse import Envelope, Trust
from protocol.documents.opening import OpenedStatement, Purpose, check_quorum
from protocol.documents.package import open_package
from protocol.documents.payload import decode, sha256
from protocol.errors import Malformed, Refused
from protocol.journal import LARGEST_EXPORT, Journal, Record, read_journal


@dataclass(frozen=True, slots=True)
class CheckedAct:
    """An act that fits the journal: after `record`, and `signed` by members (None: the signatures were not checked).

    `quorum` is what the members' cards stated, if the act carries it; `compared` whether with the package's quorum.
    """

    act: Act
    record: int
    signed: int | None
    quorum: OpenedStatement | None
    compared: bool


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What is right about a journal."""

    journal: Journal
    act: CheckedAct | None

    @property
    def not_yet(self) -> tuple[str, ...]:
        """What could not be checked."""
        if self.act is not None and self.act.signed is None:
            return ("the act's signatures are not checked (--root FILE)",)
        return ()


def check_journal(journal: Path, act: Path | None, root: Path | None, package: Path | None) -> JournalReport:
    """Check an export, and whether an act is of it. Raises ProtocolError with the first fault, OSError.

    With `root` the act's signatures are checked, too, and what a quorum stated; with `package` that it was the quorum
    of that package (which needs `root`).
    """
    with journal.open("rb") as stream:
        checked = read_journal(stream.read(LARGEST_EXPORT + 1))
    return JournalReport(checked, None if act is None else _check_act(checked, act, root, package))


def _check_act(journal: Journal, path: Path, root: Path | None, package: Path | None) -> CheckedAct:
    with path.open("rb") as stream:
        envelope = stream.read(4 * LIMIT)
    signed, quorum = None, None
    payload = _unchecked(envelope)
    if root is None:
        act = decode(payload, Act, "act", LIMIT)
    else:
        certificate = load_certificate(root.read_bytes()[: CERTIFICATE_LIMIT + 1], str(root))
        opened = open_act(envelope, Trust(certificate, MEMBERS, at=None))
        act, signed, quorum = opened.act, len(opened.signatures), opened.statement
        if package is not None:
            election = open_package(package.read_bytes(), certificate)
            if act.package != election.sha256:
                raise Refused("act", "it is of another election package than the one given")
            if quorum is not None:
                check_quorum(quorum, election)
    following = journal.after(act.journal_head)
    if act.package != journal.package or act.terminal not in _carried_by(journal):
        raise Refused("act", "it is of another election or another terminal than the journal")
    if following is None:
        raise Refused("journal", "no record is the one that the act names as its last: the journal is not that one's")
    digest, last = sha256(payload), len(journal.records)
    for record in following:
        if record.event == "act_signed" and record.fields.get("digest") == digest:
            if quorum is not None:
                _check_gathering(journal, act, quorum, record)
            return CheckedAct(act, record.number, signed, quorum, package is not None)
    raise Refused("journal", f"after record {last} it ends without the record of the act's signing")


def _carried_by(journal: Journal) -> set[str]:
    """The terminal whose journal it is, and the spares that carried it on after one another."""
    taken = (record.fields.get("by") for record in journal.records if record.event == "store_taken_over")
    return {journal.terminal, *(str(by) for by in taken)}


def _check_gathering(journal: Journal, act: Act, quorum: OpenedStatement, signing: Record) -> None:
    """Raise Refused unless the last quorum before the polls were opened, or went on, is the one that the act carries.

    A statement of an earlier gathering, which came to nothing, is not, nor one of an earlier pause.
    """
    until = signing.number
    if act.kind != ZERO_REPORT:
        done = "polls_opened" if quorum.statement.purpose is Purpose.OPEN else "polls_resumed"
        until = max((one.number for one in journal.records[:until] if one.event == done), default=0)
        if not until:
            raise Refused("journal", f"before the act's signing no record says that the polls were: {done}")
    paused = max((one.number for one in journal.records[:until] if one.event == "polls_paused"), default=0)
    released = [one for one in journal.records[paused:until] if one.event == "key_released"]
    if not released or released[-1].fields.get("statement") != quorum.sha256:
        raise Refused("opening statement", "it is not the one that the journal says the key was released with")
    since = journal.after(quorum.statement.journal_head)
    if since is None or released[-1].number not in {one.number for one in since}:
        raise Refused("opening statement", "the journal's head that it names is not one before it was signed")


def _unchecked(envelope: bytes) -> bytes:
    """The payload of an act's envelope, whoever signed it. Raises Malformed."""
    try:
        opened = msgspec.json.decode(envelope, type=Envelope)
        payload = base64.b64decode(opened.payload, validate=True)
    except (msgspec.DecodeError, binascii.Error, RecursionError):
        raise Malformed("act", "not a signed envelope") from None
    if opened.payloadType != PAYLOAD_TYPE:
        raise Malformed("act", "an envelope of another kind of document")
    return payload


def summary(report: JournalReport, options: argparse.Namespace) -> str:
    """What the command line says of a right journal."""
    journal, act = report.journal, report.act
    if options.json:
        return json.dumps(
            {
                "verdict": "incomplete" if report.not_yet else "right",
                "fault": None,
                "not_yet": list(report.not_yet),
                "terminal": journal.terminal,
                "package": journal.package,
                "exported": journal.exported,
                "records": len(journal.records),
                "head": journal.head,
                "act": None if act is None else _act_as_json(act),
            }
        )
    if act is None:
        compared = "not compared with an act (--act FILE --root FILE)"
    else:
        signed = "not checked" if act.signed is None else f"{act.signed}, right"
        compared = f"{act.act.kind}, signed at record {act.record}; signatures: {signed}"
    lines = [
        f"terminal: {journal.terminal}, election package {journal.package}",
        f"exported: {journal.exported}",
        f"records:  {len(journal.records)}, each in its place and unaltered",
        f"head:     {journal.head}",
        f"act:      {compared}",
        *_quorum_lines(act),
        *report.not_yet,
        "the journal is right" + (", as far as it could be checked" if report.not_yet else ""),
    ]
    return "\n".join("".join(letter if letter.isprintable() else "�" for letter in line) for line in lines)


def _act_as_json(act: CheckedAct) -> dict[str, object]:
    quorum = None
    if act.quorum is not None:
        quorum = {
            "purpose": act.quorum.statement.purpose.value,
            "cards": len(act.quorum.members),
            "needed": act.quorum.statement.needed,
            "at": act.quorum.statement.at,
            "package_compared": act.compared,
        }
    return {"kind": act.act.kind, "record": act.record, "signed": act.signed, "quorum": quorum}


def _quorum_lines(act: CheckedAct | None) -> tuple[str, ...]:
    if act is None or act.quorum is None:
        return ()
    stated = act.quorum.statement
    done = "opened by" if stated.purpose is Purpose.OPEN else "resumed by"
    needed = f"{stated.needed} needed, " + (
        "as the package says" if act.compared else "as they signed; not compared with the package (--package FILE)"
    )
    members = sorted(
        (one.identity for one in act.quorum.members), key=lambda one: (one.role is not Role.CHAIR, one.name)
    )
    signers = ", ".join(f"{one.role.value} {one.name}" for one in members)
    return (f"quorum:   {done} {len(act.quorum.members)} cards, each signature right ({needed}): {signers}",)
