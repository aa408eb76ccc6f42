"""Encrypted tally, partial decryptions and result (specification, sections of those names)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import isqrt

from protocol import wire
from protocol.ballot import Pair
from protocol.election import Election
from protocol.errors import Malformed, Refused
from protocol.group import Element, Group
from protocol.trustees import Pedersen, Single, Trustees

Factors = tuple[tuple[Element, ...], ...]


@dataclass(frozen=True, slots=True)
class EncryptedTally:
    """The product of `number` ballots' ciphertexts, by question and place."""

    number: int
    pairs: tuple[tuple[Pair, ...], ...] = field(repr=False)

    def json(self, group: Group) -> str:
        """The `encrypted_tally` text."""
        encode = group.encode
        return wire.encode(
            [[wire.Ciphertext(encode(alpha), encode(beta)) for alpha, beta in answer] for answer in self.pairs]
        )


def empty_tally(election: Election) -> EncryptedTally:
    """The tally of no ballots: every ciphertext is a pair of identities."""
    one = election.group.identity
    return EncryptedTally(0, tuple(((one, one),) * question.places for question in election.questions))


def add_tallies(group: Group, left: EncryptedTally, right: EncryptedTally) -> EncryptedTally:
    """The tally of both sets of ballots."""
    return EncryptedTally(
        left.number + right.number,
        tuple(
            tuple(
                (group.product(first[0], second[0]), group.product(first[1], second[1]))
                for first, second in zip(ours, theirs, strict=True)
            )
            for ours, theirs in zip(left.pairs, right.pairs, strict=True)
        ),
    )


def tally_ballots(election: Election, ballots: Iterable[str]) -> EncryptedTally:
    """The encrypted tally of ballots that were verified before; raises Malformed for one of another shape."""
    group, total = election.group, empty_tally(election)
    for text in ballots:
        record = wire.decode(text, wire.BallotRecord, "ballot")
        pairs = [[(pair.alpha, pair.beta) for pair in answer.choices] for answer in record.answers]
        total = add_tallies(group, total, EncryptedTally(1, _decode_pairs(election, pairs, "ballot")))
    return total


def parse_tally(election: Election, raw: str, number: int) -> EncryptedTally:
    """Read an `encrypted_tally` text of `number` ballots; raises Malformed or Refused."""
    record = wire.decode(raw, list[list[wire.Ciphertext]], "encrypted tally")
    pairs = [[(pair.alpha, pair.beta) for pair in answer] for answer in record]
    return EncryptedTally(number, _decode_pairs(election, pairs, "encrypted tally"))


def _decode_pairs(
    election: Election, texts: Sequence[Sequence[tuple[str, str]]], where: str
) -> tuple[tuple[Pair, ...], ...]:
    if [len(answer) for answer in texts] != [question.places for question in election.questions]:
        raise Malformed(where, "not one ciphertext for each place of each question")
    decode = election.group.decode
    return tuple(
        tuple(
            (decode(alpha, where, identity_allowed=True), decode(beta, where, identity_allowed=True))
            for alpha, beta in answer
        )
        for answer in texts
    )


def sized_tally(tally_hash: str, number: int) -> str:
    """The `sized_encrypted_tally` text; every ballot weighs 1."""
    return wire.encode(wire.SizedTally(number, number, tally_hash))


def partial_decryption(election: Election, tally: EncryptedTally, secret: int) -> str:
    """One trustee's `partial_decryption` text with proofs, each under a fresh nonce.

    Whether so few ballots may be decrypted at all is for the caller to refuse before.
    """
    group = election.group
    public = group.encode(group.generator_power(secret))
    factors, proofs = [], []
    for answer in tally.pairs:
        factors.append([group.encode(group.power(alpha, secret)) for alpha, _ in answer])
        proofs.append([_prove_factor(election, public, alpha, secret) for alpha, _ in answer])
    return wire.encode(wire.PartialDecryption(factors, proofs))


def _prove_factor(election: Election, public: str, alpha: Element, secret: int) -> wire.Proof:
    group, nonce = election.group, election.group.random_exponent()
    challenge = _challenge(election, public, group.generator_power(nonce), group.power(alpha, nonce))
    return wire.Proof(str(challenge), str((nonce - secret * challenge) % group.order))


def _challenge(election: Election, public: str, a: Element, b: Element) -> int:
    group = election.group
    return group.challenge(f"decrypt|{election.fingerprint}|{public}|{group.encode(a)},{group.encode(b)}")


def verify_partial_decryption(
    election: Election, tally: EncryptedTally, public_key: str, raw: str, where: str = "partial decryption"
) -> Factors:
    """The decryption factors of the trustee with `public_key`; raises Malformed or Refused if a proof is false."""
    group = election.group
    record = wire.decode(raw, wire.PartialDecryption, where)
    shape = [len(answer) for answer in tally.pairs]
    if [len(row) for row in record.decryption_factors] != shape or [
        len(row) for row in record.decryption_proofs
    ] != shape:
        raise Malformed(where, "not one factor and one proof for each ciphertext")
    key = group.decode(public_key, where)
    factors = tuple(
        tuple(group.decode(text, where, identity_allowed=True) for text in row) for row in record.decryption_factors
    )
    for number, (answer, row, proofs) in enumerate(zip(tally.pairs, factors, record.decryption_proofs, strict=True), 1):
        for place, ((alpha, _), factor, proof) in enumerate(zip(answer, row, proofs, strict=True), 1):
            challenge, response = group.exponent(proof.challenge, where), group.exponent(proof.response, where)
            a = group.product(group.generator_power(response), group.power(key, challenge))
            b = group.product(group.power(alpha, response), group.power(factor, challenge))
            if _challenge(election, public_key, a, b) != challenge:
                raise Refused(where, f"the proof of the factor of question {number}, place {place} is false")
    return factors


