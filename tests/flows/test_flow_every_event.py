"""Every phase × every event: a step never breaks, is the same each time, and every screen has its words."""

import types
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from kiosk.domain.polls import PollsState
from kiosk.domain.settings import Settings
from kiosk.flows import contract as c
from kiosk.flows.scene import Stopping
from kiosk.flows.staff.states import StaffPhase
from kiosk.flows.terminal import Phase, Terminal, step
from kiosk.flows.view import starting, view
from kiosk.flows.views import Screen, View
from kiosk.flows.voter.ordered_stop import under_way
from kiosk.flows.voter.states import Deciding, Waiting
from tests.flows.flow_setting import HANDLE, PAPERS, STATION, STOP_ALL, words_of
from tests.flows.phase_examples import EVENTS, EXAMPLES, OTHER, OUTCOMES, STALE, awaited, events_for
from texts import Catalogue, MissingWordsError

CATALOGUES = [Catalogue("ru"), Catalogue("en")]
PHASES = pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)


def members(union: Any) -> set[type[Any]]:
    """The classes of a union, unions in it flattened."""
    found: set[type[Any]] = set()
    for each in get_args(union):
        found |= members(each) if isinstance(each, types.UnionType) else {each}
    return found


def terminals(kind: type[Any]) -> Iterator[Terminal]:
    """A terminal in each example of a phase, the polls in each state that this phase looks at."""
    looks = kind in (*get_args(StaffPhase), Waiting)
    for phase in EXAMPLES[kind]:
        for polls in PollsState if looks else (PollsState.OPEN,):
            yield Terminal(STATION, polls, Settings("en"), phase, next_id=100)
    if under_way(EXAMPLES[kind][-1]) is None:
        yield Terminal(STATION, PollsState.OPEN, Settings("en"), EXAMPLES[kind][0], next_id=100, orders=(STOP_ALL,))
    else:
        told = Stopping(STOP_ALL, 300.0, told=True)
        yield Terminal(
            STATION, PollsState.OPEN, Settings("en"), EXAMPLES[kind][-1], 100, orders=(STOP_ALL,), stopping=told
        )


def missing_words(shown: View) -> set[str]:
    """What the catalogues do not say of a view."""
    missing = set()
    for catalogue in CATALOGUES:
        for words in words_of(shown):
            try:
                assert catalogue.say(words)
            except MissingWordsError as error:
                missing.add(f"{shown.screen.value}: {error}")
    return missing


def test_there_is_an_example_of_every_phase() -> None:
    assert members(Phase) == {kind for kind, examples in EXAMPLES.items() if examples}


def test_there_is_an_example_of_every_event_and_outcome() -> None:
    assert members(c.Event) == set(EVENTS)
    assert members(c.Outcome) == set(OUTCOMES)


def test_every_screen_is_shown_by_some_phase() -> None:
    shown = {view(terminal).screen for kind in EXAMPLES for terminal in terminals(kind)}
    assert shown | {starting(STATION).screen} == set(Screen)


@PHASES
def test_every_event_has_an_answer_and_every_screen_its_words(kind: type[Any]) -> None:
    missing: set[str] = set()
    seen: set[View] = set()
    for terminal in terminals(kind):
        for event in events_for(terminal.phase):
            after, requests = step(terminal, event)
            assert step(terminal, event) == (after, requests)
            assert [request.id for request in requests] == list(range(100, after.next_id))
            twice, _ = step(after, event)
            for each in (after, twice):
                shown = view(each)
                if shown not in seen:
                    seen.add(shown)
                    missing |= missing_words(shown)
    print("\n".join(sorted(missing)))
    assert not missing


def test_the_first_screen_has_its_words() -> None:
    assert not missing_words(starting(STATION))
    assert not missing_words(starting(STATION, c.SecondCopy(c.SecondState.CATCHING_UP, 3, 40)))


@PHASES
def test_a_stale_outcome_changes_nothing(kind: type[Any]) -> None:
    for terminal in terminals(kind):
        for outcomes in OUTCOMES.values():
            for outcome in outcomes:
                after, requests = step(terminal, c.Finished(STALE, outcome))
                effects = [request.effect for request in requests]
                # A voter whom nobody waits for any more has a process with a credential in it: it has to end.
                expected = [c.EndSession(OTHER)] if isinstance(outcome, c.VoterAdmitted) else []
                assert effects == expected
                assert after.phase == terminal.phase
                assert (after.polls, after.settings) == (terminal.polls, terminal.settings)


@PHASES
def test_a_doubled_admission_does_not_end_the_session_under_way(kind: type[Any]) -> None:
    for terminal in terminals(kind):
        doubled = c.Finished(STALE, c.VoterAdmitted(HANDLE, PAPERS))
        after, requests = step(terminal, doubled)
        alive = "session='session'" in repr(terminal.phase) or "handle='session'" in repr(terminal.phase)
        assert [request.effect for request in requests] == ([] if alive else [c.EndSession(HANDLE)])
        assert after.phase == terminal.phase


@PHASES
def test_an_awaited_outcome_is_taken_once(kind: type[Any]) -> None:
    for terminal in terminals(kind):
        for effect in awaited(terminal.phase):
            for outcomes in OUTCOMES.values():
                for outcome in outcomes:
                    after, _ = step(terminal, c.Finished(effect, outcome))
                    assert effect not in awaited(after.phase)
                    again, requests = step(after, c.Finished(effect, outcome))
                    ends = {c.EndSession} if isinstance(outcome, c.VoterAdmitted) else set()
                    assert {type(request.effect) for request in requests} <= ends
                    assert again.phase == after.phase


@PHASES
def test_nothing_is_cast_but_by_the_touch_that_casts(kind: type[Any]) -> None:
    for terminal in terminals(kind):
        for event in events_for(terminal.phase):
            _, requests = step(terminal, event)
            casts = [request for request in requests if isinstance(request.effect, c.Cast)]
            pressed = kind is Deciding and event == c.Touched(c.Touch.CAST)
            assert len(casts) == (1 if pressed else 0)


@PHASES
def test_settings_change_how_it_looks_and_nothing_else(kind: type[Any]) -> None:
    for terminal in terminals(kind):
        for event in EVENTS[c.SettingsChosen]:
            after, requests = step(terminal, event)
            assert after.phase == terminal.phase
            assert after.settings.language in STATION.languages
            assert {type(request.effect) for request in requests} <= {c.SetTimer}


@PHASES
def test_the_primary_action_and_every_other_do_something(kind: type[Any]) -> None:
    """No button that is shown as usable is dead."""
    dead = set()
    for terminal in terminals(kind):
        shown = view(terminal)
        for action in (shown.back, shown.help, shown.primary):
            if action is None or not action.enabled:
                continue
            after, requests = step(terminal, action.event)
            if after.phase == terminal.phase and not [
                each for each in requests if not isinstance(each.effect, c.SetTimer)
            ]:
                dead.add((type(terminal.phase).__name__, str(action.event)))
    assert not dead
