"""Strict JSON: the structures of the Belenios specification (section "Messages") and their one canonical text.

Canonical means compact, with the fields in the specification's order, numbers without leading zeros, and UTF-8
left unescaped. `decode` refuses a text that differs in any byte from the canonical text of what it says, and so also
unknown, doubled or reordered fields.
"""

import json
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from protocol.errors import Malformed

T = TypeVar("T")

BALLOT_LIMIT = 4 << 20  # bytes; a ballot of 1,000 choices has about 1.2 MiB in BELENIOS-2048
SETUP_LIMIT = 256 << 20  # bytes; a list of 300,000 public credentials has about 190 MiB in BELENIOS-2048


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """A Schnorr-like proof: two numbers modulo q."""

    challenge: str
    response: str


class Ciphertext(Struct, frozen=True, forbid_unknown_fields=True):
    """An ElGamal pair of group elements."""

    alpha: str
    beta: str


class QuestionH(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A homomorphic question (`question_h`)."""

    answers: list[str]
    blank: bool = False
    minimum: int = field(name="min")
    maximum: int = field(name="max")
    question: str


class ElectionRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The `election` structure."""

    version: int
    description: str
    name: str
    group: str
    public_key: str
    questions: list[QuestionH]
    uuid: str
    administrator: str | None = None
    credential_authority: str | None = None


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An answer to a homomorphic question (`answer_h`)."""

    choices: list[Ciphertext]
    individual_proofs: list[list[Proof]]
    overall_proof: list[Proof]
    blank_proof: list[Proof] | None = None


class UnsignedRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot without its signature: what the ballot code is the hash of."""

    election_uuid: str
    election_hash: str
    credential: str
    answers: list[Answer]


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """The credential's signature over the hash of the unsigned ballot."""

    hash: str
    proof: Proof


class BallotRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """The `ballot` structure."""

    election_uuid: str
    election_hash: str
    credential: str
    answers: list[Answer]
    signature: Signature

    def unsigned(self) -> UnsignedRecord:
        """The same ballot without its signature."""
        return UnsignedRecord(self.election_uuid, self.election_hash, self.credential, self.answers)


class Header(Struct, frozen=True, forbid_unknown_fields=True):
    """The archive's header. Release 2.0 reads the time stamp only as a string; release 3.3 writes it so."""

    version: int
    timestamp: str


class Event(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One event of the archive's chain; hashes are hexadecimal SHA-256."""

    parent: str | None = None
    height: int
    type: str
    payload: str | None = None


class SetupData(Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of the Setup event: hashes of its three parts."""

    election: str
    trustees: str
    credentials: str


class SizedTally(Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of the EncryptedTally event."""

    num_tallied: int
    total_weight: int
    encrypted_tally: str


class PartialDecryption(Struct, frozen=True, forbid_unknown_fields=True):
    """One trustee's decryption factors and their proofs, by question and answer."""

    decryption_factors: list[list[str]]
    decryption_proofs: list[list[Proof]]


class OwnedPartialDecryption(Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a PartialDecryption event; owners are counted from 1 over all trustees."""

    owner: int
    payload: str


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """The totals, by question and answer."""

    result: list[list[int]]


class TrusteeKey(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A trustee's public key with its proof of knowledge; the signature only for threshold trustees."""

    pok: Proof
    public_key: str
    signature: Proof | None = None


class SignedMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A message of the key ceremony and its signature."""

    message: str
    signature: Proof


class Coefexps(Struct, frozen=True, forbid_unknown_fields=True):
    """A threshold trustee's exponentiated coefficients (`raw_coefexps`)."""

    coefexps: list[str]


class ThresholdParameters(Struct, frozen=True, forbid_unknown_fields=True):
    """The published part of a threshold key ceremony."""

    threshold: int
    certs: list[SignedMessage]
    coefexps: list[SignedMessage]
    signatures: list[Proof]
    verification_keys: list[TrusteeKey]


def encode(record: object) -> str:
    """The canonical text of a structure."""
    return msgspec.json.encode(record).decode()


def decode(text: str | bytes, kind: type[T], where: str, *, limit: int = BALLOT_LIMIT) -> T:
    """The structure that a canonical text says; raises Malformed. `limit` is in bytes."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > limit:
        raise Malformed(where, f"longer than {limit} bytes")
    record = convert(raw, kind, where)
    if msgspec.json.encode(record) != raw:
        raise Malformed(where, "the text is not the canonical serialisation of what it says")
    return record


def decode_free(text: str, kind: type[T], where: str, *, limit: int = SETUP_LIMIT) -> T:
    """The structure that a text says, for texts whose makers may escape letters in other ways than we do.

    Unknown and doubled fields are refused here too; raises Malformed.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > limit:
        raise Malformed(where, f"longer than {limit} bytes")
    record = convert(raw, kind, where)

    def fields(pairs: list[tuple[str, object]]) -> None:
        if len({name for name, _ in pairs}) != len(pairs):
            raise Malformed(where, "a field is given twice")

    json.loads(text, object_pairs_hook=fields)
    return record


def convert(raw: bytes, kind: type[T], where: str) -> T:
    """Typed decoding without the check of canonicity; raises Malformed with the path of the wrong field."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(where, f"not the JSON that is expected ({error})") from None
