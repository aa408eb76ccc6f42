"""Practice without a card: the whole journey, and nothing behind it."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.polls import Mode, PollsState
from kiosk.domain.settings import Settings, TextSize
from kiosk.domain.words import message
from kiosk.flows import contract as c
from kiosk.flows.speech import speech_of
from kiosk.flows.staff import states as s
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.view import view
from kiosk.flows.voter import practice
from kiosk.flows.voter import states as v
from protocol.code import from_shown
from protocol.errors import Malformed
from tests.flows.flow_setting import PRACTICE, STATION, Player, words_of
from tests.flows.phase_examples import EVENTS, EXAMPLES, TIMERS
from tests.flows.test_flow_promises import actions
from texts import Catalogue

HARMLESS = (c.SetTimer, c.StopTimer, c.CallStaff)
"""What a practice may ask for: none of it reaches a card, a session, the store's votes, the printer or the centre."""


def learner(polls: PollsState = PollsState.OPEN) -> Player:
    player = Player(Terminal.starting(STATION, polls))
    player.touch(c.Touch.PRACTISE)
    return player


def work(player: Player) -> str:
    """Let the terminal seem to work until it waits for the learner again."""
    while practice.WORK in player.timers:
        player.run_out(practice.WORK)
    return player.screen


def fill_both(player: Player) -> None:
    for paper in PRACTICE:
        player.do(c.PaperChosen(paper.paper_id))
        player.do(c.OptionTouched(0))
        player.touch(c.Touch.NEXT)
    assert player.screen == "review"


def offered(player: Player) -> None:
    fill_both(player)
    assert player.touch(c.Touch.NEXT) == "encrypting"
    assert work(player) == "decide"


def codes(player: Player) -> list[str]:
    phase = player.terminal.phase
    assert isinstance(phase, v.Practising)
    assert isinstance(phase.shows, v.Deciding)
    return [state.code or "" for state in phase.shows.session.papers]


def nothing_was_done(player: Player) -> None:
    assert {type(effect) for effect in player.asked} <= set(HARMLESS)


def test_declining_everything_promises_nothing_of_a_card() -> None:
    """In a session the card stays usable, and the screen says so. In a practice there is none."""
    player, shown = learner(), []
    for paper in PRACTICE:
        player.do(c.DeclineChosen(paper.paper_id))
        shown.append(player.view)
        assert player.touch(c.Touch.CONFIRM) == "ballots"
        shown.append(player.view)
    for catalogue, card in ((Catalogue("ru"), "карточ"), (Catalogue("en"), " card")):
        said = [catalogue.say(words) for each in shown for words in words_of((each.heading, each.lead, each.content))]
        assert not [text for text in said if card in text.lower()]


def test_the_whole_journey_ends_where_it_began_and_asks_for_nothing() -> None:
    player = learner()
    offered(player)
    assert player.touch(c.Touch.CAST) == "casting"
    assert work(player) == "cast"
    assert player.touch(c.Touch.FINISH) == "welcome"
    assert player.timers == {}
    nothing_was_done(player)


def test_a_check_gives_the_paper_a_fresh_code_and_leaves_the_other_one() -> None:
    player = learner()
    offered(player)
    before = codes(player)
    player.touch(c.Touch.CHALLENGE)
    player.do(c.PaperChosen("practice-one"))
    assert work(player) == "checked"
    player.touch(c.Touch.NEXT)
    player.do(c.BlankTouched())
    player.touch(c.Touch.NEXT)
    player.touch(c.Touch.NEXT)
    assert work(player) == "decide"
    after = codes(player)
    assert after[1] == before[1]
    assert len({*before, *after}) == 3
    nothing_was_done(player)


@pytest.mark.parametrize("number", [1, 16, 999, 1000])
def test_no_ballot_can_have_a_code_of_a_practice(number: int) -> None:
    code = practice.code(number)
    assert [len(group) for group in code.split("-")] == [4] * 13
    with pytest.raises(Malformed):
        from_shown(code)


@pytest.mark.parametrize("polls", PollsState)
def test_it_can_be_tried_whatever_the_polls_are(polls: PollsState) -> None:
    player = learner(polls)
    offered(player)
    player.touch(c.Touch.CAST)
    work(player)
    player.touch(c.Touch.FINISH)
    after = player.terminal
    assert (after.polls, after.settings, after.phase) == (polls, Settings("ru"), v.Waiting())
    nothing_was_done(player)


def test_every_screen_of_it_says_what_it_is() -> None:
    for mode in Mode:
        for phase in EXAMPLES[v.Practising]:
            shown = view(Terminal(replace(STATION, mode=mode), PollsState.OPEN, Settings("ru"), phase))
            assert shown.ribbon is not None
            assert "mode.practice" in repr(shown.ribbon)
            assert all(action.event != c.Touched(c.Touch.PRACTISE) for action in actions(shown))


def test_the_voice_says_so_first_at_its_start_and_at_its_end() -> None:
    player = learner()
    assert speech_of(player.view)[:2] == (message("mode.practice"), message("practice.ballots", count=2))
    cast(player)
    assert player.screen == "cast"
    assert speech_of(player.view)[:3] == (
        message("mode.practice"),
        message("practice.cast"),
        message("practice.cast_lead"),
    )


