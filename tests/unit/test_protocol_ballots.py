"""Ballots: true proofs verify, and a ballot changed in any field or byte is refused."""

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import wire
from protocol.ballot import ballot_hash, encrypt, sign, verify_ballot
from protocol.code import from_shown, hash_text, shown
from protocol.credentials import new_code, public_credential, secret_exponent
from protocol.derivation import Derivation
from protocol.election import Question, parse_election
from protocol.errors import Malformed, ProtocolError, Refused
from protocol.group import BELENIOS_2048_P
from tests.factories.records import (
    VOTES,
    Paper,
    make_paper,
    read_ballot,
    resign,
    with_false_proof,
    with_overvote,
)

PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SEED = bytes(range(32))


@st.composite
def questions_with_choices(draw: st.DrawFn) -> tuple[Question, tuple[int, ...]]:
    """A question and a vote that it allows, the blank one included."""
    answers = draw(st.integers(1, 4))
    minimum = draw(st.integers(0, answers))
    maximum = draw(st.integers(minimum, answers))
    blank = draw(st.booleans())
    question = Question(tuple(f"Ответ {number}" for number in range(answers)), minimum, maximum, blank, "Вопрос")
    if blank and draw(st.booleans()):
        return question, (1, *(0 for _ in range(answers)))
    chosen = draw(st.integers(minimum, maximum))
    places = draw(st.permutations([1] * chosen + [0] * (answers - chosen)))
    return question, ((0, *places) if blank else tuple(places))


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(["Ed25519", "BELENIOS-2048"]),
    st.lists(questions_with_choices(), min_size=1, max_size=3),
    st.binary(min_size=32, max_size=32),
)
def test_every_allowed_vote_verifies(name: str, contests: list[tuple[Question, tuple[int, ...]]], seed: bytes) -> None:
    paper = make_paper(name, voters=1, trustees=1, questions=[question for question, _ in contests])
    choices = [vote for _, vote in contests]
    unsigned = paper.encrypt(0, choices, seed)
    text = sign(unsigned, paper.election, paper.exponents[0])
    verified = verify_ballot(paper.election, text)
    assert verified.hash_b64 == unsigned.code_b64 == ballot_hash(text)
    assert verified.credential == paper.credential(0)


def test_the_unsigned_ballot_is_a_function_of_its_four_inputs(paper: Paper) -> None:
    first = paper.encrypt(0, VOTES[0], SEED)
    assert paper.encrypt(0, VOTES[0], SEED) == first
    others = [
        paper.encrypt(0, VOTES[0], SEED[:-1] + b"\0"),
        paper.encrypt(0, VOTES[1], SEED),
        paper.encrypt(1, VOTES[0], SEED),
        encrypt(parse_election(paper.election.raw.replace("Выборы", "Выборъ")), paper.credential(0), VOTES[0], SEED),
    ]
    elements = [
        {pair["alpha"] for answer in parsed["answers"] for pair in answer["choices"]}
        for parsed in (json.loads(ballot.json) for ballot in [first, *others])
    ]
    assert len({ballot.code_b64 for ballot in [first, *others]}) == 5
    assert all(not (elements[0] & other) for other in elements[1:])


def test_no_number_is_used_twice(paper: Paper) -> None:
    labels: list[str] = []
    original = Derivation.number

    def spy(self: Derivation, label: str) -> int:
        labels.append(label)
        return original(self, label)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Derivation, "number", spy)
        paper.encrypt(0, VOTES[0], SEED)
    assert len(labels) == len(set(labels)) > 20


def test_a_signature_is_fresh_every_time(paper: Paper) -> None:
    unsigned = paper.encrypt(0, VOTES[0], SEED)
    texts = [sign(unsigned, paper.election, paper.exponents[0]) for _ in range(2)]
    assert texts[0] != texts[1]
    assert ballot_hash(texts[0]) == ballot_hash(texts[1]) == unsigned.code_b64


def test_secrets_do_not_show_in_reprs(paper: Paper) -> None:
    assert "answers" not in repr(paper.encrypt(0, VOTES[0], SEED))


