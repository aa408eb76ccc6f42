"""An example, or several, of every phase, event and outcome. A new one without an example fails a test."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args

from kiosk.domain.ballots import Selection
from kiosk.domain.counters import Counters
from kiosk.domain.orders import Standing
from kiosk.domain.polls import Pause, PauseReason
from kiosk.domain.quorum import Attending, Quorum
from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.domain.words import message
from kiosk.flows import contract as c
from kiosk.flows.procedures.steps import STEPS, Procedure
from kiosk.flows.staff import states as s
from kiosk.flows.terminal import Phase
from kiosk.flows.voter import states as v
from kiosk.flows.voter.stop_states import OrderedStop, StopCard
from tests.flows.flow_setting import (
    CODE,
    COUNCIL,
    HANDLE,
    MAYOR,
    PAPERS,
    PRACTICE,
    QUESTIONS,
    STOP_ALL,
    STOP_NORTH,
    termination,
)

STALE = c.EffectId(9_999)
OTHER = c.Handle("other session")
EFFECT = c.EffectId(11)
SECOND = c.EffectId(12)

VOTERS = Settings("en", TextSize.LARGE)
"""What the voter chose."""

EMPTY = v.Session(HANDLE, tuple(v.PaperState.empty(paper) for paper in PAPERS), "north")
FILLED = v.Session(
    HANDLE,
    (
        v.PaperState(MAYOR, (Selection((1,)),), filled=True),
        v.PaperState(COUNCIL, (Selection((0, 2)), Selection((0, 1)), Selection(blank=True)), filled=True),
        v.PaperState.empty(QUESTIONS),
    ),
    "north",
)
CODED = replace(
    FILLED,
    papers=tuple(replace(each, code=f"{CODE}-{i}" if each.filled else None) for i, each in enumerate(FILLED.papers)),
).without(2)
ONE = v.Session(HANDLE, (replace(CODED.papers[0], code=CODE),), "south")
OPENED = CODED.with_paper(0, v.PaperState.empty(MAYOR))
PARTLY = CODED.without(1).anew(2)
"""One paper encrypted, one declined after it was, one not touched."""
NONE_WANTED = EMPTY.without(0).without(1).without(2)

FAULTY = FILLED.with_paper(0, replace(FILLED.papers[0], selections=(Selection(),)))


def _filling() -> Iterator[v.Filling]:
    for session in (EMPTY, FILLED, CODED):
        for paper, state in enumerate(session.papers):
            if state.declined:
                continue
            for contest in range(len(state.selections)):
                yield v.Filling(session, paper, contest)
                yield v.Filling(session, paper, contest, revising=state.filled)
    yield v.Filling(FAULTY, 0, 0)
    yield v.Filling(FAULTY, 0, 0, revising=True)
    yield v.Filling(EMPTY, 1, 0, notice=message("contest.too_many", count=2), page=1)


_INTERACTIVE: tuple[v.Interactive, ...] = (
    v.Ballots(EMPTY),
    v.Ballots(FILLED, page=1),
    v.Ballots(ONE),
    v.Ballots(PARTLY),
    v.Ballots(NONE_WANTED),
    v.Ballots(EMPTY.with_paper(1, EMPTY.papers[1].marked(0, Selection((1,))))),
    v.DecliningAsked(EMPTY, 0),
    v.DecliningAsked(CODED, 1, page=1),
    v.DecliningAsked(CODED, 1, page=1, reviewing=True),
    v.DecliningAsked(ONE, 0, reviewing=True),
    v.DecliningAsked(ONE, 0),
    *_filling(),
    v.About(v.Filling(EMPTY, 0, 0), 0),
    v.About(v.Filling(CODED, 0, 0, revising=True, page=1), 0, page=2),
    v.Reviewing(FILLED),
    v.Reviewing(PARTLY),
    v.UndecidedAsked(FILLED),
    v.UndecidedAsked(OPENED, page=1),
    v.UndecidedAsked(PARTLY),
    v.Reviewing(CODED, page=1),
    v.Deciding(CODED),
    v.Deciding(ONE),
    v.ChoosingCheck(CODED),
    v.Checked(OPENED, 0),
    *(
        v.PrinterWaits(session, job, 0, trouble)
        for session, job in ((CODED, v.Job.OFFERED), (OPENED, v.Job.OPENED))
        for trouble in c.PrintTrouble
    ),
)
_UNDER: tuple[v.Interactive, ...] = (
    v.Ballots(FILLED),
    v.Ballots(NONE_WANTED),
    v.DecliningAsked(EMPTY, 0),
    v.Filling(EMPTY, 0, 0),
    v.About(v.Filling(EMPTY, 0, 0), 0),
    v.Reviewing(FILLED),
    v.UndecidedAsked(FILLED),
    v.Deciding(ONE),
    v.ChoosingCheck(CODED),
    v.Checked(OPENED, 0),
    v.PrinterWaits(CODED, v.Job.OFFERED, 0, c.PrintTrouble.JAM),
    v.PrinterWaits(OPENED, v.Job.OPENED, 0, c.PrintTrouble.PAPER_OUT),
)
"""Phases under a cover: one of each is enough, the cover does not look into them."""
_WORKING: tuple[v.Working, ...] = (
    v.Encrypting(FILLED, 0, EFFECT),
    v.Encrypting(CODED.with_paper(1, FILLED.papers[1]), 1, EFFECT),
    v.Offering(CODED, EFFECT),
    v.Opening(OPENED, 0, EFFECT),
)


_TRIED = v.Session(c.Handle("practice"), tuple(v.PaperState.empty(paper) for paper in PRACTICE))
_TRIED_CODED = replace(
    _TRIED,
    papers=tuple(replace(each, selections=(Selection((0,)),), filled=True, code=CODE) for each in _TRIED.papers),
)


def _practising() -> Iterator[v.Practising]:
    """Each phase that a practice may show, waiting for what that phase waits for."""
    one = replace(_TRIED_CODED, papers=_TRIED_CODED.papers[:1])
    encrypt = c.Request(EFFECT, c.Encrypt(_TRIED.handle, "practice-one", ((0, 1),)))
    offer = c.Request(EFFECT, c.PrintOffered(_TRIED.handle, ("practice-one",), "ru"))
    check = c.Request(EFFECT, c.OpenBallot(_TRIED.handle, "practice-one", "ru"))
    cast = c.Request(EFFECT, c.Cast(_TRIED.handle, ("practice-one",), 0))
    spend, slip = c.Request(EFFECT, c.SpendCard(_TRIED.handle)), c.Request(SECOND, c.PrintCast(_TRIED.handle, "ru"))
    for card_in in (False, True):
        yield v.Practising(v.Ballots(_TRIED), card_in=card_in)
        yield v.Practising(v.Filling(_TRIED, 0, 0), card_in=card_in)
        yield v.Practising(v.About(v.Filling(_TRIED, 0, 0), 0), card_in=card_in)
        yield v.Practising(v.DecliningAsked(_TRIED, 1), card_in=card_in)
        yield v.Practising(v.Reviewing(_TRIED_CODED), card_in=card_in)
        yield v.Practising(v.UndecidedAsked(_TRIED_CODED.anew(1)), card_in=card_in)
        yield v.Practising(v.Encrypting(_TRIED_CODED, 0, EFFECT), (encrypt,), 12, card_in=card_in)
        yield v.Practising(v.Offering(_TRIED_CODED, EFFECT), (offer,), 12, 2, card_in=card_in)
        yield v.Practising(v.Deciding(one), next_id=12, codes=1, card_in=card_in)
        yield v.Practising(v.Deciding(_TRIED_CODED), next_id=12, codes=2, card_in=card_in)
        yield v.Practising(v.ChoosingCheck(_TRIED_CODED), next_id=12, codes=2, card_in=card_in)
        yield v.Practising(v.Opening(_TRIED_CODED, 0, EFFECT), (check,), 12, 2, card_in=card_in)
        yield v.Practising(v.Checked(_TRIED_CODED, 0), next_id=12, codes=2, card_in=card_in)
        yield v.Practising(v.Casting(_TRIED_CODED, EFFECT), (cast,), 12, 2, card_in=card_in)
        yield v.Practising(v.Accepted(_TRIED_CODED, EFFECT, SECOND), (spend, slip), 13, 2, card_in=card_in)
        yield v.Practising(v.Accepted(_TRIED_CODED, None, None, v.CardMark.SPENT), card_in=card_in)
        yield v.Practising(v.Helped(v.Ballots(_TRIED)), card_in=card_in)
        yield v.Practising(v.StillHere(v.Ballots(_TRIED)), card_in=card_in)


def _quorums() -> Iterator[s.QuorumAsked]:
    for quorum in _QUORUMS:
        under = replace(_GATHERING, quorum=quorum)
        yield s.QuorumAsked(under, quorum)
        yield s.QuorumAsked(under, quorum, card_in=False)
        yield s.QuorumAsked(under, quorum, effect=EFFECT)
    for refusal in c.Refusal:
        yield s.QuorumAsked(_GATHERING, _QUORUMS[0], refused=c.CardRefused(refusal, "0113"))


def _accepted() -> Iterator[v.Accepted]:
    for card_effect, card in ((EFFECT, v.CardMark.WRITING), (None, v.CardMark.SPENT), (None, v.CardMark.UNMARKED)):
        for removed in (False, True):
            yield v.Accepted(CODED, card_effect, SECOND, card, None, removed)
            yield v.Accepted(CODED, card_effect, None, card, c.PrintTrouble.JAM, removed, reminded=True)
    yield v.Accepted(CODED, None, None, v.CardMark.SPENT, reminded=True)
    for trouble in c.PrintTrouble:
        yield v.Accepted(ONE, None, None, v.CardMark.SPENT, trouble)


def _ordered_stops() -> Iterator[OrderedStop]:
    for order in (STOP_ALL, STOP_NORTH):
        yield OrderedStop(order, StopCard.RELEASING, HANDLE, EFFECT)
        for card in (StopCard.NONE, StopCard.LEFT, StopCard.HELD):
            yield OrderedStop(order, card)
            yield OrderedStop(order, card, print_effect=SECOND)
            yield OrderedStop(order, card, printed=True)
            yield OrderedStop(order, card, trouble=c.PrintTrouble.PAPER_OUT)


_QUORUMS = tuple(
    Quorum(tuple(Attending(f"Name {role}", role) for role in roles), needed, "07:42")
    for roles, needed in ((("chair",), 2), (("secretary",), 2), (("secretary", "voting_member"), 5))
)
_GATHERING = s.Checklist("Name", "chair", Procedure.OPENING, 1, quorum=_QUORUMS[0])
_ASKED = s.QuorumAsked(_GATHERING, _QUORUMS[0], card_in=False)
_MEMBERS = (("Chair", "chair"), ("Secretary", "secretary"), ("Member", "voting_member"))
_BEGUN = c.TakeoverBegun("T-1", 2, _MEMBERS)


def _gatherings() -> Iterator[s.Gathering]:
    for card in s.GatherCard:
        works = card in (s.GatherCard.READING, s.GatherCard.WORKING, s.GatherCard.GONE)
        for given in ((), _MEMBERS[:1]):
            for trouble in (None, message("takeover.again"), message("refusal.no_share", place="")):
                name, role = _MEMBERS[len(given)]
                effect = EFFECT if works else None
                yield s.Gathering(_BEGUN, given, 2 - len(given), card, name, role, effect, trouble)


def _checklists() -> Iterator[s.Checklist]:
    for procedure, steps in STEPS.items():
        for at, step in enumerate(steps):
            for card_in in (True, False):
                if step.effect is None:
                    yield s.Checklist("Name", "chair", procedure, at, card_in=card_in)
                    continue
                yield s.Checklist("Name", "chair", procedure, at, EFFECT, card_in=card_in)
                if not card_in:
                    yield s.Checklist("Name", "chair", procedure, at, EFFECT, card_in=False, card_back=True)
                yield s.Checklist("Name", "chair", procedure, at, None, message("step.failed"), card_in=card_in)
    for reason in PauseReason:
        yield s.Checklist("Name", "chair", Procedure.PAUSING, 1, EFFECT, reason=reason)
    yield s.Checklist("Name", "chair", Procedure.OPENING, 1, EFFECT, quorum=_QUORUMS[0])
    gone = s.Checklist("Name", "chair", Procedure.OPENING, 1, EFFECT, quorum=_QUORUMS[0], card_in=False)
    yield from (gone, replace(gone, card_back=True))
    found = (c.CheckResult("printer", message("printer.jam")), c.CheckResult("store_empty"))
    yield s.Checklist("Name", "chair", Procedure.OPENING, 0, None, message("step.not_ready"), found)


_SHARES = s.Gathering(_BEGUN, _MEMBERS[:1], 1, s.GatherCard.TAKE, *_MEMBERS[1])
_STATUS = c.Status(Counters(sessions=3, accepted=7, entitled=7), link=True, printer=None)

_STANDING = (Standing(STOP_NORTH, STOP_NORTH.scope, in_force=True), Standing(STOP_ALL, STOP_ALL.scope, in_force=False))

EXAMPLES: dict[type[Any], tuple[Phase, ...]] = {
    v.Waiting: (v.Waiting(), v.Waiting(cut_short=True)),
    v.Reading: (v.Reading(EFFECT),),
    v.CardTrouble: tuple(v.CardTrouble(c.CardRefused(refusal, "0113")) for refusal in c.Refusal),
    v.AfterPower: (v.AfterPower(None), v.AfterPower(EMPTY)),
    **{kind: tuple(each for each in _INTERACTIVE if type(each) is kind) for kind in get_args(v.Interactive)},
    **{kind: tuple(each for each in _WORKING if type(each) is kind) for kind in get_args(v.Working)},
    v.Casting: (v.Casting(CODED, EFFECT), v.Casting(ONE, EFFECT, removed=True)),
    v.Accepted: tuple(_accepted()),
    v.NotAccepted: tuple(
        v.NotAccepted(trouble, removed=removed) for trouble in c.StoreTrouble for removed in (False, True)
    ),
    v.Helped: tuple(v.Helped(under) for under in _UNDER),
    v.LeavingAsked: tuple(v.LeavingAsked(under) for under in _UNDER if isinstance(under, v.Ballots | v.PrinterWaits)),
    v.StillHere: tuple(v.StillHere(under) for under in _UNDER),
    v.CardPulled: tuple(
        v.CardPulled(under, effect, other)
        for under in (*_UNDER, *_WORKING)
        for effect, other in ((None, False), (SECOND, False), (None, True))
    )
    + tuple(v.CardPulled(under, None, other=True, unread=True) for under in _UNDER)
    + tuple(v.CardPulled(under, given_back=True) for under in _UNDER),
    v.ResetPin: (
        *(v.ResetPin(under, VOTERS, "Name", "chair", 3, 7) for under in (*_UNDER, *_WORKING)),
        *(v.ResetPin(_UNDER[0], VOTERS, "Name", role, 3, 0, SECOND) for role in ("secretary", "voting_member")),
        *(v.ResetPin(_UNDER[0], VOTERS, "Name", "chair", 1, 0, None, c.CardRefused(refusal)) for refusal in c.Refusal),
    ),
    v.ResetAsked: tuple(v.ResetAsked(under, VOTERS, "Name", "chair", 12) for under in (*_UNDER, *_WORKING)),
    v.ResetEnded: (
        v.ResetEnded(HANDLE),
        *(
            v.ResetEnded(HANDLE, member_in, effect, other)
            for member_in in (True, False)
            for effect, other in ((None, False), (SECOND, False), (None, True))
        ),
        v.ResetEnded(HANDLE, member_in=False, other=True, unread=True),
    ),
    v.StopNotice: tuple(v.StopNotice(under, STOP_NORTH, left) for under in _UNDER for left in (600.0, 60.0, 15.0)),
    OrderedStop: tuple(_ordered_stops()),
    v.Releasing: tuple(v.Releasing(HANDLE, ending, EFFECT) for ending in v.Ending),
    v.TakeCard: tuple(v.TakeCard(ending) for ending in v.Ending),
    v.OutOfOrder: tuple(v.OutOfOrder(why, "T-2") for why in v.Outage),
    v.Practising: tuple(_practising()),
    s.StaffPin: (
        *(s.StaffPin("Name", role, 3) for role in ("chair", "secretary", "voting_member")),
        s.StaffPin("Name", "chair", 3, EFFECT),
        *(s.StaffPin("Name", "chair", tries, None, c.CardRefused(c.Refusal.PIN_WRONG)) for tries in (0, 1, 2, 5)),
        *(s.StaffPin("Name", "chair", 0, None, c.CardRefused(refusal)) for refusal in c.Refusal),
    ),
    s.StaffHome: (
        s.StaffHome("Name", "chair", EFFECT),
        s.StaffHome("Name", "chair", None),
        s.StaffHome("Name", "secretary", None, _STATUS),
        *(
            s.StaffHome("Name", "secretary", EFFECT, replace(_STATUS, link=False, printer=trouble))
            for trouble in c.PrintTrouble
        ),
        s.StaffHome("Name", "chair", None, replace(_STATUS, orders=_STANDING)),
        s.StaffHome("Name", "chair", None, replace(_STATUS, may_take_over=True)),
        s.StaffHome("Name", "chair", None, replace(_STATUS, before="T-1")),
        *(
            s.StaffHome("Name", "chair", None, replace(_STATUS, second=c.SecondCopy(state, 3, 40)))
            for state in c.SecondState
        ),
        *(s.StaffHome("Name", "chair", None, replace(_STATUS, start=c.StartReport(found, 2))) for found in c.Recovered),
        *(s.StaffHome("Name", "chair", None, replace(_STATUS, unprinted=(act,))) for act in c.ActKind),
    ),
    s.Checklist: tuple(_checklists()),
    s.QuorumAsked: tuple(_quorums()),
    s.QuorumPin: (
        s.QuorumPin(_ASKED, "Name", "secretary", 3),
        s.QuorumPin(_ASKED, "Name", "voting_member", 3, EFFECT),
        s.QuorumPin(_ASKED, "Name", "chair", 1, None, c.CardRefused(c.Refusal.PIN_WRONG)),
    ),
    s.TakeoverAsked: (
        s.TakeoverAsked("Name", "chair", EFFECT),
        s.TakeoverAsked("Name", "chair", begun=_BEGUN),
        *(s.TakeoverAsked("Name", "chair", trouble=trouble) for trouble in c.TakeoverTrouble),
    ),
    s.Gathering: tuple(_gatherings()),
    s.GatherPin: (
        s.GatherPin(_SHARES, "Secretary", "secretary", 3),
        s.GatherPin(_SHARES, "Secretary", "secretary", 3, EFFECT),
        s.GatherPin(_SHARES, "Secretary", "secretary", 1, None, c.CardRefused(c.Refusal.PIN_WRONG)),
    ),
    s.TakingOver: (
        s.TakingOver(_SHARES, EFFECT),
        s.TakingOver(_SHARES, EFFECT, card_in=False),
        *(s.TakingOver(_SHARES, None, trouble, card_in) for trouble in c.TakeoverTrouble for card_in in (True, False)),
    ),
    s.TakenOver: (s.TakenOver("T-1"),),
    s.ProcedureDone: tuple(s.ProcedureDone("Name", "chair", procedure) for procedure in Procedure),
}

OUTCOMES: dict[type[Any], tuple[c.Outcome, ...]] = {
    c.Done: (c.Done(),),
    c.VoterAdmitted: (c.VoterAdmitted(OTHER, PAPERS), c.VoterAdmitted(OTHER, (MAYOR,), interrupted=True)),
    c.AlreadyCast: (c.AlreadyCast(),),
    c.VotingStopped: (c.VotingStopped("north"), c.VotingStopped("south", held=True)),
    c.SameCard: (c.SameCard(),),
    c.StaffCard: (c.StaffCard("Name", "chair", 3, 12), c.StaffCard("Name", "secretary", 1)),
    c.CardRefused: tuple(c.CardRefused(refusal, "0113") for refusal in c.Refusal),
    c.Encrypted: (c.Encrypted("mayor", CODE),),
    c.Printed: (c.Printed(),),
    c.NotPrinted: tuple(c.NotPrinted(trouble) for trouble in c.PrintTrouble),
    c.Stored: (c.Stored(2),),
    c.NotStored: tuple(c.NotStored(trouble) for trouble in c.StoreTrouble),
    c.PinAccepted: (c.PinAccepted(),),
    c.QuorumLacks: tuple(c.QuorumLacks(quorum) for quorum in _QUORUMS),
    c.Paused: (c.Paused(Pause(PauseReason.BREAK, datetime(2026, 9, 20, 14, 23, tzinfo=UTC))),),
    c.Checked: (
        c.Checked(()),
        c.Checked((c.CheckResult("printer"),)),
        c.Checked((c.CheckResult("package_days", message("check.no_voting_today")), c.CheckResult("printer"))),
        c.Checked((c.CheckResult("store_empty", message("check.store_not_empty", count=3)),)),
        c.Checked((c.CheckResult("opening_hour", message("check.too_early_to_open", time="08:00")),)),
        c.Checked((c.CheckResult("closing_hour", message("check.too_early_to_close", time="20:00")),)),
        c.Checked((c.CheckResult("package_days", message("check.too_late_to_open", time="20:00")),)),
    ),
    c.Status: (_STATUS, replace(_STATUS, unprinted=(c.ActKind.CLOSING, c.ActKind.OPENING), sheets=c.ReportPrinter())),
    c.TakeoverBegun: (_BEGUN,),
    c.ShareGiven: (c.ShareGiven(1), c.ShareGiven(1, again=True), c.ShareGiven(0)),
    c.TakeoverFailed: tuple(c.TakeoverFailed(trouble) for trouble in c.TakeoverTrouble),
    c.Crashed: (c.Crashed(),),
}

TIMERS = (
    "idle",
    "answer",
    "pulled",
    "take_card",
    "give_up",
    "practice",
    "card_left",
    "called",
    "grace_soon",
    "grace",
    "quorum",
    "gather",
    "status",
    "no such timer",
)

EVENTS: dict[type[Any], tuple[c.Event, ...]] = {
    c.Started: (c.Started(),),
    c.Attended: (c.Attended(),),
    c.Speaking: (c.Speaking(),),
    c.CardInserted: (c.CardInserted(),),
    c.CardRemoved: (c.CardRemoved(),),
    c.ReaderLost: (c.ReaderLost(),),
    c.ReaderBack: (c.ReaderBack(),),
    c.TimeUp: tuple(c.TimeUp(timer) for timer in TIMERS),
    c.SettingsChosen: (
        c.SettingsChosen(Settings("en", TextSize.LARGEST, Theme.INVERTED)),
        c.SettingsChosen(Settings("de")),
    ),
    c.Touched: tuple(c.Touched(touch) for touch in c.Touch),
    c.PaperChosen: tuple(c.PaperChosen(paper) for paper in ("mayor", "council", "questions", "none")),
    c.DeclineChosen: tuple(c.DeclineChosen(paper) for paper in ("mayor", "council", "none")),
    c.OptionTouched: tuple(c.OptionTouched(option) for option in (-1, 0, 1, 3, 4, 99)),
    c.AboutChosen: tuple(c.AboutChosen(option) for option in (-1, 0, 1, 99)),
    c.OptionsHeard: (
        c.OptionsHeard("mayor", 0, (1,)),
        c.OptionsHeard("council", 0, (-1, 99)),
        c.OptionsHeard("none", 7, (0,)),
    ),
    c.OptionsShown: (
        c.OptionsShown("mayor", 0, (0, 1)),
        c.OptionsShown("council", 0, (0, -1, 99)),
        c.OptionsShown("none", 7, (0,)),
    ),
    c.BlankTouched: (c.BlankTouched(),),
    c.ChangeChosen: tuple(
        c.ChangeChosen(paper, contest) for paper in ("mayor", "council", "none") for contest in (-1, 0, 2, 3)
    ),
    c.PageTurned: tuple(c.PageTurned(page) for page in (0, 1, -1)),
    c.ReasonChosen: tuple(c.ReasonChosen(reason) for reason in PauseReason),
    c.PinEntered: (c.PinEntered(c.Handle("pin")),),
    c.SecondChanged: (
        c.SecondChanged(c.SecondCopy(c.SecondState.ABSENT)),
        c.SecondChanged(c.SecondCopy(c.SecondState.CATCHING_UP, 3, 40)),
        c.SecondChanged(c.SecondCopy(c.SecondState.PRESENT)),
    ),
    c.TerminalReplaced: (c.TerminalReplaced("T-2"),),
    c.OrderArrived: (
        c.OrderArrived(STOP_ALL),
        c.OrderArrived(STOP_NORTH),
        c.OrderArrived(termination("now", grace=0.0)),
        c.OrderArrived(termination("soon", "south", grace=90.0)),
    ),
    c.Finished: tuple(c.Finished(STALE, outcome) for outcomes in OUTCOMES.values() for outcome in outcomes),
}


def awaited(phase: object) -> list[c.EffectId]:
    """The effects whose outcome this phase, or the one under it, waits for."""
    found: list[c.EffectId] = []
    if not is_dataclass(phase):
        return found
    for each in fields(phase):
        value = getattr(phase, each.name)
        if each.name.endswith("effect") and value is not None:
            found.append(value)
        elif each.name == "under":
            found += awaited(value)
    return found


def events_for(phase: Phase) -> Iterator[c.Event]:
    """Every event, and every outcome for every effect that the phase waits for."""
    for events in EVENTS.values():
        yield from events
    for effect in awaited(phase):
        for outcomes in OUTCOMES.values():
            for outcome in outcomes:
                yield c.Finished(effect, outcome)
