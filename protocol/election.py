"""The election: one ballot paper, as everyone hashes it (Belenios specification, sections "Questions", "Elections")."""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from protocol import wire
from protocol.code import hash_text
from protocol.errors import Malformed, Refused
from protocol.group import Element, Group, group_named

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
UUID = re.compile(f"[{BASE58}]{{14,64}}", re.ASCII)
UUID_LENGTH = 14


@dataclass(frozen=True, slots=True)
class Question:
    """One contest. A voter chooses from `minimum` to `maximum` of `answers`, or nothing at all if `blank`.

    With `blank`, the encrypted vector has one more place, the first, which is 1 for a blank vote.
    """

    answers: tuple[str, ...]
    minimum: int
    maximum: int
    blank: bool
    text: str

    @property
    def places(self) -> int:
        """The length of the vector of choices."""
        return len(self.answers) + self.blank

    def check_choices(self, choices: Sequence[int], where: str) -> None:
        """Raise Refused unless the vector is a vote that this question allows."""
        if len(choices) != self.places or any(choice not in (0, 1) for choice in choices):
            raise Refused(where, "the choices are not one 0 or 1 for each place")
        chosen = sum(choices[1:] if self.blank else choices)
        if self.blank and choices[0]:
            if chosen:
                raise Refused(where, "a blank vote with a choice")
        elif not self.minimum <= chosen <= self.maximum:
            raise Refused(where, "more or fewer choices than the question allows")


@dataclass(frozen=True, slots=True)
class Election:
    """A parsed election; `raw` is the exact text whose hash every ballot names.

    `fingerprint` is φ: base64 of the SHA-256 of `raw`, without padding. `key` is `public_key` as a group element and
    `key_power` raises it to exponents.
    """

    raw: str = field(repr=False)
    uuid: str
    name: str
    description: str
    group: Group
    public_key: str
    questions: tuple[Question, ...]
    fingerprint: str
    key: Element = field(repr=False, compare=False)
    key_power: Callable[[int], Element] = field(repr=False, compare=False)


def parse_election(raw: str) -> Election:
    """The election that the exact text `raw` says; raises Malformed or Refused.

    Stricter than the specification: only homomorphic questions are taken, with 0 ≤ minimum ≤ maximum ≤ answers.
    """
    record = wire.decode_free(raw, wire.ElectionRecord, "election")
    if record.version != 1:
        raise Refused("election", "the version is not 1")
    if not UUID.fullmatch(record.uuid):
        raise Malformed("election", "the uuid is not 14 to 64 letters of base 58")
    if not record.questions:
        raise Malformed("election", "no questions")
    group = group_named(record.group)
    key = group.decode(record.public_key, "election public key")
    return Election(
        raw=raw,
        uuid=record.uuid,
        name=record.name,
        description=record.description,
        group=group,
        public_key=record.public_key,
        questions=tuple(_question(question, index) for index, question in enumerate(record.questions)),
        fingerprint=hash_text(hashlib.sha256(raw.encode()).digest()),
        key=key,
        key_power=group.fixed_power(key),
    )


def _question(record: wire.QuestionH, index: int) -> Question:
    if not record.answers or not 0 <= record.minimum <= record.maximum <= len(record.answers):
        raise Malformed(f"question {index + 1}", "least and most choices do not fit the answers")
    return Question(tuple(record.answers), record.minimum, record.maximum, record.blank, record.question)


def make_election(
    uuid: str,
    name: str,
    description: str,
    group_name: str,
    public_key: str,
    questions: Sequence[Question],
) -> Election:
    """A new election in the canonical text; raises Malformed or Refused as `parse_election` does."""
    record = wire.ElectionRecord(
        version=1,
        description=description,
        name=name,
        group=group_name,
        public_key=public_key,
        questions=[
            wire.QuestionH(
                answers=list(question.answers),
                blank=question.blank,
                minimum=question.minimum,
                maximum=question.maximum,
                question=question.text,
            )
            for question in questions
        ],
        uuid=uuid,
    )
    return parse_election(wire.encode(record))


def new_uuid() -> str:
    """A fresh random election identifier of 14 letters of base 58."""
    return "".join(secrets.choice(BASE58) for _ in range(UUID_LENGTH))
