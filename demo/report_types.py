"""The record of a played day, and the judgement whether everything agrees."""

from enum import StrEnum
from typing import Literal

import msgspec


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class OptionTotal(_Record, frozen=True):
    """One option: what the scripted voters chose in total, and what the tally says (null before the tally).

    In a contest with blank votes the first option is the blank.
    """

    name: str
    scripted: int
    tallied: int | None = None


class ContestTotals(_Record, frozen=True):
    """A contest with its options in the official order."""

    title: str
    options: tuple[OptionTotal, ...]


class PaperTotals(_Record, frozen=True):
    """A ballot paper: ballots that voters were told are cast, and ballots in the archive (null before the tally).

    `archive` is the archive's path in the folder of the report, with forward slashes.
    """

    paper_id: str
    uuid: str
    title: str
    archive: str
    cast: int
    archived: int | None
    contests: tuple[ContestTotals, ...]


class Outcome(StrEnum):
    """What a verifier said of an archive."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_RUN = "not_run"


NEEDED_ACTS = ("zero_report", "opening", "closing")
"""The kinds of acts that every day has."""


class Verdict(_Record, frozen=True):
    """One program's word on an archive, or on an act. `words` is its summary, or the reason why it could not be run.

    `paper_id` is the archive's paper, or the act's kind.
    """

    program: str
    version: str
    paper_id: str
    outcome: Outcome
    words: str
    required: bool = True
    subject: Literal["archive", "act"] = "archive"


class BatchLine(_Record, frozen=True):
    """A sealed batch and the centre's acknowledgement: "accepted", "quarantined" or "pending"."""

    terminal: str
    sequence: int
    header_sha256: str
    accepted: int
    refused: int
    status: str


class Counts(_Record, frozen=True):
    """Numbers of people, then of ballots. `cast` are voters whose ballots were shown as cast."""

    voters: int
    cast: int
    left_without_casting: int
    ballots_entitled: int
    ballots_cast: int
    ballots_declined: int
    challenges: int


class Challenge(_Record, frozen=True):
    """An opened ballot. `in_archive` must be false; `check` is the word of `check-ballot`, empty if it was not run."""

    paper_id: str
    code: str
    in_archive: bool | None
    check: str
    check_passed: bool | None


class MomentKind(StrEnum):
    """What kind of thing happened."""

    STEP = "step"
    VOTER = "voter"
    FAULT = "fault"
    RECOVERY = "recovery"


class Moment(_Record, frozen=True):
    """A line of the timeline, `seconds` after the day began to play."""

    seconds: float
    kind: MomentKind
    what: str


class Fault(_Record, frozen=True):
    """A fault that the script injected: what, where, and how it ended. `lost` counts ballots lost or doubled."""

    what: str
    where: str
    ending: str
    lost: int


class Duration(_Record, frozen=True):
    """How long a part of the day took."""

    what: str
    seconds: float


class Picture(_Record, frozen=True):
    """A picture (or PDF) that the day left. `file` is its path in the folder of the report, with forward slashes."""

    file: str
    caption: str


class DayReport(_Record, frozen=True):
    """The whole day. `faults_found` are disagreements that the script itself met, in words."""

    election: str
    place: str
    mode: str
    group: str
    seed: int
    software: str
    counts: Counts
    papers: tuple[PaperTotals, ...]
    challenges: tuple[Challenge, ...]
    verdicts: tuple[Verdict, ...]
    batches: tuple[BatchLine, ...]
    faults: tuple[Fault, ...]
    timeline: tuple[Moment, ...]
    durations: tuple[Duration, ...]
    printed: tuple[Picture, ...]
    screens: tuple[Picture, ...]
    faults_found: tuple[str, ...] = ()


def disagreements(report: DayReport) -> tuple[str, ...]:
    """Everything that does not agree, in words; empty if the day is right."""
    found = list(report.faults_found)
    counts = report.counts
    if counts.voters != counts.cast + counts.left_without_casting:
        found.append("voters are not those who cast plus those who left")
    if counts.ballots_cast != sum(paper.cast for paper in report.papers):
        found.append("ballots cast are not the sum over the papers")
    for paper in report.papers:
        if paper.archived != paper.cast:
            found.append(f"{paper.title}: {paper.cast} ballots cast, {_number(paper.archived)} in the archive")
        for contest in paper.contests:
            found += [
                f"{paper.title}, {contest.title}: {option.name}: "
                f"{option.scripted} chosen, {_number(option.tallied)} tallied"
                for option in contest.options
                if option.tallied != option.scripted
            ]
    for challenge in report.challenges:
        if challenge.in_archive is not False:
            found.append(f"challenged ballot {challenge.code}: not shown to be absent from the archive")
        if challenge.check_passed is not True:
            found.append(f"challenged ballot {challenge.code}: check-ballot did not accept it")
    found += [
        f"{verdict.program}: {verdict.subject} of {verdict.paper_id} {_said(verdict.outcome)}: {verdict.words}"
        for verdict in report.verdicts
        if verdict.outcome is Outcome.REFUSED or (verdict.required and verdict.outcome is Outcome.NOT_RUN)
    ]
    judged = {
        verdict.paper_id
        for verdict in report.verdicts
        if verdict.outcome is Outcome.ACCEPTED and verdict.subject == "archive"
    }
    found += [
        f"{paper.title}: no verifier accepted its archive" for paper in report.papers if paper.paper_id not in judged
    ]
    proved = {
        verdict.paper_id
        for verdict in report.verdicts
        if verdict.outcome is Outcome.ACCEPTED and verdict.subject == "act"
    }
    found += [f"no verifier accepted the act of {kind}" for kind in NEEDED_ACTS if kind not in proved]
    for batch in report.batches:
        if batch.status != "accepted" or batch.refused:
            found.append(f"batch {batch.terminal}/{batch.sequence}: {batch.status}, {batch.refused} ballots refused")
    delivered = sum(batch.accepted for batch in report.batches)
    if delivered != counts.ballots_cast:
        found.append(f"{counts.ballots_cast} ballots cast, {delivered} acknowledged in batches")
    found += [f"{fault.what}: {fault.lost} ballots lost or doubled" for fault in report.faults if fault.lost]
    return tuple(found)


def _said(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")


def _number(number: int | None) -> str:
    return "none" if number is None else str(number)