@pytest.mark.parametrize(
    "choices",
    [
        ((0, 1, 1), (0, 0, 0)),
        ((1, 1, 0), (0, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((0, 1, 0), (1, 1, 1)),
        ((0, 2, 0), (0, 0, 0)),
        ((0, 1, 0), (-1, 1, 1)),
        ((0, 1, 0), (0, 0)),
        ((0, 1, 0),),
    ],
)
def test_forbidden_choices_are_not_encrypted(paper: Paper, choices: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(Refused, match="choices"):
        paper.encrypt(0, choices, SEED)


def test_a_seed_of_the_wrong_length_is_refused(paper: Paper) -> None:
    with pytest.raises(Malformed, match="seed"):
        paper.encrypt(0, VOTES[0], SEED[:31])


def test_another_credential_cannot_sign(paper: Paper) -> None:
    with pytest.raises(Refused, match="another credential"):
        sign(paper.encrypt(0, VOTES[0], SEED), paper.election, paper.exponents[1])


@pytest.fixture(scope="module")
def cast(paper: Paper) -> str:
    return paper.cast(0, VOTES[0])


@PROPERTY
@given(position=st.integers(0, 2**30), flip=st.integers(1, 255))
def test_any_changed_byte_is_refused(paper: Paper, cast: str, position: int, flip: int) -> None:
    raw = bytearray(cast.encode())
    raw[position % len(raw)] ^= flip
    with pytest.raises((ProtocolError, UnicodeDecodeError)):
        verify_ballot(paper.election, bytes(raw).decode())


@PROPERTY
@given(position=st.integers(0, 2**30))
def test_any_dropped_or_added_byte_is_refused(paper: Paper, cast: str, position: int) -> None:
    position %= len(cast)
    for changed in (cast[:position] + cast[position + 1 :], cast[:position] + " " + cast[position:]):
        with pytest.raises(ProtocolError):
            verify_ballot(paper.election, changed)


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all strings."""
    if isinstance(node, str):
        yield path
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from leaves(value, (*path, key))


@PROPERTY
@given(data=st.data())
def test_a_true_signature_over_a_changed_answer_is_refused(paper: Paper, cast: str, data: st.DataObject) -> None:
    record = json.loads(cast)
    path = data.draw(st.sampled_from([leaf for leaf in leaves(record) if leaf[0] == "answers"]))
    node = record
    for key in path[:-1]:
        node = node[key]
    group = paper.group
    if path[-1] in {"alpha", "beta"}:
        element = group.decode(node[path[-1]], "leaf")
        node[path[-1]] = group.encode(group.product(element, group.generator))
    else:
        node[path[-1]] = str((int(node[path[-1]]) + 1) % group.order)
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(Refused, match="false"):
        verify_ballot(paper.election, resign(paper, paper.exponents[0], read_ballot(text)))


def test_answers_and_proofs_cannot_be_left_out(paper: Paper, cast: str) -> None:
    def without(*path: Any) -> str:
        record = copy.deepcopy(json.loads(cast))
        node = record
        for key in path[:-1]:
            node = node[key]
        del node[path[-1]]
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        return resign(paper, paper.exponents[0], read_ballot(text))

    for path in (
        ("answers", 1),
        ("answers", 0, "choices", 0),
        ("answers", 0, "individual_proofs", 0),
        ("answers", 0, "individual_proofs", 0, 0),
        ("answers", 0, "overall_proof", 0),
        ("answers", 0, "blank_proof", 0),
        ("answers", 0, "blank_proof"),
    ):
        with pytest.raises(ProtocolError):
            verify_ballot(paper.election, without(*path))


def test_texts_that_say_the_same_otherwise_are_refused(paper: Paper, cast: str) -> None:
    record = json.loads(cast)
    reordered = dict(reversed(record.items()))
    for text in (
        json.dumps(record, ensure_ascii=False),
        json.dumps(reordered, separators=(",", ":"), ensure_ascii=False),
        cast + "\n",
        cast[:-1] + ',"extra":1}',
        cast[:-1] + f',"credential":{json.dumps(record["credential"])}}}',
        cast.replace('"blank_proof"', '"blank\\u005fproof"', 1),
        cast.replace('"signature"', '"blank_proof":null,"signature"', 1),
        " " * (wire.BALLOT_LIMIT + 1),
    ):
        with pytest.raises(Malformed):
            verify_ballot(paper.election, text)


def test_a_number_with_a_leading_zero_is_refused_under_a_true_signature(paper: Paper, cast: str) -> None:
    record = read_ballot(cast.replace('"challenge":"', '"challenge":"0', 1))
    with pytest.raises(Malformed, match="canonical decimal"):
        verify_ballot(paper.election, resign(paper, paper.exponents[0], record))


def test_a_number_above_the_order_is_refused_though_it_is_congruent(paper: Paper, cast: str) -> None:
    record = json.loads(cast)
    proof = record["signature"]["proof"]
    proof["response"] = str(int(proof["response"]) + paper.group.order)
    with pytest.raises(Malformed, match="not below the order"):
        verify_ballot(paper.election, json.dumps(record, separators=(",", ":"), ensure_ascii=False))


def test_a_false_proof_under_a_true_signature_is_refused(paper: Paper) -> None:
    with pytest.raises(Refused, match="question 1, choice 1, individual proof: the proof is false"):
        verify_ballot(paper.election, with_false_proof(paper, 0, VOTES[0]))


def test_an_overvote_is_refused(paper: Paper) -> None:
    with pytest.raises(Refused, match="question 2, overall proof: the proof is false"):
        verify_ballot(paper.election, with_overvote(paper, 0))


def test_a_ballot_for_another_election_is_refused(paper: Paper) -> None:
    other = parse_election(paper.election.raw.replace("Выборы", "Выборъ"))
    with pytest.raises(Refused, match="another text of the election"):
        verify_ballot(other, paper.cast(0, VOTES[0]))
    other = make_paper(paper.group.name, 1, 1).election
    with pytest.raises(Refused, match="another election"):
        verify_ballot(other, paper.cast(0, VOTES[0]))


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_codes_are_read_back(digest: bytes) -> None:
    text = hash_text(digest)
    code = shown(text)
    assert len(code) == 64
    assert code.count("-") == 12
    assert from_shown(code) == from_shown(code.lower().replace("-", " ")) == text


def test_mistyped_codes_are_refused_or_are_another_code() -> None:
    code = shown(hash_text(os.urandom(32)))
    for wrong in (code[:-1], code + "0", code.replace(code[0], "U"), code[:-1] + "1", "", "ж" * 52):
        with pytest.raises(Malformed):
            from_shown(wrong)


def test_a_credential_code_is_22_letters_and_never_repeated_in_errors(paper: Paper) -> None:
    code = new_code()
    assert [len(part) for part in code.split("-")] == [5, 6, 5, 6]
    assert public_credential(secret_exponent(code, paper.election.uuid, paper.group), paper.group)
    with pytest.raises(Malformed) as caught:
        secret_exponent(code + "x", paper.election.uuid, paper.group)
    assert code not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version":1', '"version":2'),
        ('"min":1', '"min":3'),
        ('"min":1', '"min":-1'),
        ('"min":1', '"min":1,"extra":0'),
        ('"min":1', '"min":1,"min":1'),
        ('"min":1', '"min":true'),
        ('"uuid":"', '"uuid":"0'),
        ('"questions":[', '"questions":[],"questions":['),
    ],
)
def test_an_election_of_the_wrong_shape_is_refused(paper: Paper, old: str, new: str) -> None:
    assert old in paper.election.raw
    with pytest.raises(ProtocolError):
        parse_election(paper.election.raw.replace(old, new, 1))


def test_an_element_with_a_small_order_part_is_refused_under_a_true_signature(paper: Paper, cast: str) -> None:
    group = paper.group
    record = json.loads(cast)
    pair = record["answers"][0]["choices"][0]
    if group.name == "Ed25519":
        torsion = bytes.fromhex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec")[::-1]
        outside = group.encode(group.product(group.decode(pair["alpha"], "x"), torsion))
    else:
        outside = str(BELENIOS_2048_P - int(pair["alpha"]))
    text = cast.replace(pair["alpha"], outside, 1)
    with pytest.raises(Refused, match="question 1, choice 1, individual proof: not an element of the group"):
        verify_ballot(paper.election, resign(paper, paper.exponents[0], read_ballot(text)))


def test_an_identity_is_refused_under_a_true_signature(paper: Paper, cast: str) -> None:
    alpha = json.loads(cast)["answers"][0]["choices"][0]["alpha"]
    text = cast.replace(alpha, paper.group.encode(paper.group.identity), 1)
    with pytest.raises(Refused, match="the identity"):
        verify_ballot(paper.election, resign(paper, paper.exponents[0], read_ballot(text)))
