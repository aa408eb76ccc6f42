"""Which effect runs where: every request goes to its lane, every outcome comes back as an event.

Lanes wait on each other in one direction only (staff → printer → card → session → store), so none can wait for
itself.
"""

from collections.abc import Callable

from kiosk.effects.lanes import Lane
from kiosk.effects.open_store import OpenStore
from kiosk.effects.order_paper import OrderPaper
from kiosk.effects.staff import Staff
from kiosk.effects.voting import Voting
from kiosk.flows.contract import (
    BeginTakeover,
    CallStaff,
    Cast,
    CheckReadiness,
    ClosePolls,
    Crashed,
    Done,
    Effect,
    Encrypt,
    EndQuorum,
    EndSession,
    EndStaff,
    EndTakeover,
    Event,
    Finished,
    GiveShare,
    OpenBallot,
    OpenPolls,
    Outcome,
    PausePolls,
    PrintAct,
    PrintCast,
    PrintOffered,
    PrintOrder,
    ReadCard,
    ReadStatus,
    RecogniseCard,
    ReleaseCard,
    ReleaseKey,
    Request,
    ResetSession,
    ResumePolls,
    SetTimer,
    SpendCard,
    StartAnew,
    StopTimer,
    TakeOver,
    VerifyPin,
)
from kiosk.store import events
from kiosk.store.errors import StoreError


class Performer:
    """Begins effects and sends their outcomes."""

    def __init__(
        self,
        voting: Voting,
        staff: Staff,
        order_paper: OrderPaper,
        store: OpenStore,
        card_lane: Lane,
        printer_lane: Lane,
        send: Callable[[Event], None],
        start_anew: Callable[[], None],
    ) -> None:
        """`start_anew` asks for a new start of the program and returns at once."""
        self._voting = voting
        self._staff = staff
        self._order_paper = order_paper
        self._store = store
        self._send = send
        self._start_anew = start_anew
        self._card_lane = card_lane
        self._printer_lane = printer_lane
        self._staff_lane = Lane("staff")
        self._cast_lane = Lane("cast")

    def perform(self, request: Request) -> None:
        """Queue the effect on its lane and return at once."""
        lane, work = self._place(request.effect)
        lane.submit(self._run, request, work)

    def _place(self, effect: Effect) -> tuple[Lane, Callable[[], Outcome]]:
        voting, staff = self._voting, self._staff
        match effect:
            case ReadCard():
                return self._card_lane, lambda: voting.read_card(effect)
            case RecogniseCard():
                return self._card_lane, lambda: voting.recognise_card(effect)
            case SpendCard():
                return self._card_lane, lambda: voting.spend_card(effect)
            case ReleaseCard():
                return self._card_lane, lambda: voting.release_card(effect)
            case ResetSession():
                return self._card_lane, lambda: voting.reset_session(effect)
            case EndSession():
                return self._card_lane, lambda: voting.end_session(effect)
            case Encrypt():
                return self._cast_lane, lambda: voting.encrypt(effect)
            case Cast():
                return self._cast_lane, lambda: voting.cast(effect)
            case PrintOffered():
                return self._printer_lane, lambda: voting.print_offered(effect)
            case OpenBallot():
                return self._printer_lane, lambda: voting.open_ballot(effect)
            case PrintCast():
                return self._printer_lane, lambda: voting.print_cast(effect)
            case PrintOrder():
                return self._printer_lane, lambda: self._order_paper.print_order(effect)
            case CallStaff():
                return self._staff_lane, lambda: voting.call_staff(effect)
            case VerifyPin():
                return self._staff_lane, lambda: staff.verify_pin(effect)
            case CheckReadiness():
                return self._staff_lane, lambda: staff.check_readiness(effect)
            case ReleaseKey():
                return self._staff_lane, staff.release_key
            case EndQuorum():
                return self._staff_lane, staff.end_quorum
            case PrintAct():
                return self._staff_lane, lambda: staff.print_act(effect)
            case OpenPolls():
                return self._staff_lane, staff.open_polls
            case PausePolls():
                return self._staff_lane, lambda: staff.pause_polls(effect)
            case ResumePolls():
                return self._staff_lane, staff.resume_polls
            case ClosePolls():
                return self._staff_lane, staff.close_polls
            case ReadStatus():
                return self._staff_lane, staff.read_status
            case BeginTakeover():
                return self._staff_lane, staff.takeover.begin
            case GiveShare():
                return self._staff_lane, staff.takeover.give_share
            case TakeOver():
                return self._staff_lane, staff.takeover.take_over
            case EndTakeover():
                return self._staff_lane, staff.takeover.end
            case StartAnew():
                return self._staff_lane, self._anew
            case EndStaff():
                return self._staff_lane, staff.end
            case SetTimer() | StopTimer():
                raise AssertionError("timers are the runner's")

    def _run(self, request: Request, work: Callable[[], Outcome]) -> None:
        outcome: Outcome = Crashed()
        try:
            outcome = work()
        except Exception as error:  # noqa: BLE001 - whatever broke, the flow has to hear of it and go on
            self._note(type(request.effect).__name__, type(error).__name__)
        finally:
            # Also if it could not even be written down: a flow that hears nothing waits for ever.
            self._send(Finished(request.id, outcome))

    def _anew(self) -> Outcome:
        self._start_anew()
        return Done()

    def _note(self, effect: str, error: str) -> None:
        """Write the failure down; only kinds, never words that could hold a secret."""
        try:
            self._store.record(events.effect_failed(effect, error))
        except StoreError:
            # The store is what failed; the screen says so.
            return

    def close(self) -> None:
        """Finish what is queued and end the threads."""
        for lane in (self._staff_lane, self._cast_lane, self._printer_lane, self._card_lane):
            lane.close()
