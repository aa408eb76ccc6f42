"""Trustees' keys and the election key (specification, "Verification keys", "Trustees").

Mandatory ("Single") trustees are made and checked in full. Of threshold ("Pedersen") trustees made elsewhere the keys
are read, combined and compared with the coefficients they come from; the signatures of their ceremony are not checked
yet, and whoever reports on an election must say so (`NOT_YET_CHECKED`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias, assert_never

from msgspec import Raw

from protocol import wire
from protocol.errors import Malformed, Refused
from protocol.group import Element, Group
from protocol.proofs import prove_knowledge, verify_knowledge

NOT_YET_CHECKED = "the certificates and signatures in the key ceremony of the threshold trustees"


@dataclass(frozen=True, slots=True)
class TrusteePublicKey:
    """A public key with the proof that its maker knows the secret one."""

    public_key: str
    pok: wire.Proof


@dataclass(frozen=True, slots=True)
class Single:
    """A mandatory trustee: nothing is decrypted without it."""

    key: TrusteePublicKey


@dataclass(frozen=True, slots=True)
class Pedersen:
    """Threshold trustees: any `threshold` of `keys` decrypt their share. `coefexps`: A_zk of every trustee z."""

    threshold: int
    keys: tuple[TrusteePublicKey, ...]
    coefexps: tuple[tuple[Element, ...], ...]


Trustee: TypeAlias = Single | Pedersen


@dataclass(frozen=True, slots=True)
class Trustees:
    """The `trustees` structure. Owners of partial decryptions count keys from 1 through all entries."""

    entries: tuple[Trustee, ...]
    group: Group

    @property
    def public_key(self) -> str:
        """The election key that these trustees make together."""
        group = self.group
        parts: list[Element] = []
        for entry in self.entries:
            match entry:
                case Single(key):
                    parts.append(group.decode(key.public_key, "trustee public key"))
                case Pedersen(coefexps=coefexps):
                    parts.extend(exponents[0] for exponents in coefexps)
                case _:
                    assert_never(entry)
        return group.encode(reduce(group.product, parts))

    @property
    def keys(self) -> tuple[TrusteePublicKey, ...]:
        """Every key, in the order of owners: owner n has `keys[n - 1]`."""
        return tuple(
            key for entry in self.entries for key in ((entry.key,) if isinstance(entry, Single) else entry.keys)
        )

    @property
    def not_yet_checked(self) -> str | None:
        """What `check` leaves out, in words, or None."""
        return NOT_YET_CHECKED if any(isinstance(entry, Pedersen) for entry in self.entries) else None

    def check(self) -> None:
        """Raise Refused unless every proof of knowledge holds and threshold keys fit their coefficients."""
        for number, key in enumerate(self.keys, 1):
            verify_pok(self.group, key, f"trustee {number}")
        first = 1
        for entry in self.entries:
            if isinstance(entry, Pedersen):
                _check_threshold_keys(self.group, entry, first)
                first += len(entry.keys)
            else:
                first += 1


def new_trustee(group: Group) -> tuple[int, TrusteePublicKey]:
    """A fresh mandatory trustee: its secret exponent and its public key with the proof of knowledge."""
    secret = group.random_exponent()
    text = group.encode(group.generator_power(secret))
    return secret, TrusteePublicKey(text, prove_knowledge(group, _prefix(group, text), secret, group.random_exponent()))


def _prefix(group: Group, public_key: str) -> str:
    return f"pok|{group.name}|{public_key}|"


def verify_pok(group: Group, key: TrusteePublicKey, where: str) -> None:
    """Raise Malformed or Refused unless the key is legal and its maker proved to know the secret one."""
    element = group.decode(key.public_key, where)
    verify_knowledge(
        group, _prefix(group, key.public_key), element, key.pok, where=where, fault="the proof of knowledge is false"
    )


def trustees_json(keys: Sequence[TrusteePublicKey]) -> str:
    """The `trustees` text of mandatory trustees, in the given order."""
    return wire.encode([("Single", wire.TrusteeKey(pok=key.pok, public_key=key.public_key)) for key in keys])


def combined_key(keys: Sequence[TrusteePublicKey], group: Group) -> str:
    """The election key of mandatory trustees; raises Refused if a proof of knowledge is false."""
    trustees = Trustees(tuple(Single(key) for key in keys), group)
    trustees.check()
    return trustees.public_key


def parse_trustees(raw: str, group: Group) -> Trustees:
    """Read a `trustees` text; raises Malformed or Refused. The proofs are `Trustees.check`'s task."""
    entries = wire.decode(raw, list[tuple[str, Raw]], "trustees", limit=wire.SETUP_LIMIT)
    if not entries:
        raise Malformed("trustees", "no trustees")
    return Trustees(
        tuple(_parse_entry(kind, bytes(body), group, number) for number, (kind, body) in enumerate(entries, 1)),
        group,
    )


def _parse_entry(kind: str, body: bytes, group: Group, number: int) -> Trustee:
    where = f"trustees, entry {number}"
    match kind:
        case "Single":
            record = wire.decode(body, wire.TrusteeKey, where)
            if record.signature is not None:
                raise Malformed(where, "a mandatory trustee's key carries a signature")
            return Single(TrusteePublicKey(record.public_key, record.pok))
        case "Pedersen":
            return _parse_threshold(wire.decode(body, wire.ThresholdParameters, where), group, where)
        case _:
            raise Malformed(where, "neither Single nor Pedersen")


def _parse_threshold(record: wire.ThresholdParameters, group: Group, where: str) -> Pedersen:
    size = len(record.verification_keys)
    if not 1 <= record.threshold <= size or not (
        len(record.certs) == len(record.coefexps) == len(record.signatures) == size
    ):
        raise Malformed(where, "the numbers of keys, certificates and coefficients do not agree")
    coefexps = []
    for trustee, message in enumerate(record.coefexps, 1):
        spot = f"{where}, coefficients of trustee {trustee}"
        exponents = wire.decode(message.message, wire.Coefexps, spot).coefexps
        if len(exponents) != record.threshold:
            raise Malformed(spot, "not as many coefficients as the threshold")
        coefexps.append(tuple(group.decode(text, spot) for text in exponents))
    keys = tuple(TrusteePublicKey(key.public_key, key.pok) for key in record.verification_keys)
    return Pedersen(record.threshold, keys, tuple(coefexps))


def _check_threshold_keys(group: Group, entry: Pedersen, first: int) -> None:
    """Each threshold key j must be the product of A_zk to j^k over all trustees z and coefficients k."""
    for index, key in enumerate(entry.keys, 1):
        terms = [
            group.power(element, index**degree)
            for exponents in entry.coefexps
            for degree, element in enumerate(exponents)
        ]
        if group.encode(reduce(group.product, terms)) != key.public_key:
            raise Refused(f"trustee {first + index - 1}", "the key does not come from the coefficients")
