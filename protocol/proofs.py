"""Proofs that one of several statements about ElGamal pairs is true, and proofs of knowledge of an exponent.

The proofs of interval membership and of possibly-blank votes (specification, sections of those names) are one
construction: a disjunction whose branch j claims that a pair (α, β) encrypts 0, that is, equals (g^r, y^r).
Responses are w − x·c.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from protocol.errors import Refused
from protocol.group import Element, Group
from protocol.wire import Proof

Power = Callable[[int], Element]


@dataclass(frozen=True, slots=True)
class Branch:
    """What the prover knows of one branch's pair: (g^nonce, y^nonce · g^offset); true if the offset is 0."""

    nonce: int
    offset: int


def prove_one_of(
    group: Group,
    key_power: Power,
    *,
    prefix: str,
    branches: Sequence[Branch],
    truth: int,
    draw: Callable[[str], int],
) -> list[Proof]:
    """Prove that branch `truth` holds without saying which one it is.

    `draw(label)` gives the random numbers, under "nonce/j" for the true branch and "challenge/j" and "response/j" for
    each other one. As the prover knows the nonces, a simulated commitment g^s·α^c is computed as g^(s + r·c).
    """
    order = group.order
    challenges: list[int] = []
    responses: list[int] = []
    commitments: list[str] = []
    for index, branch in enumerate(branches):
        if index == truth:
            exponent = draw(f"nonce/{index}")
            challenge, response = 0, exponent
        else:
            challenge, response = draw(f"challenge/{index}"), draw(f"response/{index}")
            exponent = (response + branch.nonce * challenge) % order
        second = key_power(exponent)
        if index != truth and branch.offset:
            second = group.product(second, group.generator_power(branch.offset * challenge))
        commitments.append(f"{group.encode(group.generator_power(exponent))},{group.encode(second)}")
        challenges.append(challenge)
        responses.append(response)
    own = (group.challenge(prefix + ",".join(commitments)) - sum(challenges)) % order
    challenges[truth] = own
    responses[truth] = (responses[truth] - branches[truth].nonce * own) % order
    return [Proof(str(c), str(r)) for c, r in zip(challenges, responses, strict=True)]


@dataclass(frozen=True, slots=True)
class Claim:
    """One branch for the verifier: the pair (alpha, beta·g^-shift) is claimed to encrypt 0.

    `unchecked`: that the pair's elements are members of the group is still to be checked here.
    """

    alpha: Element
    beta: Element
    shift: int
    unchecked: bool = False


def verify_one_of(
    group: Group,
    key_power: Power,
    *,
    prefix: str,
    claims: Sequence[Claim],
    proofs: Sequence[Proof],
    where: str,
) -> None:
    """Raise Malformed or Refused unless the proofs show that one of the claims holds."""
    if len(proofs) != len(claims):
        raise Refused(where, f"{len(proofs)} proofs where {len(claims)} are needed")
    numbers = [(group.exponent(proof.challenge, where), group.exponent(proof.response, where)) for proof in proofs]
    first, second = _powers(group, claims, [challenge for challenge, _ in numbers], where)
    commitments = []
    for index, (claim, (challenge, response)) in enumerate(zip(claims, numbers, strict=True)):
        a = group.product(group.generator_power(response), first[index])
        b = group.product(key_power(response), second[index])
        if claim.shift:
            b = group.product(b, group.generator_power(-claim.shift * challenge))
        commitments.append(f"{group.encode(a)},{group.encode(b)}")
    total = sum(challenge for challenge, _ in numbers) % group.order
    if group.challenge(prefix + ",".join(commitments)) != total:
        raise Refused(where, "the proof is false")


def _powers(
    group: Group, claims: Sequence[Claim], challenges: Sequence[int], where: str
) -> tuple[list[Element], list[Element]]:
    """α^c and β^c of every claim; consecutive claims about one pair share the work of its powers."""
    runs: list[tuple[Claim, list[int]]] = []
    for claim, challenge in zip(claims, challenges, strict=True):
        if runs and runs[-1][0].alpha is claim.alpha and runs[-1][0].beta is claim.beta:
            runs[-1][1].append(challenge)
        else:
            runs.append((claim, [challenge]))

    def powers(base: Element, exponents: list[int], unchecked: bool) -> tuple[Element, ...]:
        if unchecked:
            return group.checked_powers(base, tuple(exponents), where)
        return group.powers(base, tuple(exponents))

    first = chain.from_iterable(powers(claim.alpha, exponents, claim.unchecked) for claim, exponents in runs)
    second = chain.from_iterable(powers(claim.beta, exponents, claim.unchecked) for claim, exponents in runs)
    return list(first), list(second)


def prove_knowledge(group: Group, prefix: str, secret: int, nonce: int) -> Proof:
    """A Schnorr proof of the exponent `secret`; `nonce` must be fresh, uniform and never used again."""
    challenge = group.challenge(prefix + group.encode(group.generator_power(nonce)))
    return Proof(str(challenge), str((nonce - secret * challenge) % group.order))


def verify_knowledge(group: Group, prefix: str, public: Element, proof: Proof, *, where: str, fault: str) -> None:
    """Raise Malformed, or Refused with the words `fault`, unless the proof shows knowledge of log_g(public)."""
    challenge, response = group.exponent(proof.challenge, where), group.exponent(proof.response, where)
    commitment = group.product(group.generator_power(response), group.power(public, challenge))
    if group.challenge(prefix + group.encode(commitment)) != challenge:
        raise Refused(where, fault)
