"""Views of the phases in which a voter fills papers and decides."""

from kiosk.domain.ballots import Contest, Option, Selection
from kiosk.domain.words import Words, message
from kiosk.flows.contract import (
    AboutChosen,
    BlankTouched,
    ChangeChosen,
    DeclineChosen,
    OptionTouched,
    PaperChosen,
    Touch,
    Touched,
)
from kiosk.flows.views import (
    Action,
    Choice,
    Choices,
    CodeItem,
    Content,
    Decision,
    LongText,
    Mark,
    Picture,
    Progress,
    Review,
    ReviewItem,
    Row,
    Rows,
    Screen,
)
from kiosk.flows.voter.states import (
    About,
    Ballots,
    Checked,
    ChoosingCheck,
    Deciding,
    DecliningAsked,
    Filling,
    PaperState,
    PrinterWaits,
    Reviewing,
    Session,
    UndecidedAsked,
)
from kiosk.flows.voter.view_parts import Face, act, help_action

STEPS = 4
"""Papers, review, code, cast: what «Шаг 2 из 4» counts."""


def ballots(phase: Ballots) -> Face:
    """The list of papers, each with how far it is."""
    session = phase.session
    rows = tuple(
        Row(
            state.paper.title,
            message(f"ballots.{_standing(state)}"),
            Mark.DONE if state.filled else Mark.DECLINED if state.declined else Mark.NONE,
            Action(PaperChosen(state.paper.paper_id), state.paper.title),
            _refusal(state),
        )
        for state in session.papers
    )
    refused = len(session.declined) == len(session.papers)
    return Face(
        Screen.BALLOTS,
        message("ballots.heading", count=len(session.papers)),
        _what_is_left(session),
        Rows(rows, phase.page),
        back=None if refused else act(Touch.LEAVE, "action.leave"),
        help=help_action(),
        primary=(
            act(Touch.LEAVE, "action.leave")
            if refused
            else act(Touch.NEXT, "action.review", enabled=bool(session.filled))
        ),
        progress=Progress(1, STEPS),
    )


def _what_is_left(session: Session) -> Words:
    """What the voter does next; who has filled a paper is not told to begin."""
    if len(session.declined) == len(session.papers):
        return message("ballots.lead_declined")
    if not session.undecided:
        return message("ballots.lead_review")
    if session.filled:
        return message("ballots.lead_left", count=len(session.undecided))
    return message("ballots.lead" if len(session.papers) > 1 else "ballots.lead_one")


def _standing(state: PaperState) -> str:
    if state.filled:
        return "filled"
    if state.declined:
        return "declined"
    return "later" if state.begun else "not_begun"


def _refusal(state: PaperState) -> Action:
    """The button beside a paper: not to take it, or to take it after all."""
    key = "action.take_ballot" if state.declined else "action.decline"
    return Action(DeclineChosen(state.paper.paper_id), message(key), state.paper.title)


def declining_asked(phase: DecliningAsked) -> Face:
    """What declining means; going back is the primary action, as where a voter leaves."""
    session = phase.session
    paper = session.papers[phase.paper].paper
    last = len(session.declined) + 1 == len(session.papers)
    marked = "decline.lead_marked" if session.papers[phase.paper].begun else "decline.lead"
    lead = message("decline.lead_last" if last else marked)
    return Face(
        Screen.DECLINE,
        message("decline.heading", paper=paper.title),
        lead,
        Picture("attention", lead),
        back=act(Touch.CONFIRM, "action.decline_really"),
        help=help_action(),
        primary=act(Touch.CONTINUE, "action.to_review" if phase.reviewing else "action.to_ballots"),
        progress=Progress(2 if phase.reviewing else 1, STEPS),
    )


