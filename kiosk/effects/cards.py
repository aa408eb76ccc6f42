"""The card in the reader: who it is, and what is written on it. Used from the card's lane.

Nothing here reaches a log: no serial, no certificate, no authorisation (DESIGN 7). A refusal is a code.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509

from drivers.card.api import CardData, CardError, CardMute, CardReader
from drivers.card.piv import NotPiv, PivCard, Slot
from drivers.card.voter_card import VoterCard, read_voter_card, write_state
from kiosk.effects.facts import Facts
from kiosk.flows.contract import CardRefused, Refusal
from protocol.documents.authorisation import Authorisation, CredentialContext, open_authorisation
from protocol.documents.card_keys import management_key
from protocol.documents.card_state import CardState
from protocol.documents.certificates import MEMBERS, Identity, Role, fingerprint, identity, verify_chain
from protocol.documents.dsse import verify_signature
from protocol.documents.errors import (
    BadSignature,
    CertificateNotYetValid,
    CertificateOutOfTime,
    ForeignAuthority,
    WrongRole,
)
from protocol.errors import ProtocolError

CHALLENGE_BYTES = 32
CARD_TOLERANCE = timedelta(hours=1)
"""How far the clocks of a terminal and of who made a card may be apart before the card counts as out of time."""


@dataclass(frozen=True, slots=True)
class VoterFound:
    """A voter's card that is good so far: its authorisation, and the state it was found in.

    `off_time` is set if it was good only by the tolerance for clocks.
    """

    authorisation: Authorisation = field(repr=False)
    envelope: bytes = field(repr=False)
    state: CardState
    card: str = field(repr=False)
    off_time: bool

    def same_session(self, begun: "VoterFound") -> bool:
        """Whether this is the card of the session that began with `begun`, with what was on it then.

        A card that was made blank and issued anew in the meantime is another voter's.
        """
        mine = self.card == begun.card and self.envelope == begun.envelope
        return mine and self.state is CardState.IN_SESSION

    def context(self, election_id: str) -> CredentialContext:
        """What the sealed credential was sealed for."""
        return CredentialContext(election_id, self.authorisation.place, self.authorisation.style)


@dataclass(frozen=True, slots=True)
class MemberFound:
    """A member's control card: whose it is and the tries its PIN has left; `off_time` as of a voter's card."""

    holder: Identity
    tries: int
    off_time: bool


Found = VoterFound | MemberFound | CardRefused


class Cards:
    """The reader's card. `connect` is made anew at each insertion; a lost card is a refusal, never a crash."""

    def __init__(
        self,
        reader: CardReader,
        facts: Facts,
        revoked: Callable[[str], bool],
        device_revoked: Callable[[str], bool],
        before: frozenset[str] = frozenset(),
    ) -> None:
        """`revoked` tells whether a certificate is revoked, by its fingerprint, `device_revoked` whether a desk is.

        `before` are the terminals whose votes this one took over: their sessions' cards are its own now.
        """
        self._reader = reader
        self._facts = facts
        self._revoked = revoked
        self._device_revoked = device_revoked
        self._mine = before | {facts.station.terminal}
        self._card: PivCard | None = None
        self._found: VoterFound | None = None

    @property
    def card(self) -> PivCard | None:
        """The card connected to last; it may be out by now."""
        return self._card

    def forget(self) -> None:
        """The card is out: let go of it and of what was read from it."""
        self._card = self._found = None

    def look(self, *, voters: bool) -> Found:
        """Find out whose card is in the reader. With `voters` false a voter's card is not read further."""
        self._found = None
        found = self._look(voters=voters)
        if isinstance(found, VoterFound):
            self._found = found
        return found

    def _look(self, *, voters: bool) -> Found:
        try:
            card = PivCard(self._reader.connect())
            card.select()
            self._card = card
            certificate = card.certificate(Slot.CARD_AUTHENTICATION)
            if certificate is not None and _role(certificate) is Role.VOTER_CARD:
                return self._voter(card, certificate) if voters else CardRefused(Refusal.NOT_OPEN)
            certificate = card.certificate(Slot.AUTHENTICATION)
            if certificate is None:
                return CardRefused(Refusal.EMPTY)
            return self._member(card, certificate)
        except NotPiv:
            return CardRefused(Refusal.FOREIGN)
        except CardMute:
            return CardRefused(Refusal.MUTE)
        except CardError:
            return CardRefused(Refusal.UNREADABLE)

    def _voter(self, card: PivCard, certificate: x509.Certificate) -> Found:
        refusal = self.chain(certificate, frozenset({Role.VOTER_CARD}))
        if refusal is not None:
            return CardRefused(refusal)
        challenge = os.urandom(CHALLENGE_BYTES)
        proof = card.sign(Slot.CARD_AUTHENTICATION, hashlib.sha256(challenge).digest())
        try:
            verify_signature(certificate, challenge, proof, "voter card")
        except BadSignature:
            return CardRefused(Refusal.COPY)
        try:
            found = read_voter_card(card.read_object)
            return CardRefused(Refusal.BLANK) if found is None else self._judged(found, certificate)
        except ProtocolError:
            return CardRefused(Refusal.NOT_AUTHENTIC)

    def _judged(self, found: VoterCard, certificate: x509.Certificate) -> Found:
        """Judge a voter card's state and authorisation. Raises ProtocolError if it is not authentic."""
        match found.state:
            case CardState.BLANK:
                return CardRefused(Refusal.BLANK)
            case CardState.SPENT:
                return CardRefused(Refusal.SPENT)
            case CardState.VOIDED:
                return CardRefused(Refusal.VOIDED)
            case CardState.IN_SESSION if found.terminal not in self._mine:
                return CardRefused(Refusal.OTHER_TERMINAL, found.terminal)
            case CardState.ACTIVATED | CardState.IN_SESSION:
                pass
        envelope = found.authorisation
        if envelope is None:
            return CardRefused(Refusal.BLANK)
        authorisation, desk = open_authorisation(envelope, self._facts.desk_trust())
        if authorisation.place != self._facts.place.place_id or desk.identity.place != authorisation.place:
            return CardRefused(Refusal.OTHER_PLACE, authorisation.place)
        if self._device_revoked(desk.identity.device):
            return CardRefused(Refusal.REVOKED)
        if authorisation.day != self._facts.local_now().date():
            return CardRefused(Refusal.OTHER_DAY)
        card = fingerprint(certificate)
        if authorisation.card != card:
            return CardRefused(Refusal.COPY)
        styles = {style.style_id: style.papers for style in self._facts.package.ballot_styles}
        if styles.get(authorisation.style) != authorisation.papers:
            return CardRefused(Refusal.NOT_AUTHENTIC)
        return VoterFound(authorisation, envelope, found.state, card, self._off_time(certificate))

    def _member(self, card: PivCard, certificate: x509.Certificate) -> Found:
        refusal = self.chain(certificate, MEMBERS)
        if refusal is not None:
            return CardRefused(refusal)
        holder = identity(certificate)
        if holder.place != self._facts.place.place_id:
            return CardRefused(Refusal.OTHER_PLACE, holder.place)
        tries = card.pin_tries()
        if tries == 0:
            return CardRefused(Refusal.PIN_BLOCKED)
        return MemberFound(holder, tries or 0, self._off_time(certificate))

    def chain(self, certificate: x509.Certificate, roles: frozenset[Role]) -> Refusal | None:
        """Why a card's certificate is not good now for one of these roles, or None."""
        try:
            verify_chain(certificate, self._facts.root, self._facts.clock(), roles, CARD_TOLERANCE)
        except ForeignAuthority:
            return Refusal.OTHER_AUTHORITY
        except WrongRole:
            return Refusal.WRONG_ROLE
        except CertificateNotYetValid:
            return Refusal.NOT_YET_VALID
        except CertificateOutOfTime:
            return Refusal.EXPIRED
        except ProtocolError:
            return Refusal.NOT_AUTHENTIC
        return Refusal.REVOKED if self._revoked(fingerprint(certificate)) else None

    def _off_time(self, certificate: x509.Certificate) -> bool:
        at = self._facts.clock()
        return not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc

    def write_state(self, found: VoterFound, state: CardState) -> None:
        """Write `state` on the session's card. Raises CardError, also if another card is connected to by now."""
        if self._card is None or self._found is None or self._found.card != found.card:
            raise CardData("the session's card is not connected")
        self._card.authenticate_management(management_key(self._facts.management_key, found.card))
        write_state(self._card, state, self._facts.station.terminal if state is CardState.IN_SESSION else "")


def _role(certificate: x509.Certificate) -> Role | None:
    try:
        return identity(certificate).role
    except ProtocolError:
        return None
