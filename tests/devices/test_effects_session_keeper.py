"""The keeper of one session: what it holds, what it gives up, and what leaves its process."""

import os
import tempfile
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.domain.ballots import Contest, Option, Paper
from kiosk.domain.polls import Mode
from kiosk.domain.words import plain
from kiosk.effects.session_process import (
    Answer,
    Begin,
    Begun,
    Broken,
    Code,
    EncryptPaper,
    Offered,
    OfferPapers,
    Opened,
    OpenPaper,
    SessionKeeper,
    Signed,
    SignPapers,
)
from kiosk.effects.sessions import SessionLost, Sessions
from kiosk.papers.frame import Origin
from protocol.ballot import encrypt, verify_ballot
from protocol.challenge import ChallengeSlip, check_code, read_slip
from protocol.code import from_shown, shown
from protocol.credentials import new_code, public_credential, secret_exponent
from protocol.documents.authorisation import CredentialContext, seal_credential
from protocol.documents.hpke import raw_private, raw_public
from protocol.election import Election, Question, make_election, new_uuid
from protocol.group import group_named
from protocol.trustees import new_trustee

CHOICES = ((0, 1, 0),)
ORIGIN = Origin(Mode.TEST, plain("election"), plain("place"))
CONTEXT = CredentialContext("election", "0112", "A")


@dataclass(frozen=True)
class Setting:
    """Two papers and a voter's sealed credential."""

    begin: Begin
    elections: dict[str, Election]
    code: str


@pytest.fixture(scope="module")
def setting() -> Setting:
    group = group_named("Ed25519")
    _, trustee = new_trustee(group)
    elections = {
        name: make_election(
            new_uuid(), name, "", "Ed25519", trustee.public_key, [Question(("a", "b"), 0, 1, True, "question")]
        )
        for name in ("one", "two")
    }
    contest = Contest(plain("question"), None, (Option(plain("a")), Option(plain("b"))), 0, 1, blank=True)
    papers = tuple(
        (Paper(name, election.uuid, plain(name), (contest,)), election.raw) for name, election in elections.items()
    )
    key, code = X25519PrivateKey.generate(), new_code()
    sealed = seal_credential(code, raw_public(key.public_key()), CONTEXT)
    return Setting(Begin(sealed, raw_private(key), CONTEXT, papers), elections, code)


@pytest.fixture
def keeper(setting: Setting) -> SessionKeeper:
    keeper = SessionKeeper()
    assert isinstance(keeper.answer(setting.begin), Begun)
    return keeper


def encrypted(keeper: SessionKeeper, paper: str = "one") -> str:
    answer = keeper.answer(EncryptPaper(paper, CHOICES))
    assert isinstance(answer, Code)
    return answer.code


def signed(keeper: SessionKeeper, *papers: str) -> Answer:
    """The papers offered, and then signed."""
    assert isinstance(keeper.answer(OfferPapers(papers)), Offered)
    return keeper.answer(SignPapers(papers))


def opening(paper: str = "one", *, reprint: bool = False) -> OpenPaper:
    return OpenPaper(paper, "ru", replace(ORIGIN, reprint=reprint), "https://centre", "signed")


def slip_of(opened: object) -> ChallengeSlip:
    """The slip's text, which anyone reads from its QR: its dots are all that leaves the process."""
    assert isinstance(opened, Opened)
    assert (opened.paper.drawn, opened.paper.codes) == ((), ())
    with tempfile.NamedTemporaryFile(suffix=".png") as picture:
        picture.write(opened.paper.png())
        picture.flush()
        return read_slip(picture.name)


def test_the_credentials_are_those_of_the_code(setting: Setting) -> None:
    answer = SessionKeeper().answer(setting.begin)
    expected = tuple(
        public_credential(secret_exponent(setting.code, election.uuid, election.group), election.group)
        for election in setting.elections.values()
    )
    assert answer == Begun(expected)


def test_the_same_choices_twice_have_different_codes(keeper: SessionKeeper) -> None:
    assert encrypted(keeper) != encrypted(keeper)


def test_an_opened_ballot_recomputes_to_its_code(setting: Setting, keeper: SessionKeeper) -> None:
    code = encrypted(keeper)
    opened = keeper.answer(opening())
    slip = slip_of(opened)
    assert slip.code == code
    assert slip.choices == CHOICES
    election = setting.elections["one"]
    assert shown(encrypt(election, slip.credential, slip.choices, slip.seed).code_b64) == code
    check_code(slip, election)


def test_what_was_opened_is_never_signed(keeper: SessionKeeper) -> None:
    encrypted(keeper)
    assert isinstance(keeper.answer(opening()), Opened)
    assert isinstance(keeper.answer(SignPapers(("one",))), Broken)


def test_what_was_signed_is_never_opened(setting: Setting, keeper: SessionKeeper) -> None:
    code = encrypted(keeper)
    answer = signed(keeper, "one")
    assert isinstance(answer, Signed)
    (ballot,) = answer.ballots
    verified = verify_ballot(setting.elections["one"], ballot.ballot_json)
    assert verified.hash_b64 == from_shown(code) == from_shown(ballot.code)
    assert verified.credential == ballot.credential
    assert isinstance(keeper.answer(opening()), Broken)
    assert isinstance(keeper.answer(opening(reprint=True)), Broken)
    assert isinstance(keeper.answer(EncryptPaper("one", CHOICES)), Broken)
    assert isinstance(keeper.answer(SignPapers(("one",))), Broken)


def test_once_signing_begins_no_paper_is_opened(keeper: SessionKeeper) -> None:
    encrypted(keeper, "one")
    encrypted(keeper, "two")
    assert isinstance(signed(keeper, "one", "two"), Signed)
    assert isinstance(keeper.answer(opening("two")), Broken)


