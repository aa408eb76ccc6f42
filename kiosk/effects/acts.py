"""Acts: drawn up from the store, signed in the member's card, summarised by the terminal, printed.

An act that is signed but not printed stays known as such: the journal has the one event and not the other.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from drivers.card.api import CardError
from kiosk.domain.counters import Check, Counters, control_checks
from kiosk.domain.from_package import said
from kiosk.domain.polls import Pause, PollsState
from kiosk.domain.words import Words, message
from kiosk.effects.facts import Facts
from kiosk.effects.kept_acts import KeptActs, last_signed, signed_not_printed
from kiosk.effects.members import CardSigner, Members
from kiosk.effects.open_store import OpenStore
from kiosk.effects.orders import Orders
from kiosk.effects.pauses import last_pause
from kiosk.effects.quorum import OpeningQuorum
from kiosk.flows.contract import ActKind, CardRefused, Refusal
from kiosk.papers.act_frame import ActFacts, ActNumbers, ByCard, Member, MemberRole, PaperCount
from kiosk.papers.closing_act import ClosingAct
from kiosk.papers.opening_act import OpeningAct, ReadinessLine
from kiosk.papers.pause_act import PauseAct
from kiosk.papers.render import Content, PaperKind
from kiosk.papers.zero_report import ZeroReport
from kiosk.store import events
from kiosk.store.batches import ANSWERED
from kiosk.store.vote_store import VoteStore
from protocol.documents import acts
from protocol.documents.certificates import Role, fingerprint
from protocol.documents.dsse import Signer
from protocol.documents.errors import BadSignature
from protocol.documents.opening import Purpose, open_statement
from protocol.documents.payload import sha256

PAPER_OF = {
    ActKind.ZERO_REPORT: PaperKind.ZERO_REPORT,
    ActKind.OPENING: PaperKind.OPENING_ACT,
    ActKind.CLOSING: PaperKind.CLOSING_ACT,
    ActKind.PAUSE: PaperKind.PAUSE_ACT,
    ActKind.RESUMPTION: PaperKind.RESUMPTION_ACT,
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an act says of the store, read at one moment."""

    counters: Counters
    by_paper: dict[str, int]
    polls: PollsState
    journal_head: str
    unsealed: int
    pending: int
    pause: Pause | None

    @property
    def checks(self) -> tuple[Check, ...]:
        """The control equations."""
        return control_checks(self.counters, self.by_paper, self.unsealed, self.pending)


def snapshot(store: VoteStore) -> Snapshot:
    """Read counters, state and journal head together; what is unsealed and pending is counted anew."""
    return Snapshot(
        store.counters(),
        store.accepted_by_paper(),
        store.polls_state(),
        store.journal.head(),
        unsealed=sum(store.unsealed_by_paper().values()),
        pending=sum(batch.ballots for batch in store.batches() if batch.state not in ANSWERED),
        pause=last_pause(store),
    )


PER_PAPER = "paper:"
PASSED, FAILED = "check passed", "check failed"

EXPECTED = {
    PollsState.NOT_OPENED: (),
    PollsState.OPEN: (ActKind.OPENING,),
    PollsState.PAUSED: (ActKind.OPENING, ActKind.PAUSE),
    PollsState.CLOSED: (ActKind.CLOSING,),
}
"""The acts that have to be on paper in each state of the polls; after a pause the one that it is over, too."""


def unprinted(store: VoteStore) -> tuple[ActKind, ...]:
    """Acts that this state of the polls needs and whose paper the printer has not confirmed."""
    printed: set[ActKind] = set()
    expected = EXPECTED[store.polls_state()]
    for record in store.journal.records():
        match record.event:
            case "act_signed":
                printed.discard(ActKind(str(record.fields["act"])))
            case "act_printed":
                printed.add(ActKind(str(record.fields["act"])))
            case "polls_paused":
                printed.discard(ActKind.PAUSE)
            case "polls_resumed":
                printed.discard(ActKind.RESUMPTION)
                if store.polls_state() is PollsState.OPEN:
                    expected = (*EXPECTED[PollsState.OPEN], ActKind.RESUMPTION)
            case _:
                pass
    return tuple(kind for kind in expected if kind not in printed)


