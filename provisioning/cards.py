"""Cards: control cards of the commission, and blank voter cards, as images for simulated PIV cards.

Each card's management key and PUK are its own, derived from the election's (`protocol.documents.card_keys`).
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from drivers.card.piv import Slot
from drivers.card.simulated.image import CardImage, make_card_image, write_card_image
from drivers.card.simulated.keys import PrivateKey
from drivers.card.voter_card import blank_objects
from protocol.documents.card_keys import management_key, puk
from protocol.documents.certificates import RSA_BITS, Identity, Role, fingerprint, to_der
from protocol.documents.issuing import new_key
from provisioning.authority import Authority
from provisioning.source import SourceControlCard


@dataclass(frozen=True, slots=True)
class ControlCard:
    """A control card before it is written: its PIN, keys and certificates; the place key is wrapped to 9D."""

    card_id: str
    pin: str = field(repr=False)
    keys: dict[Slot, PrivateKey] = field(repr=False)
    certificates: dict[Slot, x509.Certificate]

    @property
    def key_management(self) -> x509.Certificate:
        """The certificate of the key to which the polling-place key is wrapped."""
        return self.certificates[Slot.KEY_MANAGEMENT]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of its certificates, by which an order revokes it."""
        return tuple(fingerprint(certificate) for certificate in self.certificates.values())


def new_control_card(card: SourceControlCard, place_id: str, authority: Authority) -> ControlCard:
    """Keys for log-in (9A), acts (9C) and the polling-place key (9D), certified for role and name."""
    holder = Identity(card.role, place_id, name=card.name)
    issuer = authority.issuer
    signing = {slot: new_key() for slot in (Slot.AUTHENTICATION, Slot.SIGNATURE)}
    management: PrivateKey = new_key() if card.key_management == "P-256" else rsa.generate_private_key(65_537, RSA_BITS)
    certificates = {slot: issuer.issue(key.public_key(), holder) for slot, key in signing.items()}
    certificates[Slot.KEY_MANAGEMENT] = issuer.issue_key_agreement(management.public_key(), holder)
    keys = {**signing, Slot.KEY_MANAGEMENT: management}
    return ControlCard(card.id, card.pin or _digits(6), keys, certificates)


def write_control_card(folder: Path, card: ControlCard, authority: Authority) -> None:
    """The card's image, `<card>.json`."""
    name = fingerprint(card.certificates[Slot.AUTHENTICATION])
    image = make_card_image(
        name=card.card_id,
        pin=card.pin,
        puk=puk(authority.management_key, name),
        management_key=management_key(authority.management_key, name),
        keys=card.keys,
        certificates={slot: to_der(certificate) for slot, certificate in card.certificates.items()},
        objects={},
    )
    _write(folder, image)


def write_voter_card(folder: Path, card_id: str, place_id: str, authority: Authority) -> None:
    """A blank voter card: a key that needs no PIN (9E), and objects that say `blank`."""
    key = new_key()
    certificate = authority.issuer.issue(key.public_key(), Identity(Role.VOTER_CARD, place_id))
    image = make_card_image(
        name=card_id,
        pin=_digits(8),
        puk=puk(authority.management_key, fingerprint(certificate)),
        management_key=management_key(authority.management_key, fingerprint(certificate)),
        keys={Slot.CARD_AUTHENTICATION: key},
        certificates={Slot.CARD_AUTHENTICATION: to_der(certificate)},
        objects=blank_objects(),
    )
    _write(folder, image)


def _write(folder: Path, image: CardImage) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    write_card_image(folder / f"{image.name}.json", image)


def _digits(number: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(number))
