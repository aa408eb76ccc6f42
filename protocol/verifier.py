"""The observer's verifier: everything that can be checked about a public archive.

Stricter than the specification and its other tools: every byte of every ballot counts, weights are refused, and a
credential casts one ballot (they take the last). `python -m protocol.verifier ARCHIVE.bel [--package FILE --root FILE]
[--json]` exits 0 if the record is right, 1 with the first fault if not, and 2 if nothing is wrong but something is not
there or not checked yet. With the election package it also says whether the archive is of that election: a record can
be right in itself and have voters of its maker's own. With `--journal FILE` it checks a terminal's journal likewise.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from protocol import wire
from protocol.ballot_pool import BallotPool, CastOnce
from protocol.chain import EventType, Step, read_steps
from protocol.credentials import parse_credentials
from protocol.election import Election, parse_election
from protocol.errors import Malformed, ProtocolError, Refused
from protocol.tally import (
    EncryptedTally,
    Factors,
    add_tallies,
    combine_factors,
    empty_tally,
    parse_tally,
    verify_partial_decryption,
    verify_result,
)
from protocol.trustees import Trustees, parse_trustees

if TYPE_CHECKING:
    from protocol.documents.package import OpenedPackage, Paper

RIGHT, WRONG, INCOMPLETE = 0, 1, 2
FEW_BALLOTS = 24  # below this, starting processes costs more than it saves
FEW_CREDENTIALS = 2000


@dataclass(frozen=True, slots=True)
class Report:
    """What a right archive says. `not_yet` names what is missing or unchecked; `totals` is None before the result.

    `setup` has the SHA-256 (lower-case hex) of the texts of election, trustees and credentials; `tally` is the product
    of the ballots, None before the archive holds it.
    """

    election: Election
    setup: wire.SetupData
    credentials: int
    ballots: int
    trustees: int
    decryptions: tuple[int, ...]
    totals: list[list[int]] | None
    head: str
    not_yet: tuple[str, ...]
    codes: frozenset[str] = field(repr=False)
    tally: EncryptedTally | None = field(repr=False)

    @property
    def final(self) -> bool:
        """Whether the result is in the archive."""
        return self.totals is not None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a ballot lies in the file."""

    where: str
    offset: int
    size: int


@dataclass(slots=True)
class _Record:
    """The events of an archive, kept small: ballots only by their places."""

    setup: Step | None = None
    ballots: list[_Place] = field(default_factory=list)
    tally: Step | None = None
    decryptions: list[Step] = field(default_factory=list)
    result: Step | None = None
    last: Step | None = None


def verify_archive(path: Path, workers: int | None = None) -> Report:
    """Check a whole archive; raises Malformed or Refused with the first fault, OSError if it cannot be read.

    Order: the chain of the whole file, the setup, the ballots, the tally. `workers`: None for one a core.
    """
    with path.open("rb") as stream:
        record = _read(stream)
        setup, last = record.setup, record.last
        if setup is None or last is None:
            raise Malformed("archive", "no Setup event")
        election, trustees, credentials = _check_setup(setup)
        small = len(record.ballots) < FEW_BALLOTS and len(credentials) < FEW_CREDENTIALS
        with BallotPool(1 if small else workers) as pool:
            pool.check_credentials(election.group.name, enumerate(credentials, 1))
            tally, codes = _check_ballots(pool, stream, record, election, credentials)
    totals, owners = _check_tally(record, election, trustees, tally)
    not_yet = []
    if trustees.not_yet_checked:
        not_yet.append(f"not yet checked: {trustees.not_yet_checked}")
    if totals is None:
        not_yet.append(f"not yet tallied: the last event is {last.kind}")
    return Report(
        election=election,
        setup=wire.decode(setup.parts[0].content, wire.SetupData, setup.parts[0].where),
        credentials=len(credentials),
        ballots=len(record.ballots),
        trustees=len(trustees.keys),
        decryptions=owners,
        totals=totals,
        head=last.entry.digest,
        not_yet=tuple(not_yet),
        codes=codes,
        tally=None if record.tally is None else tally,
    )


def load_package(package: Path, root: Path) -> "OpenedPackage":
    """An election package from its file, if the authority under the certificate in `root` signed it.

    Raises ProtocolError, OSError.
    """
    # Only here: every process that verifies ballots imports this module, and certificates cost it a tenth of a second.
    from protocol.documents.certificates import LIMIT, load_certificate
    from protocol.documents.package import open_package

    return open_package(package.read_bytes(), load_certificate(root.read_bytes()[: LIMIT + 1], str(root)))


