"""The effects of staff procedures."""

from collections.abc import Callable
from datetime import datetime

from drivers.keystore.api import KeyStoreError
from kiosk.domain.polls import Pause, PollsState
from kiosk.effects.acts import Acts, reprinted, unprinted
from kiosk.effects.delivery import Delivery
from kiosk.effects.deposit import Deposit
from kiosk.effects.journal_file import JournalFile
from kiosk.effects.lanes import Lane
from kiosk.effects.members import Members
from kiosk.effects.open_store import OpenStore
from kiosk.effects.orders import Orders
from kiosk.effects.place_key import HeldPlaceKey
from kiosk.effects.printing import Printing
from kiosk.effects.quorum import OpeningQuorum
from kiosk.effects.readiness import Readiness
from kiosk.effects.takeover import Takeover
from kiosk.flows.contract import (
    ActKind,
    CardRefused,
    Checked,
    CheckReadiness,
    CheckResult,
    Done,
    NotPrinted,
    Outcome,
    Paused,
    PausePolls,
    PinAccepted,
    PrintAct,
    Printed,
    QuorumLacks,
    Refusal,
    ReportPrinter,
    SoundState,
    Status,
    VerifyPin,
)
from kiosk.papers.render import Content, PaperKind
from kiosk.store import events
from kiosk.store.errors import StoreError
from kiosk.sync.sealing import SealingFailed


