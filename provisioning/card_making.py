"""Making cards of blank PIV cards, in a reader: keys made in the card, certificates, its own management key, PIN, PUK.

Keys that sign are P-256; a control card's key-management key may be RSA-2048, for cards that have only that in 9D. It
is made first: a card that makes none of that kind is then left as it was.

What is interrupted is begun again with the same card: until the management key is replaced the card is a factory's, and
from then on it is ours, and only what may be missing is written.
"""

import contextlib
import secrets
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from drivers.card.api import StatusWord
from drivers.card.piv import (
    Algorithm,
    ManagementKeyWrong,
    PinBlocked,
    PinNeeded,
    PinWrong,
    PivCard,
    Slot,
    StatusError,
)
from drivers.card.piv_making import PivMaking
from drivers.card.voter_card import make_blank, read_voter_card
from protocol.documents.card_keys import management_key, puk
from protocol.documents.certificates import RSA_BITS, Identity, Role, fingerprint, identity
from protocol.documents.issuing import Issuer
from protocol.errors import ProtocolError
from provisioning.errors import ProvisioningError

FACTORY_KEY = bytes.fromhex("0102030405060708" * 3)
"""The management key of a blank card, as several makers deliver it; AES-192 or 3DES."""
FACTORY_PUK = "12345678"
CONTROL_SLOTS = (Slot.AUTHENTICATION, Slot.SIGNATURE, Slot.KEY_MANAGEMENT)
PIN_DIGITS = 6

KINDS = {"P-256": Algorithm.P256, "RSA-2048": Algorithm.RSA_2048}
"""The kinds of keys, as an election's source and the command line name them."""
NO_SUCH_KIND = frozenset({StatusWord.BAD_DATA, StatusWord.NO_FUNCTION, StatusWord.BAD_PARAMETERS})
"""How a card answers that it makes no key of a kind (SP 800-73-4 part 2, 3.3.2)."""


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

    def make(self, card: PivMaking, holder: Identity, management: str = "P-256") -> MadeCard:
        """Make a voter card or a control card of a blank card, or finish one. Raises CardError, ProvisioningError.

        `management` is the kind of a control card's key-management key, one of KINDS.
        """
        certificate = self._ours(card, _slots(holder)[0])
        if certificate is None:
            certificate = self._begin(card, holder, management)
        elif identity(certificate) != holder:
            raise ProvisioningError(f"this is already the card of {said(identity(certificate))}; take another one")
        else:
            _check_kind(card, holder, management)
        name = fingerprint(certificate)
        if holder.role is Role.VOTER_CARD:
            make_blank(card)
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        self._set_codes(card, puk(self.master, name), pin)
        return MadeCard(holder, name, pin)

    def _set_codes(self, card: PivMaking, own: str, pin: str) -> None:
        """Give the card its own PUK, and by that a new PIN."""
        try:
            with contextlib.suppress(PinWrong):
                # Wrong on a card that was interrupted after this: then it is ours, and the next command tells.
                card.change_puk(bytearray(FACTORY_PUK.encode()), bytearray(own.encode()))
            card.unblock_pin(bytearray(own.encode()), bytearray(pin.encode()))
        except (PinWrong, PinBlocked) as error:
            raise ProvisioningError(
                "the card's PUK is neither a factory's nor this election's, or is blocked: reset the card with its "
                "maker's tool, and make it anew"
            ) from error

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

    def _begin(self, card: PivMaking, holder: Identity, management: str) -> x509.Certificate:
        try:
            card.authenticate_management(FACTORY_KEY)
        except (ManagementKeyWrong, PinNeeded, StatusError) as error:
            raise ProvisioningError(
                "the card's management key is not a factory's: take a blank card, or reset this one"
            ) from error
        slots = _slots(holder)
        if Slot.KEY_MANAGEMENT in slots:
            public = _generated(card, Slot.KEY_MANAGEMENT, management)
            card.write_certificate(Slot.KEY_MANAGEMENT, self.issuer.issue_key_agreement(public, holder))
        certificates: dict[Slot, x509.Certificate] = {}
        for slot in slots:
            if slot is not Slot.KEY_MANAGEMENT:
                signing = _generated(card, slot, "P-256")
                assert isinstance(signing, ec.EllipticCurvePublicKey)
                certificates[slot] = self.issuer.issue(signing, holder)
                card.write_certificate(slot, certificates[slot])
        first = certificates[slots[0]]
        card.set_management_key(Algorithm.AES_256, management_key(self.master, fingerprint(first)))
        card.authenticate_management(management_key(self.master, fingerprint(first)))
        return first


def _generated(card: PivMaking, slot: Slot, kind: str) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """A new key's public half, of the kind that was asked for. Raises CardError, ProvisioningError."""
    try:
        public = card.generate_key(slot, KINDS[kind])
    except StatusError as error:
        if error.sw not in NO_SUCH_KIND:
            raise
        answered = f"it answered {error.sw:04X}"
        raise ProvisioningError(f"{_no_key(slot, kind)} ({answered}); {_instead(slot, kind)}") from error
    if _kind(public) != kind:
        raise ProvisioningError(f"{_no_key(slot, kind)}, but of another kind; take another card")
    return public


def _no_key(slot: Slot, kind: str) -> str:
    return f"the card makes no {kind} key in slot {slot:X}"


def _instead(slot: Slot, kind: str) -> str:
    """What to do with a card that makes no key of this kind."""
    if slot is Slot.KEY_MANAGEMENT:
        (other,) = KINDS.keys() - {kind}
        return f"nothing was changed on it: take another card, or say --key-management {other}"
    return "it cannot be a card of an election, and is still a blank one: take another card"


def _check_kind(card: PivCard, holder: Identity, management: str) -> None:
    """Leave a card that was made with a key-management key of another kind as it is. Raises ProvisioningError."""
    certificate = card.certificate(Slot.KEY_MANAGEMENT) if Slot.KEY_MANAGEMENT in _slots(holder) else None
    has = None if certificate is None else _kind(certificate.public_key())
    if has is not None and has != management:
        raise ProvisioningError(
            f"this is already the card of {said(holder)}, and its key in slot {Slot.KEY_MANAGEMENT:X} is {has}: "
            f"nothing was changed on it; take a blank card, or say --key-management {has}"
        )


def _kind(key: object) -> str:
    """How a public key's kind is named; empty if it is none of KINDS."""
    match key:
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            return "P-256"
        case rsa.RSAPublicKey() if key.key_size == RSA_BITS:
            return "RSA-2048"
        case _:
            return ""


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
        kind = _kind(certificate.public_key()) or "a key of another kind"
        lines.append((f"key {slot:X}", f"{whose}; {kind}; certificate {fingerprint(certificate)}"))
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