def paper_of(report: Report, opened: "OpenedPackage") -> "Paper":
    """The paper of the package that an archive is of, its election, trustees and voters compared.

    Raises Refused if the archive is not the package's: then anybody may have chosen whose ballots are in it.
    """
    uuid = report.election.uuid
    paper = next((paper for paper in opened.package.papers if paper.uuid == uuid), None)
    if paper is None:
        raise Refused("archive", f"the election package has no paper with the election {uuid}")
    for what, own, named in (
        ("election", report.setup.election, hashlib.sha256(paper.election.encode()).hexdigest()),
        ("trustees", report.setup.trustees, hashlib.sha256(paper.trustees.encode()).hexdigest()),
        ("public credentials", report.setup.credentials, paper.credentials.sha256),
    ):
        if own != named:
            raise Refused(
                "archive", f"it does not hold the {what} of the paper {paper.paper_id} of the election package"
            )
    return paper


def _read(stream: BinaryIO) -> _Record:
    record = _Record()
    for step in read_steps(stream):
        record.last = step
        match step.kind:
            case EventType.SETUP:
                record.setup = step
            case EventType.BALLOT:
                entry = step.parts[0]
                record.ballots.append(_Place(entry.where, entry.offset, entry.size))
            case EventType.ENCRYPTED_TALLY:
                record.tally = step
            case EventType.PARTIAL_DECRYPTION:
                record.decryptions.append(step)
            case EventType.RESULT:
                record.result = step
            case EventType.END_BALLOTS:
                pass
    return record


def _check_setup(step: Step) -> tuple[Election, Trustees, tuple[str, ...]]:
    _, election_entry, trustees_entry, credentials_entry = step.parts
    election = parse_election(election_entry.text)
    trustees = parse_trustees(trustees_entry.text, election.group)
    trustees.check()
    if trustees.public_key != election.public_key:
        raise Refused("election", "the public key is not the one that the trustees' keys make")
    return election, trustees, parse_credentials(credentials_entry.text)


def _check_ballots(
    pool: BallotPool, stream: BinaryIO, record: _Record, election: Election, credentials: Sequence[str]
) -> tuple[EncryptedTally, frozenset[str]]:
    """The ballots' tally and codes."""
    once = CastOnce(credentials)
    tally = empty_tally(election)
    codes: set[str] = set()
    for checked in pool.check_ballots(election, _texts(stream, record.ballots)):
        for where, credential, code in checked.verified:
            once.cast(where, credential)
            codes.add(code)
        if checked.fault is not None:
            raise checked.fault
        tally = add_tallies(election.group, tally, checked.tally)
    return tally, frozenset(codes)


def _texts(stream: BinaryIO, places: Sequence[_Place]) -> Iterator[tuple[str, str]]:
    for place in places:
        stream.seek(place.offset)
        try:
            yield place.where, stream.read(place.size).decode()
        except UnicodeDecodeError:
            raise Malformed(place.where, "not UTF-8") from None


def _check_tally(
    record: _Record, election: Election, trustees: Trustees, tally: EncryptedTally
) -> tuple[list[list[int]] | None, tuple[int, ...]]:
    """The totals, if the result is there, and the owners of the partial decryptions."""
    if record.tally is None:
        return None, ()
    sized_entry, tally_entry = record.tally.parts
    sized = wire.decode(sized_entry.content, wire.SizedTally, sized_entry.where)
    if sized.num_tallied != tally.number or sized.total_weight != tally.number:
        raise Refused(sized_entry.where, f"does not count {tally.number} ballots of weight 1")
    parse_tally(election, tally_entry.text, tally.number)
    if tally_entry.text != tally.json(election.group):
        raise Refused(tally_entry.where, "the encrypted tally is not the product of the ballots")
    factors: dict[int, Factors] = {}
    for step in record.decryptions:
        owned, decryption = step.parts
        owner = wire.decode(owned.content, wire.OwnedPartialDecryption, owned.where).owner
        if not 1 <= owner <= len(trustees.keys) or owner in factors:
            raise Refused(owned.where, "the owner is not a trustee, or has decrypted before")
        key = trustees.keys[owner - 1].public_key
        where = f"{decryption.where}, partial decryption of trustee {owner}"
        factors[owner] = verify_partial_decryption(election, tally, key, decryption.text, where)
    if record.result is None:
        return None, tuple(factors)
    synthetic = combine_factors(trustees, factors)
    entry = record.result.parts[0]
    try:
        return verify_result(election, tally, synthetic, entry.text), tuple(factors)
    except ProtocolError as fault:
        raise type(fault)(f"{entry.where}, {fault.where}", fault.what) from None


