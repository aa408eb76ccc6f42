"""Papers, contests, review: everything before encryption."""

from dataclasses import replace

from kiosk.domain.ballots import Contest, Fault, Selection
from kiosk.domain.words import Words, message
from kiosk.flows.contract import (
    AboutChosen,
    BlankTouched,
    ChangeChosen,
    DeclineChosen,
    Event,
    OptionsHeard,
    OptionsShown,
    OptionTouched,
    PageTurned,
    PaperChosen,
    Touch,
    Touched,
)
from kiosk.flows.scene import Scene
from kiosk.flows.voter import deciding
from kiosk.flows.voter.states import (
    About,
    Ballots,
    DecliningAsked,
    Filling,
    LeavingAsked,
    Reviewing,
    Session,
    UndecidedAsked,
    VoterPhase,
)


def ballots(phase: Ballots, event: Event, scene: Scene) -> VoterPhase:
    """The voter chooses which paper to fill or to decline, goes on to the review, or leaves."""
    session = phase.session
    match event:
        case PaperChosen(paper_id):
            index = session.index(paper_id)
            return phase if index is None else _begin(session, index)
        case DeclineChosen(paper_id):
            index = session.index(paper_id)
            if index is None:
                return phase
            if session.papers[index].declined:
                return replace(phase, session=session.anew(index))
            return DecliningAsked(session, index, phase.page)
        case PageTurned(page):
            return replace(phase, page=page)
        case Touched(Touch.NEXT) if session.filled:
            return Reviewing(session)
        case Touched(Touch.LEAVE):
            return LeavingAsked(phase)
        case _:
            return phase


def declining_asked(phase: DecliningAsked, event: Event, scene: Scene) -> VoterPhase:
    """A paper is declined only after a second yes; until the cast it can be taken back."""
    match event:
        case Touched(Touch.CONFIRM):
            session = phase.session.without(phase.paper)
        case Touched(Touch.BACK | Touch.CONTINUE):
            session = phase.session
        case _:
            return phase
    # Where nothing is filled there is nothing to review.
    return Reviewing(session, phase.page) if phase.reviewing and session.filled else Ballots(session, phase.page)


def filling(phase: Filling, event: Event, scene: Scene) -> VoterPhase:
    """One contest. A touch that cannot be obeyed changes nothing and says why."""
    paper = phase.session.papers[phase.paper]
    contest = paper.paper.contests[phase.contest]
    selection = paper.selections[phase.contest]
    match event:
        case OptionTouched(option) if 0 <= option < len(contest.options):
            toggled = selection.toggled(contest, option)
            if isinstance(toggled, Fault):
                return replace(phase, notice=_notice(toggled, contest))
            return _marked(phase, toggled)
        case AboutChosen(option) if 0 <= option < len(contest.options) and contest.options[option].biography:
            return About(replace(phase, notice=None), option)
        case BlankTouched() if contest.blank:
            return _marked(phase, Selection(blank=not selection.blank))
        case PageTurned(page):
            return replace(phase, page=page, notice=None, first=0)
        case OptionsShown() if scene.settings.sound:
            # Who listens may not see: what counts is what was said.
            return phase
        case OptionsShown(paper_id, of, options) | OptionsHeard(paper_id, of, options) if (
            paper_id,
            of,
        ) == (paper.paper.paper_id, phase.contest):
            known = tuple(i for i in options if 0 <= i < len(contest.options))
            return replace(phase, session=phase.session.with_paper(phase.paper, paper.with_seen(phase.contest, known)))
        case Touched(Touch.NEXT):
            fault = selection.fault(contest)
            return replace(phase, notice=_notice(fault, contest)) if fault else _onward(phase)
        case Touched(Touch.BACK):
            return _back(phase)
        case _:
            return phase


def about(phase: About, event: Event, scene: Scene) -> VoterPhase:
    """Read, and go back to the option that it was about."""
    match event:
        case PageTurned(page):
            return replace(phase, page=page)
        case Touched(Touch.BACK | Touch.NEXT):
            return replace(phase.under, page=0, first=phase.option)
        case _:
            return phase


def reviewing(phase: Reviewing, event: Event, scene: Scene) -> VoterPhase:
    """Every choice, each with a way back; then the papers are encrypted."""
    session = phase.session
    match event:
        case ChangeChosen(paper_id, contest):
            index = session.index(paper_id)
            if index is None or not 0 <= contest < len(session.papers[index].selections):
                return phase
            state = session.papers[index]
            if not state.filled:
                return _begin(session, index, contest)
            return Filling(session, index, contest, revising=True, first=min(state.unseen(contest), default=0))
        case DeclineChosen(paper_id):
            index = session.index(paper_id)
            if index is None or session.papers[index].declined:
                return phase
            return DecliningAsked(session, index, phase.page, reviewing=True)
        case PageTurned(page):
            return replace(phase, page=page)
        case Touched(Touch.BACK):
            return Ballots(session)
        case Touched(Touch.NEXT) if session.filled:
            return UndecidedAsked(session) if session.undecided else deciding.encrypt_next(session, scene)
        case _:
            return phase


def undecided_asked(phase: UndecidedAsked, event: Event, scene: Scene) -> VoterPhase:
    """What was left for later is declined only if the voter says so."""
    session = phase.session
    match event:
        case Touched(Touch.CONFIRM):
            for index in session.undecided:
                session = session.without(index)
            return deciding.encrypt_next(session, scene)
        case Touched(Touch.BACK | Touch.CONTINUE):
            return Ballots(session)
        case PageTurned(page):
            return replace(phase, page=page)
        case _:
            return phase


def _begin(session: Session, index: int, contest: int = 0) -> Filling:
    """Open a paper to be filled; one that was declined is taken back by that."""
    taken = session.anew(index) if session.papers[index].declined else session
    return Filling(taken, index, contest)


def _notice(fault: Fault, contest: Contest) -> Words:
    match fault:
        case Fault.TOO_MANY:
            return message("contest.too_many", count=contest.most)
        case Fault.TOO_FEW if contest.blank:
            return message("contest.too_few_or_blank", count=contest.least)
        case Fault.TOO_FEW:
            return message("contest.too_few", count=contest.least)


def _marked(phase: Filling, selection: Selection) -> Filling:
    paper = phase.session.papers[phase.paper].marked(phase.contest, selection)
    return replace(phase, session=phase.session.with_paper(phase.paper, paper), notice=None)


def _onward(phase: Filling) -> VoterPhase:
    """The next contest of the paper; after the last one the paper counts as filled."""
    paper = phase.session.papers[phase.paper]
    if phase.contest + 1 < len(paper.paper.contests) and not phase.revising:
        return Filling(phase.session, phase.paper, phase.contest + 1)
    session: Session = phase.session.with_paper(phase.paper, replace(paper, filled=True))
    return Ballots(session) if session.undecided and not phase.revising else Reviewing(session)


def _back(phase: Filling) -> VoterPhase:
    """Back never loses a mark, and never makes a half-seen paper count as filled, nor a filled one faulty."""
    paper = phase.session.papers[phase.paper]
    contest = paper.paper.contests[phase.contest]
    fault = paper.selections[phase.contest].fault(contest)
    if (phase.revising or paper.filled) and fault:
        return replace(phase, notice=_notice(fault, contest))
    if phase.contest > 0 and not phase.revising:
        return Filling(phase.session, phase.paper, phase.contest - 1)
    return Reviewing(phase.session) if phase.revising else Ballots(phase.session)
