"""Making cards of blank PIV cards, in a reader: keys made in the card, certificates, its own management key, PIN, PUK.

What is interrupted is begun again with the same card: until the management key is replaced the card is a factory's, and
from then on it is ours, and only what may be missing is written.
"""

import contextlib
import secrets
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from drivers.card.piv import Algorithm, ManagementKeyWrong, PinNeeded, PinWrong, PivCard, Slot, StatusError
from drivers.card.piv_making import PivMaking
from drivers.card.voter_card import make_blank, read_voter_card
from protocol.documents.card_keys import management_key, puk
from protocol.documents.certificates import Identity, Role, fingerprint, identity
from protocol.documents.issuing import Issuer
from protocol.errors import ProtocolError
from provisioning.errors import ProvisioningError

FACTORY_KEY = bytes.fromhex("0102030405060708" * 3)
"""The management key of a blank card, as several makers deliver it; AES-192 or 3DES."""
FACTORY_PUK = "12345678"
CONTROL_SLOTS = (Slot.AUTHENTICATION, Slot.SIGNATURE, Slot.KEY_MANAGEMENT)
PIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class MadeCard:
    """A card that was made: its name is its certificate's fingerprint. The PIN of a voter card nobody needs."""

    holder: Identity
    certificate: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What makes cards: the election's root with its key, and the cards' master key."""

    issuer: Issuer
    master: bytes = field(repr=False)

    def make(self, card: PivMaking, holder: Identity) -> MadeCard:
        """Make a voter card or a control card of a blank card, or finish one. Raises CardError, ProvisioningError."""
        slots = _slots(holder)
        certificate = self._ours(card, slots[0])
        if certificate is None:
            certificate = self._begin(card, holder, slots)
        elif identity(certificate) != holder:
            raise ProvisioningError(f"this is already the card of {said(identity(certificate))}; take another one")
        name = fingerprint(certificate)
        if holder.role is Role.VOTER_CARD:
            make_blank(card)
        own = puk(self.master, name)
        with contextlib.suppress(PinWrong):
            # Wrong on a card that was interrupted after this: then it is ours, and the next command tells.
            card.change_puk(bytearray(FACTORY_PUK.encode()), bytearray(own.encode()))
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        card.unblock_pin(bytearray(own.encode()), bytearray(pin.encode()))
        return MadeCard(holder, name, pin)

    def blank(self, card: PivMaking) -> Identity:
        """Make a used voter card blank again; whose it is. Raises CardError, ProvisioningError."""
        certificate = self._ours(card, Slot.CARD_AUTHENTICATION)
        if certificate is None or identity(certificate).role is not Role.VOTER_CARD:
            raise ProvisioningError("this is not a voter card of this election; nothing was written on it")
        make_blank(card)
        return identity(certificate)

    def _ours(self, card: PivMaking, slot: Slot) -> x509.Certificate | None:
        """The certificate of a card that was made here, its management key authenticated; None for any other card."""
        certificate = card.certificate(slot)
        if certificate is None:
            return None
        try:
            certificate.verify_directly_issued_by(self.issuer.root)
            card.authenticate_management(management_key(self.master, fingerprint(certificate)))
        except (ValueError, TypeError, InvalidSignature, ManagementKeyWrong, PinNeeded, StatusError):
            return None
        return certificate

    def _begin(self, card: PivMaking, holder: Identity, slots: tuple[Slot, ...]) -> x509.Certificate:
        try:
            card.authenticate_management(FACTORY_KEY)
        except (ManagementKeyWrong, PinNeeded, StatusError) as error:
            raise ProvisioningError(
                "the card's management key is not a factory's: take a blank card, or reset this one"
            ) from error
        certificates = {}
        for slot in slots:
            public = card.generate_key(slot, Algorithm.P256)
            if not isinstance(public, ec.EllipticCurvePublicKey):
                raise ProvisioningError("the card makes no keys on P-256")
            issue = self.issuer.issue_key_agreement if slot is Slot.KEY_MANAGEMENT else self.issuer.issue
            certificates[slot] = issue(public, holder)
            card.write_certificate(slot, certificates[slot])
        first = certificates[slots[0]]
        card.set_management_key(Algorithm.AES_256, management_key(self.master, fingerprint(first)))
        card.authenticate_management(management_key(self.master, fingerprint(first)))
        return first


def shown(card: PivCard) -> tuple[tuple[str, str], ...]:
    """What a card is, in lines of a name and a text; nothing of it has been verified. Raises CardError."""
    lines: list[tuple[str, str]] = []
    for slot in (Slot.CARD_AUTHENTICATION, *CONTROL_SLOTS):
        certificate = card.certificate(slot)
        if certificate is None:
            continue
        try:
            whose = said(identity(certificate))
        except ProtocolError:
            whose = "not of an election of ours"
        lines.append((f"key {slot:X}", f"{whose}; certificate {fingerprint(certificate)}"))
    if not lines:
        lines.append(("keys", "none: a blank card, or another application's"))
    try:
        voter = read_voter_card(card.read_object)
    except ProtocolError:
        lines.append(("state", "damaged; make the card blank again"))
    else:
        if voter is not None:
            at = f" at {voter.terminal}" if voter.terminal else ""
            lines.append(("state", f"{voter.state.value}{at}"))
    tries = card.pin_tries()
    lines.append(("PIN", "verified" if tries is None else "blocked" if tries == 0 else f"{tries} tries left"))
    return tuple(lines)


def said(holder: Identity) -> str:
    """Whose card it is, for a person."""
    return " ".join(part for part in (holder.role.value, holder.name, holder.place and f"at {holder.place}") if part)


def _slots(holder: Identity) -> tuple[Slot, ...]:
    return (Slot.CARD_AUTHENTICATION,) if holder.role is Role.VOTER_CARD else CONTROL_SLOTS