def filling(phase: Filling) -> Face:
    """One contest of one paper."""
    paper = phase.session.papers[phase.paper]
    contest = paper.paper.contests[phase.contest]
    selection = paper.selections[phase.contest]
    last = phase.revising or phase.contest + 1 == len(paper.paper.contests)
    return Face(
        Screen.CONTEST,
        contest.title,
        contest.instruction or _lead(contest, selection),
        Choices(
            tuple(_choice(option, i, chosen=i in selection.marked) for i, option in enumerate(contest.options)),
            single=contest.most == 1,
            blank=_blank(contest, selection),
            notice=phase.notice or _count(contest, selection),
            refusal=phase.notice is not None,
            page=phase.page,
            of=(paper.paper.paper_id, phase.contest),
            first=phase.first,
        ),
        back=act(Touch.BACK, "action.back"),
        help=help_action(),
        primary=act(Touch.NEXT, _onward_key(phase, last=last)),
        progress=Progress(1, STEPS),
    )


def _choice(option: Option, index: int, *, chosen: bool) -> Choice:
    about = None
    if option.biography is not None:
        about = Action(AboutChosen(index), message("action.about"), option.name)
    return Choice(option.name, option.facts, chosen, Action(OptionTouched(index), option.name), about)


def about(phase: About) -> Face:
    """Everything there is to read about an option. The mark is made on the ballot, not here."""
    filling = phase.under
    contest = filling.session.papers[filling.paper].paper.contests[filling.contest]
    option = contest.options[phase.option]
    assert option.biography is not None
    return Face(
        Screen.ABOUT,
        option.name,
        message("about.lead"),
        LongText(option.facts, option.biography, phase.page),
        help=help_action(),
        primary=act(Touch.NEXT, "action.to_ballot"),
        progress=Progress(1, STEPS),
    )


def _onward_key(phase: Filling, *, last: bool) -> str:
    if not last:
        return "action.next_contest"
    others = [i for i in phase.session.undecided if i != phase.paper]
    return "action.review" if phase.revising or not others else "action.paper_done"


def _lead(contest: Contest, selection: Selection) -> Words:
    if contest.most == 1:
        return message("contest.lead_one")
    return message("contest.lead_up_to", count=contest.most)


def _count(contest: Contest, selection: Selection) -> Words | None:
    if contest.most == 1:
        return None
    return message("contest.chosen", count=len(selection.marked), most=contest.most)


def _blank(contest: Contest, selection: Selection) -> Choice | None:
    if not contest.blank:
        return None
    return Choice(message("contest.blank"), None, selection.blank, Action(BlankTouched(), message("contest.blank")))


def reviewing(phase: Reviewing) -> Face:
    """Every paper and contest, with a way back to each."""
    items = tuple(item for state in phase.session.papers for item in _review_items(state))
    return Face(
        Screen.REVIEW,
        message("review.heading"),
        message("review.lead"),
        Review(items, phase.page),
        back=act(Touch.BACK, "action.back"),
        help=help_action(),
        primary=act(Touch.NEXT, "action.encrypt"),
        progress=Progress(2, STEPS),
    )


def _review_items(state: PaperState) -> tuple[ReviewItem, ...]:
    paper = state.paper
    if state.declined:
        take = Action(ChangeChosen(paper.paper_id, 0), message("action.take_ballot"), paper.title)
        return (ReviewItem(paper.title, (message("review.declined"),), Mark.DECLINED, take),)
    if not state.filled:
        fill = Action(ChangeChosen(paper.paper_id, 0), message("action.fill"), paper.title)
        return (ReviewItem(paper.title, (message("review.not_filled"),), Mark.ATTENTION, fill, (), _refusal(state)),)
    return tuple(
        ReviewItem(
            message("review.contest", paper=paper.title, contest=contest.title)
            if len(paper.contests) > 1
            else contest.title,
            _chosen(contest, selection),
            Mark.DONE if selection.marked else Mark.NONE,
            Action(ChangeChosen(paper.paper_id, i), message("action.change"), contest.title),
            _notes(state, i),
            # The whole paper is declined, so it is asked once a paper.
            _refusal(state) if i == 0 else None,
        )
        for i, (contest, selection) in enumerate(zip(paper.contests, state.selections, strict=True))
    )