class Staff:
    """What members of the commission have the terminal do."""

    def __init__(
        self,
        store: OpenStore,
        members: Members,
        deposit: Deposit,
        place_key: HeldPlaceKey,
        quorum: OpeningQuorum,
        readiness: Readiness,
        acts: Acts,
        printing: Printing,
        delivery: Delivery,
        card_lane: Lane,
        printer_lane: Lane,
        language: str,
        sound: Callable[[], SoundState | None],
        now: Callable[[], datetime],
        journal_file: JournalFile,
        orders: Orders,
        takeover: Takeover,
    ) -> None:
        """`now` is the time by the polling place's clock, aware."""
        self._store = store
        self._members = members
        self._deposit = deposit
        self._place_key = place_key
        self._quorum = quorum
        self._readiness = readiness
        self._acts = acts
        self._printing = printing
        self._delivery = delivery
        self._card_lane = card_lane
        self._printer_lane = printer_lane
        self._language = language
        self._sound = sound
        self._now = now
        self._journal_file = journal_file
        self._orders = orders
        self.takeover = takeover

    def verify_pin(self, effect: VerifyPin) -> Outcome:
        """Take the PIN from the deposit and let the card judge it."""
        pin = self._deposit.take(effect.pin)
        if pin is None:
            return CardRefused(Refusal.UNREADABLE)
        # Whose it is, too: a card that is pulled right after is forgotten on that lane.
        refused, holder = self._card_lane.do(lambda: (self._members.verify(pin), self._members.holder))
        match refused:
            case None:
                assert holder is not None
                self._store.record(events.control_card_accepted(holder.role.value))
                return PinAccepted()
            case int(tries):
                self._store.record(events.pin_wrong(tries))
                return CardRefused(Refusal.PIN_WRONG)
            case CardRefused(refusal):
                self._store.record(events.control_card_refused(refusal.name.lower()))
                return refused

    def check_readiness(self, effect: CheckReadiness) -> Outcome:
        """Run the checks of a procedure."""
        if effect.procedure == "opening":
            return self._printer_lane.do(self._readiness.opening)
        if effect.procedure == "resuming":
            return self._printer_lane.do(self._readiness.resuming)
        return self._readiness.closing()

    def release_key(self) -> Outcome:
        """Count the card towards the quorum; with the last one the polling-place key is here."""
        if self._quorum.met or (self._place_key.held and self._polls() is not PollsState.NOT_OPENED):
            return Done()
        refused = self._card_lane.do(self._members.attend, self._quorum)
        if refused is not None:
            self._store.record(events.control_card_refused(refused.refusal.name.lower()))
            return refused
        now = self._quorum.now()
        self._store.record(events.quorum_joined(now.here[-1].role, len(now.here), now.needed))
        if now.missing:
            return QuorumLacks(now)
        self._store.record(events.key_released(self._quorum.stated))
        return Done()

    def end_quorum(self) -> Outcome:
        """The members go, or did not come in time."""
        if self._quorum.here:
            self._store.record(events.quorum_ended(len(self._quorum.here)))
        self._quorum.forget()
        return Done()

    def _polls(self) -> PollsState:
        return self._store.do(lambda store: store.polls_state())

    def _keep_key(self) -> CardRefused | None:
        """Keep the key that the quorum released, where it is not here already."""
        key = self._quorum.key()
        if key is not None:
            self._place_key.keep(key)
        elif not self._place_key.held or self._polls() is PollsState.NOT_OPENED:
            return CardRefused(Refusal.QUORUM_OVER)
        return None

    def print_act(self, effect: PrintAct) -> Outcome:
        """Draw up, sign, print."""
        drawn = self._card_lane.do(self._acts.draw_up, effect.act)
        if isinstance(drawn, CardRefused):
            return drawn
        kind, content = drawn
        language = self._language
        printed = self._printer_lane.do(self._print, kind, content, language)
        match printed:
            case Printed():
                self._store.record(events.act_printed(effect.act.value))
                if effect.act is ActKind.CLOSING:
                    self._journal_file.write()
            case NotPrinted(trouble):
                self._store.record(events.act_not_printed(effect.act.value, trouble.value))
        return printed

    def _print(self, kind: PaperKind, content: Content, language: str) -> Printed | NotPrinted:
        return self._printing.staff_paper(kind, content, language, reprint=reprinted(content))

    def open_polls(self) -> Outcome:
        """Open, at the hour or after it."""
        trouble = self._readiness.may_open_now()
        if trouble is not None:
            return Checked((CheckResult("opening_hour", trouble),))
        if self._members.holder is None:
            return CardRefused(Refusal.UNREADABLE)
        refused = self._keep_key()
        if refused is not None:
            return refused
        self._store.do_as_holder(lambda store: store.set_polls_state(PollsState.OPEN, events.polls_opened()))
        self._quorum.served()
        return Done()

    def pause_polls(self, effect: PausePolls) -> Outcome:
        """Pause, by the member whose card is in. Sealing and sending go on as they were, and nothing is forced."""
        if self._members.holder is None:
            return CardRefused(Refusal.UNREADABLE)
        pause = Pause(effect.reason, self._now().replace(second=0, microsecond=0))
        said = events.polls_paused(pause.reason.value, pause.since.isoformat(timespec="minutes"))
        self._store.do_as_holder(lambda store: store.set_polls_state(PollsState.PAUSED, said))
        # Who opened, or resumed last, is nobody that this pause's end can be put down to.
        self._quorum.forget()
        return Paused(pause)

    def resume_polls(self) -> Outcome:
        """Go on, with the key that is here, or that a quorum released anew."""
        if self._members.holder is None:
            return CardRefused(Refusal.UNREADABLE)
        refused = self._keep_key()
        if refused is not None:
            return refused
        self._store.do_as_holder(lambda store: store.set_polls_state(PollsState.OPEN, events.polls_resumed()))
        self._quorum.served()
        return Done()

    def close_polls(self) -> Outcome:
        """Close for good: no vote from here on, the key destroyed, the last batch sealed."""
        if self._members.holder is None:
            return CardRefused(Refusal.UNREADABLE)
        self._store.do_as_holder(lambda store: store.set_polls_state(PollsState.CLOSED, events.polls_closed()))
        # From here on the polls are closed whatever happens; what fails now is done at the next start.
        try:
            self._place_key.forget()
            self._store.record(events.key_forgotten())
            self._delivery.seal(last=True)
        except (SealingFailed, StoreError, KeyStoreError, OSError) as error:
            self._store.record(events.effect_failed("ClosePolls", type(error).__name__))
        self._journal_file.write()
        return Done()

    def read_status(self) -> Outcome:
        """Numbers, link, printers, sound, acts that are still to be printed."""
        trouble = self._printer_lane.do(self._printing.trouble)
        sheets = None
        if self._printing.on_sheets:
            sheets = ReportPrinter(self._printer_lane.do(self._printing.report_trouble))
        counters = self._store.do(lambda store: store.counters())
        unconfirmed = self._store.do(unprinted)
        return Status(
            counters,
            self._delivery.link,
            trouble,
            unconfirmed,
            self._sound(),
            self._store.second,
            self._store.report,
            self._orders.standing(),
            self.takeover.offered(),
            "".join(self._store.line[-2:-1]),
            sheets,
        )

    def end(self) -> Outcome:
        """The member goes."""
        self._card_lane.do(self._members.forget)
        return Done()
