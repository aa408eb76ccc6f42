"""Whole elections for tests: made quickly, cast, written as archives, and falsified on purpose."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from protocol import wire
from protocol.archive import ArchiveWriter
from protocol.ballot import UnsignedBallot, encrypt, sign
from protocol.code import hash_text
from protocol.credentials import credentials_json, new_code, public_credential, secret_exponent
from protocol.election import Election, Question, make_election, new_uuid
from protocol.group import Group, group_named
from protocol.tally import compute_result, empty_tally, partial_decryption, tally_ballots
from protocol.trustees import Trustees, combined_key, new_trustee, parse_trustees, trustees_json

GROUPS = ("Ed25519", "BELENIOS-2048")
TIMESTAMP = 1_795_345_296
QUESTIONS = (
    Question(("Иванов", "Петров"), 1, 1, blank=True, text="Глава района"),
    Question(("Анна", "Борис", "Вера"), 0, 2, blank=False, text="Совет депутатов"),
)
VOTES = (
    ((0, 1, 0), (1, 1, 0)),
    ((1, 0, 0), (0, 0, 0)),
    ((0, 0, 1), (0, 0, 1)),
)
TOTALS = [[1, 1, 1], [1, 1, 1]]


@dataclass(frozen=True)
class Paper:
    """One election with its secrets."""

    election: Election
    exponents: tuple[int, ...]
    credentials_raw: str
    trustees_raw: str
    trustee_secrets: tuple[int, ...]

    @property
    def group(self) -> Group:
        return self.election.group

    @property
    def trustees(self) -> Trustees:
        return parse_trustees(self.trustees_raw, self.group)

    def credential(self, voter: int) -> str:
        return public_credential(self.exponents[voter], self.group)

    def encrypt(self, voter: int, choices: Sequence[Sequence[int]], seed: bytes | None = None) -> UnsignedBallot:
        return encrypt(self.election, self.credential(voter), choices, seed or os.urandom(32))

    def cast(self, voter: int, choices: Sequence[Sequence[int]], seed: bytes | None = None) -> str:
        return sign(self.encrypt(voter, choices, seed), self.election, self.exponents[voter])

    def cast_all(self) -> list[str]:
        return [self.cast(voter, choices) for voter, choices in enumerate(VOTES)]


def make_paper(
    group_name: str,
    voters: int = 4,
    trustees: int = 2,
    questions: Sequence[Question] = QUESTIONS,
) -> Paper:
    """An election with fresh keys."""
    group = group_named(group_name)
    made = [new_trustee(group) for _ in range(trustees)]
    keys = [key for _, key in made]
    election = make_election(new_uuid(), "Проверка", "Выборы", group_name, combined_key(keys, group), questions)
    exponents = tuple(secret_exponent(new_code(), election.uuid, group) for _ in range(voters))
    return Paper(
        election,
        exponents,
        credentials_json([public_credential(exponent, group) for exponent in exponents]),
        trustees_json(keys),
        tuple(secret for secret, _ in made),
    )


@dataclass(frozen=True)
class Falsehood:
    """What to write into an archive in place of the truth."""

    credentials_raw: str | None = None
    trustees_raw: str | None = None
    tally_of: Sequence[str] | None = None
    number: int | None = None
    secrets: Sequence[int] | None = None
    owners: Sequence[int] | None = None
    decryption: Callable[[str], str] = str
    result: Callable[[str], str] = str


TRUTH = Falsehood()


def write_record(path: Path, paper: Paper, ballots: Sequence[str], lie: Falsehood = TRUTH) -> Path:
    """A final archive of these ballots; where `lie` says so, false but well chained."""
    election = paper.election
    with ArchiveWriter.create(path, TIMESTAMP) as writer:
        writer.setup(election.raw, lie.trustees_raw or paper.trustees_raw, lie.credentials_raw or paper.credentials_raw)
        if ballots:
            writer.ballots(ballots)
        writer.end_ballots()
        counted = ballots if lie.tally_of is None else lie.tally_of
        tally = tally_ballots(election, counted) if counted else empty_tally(election)
        writer.encrypted_tally(tally.json(paper.group), tally.number if lie.number is None else lie.number)
        true = {
            owner: partial_decryption(election, tally, secret) for owner, secret in enumerate(paper.trustee_secrets, 1)
        }
        secrets = lie.secrets or paper.trustee_secrets
        for owner, secret in zip(lie.owners or range(1, len(secrets) + 1), secrets, strict=False):
            writer.partial_decryption(owner, lie.decryption(partial_decryption(election, tally, secret)))
        writer.result(lie.result(compute_result(election, tally, paper.trustees, true)))
    return path


def write_unfinished(path: Path, paper: Paper, ballots: Sequence[str]) -> Path:
    """An archive that still takes ballots."""
    with ArchiveWriter.create(path, TIMESTAMP) as writer:
        writer.setup(paper.election.raw, paper.trustees_raw, paper.credentials_raw)
        writer.ballots(ballots)
    return path


def resign(paper: Paper, exponent: int, record: wire.BallotRecord) -> str:
    """A ballot with the hash and the signature of its new content, by whoever holds `exponent`."""
    text = wire.encode(record.unsigned())
    return sign(UnsignedBallot(text, _hash(text)), paper.election, exponent)


def _hash(text: str) -> str:
    return hash_text(hashlib.sha256(text.encode()).digest())


def read_ballot(text: str) -> wire.BallotRecord:
    """A ballot's structure."""
    return wire.decode(text, wire.BallotRecord, "ballot")


def with_false_proof(paper: Paper, voter: int, choices: Sequence[Sequence[int]]) -> str:
    """A ballot, rightly hashed and signed, with one wrong response in an individual proof."""
    record = read_ballot(paper.cast(voter, choices))
    answer = record.answers[0]
    proof = answer.individual_proofs[0][0]
    wrong = wire.Proof(proof.challenge, str((int(proof.response) + 1) % paper.group.order))
    proofs = [[wrong, *answer.individual_proofs[0][1:]], *answer.individual_proofs[1:]]
    answers = [msgspec.structs.replace(answer, individual_proofs=proofs), *record.answers[1:]]
    return resign(paper, paper.exponents[voter], msgspec.structs.replace(record, answers=answers))


def with_overvote(paper: Paper, voter: int) -> str:
    """Three choices in the second question, which allows none to two; proved for one to three."""
    loose = replace(paper.election.questions[1], minimum=1, maximum=3)
    election = replace(paper.election, questions=(paper.election.questions[0], loose))
    unsigned = encrypt(election, paper.credential(voter), ((0, 1, 0), (1, 1, 1)), os.urandom(32))
    return sign(unsigned, election, paper.exponents[voter])
