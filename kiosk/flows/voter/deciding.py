"""Commit, then decide (DESIGN 5): encrypt, show and print the codes, and only then ask: cast, or check.

An opened ballot is forgotten before its slip is printed, so it can never be cast; the voter fills that paper again
and gets a fresh code, while the codes of the other papers stay as they were offered.
"""

from dataclasses import replace

from kiosk.domain.ballots import encoded_paper
from kiosk.flows.contract import (
    Cast,
    Encrypt,
    Encrypted,
    Event,
    Finished,
    OpenBallot,
    PageTurned,
    PaperChosen,
    PrintOffered,
    Touch,
    Touched,
)
from kiosk.flows.paper_outcome import trouble_of
from kiosk.flows.scene import Scene
from kiosk.flows.voter.interruptions import release_card
from kiosk.flows.voter.states import (
    Casting,
    Checked,
    ChoosingCheck,
    Deciding,
    Encrypting,
    Ending,
    Filling,
    Job,
    LeavingAsked,
    Offering,
    Opening,
    PrinterWaits,
    Session,
    VoterPhase,
)


def encrypt_next(session: Session, scene: Scene) -> VoterPhase:
    """Encrypt the first filled paper that has no code yet; when all have one, print the offer."""
    for index in session.filled:
        state = session.papers[index]
        if state.code is None:
            choices = encoded_paper(state.paper, state.selections)
            return Encrypting(session, index, scene.ask(Encrypt(session.handle, state.paper.paper_id, choices)))
    return Offering(session, scene.ask(PrintOffered(session.handle, session.offered, scene.settings.language)))


def encrypting(phase: Encrypting, event: Event, scene: Scene) -> VoterPhase:
    """Wait for the ciphertext's code."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            match outcome:
                case Encrypted(_, code):
                    state = replace(phase.session.papers[phase.paper], code=code)
                    return encrypt_next(phase.session.with_paper(phase.paper, state), scene)
                case _:
                    # Nothing of this session is cast, and that is certain: the voter may begin anew.
                    return release_card(phase.session.handle, Ending.BROKEN, scene)
        case _:
            return phase


def offering(phase: Offering, event: Event, scene: Scene) -> VoterPhase:
    """Wait until the printer says that the codes are on paper."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            if trouble := trouble_of(outcome):
                return PrinterWaits(phase.session, Job.OFFERED, 0, trouble)
            return Deciding(phase.session)
        case _:
            return phase


def deciding(phase: Deciding, event: Event, scene: Scene) -> VoterPhase:
    """Cast, or check: nothing else ends this screen."""
    session = phase.session
    match event:
        case Touched(Touch.CAST):
            return Casting(session, scene.ask(Cast(session.handle, session.offered, len(session.declined))))
        case Touched(Touch.CHALLENGE):
            if len(session.filled) > 1:
                return ChoosingCheck(session)
            return _open(session, session.filled[0], scene)
        case _:
            return phase


def choosing_check(phase: ChoosingCheck, event: Event, scene: Scene) -> VoterPhase:
    """Several papers: the voter names the one to open."""
    match event:
        case PaperChosen(paper_id):
            index = phase.session.index(paper_id)
            if index is None or index not in phase.session.filled:
                return phase
            return _open(phase.session, index, scene)
        case PageTurned(page):
            return replace(phase, page=page)
        case Touched(Touch.BACK):
            return Deciding(phase.session)
        case _:
            return phase


def opening(phase: Opening, event: Event, scene: Scene) -> VoterPhase:
    """Wait until seed and choices are on paper. The ballot is gone whatever the printer says."""
    match event:
        case Finished(effect, outcome) if effect == phase.effect:
            if trouble := trouble_of(outcome):
                return PrinterWaits(phase.session, Job.OPENED, phase.paper, trouble)
            return Checked(phase.session, phase.paper)
        case _:
            return phase


def checked(phase: Checked, event: Event, scene: Scene) -> VoterPhase:
    """The slip is out: the voter fills the opened paper again."""
    match event:
        case Touched(Touch.NEXT):
            return Filling(phase.session, phase.paper, 0)
        case _:
            return phase


def printer_waits(phase: PrinterWaits, event: Event, scene: Scene) -> VoterPhase:
    """Print again, marked as a reprint, or leave without a vote."""
    session = phase.session
    match event:
        case Touched(Touch.RETRY):
            language = scene.settings.language
            if phase.job is Job.OFFERED:
                again = PrintOffered(session.handle, session.offered, language, reprint=True)
                return Offering(session, scene.ask(again))
            paper_id = session.papers[phase.paper].paper.paper_id
            effect = scene.ask(OpenBallot(session.handle, paper_id, language, reprint=True))
            return Opening(session, phase.paper, effect)
        case Touched(Touch.LEAVE):
            return LeavingAsked(phase)
        case _:
            return phase


def _open(session: Session, index: int, scene: Scene) -> Opening:
    """Give up the paper's ballot and have it opened: its marks and its code are no longer the session's."""
    paper = session.papers[index].paper
    effect = scene.ask(OpenBallot(session.handle, paper.paper_id, scene.settings.language))
    return Opening(session.anew(index), index, effect)
