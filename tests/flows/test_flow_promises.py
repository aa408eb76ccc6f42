"""The promises of a session (DESIGN 8), held against random people, cards, devices and times."""

from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kiosk.domain.ballots import encoded_paper
from kiosk.domain.orders import stopping
from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.flows import contract as c
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import Action
from kiosk.flows.voter import states as v
from kiosk.flows.voter.ordered_stop import under_way
from tests.flows.flow_setting import MAYOR, PAPERS, QUESTIONS, STATION
from tests.flows.phase_examples import CODED, EMPTY, EVENTS, FILLED, ONE, OUTCOMES, PARTLY

ANSWERS: dict[type[object], tuple[type[object], ...]] = {
    c.RecogniseCard: (c.SameCard, c.SameCard, c.SameCard, c.StaffCard, c.CardRefused),
    c.Encrypt: (c.Encrypted, c.Encrypted, c.Encrypted, c.Crashed),
    c.PrintOffered: (c.Printed, c.Printed, c.NotPrinted),
    c.PrintOrder: (c.Printed, c.NotPrinted, c.Crashed),
    c.PrintCast: (c.Printed, c.NotPrinted, c.Crashed),
    c.OpenBallot: (c.Printed, c.Printed, c.NotPrinted, c.Crashed),
    c.Cast: (c.Stored, c.Stored, c.Stored, c.NotStored, c.Crashed),
    c.SpendCard: (c.Done, c.CardRefused),
    c.ReleaseCard: (c.Done, c.CardRefused),
    c.VerifyPin: (c.PinAccepted, c.CardRefused),
    c.CheckReadiness: (c.Checked,),
    c.ReleaseKey: (c.Done, c.Done, c.QuorumLacks, c.CardRefused),
    c.PrintAct: (c.Printed, c.Printed, c.NotPrinted, c.CardRefused),
    c.OpenPolls: (c.Done, c.Checked),
    c.PausePolls: (c.Paused, c.Paused, c.CardRefused),
    c.ResumePolls: (c.Done, c.CardRefused),
    c.ClosePolls: (c.Done, c.Crashed),
    c.ReadStatus: (c.Status,),
}


@dataclass
class Kept:
    """What the world outside knows of one session."""

    codes: dict[str, str] = field(default_factory=dict)
    choices: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    slip: dict[str, str] | None = None
    """The codes that the slip printed last offers, by paper; None if a ballot of it has changed since."""
    casts: int = 0
    stored: bool | None = None
    ended: int = 0


def actions(shown: object) -> list[Action]:
    """Every usable action of a view, wherever it is."""
    if isinstance(shown, Action):
        return [shown] if shown.enabled else []
    if isinstance(shown, tuple):
        return [action for each in shown for action in actions(each)]
    names = getattr(type(shown), "__dataclass_fields__", {})
    return [action for name in names for action in actions(getattr(shown, name))]


