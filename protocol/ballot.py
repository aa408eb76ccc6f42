"""Ballots: encrypting, signing and verifying (specification, "Encrypted answers", "Signatures", "Ballots").

The unsigned ballot is a pure function of (election, public credential, choices, seed), so that a challenged one can
be recomputed by anyone. The signature's nonce is fresh and independent of the seed: a published seed must not give
the credential away.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from protocol import wire
from protocol.code import hash_text
from protocol.derivation import Derivation
from protocol.election import Election, Question
from protocol.errors import Malformed, Refused
from protocol.group import Element
from protocol.proofs import Branch, Claim, prove_knowledge, prove_one_of, verify_knowledge, verify_one_of

Pair = tuple[Element, Element]


@dataclass(frozen=True, slots=True)
class UnsignedBallot:
    """An encrypted ballot before it is cast: `json` is its text, `code_b64` the text's hash (the ballot code)."""

    json: str = field(repr=False)
    code_b64: str


@dataclass(frozen=True, slots=True)
class VerifiedBallot:
    """A ballot whose every proof and signature holds; `pairs` are its ciphertexts, by question and place."""

    credential: str
    hash_b64: str
    pairs: tuple[tuple[Pair, ...], ...] = field(repr=False)


def encrypt(
    election: Election, public_credential: str, choices: Sequence[Sequence[int]], seed: bytes
) -> UnsignedBallot:
    """Encrypt and prove one vote. `choices`: for each question a 0 or 1 a place (a leading place if blank is allowed).

    Raises Refused for choices that a question forbids, and for a bad credential; Malformed for a seed not of 32 bytes.
    """
    group = election.group
    group.decode(public_credential, "public credential")
    if len(choices) != len(election.questions):
        raise Refused("choices", "not one list for each question")
    for number, (question, answer) in enumerate(zip(election.questions, choices, strict=True), 1):
        question.check_choices(answer, f"choices, question {number}")
    derivation = Derivation(
        seed,
        fingerprint=election.fingerprint,
        credential=public_credential,
        choices=choices,
        order=group.order,
    )
    answers = [
        _encrypt_answer(election, index, public_credential, answer, derivation) for index, answer in enumerate(choices)
    ]
    record = wire.UnsignedRecord(election.uuid, election.fingerprint, public_credential, answers)
    text = wire.encode(record)
    return UnsignedBallot(text, _hash(text))


def _hash(text: str) -> str:
    return hash_text(hashlib.sha256(text.encode()).digest())


def _encrypt_answer(
    election: Election, index: int, credential: str, choices: Sequence[int], derivation: Derivation
) -> wire.Answer:
    """One question's ciphertexts and proofs; `index` counts from 0 and is part of every label."""
    group, question = election.group, election.questions[index]
    nonces = [derivation.number(f"{index}/{place}/encryption") for place in range(question.places)]
    ciphertexts = []
    for nonce, choice in zip(nonces, choices, strict=True):
        beta = election.key_power(nonce)
        if choice:
            beta = group.product(beta, group.generator)
        ciphertexts.append(wire.Ciphertext(alpha=group.encode(group.generator_power(nonce)), beta=group.encode(beta)))
    base = f"{election.fingerprint}|{credential}"

    def prove(prefix: str, use: str, branches: list[Branch], truth: int) -> list[wire.Proof]:
        return prove_one_of(
            group,
            election.key_power,
            prefix=prefix,
            branches=branches,
            truth=truth,
            draw=lambda label: derivation.number(f"{use}/{label}"),
        )

    individual = [
        prove(
            f"prove|{base}|{ciphertext.alpha},{ciphertext.beta}|",
            f"{index}/{place}/individual",
            [Branch(nonce, choice), Branch(nonce, choice - 1)],
            choice,
        )
        for place, (ciphertext, nonce, choice) in enumerate(zip(ciphertexts, nonces, choices, strict=True))
    ]
    overall, blank = _prove_whole(
        election, index, statement=_statement(base, ciphertexts), nonces=nonces, choices=choices, prove=prove
    )
    return wire.Answer(choices=ciphertexts, individual_proofs=individual, overall_proof=overall, blank_proof=blank)


def _statement(base: str, ciphertexts: Sequence[wire.Ciphertext]) -> str:
    """The string S of the specification, which binds a proof to the election, the credential and the answer."""
    return f"{base}|" + ",".join(f"{pair.alpha},{pair.beta}" for pair in ciphertexts)


Prove = Callable[[str, str, list[Branch], int], list[wire.Proof]]


def _prove_whole(
    election: Election,
    index: int,
    *,
    statement: str,
    nonces: Sequence[int],
    choices: Sequence[int],
    prove: Prove,
) -> tuple[list[wire.Proof], list[wire.Proof] | None]:
    """The overall proof and, where blank votes are allowed, the blank proof of one answer."""
    group, question = election.group, election.questions[index]
    first = 1 if question.blank else 0
    nonce, chosen = sum(nonces[first:]) % group.order, sum(choices[first:])
    interval = [Branch(nonce, chosen - allowed) for allowed in range(question.minimum, question.maximum + 1)]
    if not question.blank:
        # The prover need not send the sums: they are products of what is in the statement.
        alpha, beta = group.generator_power(nonce), election.key_power(nonce)
        beta = group.product(beta, group.generator_power(chosen))
        prefix = f"prove|{statement}|{group.encode(alpha)},{group.encode(beta)}|"
        return prove(prefix, f"{index}/overall", interval, chosen - question.minimum), None
    is_blank = choices[0]
    overall = prove(
        f"bproof1|{statement}|",
        f"{index}/overall",
        [Branch(nonces[0], is_blank - 1), *interval],
        0 if is_blank else 1 + chosen - question.minimum,
    )
    blank = prove(
        f"bproof0|{statement}|",
        f"{index}/blank",
        [Branch(nonces[0], is_blank), Branch(nonce, chosen)],
        1 if is_blank else 0,
    )
    return overall, blank


