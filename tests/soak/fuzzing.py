"""Fuzzing of what is read from cards: whatever a card says, nothing but our own errors comes of it.

Inputs are real objects (certificates, authorisations, states, public keys) that are changed here and there: bits,
bytes, lengths, slices doubled, cut out or taken from another object. Authorisations are fuzzed twice: as they come, and
with payloads that the desk has really signed, which get past the signature.
"""

import gzip
import random
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drivers.card import tlv
from drivers.card.api import CardError
from drivers.card.piv import certificate_contents, parse_certificate
from drivers.card.piv_making import public_key
from drivers.card.voter_card import read_voter_card
from drivers.card.voter_object import STATE_OBJECTS, VOTER_OBJECT, state_copy, state_object, voter_object, voter_record
from protocol.documents import certificates, dsse
from protocol.documents.authorisation import (
    PAYLOAD_TYPE,
    CredentialContext,
    new_authorisation,
    open_authorisation,
    seal_credential,
    sign_authorisation,
)
from protocol.documents.card_state import CardState, encode_state, standing
from protocol.documents.certificates import MEMBERS, Identity, Role, to_der, verify_chain
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.hpke import raw_public
from protocol.documents.issuing import new_issuer, new_key
from protocol.documents.payload import encode
from protocol.documents.place_key import new_place_key
from protocol.errors import ProtocolError

OURS = (CardError, ProtocolError)
NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
LENGTHS = (0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x83, 0x84, 0xFF)
MOST_CHANGES = 6
ROUND = 200
"""Inputs of a parser before the next one has its turn."""


@dataclass(frozen=True, slots=True)
class Parser:
    """What reads a kind of object, and real objects of this kind."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An input that something else than an error of ours came of."""

    parser: str
    data: bytes
    error: str


@dataclass(slots=True)
class Fuzzed:
    """How many inputs each parser had, how many of them it took, and what must not have happened."""

    inputs: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def parsers() -> tuple[Parser, ...]:
    """Every parser of card data, over objects of a fresh election."""
    issuer = new_issuer("fuzz", NOW - timedelta(days=1), NOW + timedelta(days=1))
    desk_key = new_key()
    desk = SoftwareSigner(issuer.issue(desk_key.public_key(), Identity(Role.DESK, "0112", "D-1")), desk_key)
    trust = Trust(issuer.root, frozenset({Role.DESK}), NOW, (desk.certificate,))
    chair = issuer.issue(new_key().public_key(), Identity(Role.CHAIR, "0112", name="Соколова И. В."))
    voter = issuer.issue(new_key().public_key(), Identity(Role.VOTER_CARD, "0112"))
    sealed = seal_credential("x" * 25, raw_public(new_place_key().public_key()), CredentialContext("e", "0112", "A"))
    issued = new_authorisation("0112", NOW.date(), "A", ("governor", "council"), sealed=sealed, card="f" * 64)
    envelope = sign_authorisation(issued, desk)
    states = tuple(encode_state(n, state, "T-1") for n, state in enumerate(CardState))
    ders = tuple(to_der(one) for one in (chair, voter, desk.certificate, issuer.root))
    packed = tlv.encode(0x70, gzip.compress(ders[0])) + tlv.encode(0x71, b"\x01") + tlv.encode(0xFE, b"")
    point = new_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n.to_bytes(256)
    keys = (tlv.encode(0x86, point), tlv.encode(0x81, modulus) + tlv.encode(0x82, b"\x01\x00\x01"))
    objects = tuple(state_object(tag, state) for tag in STATE_OBJECTS for state in states)

    def certificate(data: bytes) -> None:
        found = parse_certificate(data)
        certificates.identity(found)
        certificates.fingerprint(found)
        verify_chain(found, issuer.root, NOW, MEMBERS | {Role.VOTER_CARD})
        dsse.verify_signature(found, b"challenge", data[:70], "card")

    def signed(data: bytes) -> None:
        open_authorisation(dsse.sign_short(PAYLOAD_TYPE, data, [desk]), trust)

    def voter_card(data: bytes) -> None:
        cut = len(data) // 2
        parts = {STATE_OBJECTS[0]: data[:cut], STATE_OBJECTS[1]: data[cut:], int(VOTER_OBJECT): data}
        read_voter_card(parts.get)

    def states_of(data: bytes) -> None:
        standing([state_copy(tag, data) for tag in STATE_OBJECTS])

    return (
        Parser("TLV", tlv.fields, (*keys, *objects, voter_object(envelope), certificate_contents(ders[0]))),
        Parser("TLV nested", tlv.parse, (tlv.encode(0x7F49, keys[0]), tlv.encode(0x7C, tlv.encode(0x82, point)))),
        Parser("certificate", certificate, (*(certificate_contents(der) for der in ders), packed)),
        Parser("public key", public_key, keys),
        Parser("voter record", voter_record, (voter_object(envelope), voter_object(b""))),
        Parser("card state", states_of, objects),
        Parser("voter card", voter_card, tuple(one + other for one in objects for other in objects[:3])),
        Parser("authorisation", lambda data: open_authorisation(data, trust), (envelope,)),
        Parser("authorisation, signed", signed, (encode(issued),)),
    )


def fuzz(seed: int, *, rounds: int | None = None, seconds: float | None = None) -> Iterator[Fuzzed]:
    """Fuzz every parser in turns, `rounds` times or for so long; what has come of it so far, after each turn."""
    draw = random.Random(seed)
    found = Fuzzed()
    until = None if seconds is None else time.monotonic() + seconds
    every = parsers()
    number = 0
    while (rounds is None or number < rounds) and (until is None or time.monotonic() < until):
        for parser in every:
            _turn(parser, draw, found)
        number += 1
        yield found


def _turn(parser: Parser, draw: random.Random, found: Fuzzed) -> None:
    for _ in range(ROUND):
        data = mutated(draw, parser.seeds)
        found.inputs[parser.name] = found.inputs.get(parser.name, 0) + 1
        error = judged(parser, data)
        if error is None:
            found.taken[parser.name] = found.taken.get(parser.name, 0) + 1
        elif error:
            found.faults.append(Fault(parser.name, data, error))


def judged(parser: Parser, data: bytes) -> str | None:
    """None if it was taken, nothing if refused with an error of ours, else what came of it; a warning counts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parser.read(data)
    except OURS:
        return ""
    except Exception as error:  # noqa: BLE001 - whatever else comes of it is the find
        return f"{type(error).__name__}: {error}"
    return None


def mutated(draw: random.Random, seeds: tuple[bytes, ...]) -> bytes:
    """A real object with a few changes."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, MOST_CHANGES)):
        at = draw.randrange(len(data) + 1)
        end = min(len(data), at + draw.randint(1, 40))
        match draw.randrange(8):
            case 0 if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            case 1 if at < len(data):
                data[at] = draw.randrange(256)
            case 2 if at < len(data):
                data[at] = draw.choice(LENGTHS)
            case 3:
                del data[at:end]
            case 4:
                data[at:at] = data[at:end]
            case 5:
                data[at:at] = draw.randbytes(draw.randint(1, 8))
            case 6:
                other = draw.choice(seeds)
                start = draw.randrange(len(other) + 1)
                data[at:end] = other[start : start + draw.randint(1, 60)]
            case _:
                del data[at:]
        if not data:
            data += draw.randbytes(2)
    return bytes(data)
