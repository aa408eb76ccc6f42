"""Every state has an exit: all reachable states of a small election, and the way from each back to the welcome."""

from collections import deque
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from kiosk.domain.ballots import Contest, Option, Paper
from kiosk.domain.counters import Counters
from kiosk.domain.orders import Termination
from kiosk.domain.polls import PollsState
from kiosk.flows import contract as c
from kiosk.flows.staff import states as s
from kiosk.flows.terminal import Phase, Terminal, step
from kiosk.flows.view import view
from kiosk.flows.voter import states as v
from kiosk.flows.voter.stop_states import OrderedStop
from tests.flows.flow_setting import HANDLE, STATION, STOP_ALL, both
from tests.flows.phase_examples import OUTCOMES, awaited
from tests.flows.test_flow_every_event import members
from tests.flows.test_flow_promises import actions

MUST = Contest(both("must"), None, (Option(both("only")),), 1, 1, blank=False)
MAY = Contest(both("may"), None, (Option(both("only")),), 0, 1, blank=False)
PAPERS = (Paper("one", "uuid-one", both("one"), (MUST,)), Paper("two", "uuid-two", both("two"), (MAY,)))
TIMERS = ("idle", "answer", "pulled", "take_card", "give_up", "practice", "card_left", "called", "grace", "gather")

STATUS_OF_A_SPARE = c.Status(Counters(), link=True, printer=None, may_take_over=True)

State = tuple[Phase, PollsState, bool]


def renumbered(phase: Any, number: int = 1) -> Any:
    """The phase with the ids of its effects counted from 1, so that equal situations are equal."""
    if isinstance(phase, v.Practising):
        return practice_renumbered(phase)
    changes = {}
    for each in fields(phase):
        value = getattr(phase, each.name)
        if each.name.endswith("effect") and value is not None:
            changes[each.name] = c.EffectId(number)
            number += 1
        elif each.name == "under" and is_dataclass(value):
            changes[each.name] = renumbered(value, number + 10)
    return replace(phase, **changes) if changes else phase


def practice_renumbered(phase: v.Practising) -> v.Practising:
    """The same for a practice, whose phase and whose own answers share their ids, and which counts its codes."""
    shows: Any = renumbered(phase.shows)
    session = getattr(shows, "session", None)
    if isinstance(session, v.Session):
        papers = tuple(replace(each, code=each.code and "CODE") for each in session.papers)
        without = replace(session, papers=papers)
        if isinstance(shows, v.About):
            shows = replace(shows, under=replace(shows.under, session=without))
        else:
            shows = replace(shows, session=without)
    pending = tuple(replace(each, id=c.EffectId(i)) for i, each in enumerate(phase.pending, 1))
    return v.Practising(shows, pending, len(pending) + 1, 0, phase.card_in)


def outcomes() -> tuple[c.Outcome, ...]:
    """One outcome of each kind, and each that leads on in its own way."""
    kinds = [kind for kind in OUTCOMES if kind is not c.VoterAdmitted]
    voters = tuple(c.VoterAdmitted(HANDLE, PAPERS, interrupted) for interrupted in (False, True))
    pin = c.CardRefused(c.Refusal.PIN_WRONG)
    home = (OUTCOMES[c.Status][1], STATUS_OF_A_SPARE)
    shares = OUTCOMES[c.ShareGiven][1:]
    return (*(OUTCOMES[kind][0] for kind in kinds), OUTCOMES[c.Checked][2], *home, pin, *shares, *voters)


def events(state: State, orders: tuple[Termination, ...]) -> Iterator[c.Event]:
    """What can happen: the card, the screen, devices, time."""
    phase, polls, card = state
    yield c.CardRemoved() if card else c.CardInserted()
    shown = view(Terminal(STATION, polls, Terminal.starting(STATION, polls).settings, phase, orders=orders))
    yield from (action.event for action in actions(shown))
    if isinstance(phase, s.StaffPin | s.GatherPin):
        yield c.PinEntered(c.Handle("pin"))
    yield from (c.TimeUp(timer) for timer in TIMERS)
    for effect in awaited(phase):
        yield from (c.Finished(effect, outcome) for outcome in outcomes())