def _notes(state: PaperState, contest: int) -> tuple[Words, ...]:
    """Fewer marks than there might be, and candidates that were never on screen."""
    asked, marked = state.paper.contests[contest], len(state.selections[contest].marked)
    notes: list[Words] = []
    if 0 < marked < asked.most:
        notes.append(message("review.fewer", count=marked, most=asked.most))
    unseen = len(state.unseen(contest))
    if unseen:
        notes.append(message("review.unseen", count=len(asked.options), unseen=unseen))
    return tuple(notes)


def _chosen(contest: Contest, selection: Selection) -> tuple[Words, ...]:
    if not selection.marked:
        return (message("review.blank"),)
    return tuple(contest.options[i].name for i in selection.marked)


def undecided_asked(phase: UndecidedAsked) -> Face:
    """The papers that nothing was decided about, and what going on would mean for them."""
    papers = [phase.session.papers[i] for i in phase.session.undecided]
    rows = tuple(Row(state.paper.title, message(f"ballots.{_standing(state)}"), Mark.ATTENTION) for state in papers)
    return Face(
        Screen.UNDECIDED,
        message("undecided.heading", count=len(papers)),
        message("undecided.lead", count=len(papers)),
        Rows(rows, phase.page),
        back=act(Touch.CONFIRM, "action.decline_and_go_on"),
        help=help_action(),
        primary=act(Touch.CONTINUE, "action.to_ballots"),
        progress=Progress(2, STEPS),
    )


def deciding(phase: Deciding) -> Face:
    """The codes, and the two equal ways on. Choices are not on this screen."""
    session = phase.session
    cast = Action(Touched(Touch.CAST), message("decide.cast", count=len(session.filled)), hold=True)
    check = Action(Touched(Touch.CHALLENGE), message("decide.check"))
    content: Content = Decision(
        _codes(session),
        left=check,
        left_detail=message("decide.check_detail"),
        right=cast,
        right_detail=message("decide.cast_detail", count=len(session.filled)),
    )
    return Face(
        Screen.DECIDE,
        message("decide.heading", count=len(session.filled)),
        message("decide.lead", count=len(session.filled)),
        content,
        help=help_action(),
        progress=Progress(3, STEPS),
    )


def _codes(session: Session) -> tuple[CodeItem, ...]:
    states = [session.papers[i] for i in session.filled]
    return tuple(CodeItem(state.paper.title, state.code) for state in states if state.code is not None)


def choosing_check(phase: ChoosingCheck) -> Face:
    """Which ballot to open: titles only."""
    rows = tuple(
        Row(
            phase.session.papers[i].paper.title,
            None,
            Mark.NONE,
            Action(PaperChosen(phase.session.papers[i].paper.paper_id), phase.session.papers[i].paper.title),
        )
        for i in phase.session.filled
    )
    return Face(
        Screen.CHOOSE_CHECK,
        message("choose_check.heading"),
        message("choose_check.lead"),
        Rows(rows, phase.page),
        back=act(Touch.BACK, "action.back"),
        help=help_action(),
        progress=Progress(3, STEPS),
    )


def checked(phase: Checked) -> Face:
    """The opened ballot is on paper and will not count."""
    return Face(
        Screen.CHECKED,
        message("checked.heading"),
        message("checked.lead", paper=phase.session.papers[phase.paper].paper.title),
        Picture("take_slip", message("picture.take_check_slip")),
        help=help_action(),
        primary=act(Touch.NEXT, "action.vote_again"),
        progress=Progress(3, STEPS),
    )


def printer_waits(phase: PrinterWaits) -> Face:
    """The printer stopped; what is safe, and that somebody comes."""
    return Face(
        Screen.PRINTER_WAITS,
        message("printer_waits.heading"),
        message(f"printer_waits.lead_{phase.job.value}", trouble=message(f"printer.{phase.trouble.value}")),
        Picture("wait", message("picture.wait_staff")),
        back=act(Touch.LEAVE, "action.leave"),
        help=help_action(),
        primary=act(Touch.RETRY, "action.print_again"),
        progress=Progress(3, STEPS),
    )
