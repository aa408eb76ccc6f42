"""A spare terminal takes over: a quorum of cards opens a dead terminal's medium, and this one carries its store on.

What makes it so is one transaction in the copy on the medium: it names this terminal, and owes this terminal's counter
a step. Before it the key that opens the medium is sealed here; after it the program starts anew and brings up a first
copy of its own from the medium, as it does whenever a first copy lacks what the second has. So whatever is cut short is
either as if it had not begun, or goes on at the next start (`kiosk/modes/stores.py`).
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography import x509

from drivers.keystore.api import KeyStore, KeyStoreError
from drivers.media.api import Medium
from kiosk.domain.polls import Pause, PauseReason, PollsState
from kiosk.effects.facts import Facts
from kiosk.effects.lanes import Lane
from kiosk.effects.medium_refused import MediumRefused
from kiosk.effects.members import Members
from kiosk.effects.members import ShareGiven as CardGave
from kiosk.effects.notices import Notices
from kiosk.effects.open_store import OpenStore
from kiosk.effects.second_copy import FOLDER, TAKEN_KEY, TAKEN_STORE, SecondCopyKeeper
from kiosk.flows.contract import (
    CardRefused,
    Done,
    Outcome,
    SecondState,
    ShareGiven,
    TakeoverBegun,
    TakeoverFailed,
    TakeoverTrouble,
)
from kiosk.store import errors, events
from kiosk.store.batches import BatchPart
from kiosk.store.errors import StoreError
from kiosk.store.event import Event
from kiosk.store.medium import write_durably
from kiosk.store.second_key import SecondKeyShares, read_shares
from kiosk.store.takeover import line_of
from kiosk.store.vote_store import VoteStore
from protocol.batch_interface import header_sha256
from protocol.documents import takeover as documents
from protocol.documents.card_shares import Gathering
from protocol.documents.certificates import Identity, identity
from protocol.documents.dsse import Signer
from protocol.documents.takeover import Notice, Statement, statement_envelope, to_sign
from protocol.errors import Malformed, ProtocolError
from protocol.journal import BrokenChain

R = TypeVar("R")

ON_MEDIUM = "takeover.dsse.json"
"""The notice, on the medium too: for whoever finds it."""


@dataclass(slots=True)
class _UnderWay:
    """A takeover whose cards are being gathered."""

    shares: SecondKeyShares
    gathering: Gathering = field(repr=False)
    statement: Statement
    here: tuple[Identity, ...] = ()
    signatures: dict[x509.Certificate, bytes] = field(default_factory=dict, repr=False)


class _Trouble(Exception):  # noqa: N818 - carries an answer out of the work on the medium
    def __init__(self, trouble: TakeoverTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class Takeover:
    """The effects of a takeover; they belong to the staff's lane."""

    def __init__(
        self,
        facts: Facts,
        store: OpenStore,
        keystore: KeyStore,
        members: Members,
        signer: Signer,
        notices: Notices,
        card_lane: Lane,
    ) -> None:
        self._facts = facts
        self._store = store
        self._keystore = keystore
        self._members = members
        self._signer = signer
        self._notices = notices
        self._card_lane = card_lane
        self._under_way: _UnderWay | None = None

    def offered(self) -> bool:
        """Whether this terminal is fresh, and somebody else's medium is in its slot."""
        second = self._store.second
        return second is not None and second.state is SecondState.OTHER and self._fresh()

    def _fresh(self) -> bool:
        def look(store: VoteStore) -> bool:
            counters = store.counters()
            return store.polls_state() is PollsState.NOT_OPENED and not (counters.accepted or counters.sessions)

        return len(self._store.line) == 1 and self._store.restored is None and self._store.do(look)

    # --- the effects --------------------------------------------------------------------------------------------

    def begin(self) -> Outcome:
        """Look at the medium without its key: whose it is, and how many cards open it."""
        self._under_way = None
        try:
            if not self._fresh():
                raise _Trouble(TakeoverTrouble.NOT_FRESH)
            shares = self._borrow(lambda medium: read_shares(medium.folder))
            self._judge(shares)
        except _Trouble as failed:
            return self._failed(failed.trouble)
        statement = Statement(
            documents.FORMAT,
            self._facts.package.election_id,
            self._facts.opened.sha256,
            self._facts.station.mode.value,
            self._facts.place.place_id,
            shares.context.terminal,
            self._facts.station.terminal,
            self._facts.local_now().isoformat(timespec="minutes"),
        )
        self._under_way = _UnderWay(shares, shares.gathering(), statement)
        holders = (identity(card) for card in self._facts.place.key_card_certificates())
        members = tuple((one.name, one.role.value) for one in holders)
        return TakeoverBegun(shares.context.terminal, self._under_way.gathering.missing, members)

    def _judge(self, shares: SecondKeyShares) -> None:
        """Raise _Trouble for a medium that is none of this polling place's."""
        context = shares.context
        election = (context.election_id, shares.package_digest)
        if election != (self._facts.package.election_id, self._facts.opened.sha256):
            raise _Trouble(TakeoverTrouble.OTHER_ELECTION)
        if context.place_id != self._facts.place.place_id:
            raise _Trouble(TakeoverTrouble.OTHER_PLACE)
        if context.terminal == self._facts.station.terminal:
            raise _Trouble(TakeoverTrouble.OWN)
        if shares.threshold < self._facts.package.quorum.needed:
            raise _Trouble(TakeoverTrouble.UNREADABLE)

    def give_share(self) -> Outcome:
        """Have the card in the reader sign what is done, and give its share."""
        under_way = self._under_way
        if under_way is None:
            return TakeoverFailed(TakeoverTrouble.FAILED)
        signed = to_sign(under_way.statement)
        gave = self._card_lane.do(self._members.give_share, under_way.gathering, signed, under_way.here)
        match gave:
            case CardRefused(refusal):
                self._store.record(events.control_card_refused(refusal.name.lower()))
                return gave
            case CardGave(holder, certificate, signature, again):
                missing = under_way.gathering.missing
                if not again:
                    under_way.here = (*under_way.here, holder)
                    under_way.signatures[certificate] = signature
                    self._store.record(events.takeover_share_given(holder.role.value, missing))
                return ShareGiven(missing, again)

    def take_over(self) -> Outcome:
        """Enough cards gave their share: make this terminal the one that carries the store on, durably.

        Whatever fails, nothing is taken over, or the next start finds that it is.
        """
        under_way = self._under_way
        if under_way is None:
            return TakeoverFailed(TakeoverTrouble.FAILED)
        own = self._store.do(lambda store: store.journal.head())
        try:
            if not self._fresh():
                raise _Trouble(TakeoverTrouble.NOT_FRESH)
            self._borrow(lambda medium: self._commit(medium, under_way, own))
        except _Trouble as failed:
            return self._failed(failed.trouble)
        self.end()
        return Done()

    def end(self) -> Outcome:
        """Let go of every share."""
        if self._under_way is not None:
            self._under_way.gathering.forget()
        self._under_way = None
        return Done()

    # --- on the medium ------------------------------------------------------------------------------------------

    def _commit(self, medium: Medium, under_way: _UnderWay, own: str) -> None:
        """Open the copy with the gathered key, seal that, write down who carries the store on. On the medium's lane."""
        if read_shares(medium.folder) != under_way.shares:
            raise _Trouble(TakeoverTrouble.CHANGED)
        key = under_way.gathering.secret()
        try:
            copy = VoteStore.open(
                medium.folder / FOLDER,
                key,
                package_digest=self._facts.opened.sha256,
                terminal=under_way.statement.store,
                clock=self._facts.clock,
                note=False,
            )
            try:
                if copy.state.partial:
                    raise _Trouble(TakeoverTrouble.INCOMPLETE)
                copy.journal.verify_chain()
                notice = self._notice(copy, under_way)
                self._notices.keep(notice)
                self._keystore.seal(TAKEN_KEY, key)
                self._keystore.seal(TAKEN_STORE, under_way.statement.store.encode())
                self._hand_over(copy, under_way, own)
                with contextlib.suppress(OSError):
                    write_durably(medium.folder / ON_MEDIUM, notice)
            finally:
                copy.close()
        finally:
            key[:] = bytes(len(key))

    def _notice(self, copy: VoteStore, under_way: _UnderWay) -> bytes:
        line = tuple(name for name in line_of(copy.header, copy.state) if name != under_way.statement.by)
        headers = tuple(header_sha256(copy.batch_bytes(one.sequence, BatchPart.HEADER)) for one in copy.batches())
        statement = statement_envelope(under_way.statement, under_way.signatures)
        return documents.sign_notice(Notice(statement, line, headers, copy.journal.head()), self._signer)

    def _hand_over(self, copy: VoteStore, under_way: _UnderWay, own: str) -> None:
        """The transaction that makes it so. Done before, by a try that heard no answer, it is not done again."""
        line, by = line_of(copy.header, copy.state), under_way.statement.by
        copy.stepped = self._keystore.counter_value()
        if line[-1] == by and copy.steps - copy.stepped in (0, 1):
            return
        statement = documents.digest(under_way.statement)
        told: list[Event] = [events.store_taken_over(line[-1], by, statement, own)]
        polls = copy.polls_state()
        if polls is PollsState.OPEN:
            # The key that opens credentials is released by cards to each terminal anew: voting goes on when it is.
            pause = Pause(PauseReason.TECHNICAL, self._facts.local_now().replace(second=0, microsecond=0))
            told.append(events.polls_paused(pause.reason.value, pause.since.isoformat(timespec="minutes")))
            polls = PollsState.PAUSED
        try:
            copy.hand_over(by, *told, polls=polls)
        except errors.OutcomeUnknown:
            # The medium will say at the next start.
            raise
        except StoreError:
            self._keystore.erase(TAKEN_STORE)
            self._keystore.erase(TAKEN_KEY)
            raise

    # --- troubles -----------------------------------------------------------------------------------------------

    def _borrow(self, work: Callable[[Medium], R]) -> R:
        """Do something with the medium; what goes wrong is raised as _Trouble."""
        keeper = self._store.keeper
        if keeper is None:
            raise _Trouble(TakeoverTrouble.NO_MEDIUM)
        try:
            return keeper.borrow(work)
        except MediumRefused as refused:
            raise _Trouble(self._judged(refused, keeper)) from refused
        except BrokenChain as error:
            raise _Trouble(TakeoverTrouble.DAMAGED) from error
        except Malformed as error:
            raise _Trouble(TakeoverTrouble.UNREADABLE) from error
        except ProtocolError as error:
            # Shares that open and do not belong together.
            raise _Trouble(TakeoverTrouble.WRONG_KEY) from error
        except KeyStoreError as error:
            raise _Trouble(TakeoverTrouble.FAILED) from error

    def _judged(self, refused: MediumRefused, keeper: SecondCopyKeeper) -> TakeoverTrouble:
        """What is wrong with the medium. One that was pulled fails in many ways, so it is looked for first."""
        try:
            keeper.borrow(lambda _medium: None)
        except MediumRefused as now:
            refused = now
        match refused.__cause__:
            case errors.WrongKey():
                return TakeoverTrouble.WRONG_KEY
            case errors.AnotherElection():
                return TakeoverTrouble.OTHER_ELECTION
            case errors.NoStore() | errors.NewerFormat() | FileNotFoundError():
                return TakeoverTrouble.UNREADABLE
            case _:
                return _OF_STATE.get(refused.state, TakeoverTrouble.FAILED)

    def _failed(self, trouble: TakeoverTrouble) -> TakeoverFailed:
        with contextlib.suppress(StoreError):
            self._store.record(events.takeover_failed(trouble.value))
        return TakeoverFailed(trouble)


_OF_STATE = {
    SecondState.ABSENT: TakeoverTrouble.NO_MEDIUM,
    SecondState.READ_ONLY: TakeoverTrouble.READ_ONLY,
    SecondState.SLOW: TakeoverTrouble.SLOW,
    SecondState.DAMAGED: TakeoverTrouble.DAMAGED,
}
