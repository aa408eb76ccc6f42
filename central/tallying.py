"""From the last ballot to the result: end of ballots, encrypted tally, partial decryptions, result.

Each step looks at where the archive stands and does what is left, so that it can be repeated after an
interruption. A paper with fewer ballots than the election allows is never tallied, let alone decrypted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from central.database import Database, PaperState
from central.decrypting import LIMIT, DecryptionFile, TallyTrouble
from central.folder import CentreFolder, CentrePaper
from central.rounds import Rounds, archived_ballots
from protocol import wire
from protocol.archive import ArchiveWriter
from protocol.chain import EventType, Step, read_steps
from protocol.documents.payload import decode
from protocol.election import Election, parse_election
from protocol.errors import Malformed, Refused
from protocol.tally import (
    EncryptedTally,
    compute_result,
    parse_tally,
    tally_ballots,
    verify_partial_decryption,
)
from protocol.trustees import Trustees, parse_trustees


@dataclass(frozen=True, slots=True)
class PaperOutcome:
    """What a step did for one paper: `what` in words, and whether it is done."""

    paper_id: str
    done: bool
    what: str


@dataclass(frozen=True, slots=True)
class _Tallied:
    """An archive that holds its encrypted tally."""

    election: Election
    trustees: Trustees
    tally: EncryptedTally
    decryptions: dict[int, str] = field(repr=False)
    final: bool = False


def tally(folder: CentreFolder, database: Database, rounds: Rounds, act: str | None) -> list[PaperOutcome]:
    """A last round, then end of ballots and encrypted tally of every paper that may be tallied.

    A paper with fewer than `min_tally` ballots, or with a second ballot of one credential and no `act` that settled
    it, stays open and untouched. Raises ProtocolError, OSError.
    """
    rounds.publish()
    return [_tally_paper(folder, database, rounds, paper, act) for paper in folder.papers.values()]


def _tally_paper(
    folder: CentreFolder, database: Database, rounds: Rounds, paper: CentrePaper, act: str | None
) -> PaperOutcome:
    line = next(one for one in database.papers() if one.paper_id == paper.paper_id)
    if line.published != line.accepted:
        raise TallyTrouble(f"paper {paper.paper_id}: its archive could not be appended to; see the log and try again")
    if line.accepted < folder.min_tally:
        what = f"{line.accepted} ballots are fewer than the {folder.min_tally} that a tally needs: it stays uncounted"
        return PaperOutcome(paper.paper_id, False, what)
    conflicts = database.conflicts(paper.paper_id)
    if conflicts and line.state is PaperState.OPEN and act is None:
        what = f"{len(conflicts)} second ballots were refused: name the act that settled this with --act"
        return PaperOutcome(paper.paper_id, False, what)
    # The intent first: from here on no ballot is accepted, whatever happens to the archive.
    database.end_paper(paper.paper_id, act if conflicts else None)
    writer = rounds.writer(paper)
    if writer.last_kind in {EventType.SETUP, EventType.BALLOT}:
        writer.end_ballots()
        writer.sync()
    if writer.last_kind is EventType.END_BALLOTS:
        election = parse_election(paper.election)
        total = tally_ballots(election, archived_ballots(rounds.path(paper)))
        if total.number != line.accepted:
            raise TallyTrouble(f"paper {paper.paper_id}: the archive does not hold what the database says")
        writer.encrypted_tally(total.json(election.group), total.number)
        writer.sync()
    return PaperOutcome(paper.paper_id, True, f"{line.accepted} ballots tallied, ready for the trustees")


def result(folder: CentreFolder, rounds: Rounds, files: Sequence[Path]) -> list[PaperOutcome]:
    """Append partial decryptions and, where every trustee's is there, the result.

    Decryptions that the archive holds already are passed over. Every file is checked before anything is appended.
    Raises TallyTrouble, ProtocolError, OSError.
    """
    by_uuid: dict[str, dict[int, str]] = {paper.uuid: {} for paper in folder.papers.values()}
    for path in files:
        one = decode(path.read_bytes(), DecryptionFile, str(path), LIMIT)
        if one.uuid not in by_uuid:
            raise TallyTrouble(f"{path}: it is of another election than this centre's")
        if by_uuid[one.uuid].setdefault(one.owner, one.decryption) != one.decryption:
            raise TallyTrouble(f"{path}: there are two decryptions by trustee {one.owner} of {one.uuid}")
    papers = [paper for paper in folder.papers.values() if by_uuid[paper.uuid]]
    tallied = {paper.paper_id: _checked(rounds, paper, by_uuid[paper.uuid]) for paper in papers}
    return [_finish(rounds.writer(paper), paper, tallied[paper.paper_id], by_uuid[paper.uuid]) for paper in papers]


def _checked(rounds: Rounds, paper: CentrePaper, decryptions: dict[int, str]) -> _Tallied:
    """Where the archive stands, once the new decryptions have been verified."""
    found = _tallied(rounds.path(paper))
    if found is None:
        raise TallyTrouble(f"paper {paper.paper_id}: it is not tallied yet")
    keys = found.trustees.keys
    for owner, decryption in decryptions.items():
        where = f"partial decryption of {paper.paper_id} by trustee {owner}"
        if owner > len(keys):
            raise Refused(where, f"the election has {len(keys)} trustees")
        verify_partial_decryption(found.election, found.tally, keys[owner - 1].public_key, decryption, where)
    return found


def _finish(writer: ArchiveWriter, paper: CentrePaper, found: _Tallied, decryptions: dict[int, str]) -> PaperOutcome:
    if found.final:
        return PaperOutcome(paper.paper_id, True, "the result was there already")
    owners = range(1, len(found.trustees.keys) + 1)
    every = decryptions | found.decryptions
    missing = [owner for owner in owners if owner not in every]
    # The result is computed before anything is appended: a decryption cannot be taken out again.
    text = None if missing else compute_result(found.election, found.tally, found.trustees, every)
    for owner in sorted(decryptions.keys() - found.decryptions.keys()):
        writer.partial_decryption(owner, decryptions[owner])
    if text is not None:
        writer.result(text)
    writer.sync()
    if missing:
        names = ", ".join(str(owner) for owner in missing)
        return PaperOutcome(paper.paper_id, False, f"decryptions of these trustees are missing: {names}")
    return PaperOutcome(paper.paper_id, True, f"result of {found.tally.number} ballots appended")


def _tallied(archive: Path) -> _Tallied | None:
    """What an archive says from its encrypted tally on; None if it has none. Raises ProtocolError, OSError."""
    election: Election | None = None
    trustees: Trustees | None = None
    total: EncryptedTally | None = None
    decryptions: dict[int, str] = {}
    final = False
    with archive.open("rb") as stream:
        for step in read_steps(stream):
            if step.kind is EventType.SETUP:
                election = parse_election(step.parts[1].text)
                trustees = parse_trustees(step.parts[2].text, election.group)
            elif step.kind is EventType.ENCRYPTED_TALLY and election is not None:
                total = parse_tally(election, step.parts[1].text, _number(step))
            elif step.kind is EventType.PARTIAL_DECRYPTION:
                decryptions[_owner(step)] = step.parts[1].text
            elif step.kind is EventType.RESULT:
                final = True
    if election is None or trustees is None:
        raise Malformed(str(archive), "there is no setup in it")
    return None if total is None else _Tallied(election, trustees, total, decryptions, final)


def _number(step: Step) -> int:
    return wire.decode(step.parts[0].content, wire.SizedTally, step.parts[0].where).num_tallied


def _owner(step: Step) -> int:
    return wire.decode(step.parts[0].content, wire.OwnedPartialDecryption, step.parts[0].where).owner