class Acts:
    """Draws up and signs acts; printing is the printer's lane's work."""

    def __init__(
        self,
        facts: Facts,
        store: OpenStore,
        members: Members,
        signer: Signer,
        keystore_banner: str | None,
        readiness: Callable[[], tuple[tuple[str, bool], ...]],
        kept: KeptActs,
        orders: Orders,
        quorum: OpeningQuorum,
    ) -> None:
        self._facts = facts
        self._store = store
        self._members = members
        self._signer = signer
        self._banner = keystore_banner
        self._readiness = readiness
        self._kept = kept
        self._orders = orders
        self._quorum = quorum

    def draw_up(self, kind: ActKind) -> tuple[PaperKind, Content] | CardRefused:
        """The act as a paper's content; as a signed document it lies in the folder of acts from here on.

        One that was signed and did not print is the same act again, and its paper says that it is a reprint. Runs on
        the card's lane: the card signs. Raises OSError, StoreError.
        """
        signer = self._members.signer()
        if isinstance(signer, CardRefused):
            return signer
        if kind is ActKind.ZERO_REPORT and not self._quorum.met:
            return CardRefused(Refusal.QUORUM_OVER)
        statement = self._statement(kind)
        again = self._unprinted(kind, statement)
        if again is not None:
            act, digest = again
            return PAPER_OF[kind], self._content(kind, act, digest, reprint=True)
        act = self._act(kind, self._store.do(snapshot), signer, statement)
        try:
            envelope = acts.sign_act(act, [signer])
        except CardError:
            return CardRefused(Refusal.UNREADABLE)
        except BadSignature:
            return CardRefused(Refusal.COPY)
        digest = sha256(acts.act_payload(act))
        # The envelope is what members signed; without it nobody could ever check that. It is kept before the journal
        # says that there is an act.
        self._kept.keep(kind, digest, envelope)
        self._store.record(events.act_signed(kind.value, digest))
        return PAPER_OF[kind], self._content(kind, act, digest, reprint=False)

    def _statement(self, kind: ActKind) -> str:
        """What the cards of the quorum signed, in its envelope, for an act that says what was done with it."""
        match kind:
            case ActKind.ZERO_REPORT:
                return self._quorum.statement(Purpose.OPEN)
            case ActKind.OPENING:
                return self._quorum.statement(Purpose.OPEN) or self._statement_of_zero_report()
            case ActKind.RESUMPTION:
                return self._quorum.statement(Purpose.RESUME)
            case ActKind.CLOSING | ActKind.PAUSE:
                return ""

    def _statement_of_zero_report(self) -> str:
        """The same, of polls that were opened before this terminal was last switched on: the report has it."""
        digest = self._store.do(lambda store: last_signed(store, ActKind.ZERO_REPORT))
        report = None if digest is None else self._kept.read(ActKind.ZERO_REPORT, digest)
        return "" if report is None else report.statement

    def _unprinted(self, kind: ActKind, statement: str) -> tuple[acts.Act, str] | None:
        """The act of this kind that waits for its paper, and its digest."""
        digest = self._store.do(lambda store: signed_not_printed(store, kind))
        act = None if digest is None else self._kept.read(kind, digest)
        if act is None or digest is None:
            return None
        if kind is ActKind.ZERO_REPORT and act.statement != statement:
            # Another quorum saw what was zero then; it says nothing of this one's opening.
            return None
        return act, digest

    def _act(self, kind: ActKind, now: Snapshot, signer: CardSigner, statement: str) -> acts.Act:
        holder = self._members.holder
        assert holder is not None
        mine = fingerprint(signer.certificate)
        counters: dict[str, int] = asdict(now.counters)
        counters |= {f"{PER_PAPER}{paper}": count for paper, count in now.by_paper.items()}
        return acts.Act(
            kind=kind.value,
            place=self._facts.place.place_id,
            terminal=self._facts.station.terminal,
            mode=self._facts.station.mode.value,
            at=self._facts.local_now().isoformat(timespec="minutes"),
            state=now.polls.value,
            counters=counters,
            checks=tuple(acts.ControlCheck(check.name, check.left, check.right) for check in now.checks),
            members=(
                acts.Member(holder.name, holder.role.value, mine),
                *(member for member in self._stated_by(statement) if member.card != mine),
            ),
            package=self._facts.opened.sha256,
            journal_head=now.journal_head,
            software=self._facts.software,
            notes=(
                *_notes(kind, now, self._readiness()),
                *(f"order {one.number} {one.digest}" for one in self._orders.in_force()),
                *(f"carries on the votes of terminal {one}" for one in self._store.line[:-1]),
            ),
            statement=statement,
        )

    def _stated_by(self, statement: str) -> tuple[acts.Member, ...]:
        """Whose cards signed the quorum's statement, the chair first. Raises ProtocolError if it is not one."""
        if not statement:
            return ()
        signed = open_statement(statement, self._facts.root, at=None).members
        roles = list(Role)
        signed = tuple(sorted(signed, key=lambda one: (roles.index(one.identity.role), one.identity.name)))
        return tuple(
            acts.Member(one.identity.name, one.identity.role.value, fingerprint(one.certificate)) for one in signed
        )

    def _content(self, kind: ActKind, act: acts.Act, digest: str, *, reprint: bool) -> Content:
        """What is printed: nothing but what was signed."""
        facts = self._facts_of(act, digest, reprint=reprint)
        languages = self._facts.package.languages
        by_paper = tuple(
            PaperCount(said(paper.title, languages), act.counters.get(f"{PER_PAPER}{paper.paper_id}", 0))
            for paper in self._facts.package.papers
        )
        own = {name: count for name, count in act.counters.items() if not name.startswith(PER_PAPER)}
        checks = tuple(Check(check.name, check.left, check.right) for check in act.checks)
        numbers = ActNumbers(Counters(**own), by_paper, checks)
        match kind:
            case ActKind.ZERO_REPORT:
                return ZeroReport(facts, numbers)
            case ActKind.OPENING:
                day = self._facts.package.days[0]
                date = _drawn_up(act).date()
                day = next((each for each in self._facts.package.days if each.date == date), day)
                return OpeningAct(facts, numbers, day.opens, day.closes, _readiness_of(act))
            case ActKind.CLOSING:
                return ClosingAct(facts, numbers)
            case ActKind.PAUSE | ActKind.RESUMPTION:
                pause = self._store.do(last_pause)
                assert pause is not None
                return PauseAct(facts, numbers, pause, resumed=kind is ActKind.RESUMPTION)

    def _facts_of(self, act: acts.Act, digest: str, *, reprint: bool) -> ActFacts:
        package, place = self._facts.package, self._facts.place
        signer, *others = act.members
        stated = ByCard.RESUMED if act.kind == ActKind.RESUMPTION.value else ByCard.OPENED
        members = (
            Member(signer.name, MemberRole(signer.role), ByCard.SIGNED),
            *(Member(one.name, MemberRole(one.role), stated if one.card else ByCard.NOTHING) for one in others),
        )
        return ActFacts(
            origin=self._facts.origin(reprint=reprint),
            address=said(place.address, package.languages),
            terminal=act.terminal,
            legal_basis=self._legal_basis(),
            drawn_up=_drawn_up(act),
            members=members,
            seals=(),
            package_digest=act.package,
            journal_head=act.journal_head,
            software_digest=act.software,
            keystore_banner=None if self._banner is None else message(self._banner),
            signed_summary=acts.sign_summary(act, digest, self._signer),
        )

    def _legal_basis(self) -> Words:
        package = self._facts.package
        basis = package.legal_basis
        return message(
            "act.legal_basis",
            decision=said(basis.decision, package.languages),
            authority=said(basis.authority, package.languages),
            day=basis.date.day,
            month=message(f"month.{basis.date.month}"),
            year=str(basis.date.year),
        )