def combine_factors(trustees: Trustees, factors: Mapping[int, Factors]) -> Factors:
    """The synthetic factors of `factors` by owner (counted from 1); raises Refused if a trustee is missing.

    Of threshold trustees exactly as many as their threshold must have decrypted, as in the specification.
    """
    group = trustees.group
    parts: list[Factors] = []
    first = 1
    for entry in trustees.entries:
        if isinstance(entry, Single):
            if first not in factors:
                raise Refused("result", f"trustee {first} has not decrypted, and is mandatory")
            parts.append(factors[first])
            first += 1
        else:
            parts.extend(_threshold_parts(group, entry, first, factors))
            first += len(entry.keys)
    return reduce(lambda left, right: _map_factors(group, left, right), parts)


def _map_factors(group: Group, left: Factors, right: Factors) -> Factors:
    return tuple(
        tuple(group.product(one, other) for one, other in zip(ours, theirs, strict=True))
        for ours, theirs in zip(left, right, strict=True)
    )


def _threshold_parts(group: Group, entry: Pedersen, first: int, factors: Mapping[int, Factors]) -> list[Factors]:
    """The factors of one threshold entry, each to its Lagrange coefficient."""
    present = [index for index in range(1, len(entry.keys) + 1) if first + index - 1 in factors]
    if len(present) != entry.threshold:
        raise Refused("result", f"{len(present)} threshold trustees have decrypted where {entry.threshold} must")
    parts = []
    for index in present:
        coefficient = 1
        for other in present:
            if other != index:
                coefficient = coefficient * other * pow(other - index, -1, group.order) % group.order
        parts.append(
            tuple(tuple(group.power(factor, coefficient) for factor in row) for row in factors[first + index - 1])
        )
    return parts


def decrypt_result(election: Election, tally: EncryptedTally, synthetic: Factors) -> str:
    """The `result` text; raises Refused if a total is not between 0 and the number of ballots."""
    group = election.group
    logarithm = _Logarithm(group, tally.number)
    totals = [
        [
            logarithm(group.quotient(beta, factor), f"result, question {number}, place {place}")
            for place, ((_, beta), factor) in enumerate(zip(answer, row, strict=True), 1)
        ]
        for number, (answer, row) in enumerate(zip(tally.pairs, synthetic, strict=True), 1)
    ]
    return wire.encode(wire.Result(totals))


def compute_result(
    election: Election, tally: EncryptedTally, trustees: Trustees, decryptions: Mapping[int, str]
) -> str:
    """The `result` text from the partial decryptions' texts by owner; their proofs are checked first."""
    keys = trustees.keys
    factors = {
        owner: verify_partial_decryption(
            election, tally, keys[owner - 1].public_key, raw, f"partial decryption of trustee {owner}"
        )
        for owner, raw in decryptions.items()
    }
    return decrypt_result(election, tally, combine_factors(trustees, factors))


def verify_result(election: Election, tally: EncryptedTally, synthetic: Factors, raw: str) -> list[list[int]]:
    """The totals that a `result` text gives; raises Malformed, or Refused for a total that is not the true one."""
    group, where = election.group, "result"
    totals = wire.decode(raw, wire.Result, where).result
    if [len(row) for row in totals] != [len(row) for row in synthetic]:
        raise Malformed(where, "not one total for each place of each question")
    for number, (answer, row, counts) in enumerate(zip(tally.pairs, synthetic, totals, strict=True), 1):
        for place, ((_, beta), factor, count) in enumerate(zip(answer, row, counts, strict=True), 1):
            true = 0 <= count <= tally.number and group.product(group.generator_power(count), factor) == beta
            if not true:
                raise Refused(where, f"the total of question {number}, place {place} is not what was decrypted")
    return totals


class _Logarithm:
    """Logarithms to the generator between 0 and a bound, by baby steps and giant steps."""

    def __init__(self, group: Group, bound: int) -> None:
        self._group, self._bound = group, bound
        self._width = isqrt(bound) + 1
        self._steps: dict[Element, int] = {}
        element = group.identity
        for exponent in range(self._width):
            self._steps[element] = exponent
            element = group.product(element, group.generator)
        self._giant = element

    def __call__(self, element: Element, where: str) -> int:
        """The exponent in [0, bound]; raises Refused if there is none."""
        for turn in range(self._bound // self._width + 1):
            if element in self._steps:
                total = turn * self._width + self._steps[element]
                if total <= self._bound:
                    return total
            element = self._group.quotient(element, self._giant)
        raise Refused(where, "what was decrypted is not a number of ballots")
