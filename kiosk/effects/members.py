"""The member at the terminal: PIN, proof, a share of the polling-place key, signatures. Used from the card's lane.

The signature key of a PIV card wants its PIN right before each use (SP 800-73-4 part 1, 9C), and a procedure signs
more than once, so the PIN is kept for as long as the member's card is in, and overwritten when it goes.
"""

import hashlib
import os
from dataclasses import dataclass, field

from cryptography import x509

from drivers.card.api import CardError
from drivers.card.piv import RSA_BYTES, PinBlocked, PinWrong, PivCard, Slot
from kiosk.effects.cards import Cards
from kiosk.effects.deposit import wipe
from kiosk.effects.facts import Facts
from kiosk.effects.quorum import OpeningQuorum
from kiosk.flows.contract import CardRefused, Refusal
from protocol.documents.card_shares import Agreement, Gathering
from protocol.documents.certificates import MEMBERS, Identity, Role, identity, may_sign
from protocol.documents.dsse import verify_signature
from protocol.documents.errors import BadSignature
from protocol.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class CardSigner:
    """Signs with a control card's 9C key; the PIN goes before every signature."""

    certificate: x509.Certificate
    card: PivCard
    pin: bytearray = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER. Raises CardError, BadSignature."""
        self.card.verify_pin(self.pin)
        signature = self.card.sign(Slot.SIGNATURE, hashlib.sha256(data).digest())
        # What is printed as signed must be what anybody else will find signed.
        verify_signature(self.certificate, data, signature, "act")
        return signature


@dataclass(frozen=True, slots=True)
class ShareGiven:
    """A card gave its share, and signed what for; `again` if it had done so before."""

    holder: Identity
    certificate: x509.Certificate
    signature: bytes = field(repr=False)
    again: bool


def agreement(card: PivCard, pin: bytearray) -> Agreement:
    """How a control card's 9D key opens a share, the PIN before it: ECDH, or RSA where the share was sealed so."""

    def agree(ephemeral: bytes) -> bytearray:
        card.verify_pin(pin)
        if len(ephemeral) == RSA_BYTES:
            return card.decrypt_rsa(Slot.KEY_MANAGEMENT, ephemeral)
        return card.agree(Slot.KEY_MANAGEMENT, ephemeral)

    return agree


class Members:
    """The member whose card is in the reader, once the PIN was accepted."""

    def __init__(self, cards: Cards, facts: Facts) -> None:
        self._cards = cards
        self._facts = facts
        self._pin: bytearray | None = None
        self._holder: Identity | None = None

    @property
    def holder(self) -> Identity | None:
        """Who identified themselves with a PIN."""
        return self._holder

    def verify(self, pin: bytearray) -> CardRefused | int | None:
        """Let the card judge the PIN and prove its key on a fresh challenge. None if all is well.

        An int is the number of tries that are left after a wrong PIN. `pin` belongs to this object from here on.
        """
        self.forget()
        card = self._cards.card
        try:
            if card is None:
                return self._refused(pin, Refusal.UNREADABLE)
            # Read and judged before the PIN goes out, and the proof is checked against this very certificate: a
            # programmable card may show another one each time it is asked.
            certificate = card.certificate(Slot.AUTHENTICATION)
            if certificate is None:
                return self._refused(pin, Refusal.EMPTY)
            refusal = self._cards.chain(certificate, MEMBERS)
            if refusal is not None:
                return self._refused(pin, refusal)
            holder = identity(certificate)
            if holder.place != self._facts.place.place_id:
                return self._refused(pin, Refusal.OTHER_PLACE)
            card.verify_pin(pin)
            challenge = os.urandom(32)
            proof = card.sign(Slot.AUTHENTICATION, hashlib.sha256(challenge).digest())
            verify_signature(certificate, challenge, proof, "control card")
        except PinWrong as error:
            wipe(pin)
            return error.tries
        except PinBlocked:
            return self._refused(pin, Refusal.PIN_BLOCKED)
        except BadSignature:
            return self._refused(pin, Refusal.COPY)
        except ProtocolError:
            return self._refused(pin, Refusal.NOT_AUTHENTIC)
        except (CardError, ValueError):
            return self._refused(pin, Refusal.UNREADABLE)
        self._pin, self._holder = pin, holder
        return None

    def _refused(self, pin: bytearray, refusal: Refusal) -> CardRefused:
        wipe(pin)
        return CardRefused(refusal)

    def attend(self, quorum: OpeningQuorum) -> CardRefused | None:
        """Count the member towards the quorum: the card signs what for (9C), and its 9D key opens its share.

        None if both are well; else nothing of it is kept.
        """
        card, pin, holder = self._cards.card, self._pin, self._holder
        if card is None or pin is None or holder is None:
            return CardRefused(Refusal.UNREADABLE)
        try:
            certificate = card.certificate(Slot.KEY_MANAGEMENT)
            if certificate is None:
                return CardRefused(Refusal.NO_SHARE)
            signer = self.signer()
            if isinstance(signer, CardRefused):
                return signer
            refusal = quorum.add(holder, certificate, agreement(card, pin), signer)
            return None if refusal is None else CardRefused(refusal)
        except CardError:
            return CardRefused(Refusal.UNREADABLE)
        except BadSignature:
            return CardRefused(Refusal.COPY)
        except ProtocolError:
            return CardRefused(Refusal.NO_SHARE)

    def give_share(
        self, gathering: Gathering, statement: bytes, here: tuple[Identity, ...]
    ) -> ShareGiven | CardRefused:
        """Have the card sign `statement` and give its share of a key; both, or nothing of it is kept.

        `here` are the members who gave theirs. Without the chair's the last share is not taken.
        """
        card, pin, holder = self._cards.card, self._pin, self._holder
        if card is None or pin is None or holder is None:
            return CardRefused(Refusal.UNREADABLE)
        try:
            certificate = card.certificate(Slot.KEY_MANAGEMENT)
            if certificate is None:
                return CardRefused(Refusal.NO_SHARE)
            again = holder in here
            if gathering.missing == 1 and not again and not any(one.role is Role.CHAIR for one in (*here, holder)):
                return CardRefused(Refusal.NO_CHAIR)
            signer = self.signer()
            if isinstance(signer, CardRefused):
                return signer
            signature = signer.sign(statement)
            if not again:
                gathering.add(certificate, agreement(card, pin))
        except CardError:
            return CardRefused(Refusal.UNREADABLE)
        except BadSignature:
            return CardRefused(Refusal.COPY)
        except ProtocolError:
            return CardRefused(Refusal.NO_SHARE)
        return ShareGiven(holder, signer.certificate, signature, again)

    def signer(self) -> CardSigner | CardRefused:
        """A signer over the card's 9C key, its certificate checked."""
        card, pin = self._cards.card, self._pin
        if card is None or pin is None:
            return CardRefused(Refusal.UNREADABLE)
        try:
            certificate = card.certificate(Slot.SIGNATURE)
            if certificate is None:
                return CardRefused(Refusal.EMPTY)
            refusal = self._cards.chain(certificate, MEMBERS)
            if refusal is not None:
                return CardRefused(refusal)
            holder = identity(certificate)
        except CardError:
            return CardRefused(Refusal.UNREADABLE)
        except ProtocolError:
            return CardRefused(Refusal.NOT_AUTHENTIC)
        if holder != self._holder or not may_sign(certificate):
            return CardRefused(Refusal.NOT_AUTHENTIC)
        return CardSigner(certificate, card, pin)

    def forget(self) -> None:
        """The member or the card is gone: overwrite the PIN."""
        if self._pin is not None:
            wipe(self._pin)
        self._pin = self._holder = None