def sign(unsigned: UnsignedBallot, election: Election, exponent: int) -> str:
    """The signed ballot's text, cast with the credential's secret exponent; its nonce is fresh at every call.

    Raises Refused if the exponent is not that of the ballot's credential.
    """
    group = election.group
    record = wire.decode(unsigned.json, wire.UnsignedRecord, "unsigned ballot")
    if group.encode(group.generator_power(exponent)) != record.credential:
        raise Refused("unsigned ballot", "made for another credential than the one that signs")
    proof = prove_knowledge(group, f"sig|{unsigned.code_b64}|", exponent, group.random_exponent())
    return wire.encode(
        wire.BallotRecord(
            record.election_uuid,
            record.election_hash,
            record.credential,
            record.answers,
            wire.Signature(unsigned.code_b64, proof),
        )
    )


def ballot_hash(ballot_json: str) -> str:
    """The code (base64) recomputed from a ballot's content, whatever its signature says; raises Malformed."""
    return _hash(wire.encode(wire.decode(ballot_json, wire.BallotRecord, "ballot").unsigned()))


def verify_ballot(election: Election, ballot_json: str) -> VerifiedBallot:
    """Check everything about one ballot by itself; raises Malformed or Refused with the first fault.

    Stricter than the specification: the text must be canonical in every byte and no element may be the identity.
    Whether the credential is listed, and votes once, is the verifier's task.
    """
    group = election.group
    record = wire.decode(ballot_json, wire.BallotRecord, "ballot")
    if record.election_uuid != election.uuid:
        raise Refused("ballot", "made for another election (uuid)")
    if record.election_hash != election.fingerprint:
        raise Refused("ballot", "made for another text of the election (hash)")
    credential = group.decode(record.credential, "ballot, credential")
    code = _hash(wire.encode(record.unsigned()))
    if record.signature.hash != code:
        raise Refused("ballot", "the hash in the signature is not the ballot's")
    where, fault = "ballot, signature", "the signature is false"
    verify_knowledge(group, f"sig|{code}|", credential, record.signature.proof, where=where, fault=fault)
    if len(record.answers) != len(election.questions):
        raise Malformed("ballot", "not one answer for each question")
    base = f"{election.fingerprint}|{record.credential}"
    pairs = tuple(
        _verify_answer(election, question, base, answer, f"ballot, question {number}")
        for number, (question, answer) in enumerate(zip(election.questions, record.answers, strict=True), 1)
    )
    return VerifiedBallot(record.credential, code, pairs)


def _verify_answer(
    election: Election, question: Question, base: str, answer: wire.Answer, where: str
) -> tuple[Pair, ...]:
    group = election.group

    def verify(prefix: str, claims: list[Claim], proofs: list[wire.Proof], which: str) -> None:
        verify_one_of(group, election.key_power, prefix=prefix, claims=claims, proofs=proofs, where=f"{where}, {which}")

    if len(answer.choices) != question.places or len(answer.individual_proofs) != question.places:
        raise Malformed(where, "not one ciphertext and one proof for each place")
    if (answer.blank_proof is not None) != question.blank:
        raise Malformed(where, "a blank proof is missing or not asked for")
    pairs = []
    for place, (ciphertext, proofs) in enumerate(zip(answer.choices, answer.individual_proofs, strict=True), 1):
        spot = f"{where}, choice {place}"
        alpha, beta = group.decode_unchecked(ciphertext.alpha, spot), group.decode_unchecked(ciphertext.beta, spot)
        pairs.append((alpha, beta))
        claims = [Claim(alpha, beta, shift, unchecked=True) for shift in (0, 1)]
        verify(
            f"prove|{base}|{ciphertext.alpha},{ciphertext.beta}|", claims, proofs, f"choice {place}, individual proof"
        )
    statement = _statement(base, answer.choices)
    counted = pairs[1:] if question.blank else pairs
    alpha = reduce(group.product, (pair[0] for pair in counted))
    beta = reduce(group.product, (pair[1] for pair in counted))
    interval = [Claim(alpha, beta, allowed) for allowed in range(question.minimum, question.maximum + 1)]
    if answer.blank_proof is None:
        prefix = f"prove|{statement}|{group.encode(alpha)},{group.encode(beta)}|"
        claims = interval
    else:
        blank = Claim(*pairs[0], 0)
        verify(f"bproof0|{statement}|", [blank, Claim(alpha, beta, 0)], answer.blank_proof, "blank proof")
        prefix = f"bproof1|{statement}|"
        claims = [Claim(*pairs[0], 1), *interval]
    verify(prefix, claims, answer.overall_proof, "overall proof")
    return tuple(pairs)
