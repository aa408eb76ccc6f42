"""Everything that a played day wrote, searched for every secret that it used.

Searched are all files under the day's folder and its temporary folder, and the vote store once more, opened with its
key. A secret may lie in its own home and nowhere else; the homes are listed, each with its reason.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from sqlcipher3 import dbapi2 as sqlcipher

from drivers.card.piv import DataObject, Slot, parse_certificate
from drivers.card.simulated.image import CardImage, read_card_image
from drivers.card.voter_object import VOTER_OBJECT, voter_record
from drivers.keystore.software import SoftwareKeyStore
from kiosk.store.database import DATABASE
from kiosk.store.making import HEADER
from protocol.credentials import secret_exponent
from protocol.documents.authorisation import Authorisation, CredentialContext, open_credential
from protocol.documents.certificates import fingerprint, load_certificate
from protocol.documents.dsse import Envelope
from protocol.documents.package import open_package
from protocol.documents.place_key import PlaceContext, gathered_place_key
from protocol.election import parse_election
from tests.whole_day.process_memory import forms, text_forms


@dataclass(frozen=True, slots=True)
class Secret:
    """Its name, what it looks like written down, and the folders and files in which it may lie."""

    name: str
    looks: tuple[bytes, ...]
    homes: tuple[str, ...]


def of_bytes(name: str, secret: bytes, *homes: str) -> Secret:
    """A secret that is bytes or a number: raw, hex, decimal, base64."""
    looks = [look for key, look in forms(name, secret).items() if "Python's" not in key]
    for encoded in (base64.b64encode(secret), base64.urlsafe_b64encode(secret)):
        looks.append(encoded.rstrip(b"="))
    return Secret(name, tuple(dict.fromkeys(looks)), homes)


def of_text(name: str, text: str, *homes: str) -> Secret:
    """A secret that people read."""
    looks = [*text_forms(name, text).values(), base64.b64encode(text.encode()).rstrip(b"=")]
    return Secret(name, tuple(looks), homes)


def secrets_of(station: Path) -> tuple[list[Secret], dict[str, str]]:
    """Every secret of the day, and the PINs of its cards by card."""
    election, cards = station / "election", ("station/cards/", "station/election/cards/")
    found = [of_bytes("card management key", _hex(election / "authority" / "card_management.key"), *MANAGEMENT)]
    for path in sorted(election.rglob("*.key")):
        if path.read_bytes().startswith(b"-----BEGIN"):
            # A key's own file, and that of no other.
            key = load_pem_private_key(path.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            found.append(_private(path.stem, key, f"station/{path.relative_to(station)}"))
    found.append(of_bytes("hpke.key", _hex(election / "centre" / "hpke.key"), "station/election/centre/hpke.key"))
    for path in sorted((election / "trustees").glob("*[!d].json")):
        for paper in json.loads(path.read_bytes()).get("papers", ()):
            if "secret" in paper:
                number = int(paper["secret"]).to_bytes(32, "big")
                found.append(of_bytes(f"{path.stem}'s key", number, "station/election/trustees/"))
    pins: dict[str, str] = {}
    for path in sorted((station / "cards").glob("*.json")):
        image = read_card_image(path)
        pins |= {path.stem: image.pin, f"PUK of {path.stem}": image.puk}
        for slot in image.keys:
            held = image.key(int(slot, 16))
            assert isinstance(held, ec.EllipticCurvePrivateKey)
            found.append(_private(f"key {slot} of {path.stem}", held, *cards))
    device = election / "terminals" / "T-1"
    found.append(of_bytes("store key", bytes(SoftwareKeyStore(device).secret("store", 32))))
    found.append(of_bytes("seal key", (device / "seal.key").read_bytes(), "station/election/terminals/T-1/seal.key"))
    found += _credentials(station)
    for path in sorted((station / "cards").glob("V-*.json")):
        found += traces_of(read_card_image(path), *cards)
    return found, pins


def traces_of(card: CardImage, *homes: str) -> Iterator[Secret]:
    """What would tell one voter card, or one authorisation, from another: no log, journal or store keeps it."""
    certificate = parse_certificate(bytes.fromhex(card.objects[f"{DataObject.CERTIFICATE_CARD_AUTHENTICATION:X}"]))
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    serial = certificate.serial_number
    yield of_bytes(f"serial of {card.name}", serial.to_bytes((serial.bit_length() + 7) // 8), *homes)
    yield of_bytes(f"fingerprint of {card.name}", bytes.fromhex(fingerprint(certificate)), *homes)
    yield of_bytes(f"public key of {card.name}", key.public_numbers().x.to_bytes(32), *homes)
    record = voter_record(bytes.fromhex(card.objects[f"{VOTER_OBJECT:X}"]))
    if record is None:
        return
    envelope = msgspec.json.decode(record, type=Envelope)
    payload = base64.b64decode(envelope.payload)
    issued = msgspec.json.decode(payload, type=Authorisation)
    yield of_bytes(f"authorisation on {card.name}", hashlib.sha256(payload).digest(), *homes)
    yield of_bytes(f"envelope on {card.name}", hashlib.sha256(record).digest(), *homes)
    yield of_bytes(f"nonce on {card.name}", bytes.fromhex(issued.nonce), *homes)
    yield of_bytes(f"sealed credential on {card.name}", issued.sealed_bytes(), *homes)
    yield of_bytes(f"signature on {card.name}", base64.b64decode(envelope.signatures[0].sig), *homes)


MANAGEMENT = (
    "station/cards/", "station/election/cards/",  # the simulated cards hold it, as real ones do
    "station/election/authority/", "station/election/terminals/T-1/card_management.key",
    "station/election/terminals/T-2/card_management.key",
    "station/election/desks/D-1/card_management.key",
)  # fmt: skip


def _private(name: str, key: ec.EllipticCurvePrivateKey, *homes: str) -> Secret:
    number = key.private_numbers().private_value.to_bytes(32, "big")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).splitlines()[2]
    plain = of_bytes(name, number, *homes)
    return Secret(name, (*plain.looks, pem), homes)


def _hex(path: Path) -> bytes:
    return bytes.fromhex(path.read_text().strip())


def _agree(key: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def _credentials(station: Path) -> Iterator[Secret]:
    """The polling-place key, and the credential of every voter of the day: opened as the terminal did it."""
    election = station / "election"
    root = load_certificate((election / "root.pem").read_bytes(), "root.pem")
    package = open_package((election / "package" / "package.dsse.json").read_bytes(), root).package
    place = package.polling_places[0]
    gathering = place.key.gathering(PlaceContext(package.election_id, place.place_id))
    for name in ("chair", "secretary"):
        card = read_card_image(station / "cards" / f"{name}.json")
        key = card.key(Slot.KEY_MANAGEMENT)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        holder = parse_certificate(bytes.fromhex(card.objects[f"{DataObject.CERTIFICATE_KEY_MANAGEMENT:X}"]))
        gathering.add(holder, partial(_agree, key))
    opener = gathered_place_key(place.key, gathering)
    yield of_bytes("polling-place key", opener.private_bytes_raw())
    elections = {paper.paper_id: parse_election(paper.election) for paper in package.papers}
    for path in sorted((station / "cards").glob("V-*.json")):
        record = voter_record(bytes.fromhex(read_card_image(path).objects[f"{VOTER_OBJECT:X}"]))
        if record is None:
            continue
        envelope = msgspec.json.decode(record, type=Envelope)
        issued = msgspec.json.decode(base64.b64decode(envelope.payload), type=Authorisation)
        context = CredentialContext(package.election_id, place.place_id, issued.style)
        code = open_credential(issued.sealed_bytes(), opener, context)
        yield of_text(f"credential of {path.stem}", code)
        for paper in issued.papers:
            exponent = secret_exponent(code, elections[paper].uuid, elections[paper].group)
            yield of_bytes(f"key of the credential of {path.stem}, {paper}", exponent.to_bytes(32, "big"))


def written(out: Path, temporary: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that the day wrote, by name, and the vote store as its key opens it."""
    for top, prefix in ((out, ""), (temporary, "tmp/")):
        for path in sorted(top.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield prefix + path.relative_to(top).as_posix(), path.read_bytes()
    device = out / "station" / "election" / "terminals" / "T-1"
    yield "the vote store, opened", opened_store(device)


def opened_store(device: Path) -> bytes:
    """Every row of the store's tables. The database itself is not touched: a copy is opened."""
    key = bytes(SoftwareKeyStore(device).secret("store", 32))
    header = json.loads((device / "store" / HEADER).read_bytes())
    connection = sqlcipher.connect(f"file:{device / 'store' / DATABASE}?mode=ro&immutable=1", uri=True)
    try:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute(f"PRAGMA cipher_page_size = {header['page_bytes']}")
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        bodies = [body.rstrip(b"\0") for table in tables for (body,) in connection.execute(f"SELECT body FROM {table}")]
    finally:
        connection.close()
    assert sum(map(len, bodies)) > 10_000
    return b"\n".join(bodies)


def leaks(found: list[Secret], pins: dict[str, str], files: Iterator[tuple[str, bytes]]) -> list[str]:
    """Where a secret lies outside its homes."""
    told = []
    for name, content in files:
        for secret in found:
            if not name.startswith(secret.homes or ("nowhere",)) and any(look in content for look in secret.looks):
                told.append(f"{secret.name} in {name}")
        if name.startswith(PIN_HOMES) or name.endswith((".png", ".db", ".sealed", ".bel")):
            continue  # by chance eight digits are in any large file of bytes or hex; text is searched
        for card, pin in pins.items():
            if re.search(rb"(?<![0-9A-Za-z+/.])" + pin.encode() + rb"(?![0-9A-Za-z+/])", content):
                told.append(f"PIN of {card} in {name}")
    return told


PIN_HOMES = (
    "station/cards/", "station/election/cards/",  # the simulated cards
    "station/election/authority/pins.json",  # what the authority hands to the members
)  # fmt: skip