def test_no_screen_of_it_says_that_a_vote_was_accepted_or_a_slip_printed() -> None:
    promises = ("cast.", "picture.cast", "printing.", "decide.lead", "decide.cast_detail", "checked.lead", "take_slip")
    for phase in EXAMPLES[v.Practising]:
        shown = repr(view(Terminal(STATION, PollsState.OPEN, Settings("ru"), phase)))
        assert not [promise for promise in promises if f"key='{promise}" in shown], type(phase).__name__


@pytest.mark.parametrize("phase", EXAMPLES[v.Practising])
def test_a_card_ends_it_at_once_and_is_read(phase: v.Practising) -> None:
    other = Settings("en", TextSize.LARGEST, sound=True)
    for polls in PollsState:
        after, requests = step(Terminal(STATION, polls, other, phase, 50), c.CardInserted())
        reads = [each for each in requests if isinstance(each.effect, c.ReadCard)]
        assert [each.effect for each in reads] == [
            c.ReadCard(polls is PollsState.OPEN, interrupted=polls is PollsState.PAUSED)
        ]
        assert after.phase == v.Reading(reads[0].id)
        assert after.settings == Settings("ru")
        stopped = {each.effect.timer for each in requests if isinstance(each.effect, c.StopTimer)}
        assert stopped >= {"answer", practice.WORK}


def test_nobody_there_ends_it_within_a_minute_and_a_half() -> None:
    for reach in (None, offered, cast):
        player = learner()
        if reach is not None:
            reach(player)
        waited = 0.0
        while player.screen not in ("welcome", "closed"):
            timer = min(player.timers, key=lambda name: player.timers[name])
            waited += player.timers[timer]
            player.run_out(timer)
        assert waited <= 90
        assert player.timers == {}
        nothing_was_done(player)


def cast(player: Player) -> None:
    offered(player)
    player.touch(c.Touch.CAST)
    work(player)


def test_the_next_one_finds_the_usual_settings() -> None:
    for leave in (c.Touched(c.Touch.LEAVE), c.CardInserted()):
        player = learner()
        player.do(c.SettingsChosen(Settings("en", TextSize.LARGEST)))
        assert player.view.settings.language == "en"
        player.do(leave)
        assert player.terminal.settings == Settings("ru")


def test_a_member_shows_it_and_the_card_in_the_slot_is_forgotten_before_anybody_else_touches() -> None:
    player = Player(Terminal(STATION, PollsState.NOT_OPENED, Settings("ru"), s.StaffHome("Name", "chair")))
    player.touch(c.Touch.PRACTISE)
    assert c.EndStaff() in player.asked
    offered(player)
    player.touch(c.Touch.BACK)
    player.do(c.TimeUp("idle"))
    assert player.do(c.TimeUp("answer")) == "take_card"
    assert player.do(c.CardRemoved()) == "closed"


def test_a_member_who_takes_the_card_leaves_the_learner_where_they_are() -> None:
    player = Player(Terminal(STATION, PollsState.OPEN, Settings("ru"), s.StaffHome("Name", "chair")))
    player.touch(c.Touch.PRACTISE)
    offered(player)
    assert player.do(c.CardRemoved()) == "decide"
    assert player.touch(c.Touch.LEAVE) == "welcome"


def test_where_there_is_nothing_to_try_nothing_is_offered() -> None:
    bare = replace(STATION, practice=())
    for phase in (v.Waiting(), s.StaffHome("Name", "chair")):
        terminal = Terminal(bare, PollsState.OPEN, Settings("ru"), phase)
        assert c.Touched(c.Touch.PRACTISE) not in [action.event for action in actions(view(terminal))]
        assert step(terminal, c.Touched(c.Touch.PRACTISE))[0].phase == phase


EVERY = tuple(event for kind, events in EVENTS.items() if kind is not c.CardInserted for event in events)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), polls=st.sampled_from(PollsState))
def test_whatever_happens_nothing_that_leaves_a_trace_is_asked_for(data: st.DataObject, polls: PollsState) -> None:
    """Buttons mostly, timers, and every event there is, stale outcomes of every kind and every id among them."""
    phase = data.draw(st.sampled_from(EXAMPLES[v.Practising]))
    terminal = Terminal(STATION, polls, Settings("ru"), phase, next_id=30)
    ids = st.integers(1, 60).map(c.EffectId)
    outcomes = [event.outcome for event in EVENTS[c.Finished] if isinstance(event, c.Finished)]
    for _ in range(25):
        offered_now = [action.event for action in actions(view(terminal))]
        anything: list[st.SearchStrategy[c.Event]] = [
            st.sampled_from(EVERY),
            st.builds(c.Finished, ids, st.sampled_from(outcomes)),
            st.sampled_from([c.TimeUp(timer) for timer in TIMERS]),
            st.just(c.TimeUp(practice.WORK)),
        ]
        if offered_now:
            anything += [st.sampled_from(offered_now)] * 4
        event = data.draw(st.one_of(anything))
        if not isinstance(terminal.phase, v.Practising):
            return
        terminal, requests = step(terminal, event)
        asked = {type(request.effect) for request in requests}
        late = isinstance(event, c.Finished) and isinstance(event.outcome, c.VoterAdmitted)
        # A voter who was admitted too late is sent away, as in every phase: that session is a real one.
        assert asked <= {*HARMLESS, *([c.EndSession] if late else [])}, event
        assert c.CallStaff not in asked or event == c.Touched(c.Touch.CALL)
        assert terminal.polls is polls