def _summary(report: Report, opened: "OpenedPackage | None") -> str:
    election = report.election
    lines = [
        f"election:    {election.name} ({election.uuid}), {election.group.name}",
        f"fingerprint: {election.fingerprint}",
        f"head:        {report.head}",
        f"trustees:    {report.trustees}, decrypted: {', '.join(map(str, report.decryptions)) or 'none'}",
        f"credentials: {report.credentials}",
        f"ballots:     {report.ballots}, each with every proof and signature right",
        f"package:     {_compared(report, opened)}",
    ]
    for question, counts in zip(election.questions, report.totals or [], strict=False):
        lines.append(f"{question.text}:")
        names = ("(blank)", *question.answers) if question.blank else question.answers
        lines += [f"  {count:>8}  {name}" for name, count in zip(names, counts, strict=True)]
    lines += report.not_yet
    lines.append("the record is right" + (", as far as it could be checked" if report.not_yet else ""))
    return "\n".join(_plain(line) for line in lines)


def _compared(report: Report, opened: "OpenedPackage | None") -> str:
    if opened is None:
        return "not compared with an election package (--package FILE --root FILE)"
    paper = paper_of(report, opened)
    return f"{opened.sha256}, whose paper {paper.paper_id} has this election, these trustees and these credentials"


def _plain(line: str) -> str:
    """Without control letters: names come from the archive and must not drive the reader's screen."""
    return "".join(letter if letter.isprintable() else "�" for letter in line)


def _as_json(report: Report, opened: "OpenedPackage | None") -> dict[str, object]:
    return {
        "verdict": "incomplete" if report.not_yet else "right",
        "fault": None,
        "not_yet": list(report.not_yet),
        "uuid": report.election.uuid,
        "name": report.election.name,
        "group": report.election.group.name,
        "fingerprint": report.election.fingerprint,
        "head": report.head,
        "trustees": report.trustees,
        "decryptions": list(report.decryptions),
        "credentials": report.credentials,
        "ballots": report.ballots,
        "package": None if opened is None else opened.sha256,
        "result": report.totals,
    }


def _journal(options: argparse.Namespace) -> int:
    # Only here, for the same reason as in `load_package`.
    from protocol.journal_check import check_journal, summary

    report = check_journal(options.journal, options.act, options.root, options.package)
    sys.stdout.write(summary(report, options) + "\n")
    return INCOMPLETE if report.not_yet else RIGHT


def _explain_unreadable(error: OSError) -> str:
    return f"{error.filename or 'archive'}: cannot be read ({error.strerror or 'input error'})"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="verify", description="Check a public archive, or a terminal's journal.")
    parser.add_argument("archive", type=Path, nargs="?", metavar="ARCHIVE.bel")
    parser.add_argument("--journal", type=Path, help="check this export of a journal instead of an archive")
    parser.add_argument("--act", type=Path, help="a signed act that the journal must go with")
    parser.add_argument("--package", type=Path, help="the election package that the archive, or the act, must be of")
    parser.add_argument("--root", type=Path, help="the election's root certificate, for the package or the act")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    options = parser.parse_args(arguments)
    if (options.archive is None) == (options.journal is None):
        parser.error("give one archive, or one --journal FILE")
    if options.journal is None and (options.act is not None or (options.package is None) != (options.root is None)):
        parser.error("--package and --root go together, and --act goes with --journal")
    lacking = (options.package and not options.root) or (options.root and not options.act)
    if options.journal is not None and lacking:
        parser.error("with --journal, --root goes with --act, and --package with both")
    try:
        if options.journal is not None:
            return _journal(options)
        opened = None if options.package is None else load_package(options.package, options.root)
        report = verify_archive(options.archive)
        if opened is not None:
            paper_of(report, opened)
    except (ProtocolError, OSError) as error:
        read = "archive" if options.journal is None else "journal"
        where = error.where if isinstance(error, ProtocolError) else read
        what = error.what if isinstance(error, ProtocolError) else _explain_unreadable(error)
        verdict = {"verdict": "wrong", "fault": {"where": where, "what": what}}
        sys.stdout.write((json.dumps(verdict) if options.json else f"WRONG: {where}: {what}") + "\n")
        return WRONG
    text = json.dumps(_as_json(report, opened), ensure_ascii=False) if options.json else _summary(report, opened)
    sys.stdout.write(text + "\n")
    return INCOMPLETE if report.not_yet else RIGHT


if __name__ == "__main__":
    sys.exit(main())
