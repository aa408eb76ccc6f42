"""One voter's session, from admission to the spent card: the cast path.

What holds at every line (DESIGN 8): before `VoteStore.cast` returns nothing of the session is stored anywhere and
the card stays usable; after it the votes are stored exactly once, and card, slip and screen only follow. A card that
could not be marked spent is recognised by its spent credential at the next insertion.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from drivers.card.api import CardError
from kiosk.domain.orders import Termination, stopping
from kiosk.effects.cards import Cards, MemberFound, VoterFound
from kiosk.effects.facts import Facts
from kiosk.effects.lanes import Lane
from kiosk.effects.open_store import OpenStore
from kiosk.effects.printing import Printing
from kiosk.effects.session_process import (
    Answer,
    Begin,
    Broken,
    Code,
    Command,
    EncryptPaper,
    Offered,
    OfferPapers,
    Opened,
    OpenPaper,
    Signed,
    SignPapers,
)
from kiosk.effects.sessions import SessionLost, Sessions
from kiosk.flows.contract import (
    AlreadyCast,
    CallReason,
    CallStaff,
    CardRefused,
    Cast,
    Crashed,
    Done,
    Encrypt,
    Encrypted,
    EndSession,
    Handle,
    NotPrinted,
    NotStored,
    OpenBallot,
    Outcome,
    PrintCast,
    Printed,
    PrintOffered,
    PrintTrouble,
    ReadCard,
    RecogniseCard,
    Refusal,
    ReleaseCard,
    ResetSession,
    SameCard,
    SpendCard,
    StaffCard,
    Stored,
    StoreTrouble,
    VoterAdmitted,
    VotingStopped,
)
from kiosk.papers.frame import BallotCode
from kiosk.papers.render import PaperKind
from kiosk.papers.slip_cast import Answer as SlipWord
from kiosk.papers.slip_cast import SlipAnswer
from kiosk.papers.slip_offered import SlipOffered
from kiosk.store import events
from kiosk.store.errors import OutcomeUnknown, StoreError, StoreFull, TakenOver
from kiosk.store.event import Event
from kiosk.store.layout import StoredBallot
from protocol.code import from_shown
from protocol.documents.card_state import CardState
from protocol.documents.dsse import Signer
from protocol.documents.slip import Word, sign_slip, slip_part


@dataclass(slots=True)
class LiveSession:
    """What the effects remember of a session: the card's authorisation, papers in order, codes as they stand.

    `since` is when it was admitted, aware.
    """

    found: VoterFound = field(repr=False)
    papers: tuple[str, ...]
    since: datetime
    codes: dict[str, str] = field(default_factory=dict)
    cast: tuple[str, ...] = ()
    opened: dict[str, str] = field(default_factory=dict)


class Voting:
    """The effects of a voter's session. Each method belongs to the lane that `performer` gives it."""

    def __init__(
        self,
        facts: Facts,
        cards: Cards,
        store: OpenStore,
        printing: Printing,
        signer: Signer,
        place_key: Callable[[], bytes | None],
    ) -> None:
        self._facts = facts
        self._cards = cards
        self._store = store
        self._printing = printing
        self._signer = signer
        self._place_key = place_key
        self._sessions = Sessions()
        self._lane = Lane("session")
        self._live: dict[Handle, LiveSession] = {}
        self._lane.submit(self._sessions.prepare)

    # --- the card -----------------------------------------------------------------------------------------------

    def read_card(self, effect: ReadCard) -> Outcome:
        """Admit the card in the reader, or say why not. NotStored: nothing is done here any more before a restart."""
        try:
            self._store.record(events.card_inserted())
        except StoreError:
            if self._store.dead:
                return NotStored(StoreTrouble.FAILED)
            raise
        found = self._cards.look(voters=effect.voters or effect.interrupted)
        if isinstance(found, VoterFound) and not effect.voters and found.state is not CardState.IN_SESSION:
            found = CardRefused(Refusal.NOT_OPEN)
        match found:
            case CardRefused(refusal):
                self._store.record(events.card_refused(refusal.name.lower()))
                return found
            case MemberFound(holder, tries, off_time):
                self._note_off_time(off_time)
                return StaffCard(holder.name, holder.role.value, tries)
            case VoterFound():
                self._note_off_time(found.off_time)
                return self._admit(found, effect.orders)

    def _note_off_time(self, off_time: bool) -> None:
        if off_time:
            self._store.record(events.card_off_time())

    def _admit(self, found: VoterFound, orders: tuple[Termination, ...]) -> Outcome:
        key = self._place_key()
        if key is None:
            self._store.record(events.card_refused(Refusal.NOT_OPEN.name.lower()))
            return CardRefused(Refusal.NOT_OPEN)
        papers = found.authorisation.papers
        # Said before the voter begins, not at *Cast*. A card in session here goes on: it must be releasable.
        district = self._facts.district(found.authorisation.style)
        stopped = stopping(orders, district) is not None
        if (
            not stopped
            and found.state is not CardState.IN_SESSION
            and not self._store.do(lambda store: store.slots_free >= len(papers) and store.journal.pages_left > 0)
        ):
            self._store.record(events.card_refused(Refusal.FULL.name.lower()))
            return CardRefused(Refusal.FULL)
        begin = Begin(
            found.authorisation.sealed_bytes(),
            key,
            found.context(self._facts.package.election_id),
            tuple((self._facts.papers[paper], self._facts.raw_election(paper)) for paper in papers),
        )
        begun = self._lane.do(self._sessions.begin, begin)
        if isinstance(begun, Broken):
            self._store.record(events.card_refused(Refusal.NOT_AUTHENTIC.name.lower()))
            return CardRefused(Refusal.NOT_AUTHENTIC)
        handle, answer = begun
        self._live[handle] = LiveSession(found, papers, self._facts.clock())
        try:
            if stopped:
                return self._stopped(handle, district, answer.credentials)
            return self._begun(handle, district, answer.credentials)
        except BaseException:
            # The flow never learns this handle, so nobody else would end the process that holds the credential.
            self._end(handle)
            raise

    def _stopped(self, handle: Handle, district: str, credentials: tuple[str, ...]) -> Outcome:
        """Voting in the voter's district is terminated: the card stays as it is, or is made usable again."""
        found = self._live[handle].found
        interrupted = found.state is CardState.IN_SESSION
        if self._store.do(lambda store: store.spent_any(credentials)):
            return self._spent_before(handle, interrupted=interrupted)
        released = self.release_card(ReleaseCard(handle)) if interrupted else Done()
        self._end(handle)
        self._store.record(events.voting_stopped())
        return VotingStopped(district, held=not isinstance(released, Done))

    def _begun(self, handle: Handle, district: str, credentials: tuple[str, ...]) -> Outcome:
        """The credential is open: admit the voter, unless it has cast."""
        found = self._live[handle].found
        interrupted = found.state is CardState.IN_SESSION
        if self._store.do(lambda store: store.spent_any(credentials)):
            return self._spent_before(handle, interrupted=interrupted)
        try:
            if not interrupted:
                self._cards.write_state(found, CardState.IN_SESSION)
        except CardError:
            self._end(handle)
            self._store.record(events.card_refused(Refusal.UNREADABLE.name.lower()))
            return CardRefused(Refusal.UNREADABLE)
        began = events.session_interrupted() if interrupted else events.card_admitted()
        self._store.record(began, sessions=0 if interrupted else 1)
        papers = tuple(self._facts.papers[paper] for paper in found.authorisation.papers)
        return VoterAdmitted(handle, papers, interrupted, district)

    def _spent_before(self, handle: Handle, *, interrupted: bool) -> Outcome:
        """The credential has cast. If the card was in session here, power failed before it was marked."""
        found = self._live[handle].found
        self._end(handle)
        # A card that cannot be written is recognised again the next time: the store knows its credential.
        with contextlib.suppress(CardError):
            self._cards.write_state(found, CardState.SPENT)
        if not interrupted:
            self._store.record(events.card_refused(Refusal.SPENT.name.lower()))
            return CardRefused(Refusal.SPENT)
        self._store.record(events.session_already_cast())
        return AlreadyCast()

    def recognise_card(self, effect: RecogniseCard) -> Outcome:
        """See whether the session's own card is back, or a member's is in its place."""
        # From card in to card out no time is exact, whatever the card (DESIGN 8).
        self._store.record(events.card_inserted())
        live = self._live.get(effect.session)
        match self._cards.look(voters=True):
            case MemberFound(holder, tries):
                return StaffCard(holder.name, holder.role.value, tries, 0 if live is None else self._minutes(live))
            case VoterFound() as found if live is not None and found.same_session(live.found):
                return SameCard()
            case CardRefused(Refusal.MUTE | Refusal.UNREADABLE) as refused:
                # It may be the session's own: nobody is told that it is another one.
                return refused
            case _:
                return CardRefused(Refusal.FOREIGN)

    def _minutes(self, live: LiveSession) -> int:
        return max(0, int((self._facts.clock() - live.since).total_seconds() // 60))

    def spend_card(self, effect: SpendCard) -> Outcome:
        """Mark the card of a session that has cast."""
        return self._write(effect.session, CardState.SPENT)

    def release_card(self, effect: ReleaseCard) -> Outcome:
        """Make the card of a session without a cast usable again."""
        outcome = self._write(effect.session, CardState.ACTIVATED)
        if isinstance(outcome, Done):
            # Counted once: a card that could not be written is still in session here, and is released another time.
            self._store.record(events.card_released(), cards_released=1)
        return outcome

    def _write(self, session: Handle, state: CardState) -> Outcome:
        live = self._live.get(session)
        if live is None:
            return CardRefused(Refusal.UNREADABLE)
        try:
            self._cards.write_state(live.found, state)
        except CardError:
            return CardRefused(Refusal.UNREADABLE)
        if state is CardState.SPENT:
            self._store.record(events.card_spent())
        return Done()

    # --- encrypting and opening ---------------------------------------------------------------------------------

    def encrypt(self, effect: Encrypt) -> Outcome:
        """Encrypt a paper with a fresh seed."""
        match self._ask(effect.session, EncryptPaper(effect.paper_id, effect.choices)):
            case Code(code):
                self._live[effect.session].codes[effect.paper_id] = code
                return Encrypted(effect.paper_id, code)
            case _:
                return Crashed()

    def print_offered(self, effect: PrintOffered) -> Outcome:
        """Print the codes before the question: of the ballots that are offered, and no other is left."""
        live = self._live.get(effect.session)
        if live is None:
            return NotPrinted(PrintTrouble.UNKNOWN)
        match self._ask(effect.session, OfferPapers(effect.papers)):
            case Offered(offered):
                codes = dict(zip(effect.papers, offered, strict=True))
            case _:
                return Crashed()
        live.codes = codes
        slip = SlipOffered(
            self._facts.origin(reprint=effect.reprint),
            self._ballot_codes(codes),
            self._signed(Word.OFFERED, tuple(codes.values())),
        )
        printed = self._printing.paper(PaperKind.SLIP_OFFERED, slip, effect.language, reprint=effect.reprint)
        return self._noted(printed, events.slip_offered_printed())

    def open_ballot(self, effect: OpenBallot) -> Outcome:
        """Give a ballot up and print what it was made of."""
        live = self._live.get(effect.session)
        if live is None:
            return NotPrinted(PrintTrouble.UNKNOWN)
        if effect.paper_id in live.codes:
            # Counted before the seed leaves the session, and only then is the code given up: an opened ballot is never
            # an uncounted one, also when the journal failed at the first try.
            self._store.record(events.ballot_challenged(), challenges=1)
            live.opened[effect.paper_id] = live.codes.pop(effect.paper_id)
        command = OpenPaper(
            effect.paper_id,
            effect.language,
            self._facts.origin(reprint=effect.reprint),
            self._facts.published_at,
            self._signed(Word.CHECKED, (live.opened[effect.paper_id],)),
            self._printing.roll,
        )
        match self._ask(effect.session, command):
            case Opened(image):
                printed = self._printing.image(image, reprint=effect.reprint)
                return self._noted(printed, None)
            case _:
                return Crashed()

    # --- casting ------------------------------------------------------------------------------------------------

    def cast(self, effect: Cast) -> Outcome:
        """Sign and store. Every answer but Stored, NotStored means: only a restart can tell."""
        live = self._live[effect.session]
        match self._ask(effect.session, SignPapers(effect.papers)):
            case Signed(signed):
                pass
            case _:
                return NotStored(StoreTrouble.FAILED)
        ballots = [
            StoredBallot(ballot.paper_id, from_shown(ballot.code), ballot.credential, ballot.ballot_json)
            for ballot in signed
        ]
        entitled = len(live.papers)
        try:
            self._store.do_as_holder(
                lambda store: store.cast(
                    ballots, declined=effect.declined, entitled=entitled, events=(events.session_cast(),)
                )
            )
        except OutcomeUnknown:
            raise
        except TakenOver:
            return self._not_stored(StoreTrouble.REPLACED)
        except StoreFull:
            return self._not_stored(StoreTrouble.FULL)
        except StoreError:
            return self._not_stored(StoreTrouble.FAILED)
        live.cast = effect.papers
        return Stored(len(ballots))

    def _not_stored(self, trouble: StoreTrouble) -> Outcome:
        # That nothing is stored is known, and the voter hears it, also from a store that cannot even note it down.
        with contextlib.suppress(StoreError):
            self._store.record(events.cast_failed(trouble.value))
        return NotStored(trouble)

    def print_cast(self, effect: PrintCast) -> Outcome:
        """Print that the ballots with these codes were cast."""
        live = self._live.get(effect.session)
        if live is None:
            return NotPrinted(PrintTrouble.UNKNOWN)
        codes = {paper: live.codes[paper] for paper in live.cast}
        slip = SlipAnswer(
            self._facts.origin(reprint=effect.reprint),
            SlipWord.CAST,
            self._ballot_codes(codes),
            self._facts.published_at,
            self._signed(Word.CAST, tuple(codes.values())),
        )
        printed = self._printing.paper(PaperKind.SLIP_ANSWER, slip, effect.language, reprint=effect.reprint)
        return self._noted(printed, events.slip_cast_printed())

    # --- the end ------------------------------------------------------------------------------------------------

    def reset_session(self, effect: ResetSession) -> Outcome:
        """Destroy the session's process at a member's word; only what its card needs to be released is kept."""
        self._lane.do(self._sessions.end, effect.session)
        self._store.record(events.session_reset())
        return Done()

    def end_session(self, effect: EndSession) -> Outcome:
        """Destroy the session's process, and have the next one ready."""
        self._end(effect.session)
        return Done()

    def call_staff(self, effect: CallStaff) -> Outcome:
        """Write down why a member is to come. The lamp comes with its driver; until then the screen is the sign."""
        match effect.reason:
            case CallReason.ASKED:
                self._store.record(events.staff_called())
            case CallReason.CARD_LEFT:
                self._store.record(events.card_left())
            case _:
                assert_never(effect.reason)
        return Done()

    def close(self) -> None:
        """End every session process."""
        self._lane.do(self._sessions.close)
        self._lane.close()

    # --- within -------------------------------------------------------------------------------------------------

    def _ask(self, session: Handle, command: Command) -> Answer:
        try:
            return self._lane.do(self._sessions.ask, session, command)
        except SessionLost:
            return Broken("lost")

    def _end(self, handle: Handle) -> None:
        self._live.pop(handle, None)
        self._lane.do(self._sessions.end, handle)
        self._lane.submit(self._sessions.prepare)

    def _signed(self, word: Word, codes: tuple[str, ...]) -> str:
        return sign_slip(slip_part(word, self._facts.opened.sha256, codes), self._signer)

    def _ballot_codes(self, codes: dict[str, str]) -> tuple[BallotCode, ...]:
        return tuple(BallotCode(self._facts.papers[paper].title, code) for paper, code in codes.items())

    def _noted(self, printed: Printed | NotPrinted, event: Event | None) -> Printed | NotPrinted:
        match printed:
            case Printed() if event is not None:
                self._store.record(event)
            case NotPrinted(trouble):
                self._store.record(events.slip_not_printed(trouble.value))
            case _:
                pass
        return printed
