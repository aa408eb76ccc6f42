"""The quorum that opens the polls: members' cards one after another, each giving its share of the polling-place key.

Before it does each signs a statement of what for (`protocol.documents.opening`), which the acts carry.

Nothing here is on disk: a quorum that power interrupts is gathered anew. Without the chair one card fewer than needed
is ever taken, so that this terminal never holds enough shares for the key. Used from one thread at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import x25519

from kiosk.domain import quorum
from kiosk.domain.polls import PollsState
from kiosk.domain.quorum import Attending
from kiosk.effects.deposit import wipe
from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.flows.contract import Refusal
from protocol.documents import opening
from protocol.documents.card_shares import Agreement, Gathering
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import Signer
from protocol.documents.hpke import raw_private
from protocol.documents.opening import OpeningStatement, Purpose
from protocol.documents.place_key import PlaceContext, gathered_place_key

STANDING_SECONDS = 7_200.0
"""How long the polls can be opened after the quorum was met: opening may be begun an hour before the hour."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A member who was counted, and what their card signed."""

    holder: Identity
    certificate: x509.Certificate
    signature: bytes = field(repr=False)


class OpeningQuorum:
    """Gathers the polling-place key from the cards of k members, and keeps it until the polls are opened."""

    def __init__(self, facts: Facts, store: OpenStore, monotonic: Callable[[], float]) -> None:
        """`monotonic` are seconds of a clock that nobody sets."""
        self._facts = facts
        self._store = store
        self._monotonic = monotonic
        self._needed = facts.place.key.threshold
        self._gathering: Gathering | None = None
        self._stated: OpeningStatement | None = None
        self._counted: tuple[_Counted, ...] = ()
        self._due = 0.0
        self._key: bytearray | None = None

    @property
    def here(self) -> tuple[Identity, ...]:
        """Whose cards were counted, also after the polls were opened."""
        return tuple(one.holder for one in self._counted)

    @property
    def met(self) -> bool:
        """Whether the key is here, and in time."""
        self._expire()
        return self._key is not None

    def now(self) -> quorum.Quorum:
        """Who is here, and until when the others have to come."""
        left = timedelta(seconds=max(0.0, self._due - self._monotonic()))
        until = self._facts.local_now() + left
        here = tuple(Attending(member.name, member.role.value) for member in self.here)
        return quorum.Quorum(here, self._needed, until.strftime("%H:%M"))

    @property
    def stated(self) -> str:
        """The digest of what the cards sign, once the first one did; empty before."""
        return "" if self._stated is None else opening.digest(self._stated)

    def statement(self, purpose: Purpose) -> str:
        """What the cards of a whole quorum signed for `purpose`, in its envelope, also after the polls were opened.

        Empty if the last quorum was for another purpose, or there was none since this terminal was switched on.
        """
        stated = self._stated
        if stated is None or stated.purpose is not purpose or len(self._counted) < self._needed:
            return ""
        return opening.statement_envelope(stated, {one.certificate: one.signature for one in self._counted})

    def add(self, member: Identity, card: x509.Certificate, agree: Agreement, signer: Signer) -> Refusal | None:
        """Count a member, whose 9D certificate is `card` and whose key `agree` uses; why not, if they do not count.

        `signer` is the card's 9C key: it signs the statement before the card's share is opened. Raises CardError, and
        ProtocolError if the card's share does not open or the shares are no key of this place's; who was counted
        before stays.
        """
        self._expire()
        gathering, stated = self._gathering, self._stated
        if gathering is None or stated is None or not self._counted:
            gathering, stated = self._begin()
        if member in self.here:
            return Refusal.SAME_MEMBER
        chair = member.role is Role.CHAIR or any(other.role is Role.CHAIR for other in self.here)
        if gathering.missing == 1 and not chair:
            return Refusal.NO_CHAIR
        signature = signer.sign(opening.to_sign(stated))
        gathering.add(card, agree)
        self._counted = (*self._counted, _Counted(member, signer.certificate, signature))
        if not gathering.missing:
            self._finish(gathering)
        return None

    def _begin(self) -> tuple[Gathering, OpeningStatement]:
        """Let go of who was here for the last one; the time runs, and the statement is made."""
        self.forget()
        facts = self._facts
        polls, head = self._store.do(lambda store: (store.polls_state(), store.journal.head()))
        self._stated = OpeningStatement(
            opening.FORMAT,
            facts.package.election_id,
            facts.opened.sha256,
            facts.station.mode.value,
            facts.place.place_id,
            facts.station.terminal,
            facts.software,
            Purpose.OPEN if polls is PollsState.NOT_OPENED else Purpose.RESUME,
            self._needed,
            facts.local_now().isoformat(timespec="minutes"),
            head,
        )
        self._gathering = facts.place.key.gathering(PlaceContext(facts.package.election_id, facts.place.place_id))
        self._due = self._monotonic() + facts.station.limits.quorum
        return self._gathering, self._stated

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
        """The polls are open: the key is where it belongs, and who was here is known for the acts alone."""
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
        self._gathering = self._stated = self._key = None
        self._counted = ()
