"""The observer's check of a journal export, alone or with an act: `python -m protocol.verifier --journal FILE`.

The chain shows any record that was altered, dropped or moved. It cannot show that the whole chain was made anew, or
that its end was cut off and its last words rewritten: for that an act names the journal's head of its moment, and
members of the commission signed it.
"""

import argparse
import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from protocol.documents.acts import LIMIT, PAYLOAD_TYPE, Act, open_act
from protocol.documents.certificates import LIMIT as CERTIFICATE_LIMIT
from protocol.documents.certificates import MEMBERS, load_certificate
from protocol.documents.dsse import Envelope, Trust
from protocol.documents.payload import decode, sha256
from protocol.errors import Malformed, Refused
from protocol.journal import LARGEST_EXPORT, Journal, read_journal


@dataclass(frozen=True, slots=True)
class CheckedAct:
    """An act that fits the journal: after `record`, and `signed` by members (None: the signatures were not checked)."""

    act: Act
    record: int
    signed: int | None


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


def check_journal(journal: Path, act: Path | None, root: Path | None) -> JournalReport:
    """Check an export, and whether an act is of it. Raises ProtocolError with the first fault, OSError."""
    with journal.open("rb") as stream:
        checked = read_journal(stream.read(LARGEST_EXPORT + 1))
    return JournalReport(checked, None if act is None else _check_act(checked, act, root))


def _check_act(journal: Journal, path: Path, root: Path | None) -> CheckedAct:
    with path.open("rb") as stream:
        envelope = stream.read(4 * LIMIT)
    if root is None:
        payload, signed = _unchecked(envelope), None
        act = decode(payload, Act, "act", LIMIT)
    else:
        certificate = load_certificate(root.read_bytes()[: CERTIFICATE_LIMIT + 1], str(root))
        act, signatures = open_act(envelope, Trust(certificate, MEMBERS, at=None))
        payload, signed = _unchecked(envelope), len(signatures)
    if (act.package, act.terminal) != (journal.package, journal.terminal):
        raise Refused("act", "it is of another election or another terminal than the journal")
    following = journal.after(act.journal_head)
    if following is None:
        raise Refused("journal", "no record is the one that the act names as its last: the journal is not that one's")
    digest, last = sha256(payload), len(journal.records)
    for record in following:
        if record.event == "act_signed" and record.fields.get("digest") == digest:
            return CheckedAct(act, record.number, signed)
    raise Refused("journal", f"after record {last} it ends without the record of the act's signing")


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
                "act": None if act is None else {"kind": act.act.kind, "record": act.record, "signed": act.signed},
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
        *report.not_yet,
        "the journal is right" + (", as far as it could be checked" if report.not_yet else ""),
    ]
    return "\n".join("".join(letter if letter.isprintable() else "�" for letter in line) for line in lines)