def test_what_is_not_offered_is_destroyed(keeper: SessionKeeper) -> None:
    """A paper is declined after it was encrypted: nothing of its ballot is left to be opened, offered or cast."""
    code = encrypted(keeper, "one")
    encrypted(keeper, "two")
    seed = keeper._held["two"].seed
    assert seed is not None
    assert keeper.answer(OfferPapers(("one",))) == Offered((code,))
    assert seed == bytes(32)
    assert isinstance(keeper.answer(opening("two")), Broken)
    assert isinstance(keeper.answer(OfferPapers(("one", "two"))), Broken)
    assert isinstance(keeper.answer(SignPapers(("one", "two"))), Broken)
    assert isinstance(keeper.answer(SignPapers(("one",))), Signed)


def test_only_what_was_offered_last_is_signed(keeper: SessionKeeper) -> None:
    for paper in ("one", "two"):
        encrypted(keeper, paper)
    assert isinstance(keeper.answer(SignPapers(("one", "two"))), Broken), "no slip has its code"
    keeper.answer(OfferPapers(("one", "two")))
    assert isinstance(keeper.answer(SignPapers(("one",))), Broken), "the slip offers two"
    encrypted(keeper, "two")
    assert isinstance(keeper.answer(SignPapers(("one", "two"))), Broken), "the slip has an older code"
    keeper.answer(OfferPapers(("one", "two")))
    keeper.answer(opening("two"))
    assert isinstance(keeper.answer(SignPapers(("one",))), Broken), "the slip has a code that was opened"
    assert isinstance(signed(keeper, "one"), Signed)


def test_nothing_is_opened_or_signed_before_it_is_encrypted(keeper: SessionKeeper) -> None:
    assert isinstance(keeper.answer(opening()), Broken)
    assert isinstance(keeper.answer(SignPapers(("one",))), Broken)
    assert isinstance(keeper.answer(SignPapers(())), Broken)
    encrypted(keeper, "one")
    assert isinstance(keeper.answer(SignPapers(("one", "two"))), Broken)
    assert isinstance(keeper.answer(opening()), Opened), "a refused signature has not begun"


def test_a_reprint_is_of_the_same_ballot(keeper: SessionKeeper) -> None:
    encrypted(keeper)
    first = slip_of(keeper.answer(opening()))
    assert slip_of(keeper.answer(opening(reprint=True))) == first


def test_a_reprint_is_of_the_last_ballot(keeper: SessionKeeper) -> None:
    """The second ballot's slip was lost before it was drawn: what is tried again is the second, not the first."""
    encrypted(keeper)
    keeper.answer(opening())
    second = encrypted(keeper)
    assert slip_of(keeper.answer(opening(reprint=True))).code == second
    assert isinstance(keeper.answer(SignPapers(("one",))), Broken)


def test_secrets_show_in_no_repr(setting: Setting, keeper: SessionKeeper) -> None:
    encrypted(keeper)
    held = keeper._held["one"]
    assert held.seed is not None
    assert str(held.exponent) not in repr(held)
    assert held.seed.hex() not in repr(held)
    assert repr(bytes(held.seed)) not in repr(held)
    assert repr(setting.begin.place_key) not in repr(setting.begin)
    opened = keeper.answer(opening())
    assert slip_of(opened).seed.hex() not in repr(opened)


def test_the_seed_is_overwritten(keeper: SessionKeeper) -> None:
    encrypted(keeper)
    seed = keeper._held["one"].seed
    assert seed is not None
    assert isinstance(signed(keeper, "one"), Signed)
    assert seed == bytes(32)
    assert keeper._held["one"].choices is None


# --- the process ----------------------------------------------------------------------------------------------------


def test_a_session_is_a_process_of_its_own_and_ends(setting: Setting) -> None:
    sessions = Sessions()
    begun = sessions.begin(setting.begin)
    assert not isinstance(begun, Broken)
    handle, _ = begun
    (worker,) = sessions._running.values()
    pid = worker.pid
    assert pid is not None
    assert pid != os.getpid()
    answer = sessions.ask(handle, EncryptPaper("one", CHOICES))
    assert isinstance(answer, Code)
    assert isinstance(sessions.ask(handle, EncryptPaper("none", CHOICES)), Broken), "an unknown paper ends nothing"
    assert isinstance(sessions.ask(handle, OfferPapers(("one",))), Offered)
    assert isinstance(sessions.ask(handle, SignPapers(("one",))), Signed)
    sessions.end(handle)
    sessions.end(handle)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(SessionLost):
        sessions.ask(handle, SignPapers(("one",)))
    sessions.close()


def test_a_credential_of_another_place_opens_no_session(setting: Setting) -> None:
    sessions = Sessions()
    other = replace(setting.begin, place_key=raw_private(X25519PrivateKey.generate()))
    assert isinstance(sessions.begin(other), Broken)
    elsewhere = replace(setting.begin, context=CredentialContext("election", "0113", "A"))
    assert isinstance(sessions.begin(elsewhere), Broken)
    assert not sessions._running
    sessions.close()


def test_a_killed_session_is_lost_and_the_next_one_lives(setting: Setting) -> None:
    sessions = Sessions()
    sessions.prepare()
    assert sessions._ready is not None
    assert sessions._ready.pid is not None
    os.kill(sessions._ready.pid, 9)
    with pytest.raises(SessionLost):
        sessions.begin(setting.begin)
    begun = sessions.begin(setting.begin)
    assert not isinstance(begun, Broken)
    sessions.close()