def reached(polls: PollsState, orders: tuple[Termination, ...] = ()) -> dict[State, set[State]]:
    """Every state that can be reached, and where each leads."""
    settings = Terminal.starting(STATION, polls).settings
    first: State = (v.Waiting(), polls, False)
    ways: dict[State, set[State]] = {first: set()}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        phase, now, card = state
        for event in events(state, orders):
            after, _ = step(Terminal(STATION, now, settings, phase, next_id=100, orders=orders), event)
            lies = isinstance(event, c.CardInserted) or (card and not isinstance(event, c.CardRemoved))
            then: State = (cast(Phase, renumbered(after.phase)), after.polls, lies)
            ways[state].add(then)
            if then not in ways:
                ways[then] = set()
                queue.append(then)
    return ways


def test_from_every_state_there_is_a_way_back_to_the_welcome() -> None:
    ways = reached(PollsState.NOT_OPENED)
    home = {state for state in ways if isinstance(state[0], v.Waiting) and not state[2]}
    assert {state[1] for state in home} == set(PollsState)
    assert unread(ways) == set()
    assert stuck(ways) == {v.OutOfOrder, s.TakenOver}, "these ask for a restart, or make one; everything else goes on"
    phases = {type(state[0]) for state in ways}
    assert phases > {v.Accepted, v.NotAccepted, v.Checked, v.ChoosingCheck, v.PrinterWaits, s.ProcedureDone}
    practised = {type(state[0].shows) for state in ways if isinstance(state[0], v.Practising)}
    assert practised == members(v.Practised) - {v.PrinterWaits}


def test_where_voting_is_terminated_nobody_votes_and_nobody_is_stuck() -> None:
    ways = reached(PollsState.OPEN, (STOP_ALL,))
    phases = {type(state[0]) for state in ways}
    assert {OrderedStop, v.AfterPower, s.Checklist, s.ProcedureDone} <= phases
    assert not phases & {v.Ballots, v.Filling, v.Deciding, v.Casting, v.Accepted}
    assert PollsState.CLOSED in {state[1] for state in ways}, "closing still works"
    assert unread(ways) == set()
    assert stuck(ways) == {v.OutOfOrder}, "a store that died asks for a restart"
    assert {state[1] for state in reached(PollsState.NOT_OPENED, (STOP_ALL,))} == {PollsState.NOT_OPENED}


def unread(ways: dict[State, set[State]]) -> set[type[Phase]]:
    """The phases from which the terminal waits for a card while one lies in the reader: nobody would ever read it."""
    return {
        type(state[0]) for state, then in ways.items() for each in then if isinstance(each[0], v.Waiting) and each[2]
    }


def stuck(ways: dict[State, set[State]]) -> set[type[Phase]]:
    """The phases from which no way leads back to the welcome."""
    into: dict[State, set[State]] = {state: set() for state in ways}
    for state, following in ways.items():
        for then in following:
            into[then].add(state)
    home = {state for state in ways if isinstance(state[0], v.Waiting) and not state[2]}
    found, queue = set(home), deque(home)
    while queue:
        for before in into[queue.popleft()] - found:
            found.add(before)
            queue.append(before)
    return {type(state[0]) for state in ways.keys() - found}


def test_no_paper_that_counts_as_filled_is_faulty() -> None:
    for phase, _, _ in reached(PollsState.OPEN):
        session = getattr(phase, "session", None)
        if not isinstance(session, v.Session) or isinstance(phase, v.Filling | v.About):
            continue
        for state in session.papers:
            for contest, selection in zip(state.paper.contests, state.selections, strict=True):
                assert not (state.filled and selection.fault(contest))
                assert not (state.code and not state.filled), "a code belongs to the marks that are shown"
