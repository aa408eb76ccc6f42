"""The quorum that opens the polls: members' cards one after another, each giving its share of the polling-place key.

Nothing here is on disk: a quorum that power interrupts is gathered anew. Without the chair one card fewer than needed
is ever taken, so that this terminal never holds enough shares for the key. Used from one thread at a time.
"""

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import x25519

from kiosk.domain import quorum
from kiosk.domain.quorum import Attending
from kiosk.effects.deposit import wipe
from kiosk.effects.facts import Facts
from kiosk.flows.contract import Refusal
from protocol.documents.card_shares import Agreement, Gathering
from protocol.documents.certificates import Identity, Role
from protocol.documents.hpke import raw_private
from protocol.documents.place_key import PlaceContext, gathered_place_key

STANDING_SECONDS = 7_200.0
"""How long the polls can be opened after the quorum was met: opening may be begun an hour before the hour."""


class OpeningQuorum:
    """Gathers the polling-place key from the cards of k members, and keeps it until the polls are opened."""

    def __init__(self, facts: Facts, monotonic: Callable[[], float]) -> None:
        """`monotonic` are seconds of a clock that nobody sets."""
        self._facts = facts
        self._monotonic = monotonic
        self._needed = facts.place.key.threshold
        self._gathering: Gathering | None = None
        self._here: tuple[Identity, ...] = ()
        self._due = 0.0
        self._key: bytearray | None = None

    @property
    def here(self) -> tuple[Identity, ...]:
        """Whose cards were counted, also after the polls were opened."""
        return self._here

    @property
    def met(self) -> bool:
        """Whether the key is here, and in time."""
        self._expire()
        return self._key is not None

    def now(self) -> quorum.Quorum:
        """Who is here, and until when the others have to come."""
        left = timedelta(seconds=max(0.0, self._due - self._monotonic()))
        until = self._facts.local_now() + left
        here = tuple(Attending(member.name, member.role.value) for member in self._here)
        return quorum.Quorum(here, self._needed, until.strftime("%H:%M"))

    def add(self, member: Identity, card: x509.Certificate, agree: Agreement) -> Refusal | None:
        """Count a member, whose 9D certificate is `card` and whose key `agree` uses; why not, if they do not count.

        Raises CardError, and ProtocolError if the card's share does not open or the shares are no key of this place's;
        who was counted before stays.
        """
        self._expire()
        if self._gathering is None:
            self.forget()  # who was here for the last one
            place = self._facts.place
            self._gathering = place.key.gathering(PlaceContext(self._facts.package.election_id, place.place_id))
            self._due = self._monotonic() + self._facts.station.limits.quorum
        if member in self._here:
            return Refusal.SAME_MEMBER
        chair = member.role is Role.CHAIR or any(other.role is Role.CHAIR for other in self._here)
        if self._gathering.missing == 1 and not chair:
            return Refusal.NO_CHAIR
        self._gathering.add(card, agree)
        self._here = (*self._here, member)
        if not self._gathering.missing:
            self._finish(self._gathering)
        return None

    def _finish(self, gathering: Gathering) -> None:
        try:
            private: x25519.X25519PrivateKey = gathered_place_key(self._facts.place.key, gathering)
        except BaseException:
            # One of the shares is false, and nothing tells which.
            self.forget()
            raise
        gathering.forget()
        self._key = bytearray(raw_private(private))
        self._due = self._monotonic() + STANDING_SECONDS

    def key(self) -> bytearray | None:
        """A copy of the key, which the caller wipes; None if the quorum is not met, or was not in time."""
        self._expire()
        return None if self._key is None else bytearray(self._key)

    def served(self) -> None:
        """The polls are open: the key is where it belongs, and who was here is known for the act alone."""
        if self._key is not None:
            wipe(self._key)
        self._gathering = self._key = None

    def _expire(self) -> None:
        if self._gathering is not None and self._monotonic() >= self._due:
            self.forget()

    def forget(self) -> None:
        """Let go of shares, key and members."""
        if self._gathering is not None:
            self._gathering.forget()
        if self._key is not None:
            wipe(self._key)
        self._gathering = self._key = None
        self._here = ()