class TerminalInTheWorld(RuleBasedStateMachine):
    """Card slot, timers and effects as the real ones behave; people as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.terminal = Terminal.starting(STATION, PollsState.OPEN)
        self.card = False
        self.outstanding: list[c.Request] = []
        self.timers: set[str] = set()
        self.sessions: dict[c.Handle, Kept] = {}
        self.codes = 0

    # --- what happens ---------------------------------------------------------------------------------------------

    @initialize(data=st.data(), polls=st.sampled_from([PollsState.OPEN, PollsState.OPEN, *PollsState]))
    def switched_on(self, data: st.DataObject, polls: PollsState) -> None:
        """Nobody is there; or a voter is in the middle of it, so that what comes late is seen often."""
        self.terminal = Terminal.starting(STATION, polls)
        self.happen(c.Started())
        if polls is not PollsState.OPEN:
            return
        self.card = True
        self.happen(c.CardInserted())
        self.outstanding.clear()
        session = data.draw(st.sampled_from([EMPTY, FILLED, CODED, CODED, PARTLY, PARTLY, ONE, ONE]))
        codes = {state.paper.paper_id: state.code for state in session.papers if state.code is not None}
        coded = [state for state in session.papers if state.code is not None]
        choices = {state.paper.paper_id: encoded_paper(state.paper, state.selections) for state in coded}
        self.sessions[session.handle] = Kept(codes, choices)
        if session is PARTLY:
            # Declined after it was encrypted: the world still holds its ballot, and no slip offers it.
            state = CODED.papers[1]
            self.sessions[session.handle].codes[state.paper.paper_id] = str(state.code)
        kinds: list[v.Interactive] = [v.Ballots(session)]
        if session.filled:
            kinds.append(v.Reviewing(session))
        if codes and session is not PARTLY:
            self.sessions[session.handle].slip = dict(codes)
            kinds += [v.Deciding(session)] * 3
        self.terminal = replace(self.terminal, phase=data.draw(st.sampled_from(kinds)))

    @rule(dice=st.integers(0, 29), data=st.data())
    def something_happens(self, dice: int, data: st.DataObject) -> None:
        """Mostly people use the screen and devices answer; sometimes a card is pulled, nobody comes, time runs out."""
        if self.outstanding and dice < 18:
            self.answer(data)
        elif dice < 24 and self.card and actions(view(self.terminal)):
            self.happen(data.draw(st.sampled_from(actions(view(self.terminal)))).event)
        elif dice == 24 and self.timers:
            self.run_out(data.draw(st.sampled_from(sorted(self.timers))))
        elif dice == 25 or (not self.card and dice < 24):
            self.move_the_card()
        else:
            self.anything(data)

    def move_the_card(self) -> None:
        self.card = not self.card
        self.happen(c.CardInserted() if self.card else c.CardRemoved())

    def anything(self, data: st.DataObject) -> None:
        """An event that the screen does not offer: a touch that comes late, a timer that is forgotten."""
        kinds = [kind for kind in EVENTS if kind not in (c.CardInserted, c.CardRemoved, c.Started, c.TimeUp)]
        self.happen(data.draw(st.sampled_from(EVENTS[data.draw(st.sampled_from(kinds))])))

    def run_out(self, timer: str) -> None:
        self.timers.discard(timer)
        self.happen(c.TimeUp(timer))

    def answer(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.outstanding))
        self.outstanding.remove(request)
        self.happen(c.Finished(request.id, self.outcome(request.effect, data)))

    def outcome(self, effect: c.Effect, data: st.DataObject) -> c.Outcome:
        """An outcome that this effect may have."""
        match effect:
            case c.ReadCard():
                return self.card_read(data)
            case c.Encrypt(session, paper_id, choices):
                kind = data.draw(st.sampled_from(ANSWERS[c.Encrypt]))
                if kind is c.Crashed:
                    return c.Crashed()
                self.codes += 1
                code = f"CODE-{self.codes}"
                self.sessions[session].codes[paper_id] = code
                self.sessions[session].choices[paper_id] = choices
                self.sessions[session].slip = None
                return c.Encrypted(paper_id, code)
            case c.Cast(session, papers):
                kind = data.draw(st.sampled_from(ANSWERS[c.Cast]))
                self.sessions[session].stored = {c.Stored: True, c.NotStored: False}.get(kind)
                return c.Stored(len(papers)) if kind is c.Stored else data.draw(st.sampled_from(OUTCOMES[kind]))
            case _:
                return data.draw(st.sampled_from(OUTCOMES[data.draw(st.sampled_from(ANSWERS[type(effect)]))]))

    def card_read(self, data: st.DataObject) -> c.Outcome:
        """A voter, a member, a card that is refused."""
        kinds = [
            c.VoterAdmitted,
            c.VoterAdmitted,
            c.VoterAdmitted,
            c.StaffCard,
            c.AlreadyCast,
            c.VotingStopped,
            c.CardRefused,
            c.Crashed,
        ]
        kind = data.draw(st.sampled_from(kinds))
        if kind is not c.VoterAdmitted:
            return data.draw(st.sampled_from(OUTCOMES[kind]))
        handle = c.Handle(f"session {len(self.sessions) + 1}")
        self.sessions[handle] = Kept()
        papers = data.draw(st.sampled_from([PAPERS, (MAYOR,), (QUESTIONS, MAYOR)]))
        district = data.draw(st.sampled_from(["north", "south"]))
        return c.VoterAdmitted(handle, papers, data.draw(st.booleans()), district)

    # --- what must hold -------------------------------------------------------------------------------------------

    def happen(self, event: c.Event) -> None:
        before = self.terminal
        self.terminal, requests = step(before, event)
        for request in requests:
            self.judge(before, event, request.effect)
            match request.effect:
                case c.SetTimer(timer):
                    self.timers.add(timer)
                case c.StopTimer(timer):
                    self.timers.discard(timer)
                case c.ResetSession() | c.EndSession() | c.EndStaff() | c.EndQuorum() | c.CallStaff():
                    pass
                case _:
                    self.outstanding.append(request)
        if isinstance(self.terminal.phase, v.Waiting) and isinstance(event, c.CardRemoved):
            came = not isinstance(before.phase, v.Waiting)
            assert not came or self.terminal.settings == Settings(language="ru")

    def judge(self, before: Terminal, event: c.Event, effect: c.Effect) -> None:
        """The promises that a request could break."""
        match effect:
            case c.Cast(session, papers, declined):
                kept = self.sessions[session]
                kept.casts += 1
                assert kept.casts == 1
                assert isinstance(before.phase, v.Deciding)
                assert event == c.Touched(c.Touch.CAST)
                shown = {state.paper.paper_id: state.code for state in before.phase.session.papers if state.filled}
                assert shown == {paper: kept.codes[paper] for paper in papers}, "what was offered is what is cast"
                for state in before.phase.session.papers:
                    if state.filled:
                        marks = encoded_paper(state.paper, state.selections)
                        assert kept.choices[state.paper.paper_id] == marks, "what was reviewed is what is cast"
                assert kept.slip == shown, "what is on the slip is what is cast"
                refused = [state for state in before.phase.session.papers if state.declined]
                assert declined == len(refused), "what is not cast was declined by the voter, in so many words"
                assert len(papers) + declined == len(before.phase.session.papers)
            case c.OpenBallot(session, paper_id, _, reprint):
                assert self.sessions[session].casts == 0
                assert reprint or self.sessions[session].codes.pop(paper_id)
                self.sessions[session].slip = None
            case c.Encrypt(session):
                assert self.sessions[session].casts == 0
            case c.PrintOffered(session, papers):
                kept = self.sessions[session]
                assert kept.casts == 0
                assert papers, "a slip offers something"
                # As the session's process does: what is not offered is destroyed.
                kept.codes = kept.slip = {paper: kept.codes[paper] for paper in papers}
            case c.SpendCard(session) | c.PrintCast(session):
                assert self.sessions[session].stored is True
            case c.ResetSession(session):
                assert self.sessions[session].casts == 0, "a cast is out of reach of a reset"
            case c.ReleaseCard(session):
                assert self.sessions[session].stored is not True
                assert self.sessions[session].casts == 0 or self.sessions[session].stored is False
            case c.EndSession(session) if session in self.sessions:
                self.sessions[session].ended += 1
                assert self.sessions[session].ended == 1
            case c.OpenPolls():
                assert before.polls is PollsState.NOT_OPENED
            case _:
                pass
        of: c.Handle = getattr(effect, "session", c.Handle(""))
        if of in self.sessions and not isinstance(effect, c.EndSession):
            assert not self.sessions[of].ended, "nothing is asked of a session that has ended"

    @invariant()
    def sessions_live_on_screen_or_not_at_all(self) -> None:
        alive = {str(handle) for handle, kept in self.sessions.items() if not kept.ended}
        shown = {handle for handle in self.sessions if f"'{handle}'" in repr(self.terminal.phase)}
        assert alive == shown

    @invariant()
    def nothing_is_left_running_on_the_welcome_screen(self) -> None:
        if isinstance(self.terminal.phase, v.Waiting):
            # Only the one that gives the usual settings back when somebody chose others and went away.
            usual = self.terminal.settings.language == self.terminal.station.languages[0]
            # And the sign that somebody called from here goes out by itself.
            timers = self.timers - ({"called"} if self.terminal.called is not None else set())
            assert not timers or (timers == {"idle"} and self.terminal.settings != Settings("ru"))
            assert usual or timers

    @invariant()
    def nobody_goes_on_without_end_where_voting_is_terminated(self) -> None:
        session = under_way(self.terminal.phase)
        if session is None:
            assert self.terminal.stopping is None
            assert not self.timers & {"grace", "grace_soon"}
        elif stopping(self.terminal.orders, session.district) is not None:
            assert self.terminal.stopping is not None
            assert self.timers & {"grace", "grace_soon"}

    @invariant()
    def the_screen_can_be_shown(self) -> None:
        view(self.terminal)

    def teardown(self) -> None:
        """Everybody has gone: card out, devices ready, time passes. The terminal is there for the next voter."""
        if self.card:
            self.move_the_card()
        for _ in range(200):
            if self.outstanding:
                request = self.outstanding.pop(0)
                self.happen(c.Finished(request.id, c.Crashed()))
            elif self.timers:
                self.run_out(min(self.timers))
        assert isinstance(self.terminal.phase, v.Waiting | v.OutOfOrder), self.terminal.phase
        assert all(kept.ended == 1 for kept in self.sessions.values())


TestTerminalInTheWorld = TerminalInTheWorld.TestCase
TestTerminalInTheWorld.settings = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