def reprinted(content: Content) -> bool:
    """Whether an act's paper says that it is a reprint."""
    match content:
        case ZeroReport(facts) | OpeningAct(facts) | ClosingAct(facts) | PauseAct(facts):
            return facts.origin.reprint
        case _:
            raise TypeError(f"{type(content).__name__} is no act")


def _drawn_up(act: acts.Act) -> datetime:
    return datetime.fromisoformat(act.at)


def _notes(kind: ActKind, now: Snapshot, readiness: tuple[tuple[str, bool], ...]) -> tuple[str, ...]:
    """What an act says besides its numbers, for whoever reads it without the paper."""
    if kind is ActKind.OPENING:
        return tuple(f"{check}: {PASSED if passed else FAILED}" for check, passed in readiness)
    if kind not in (ActKind.PAUSE, ActKind.RESUMPTION) or now.pause is None:
        return ()
    return (f"paused {now.pause.since.isoformat(timespec='minutes')}: {now.pause.reason.value}",)


def _readiness_of(act: acts.Act) -> tuple[ReadinessLine, ...]:
    """The checks of opening, as the act has them among its notes."""
    found = (note.partition(": ") for note in act.notes)
    return tuple(
        ReadinessLine(message(f"check.{name}"), verdict == PASSED)
        for name, _, verdict in found
        if verdict in (PASSED, FAILED)
    )
