"""The process that holds one session's credential and seeds, made ahead and ended with the session.

It opens the sealed credential, encrypts, opens a challenged ballot onto paper, signs. What leaves it is a public
credential, a code, a drawn paper or a signed ballot; the credential and the seeds never do, except a challenged
ballot's seed as dots of its slip. It ends when its pipe closes, so a killed terminal leaves none behind.
"""

import os
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.domain.ballots import Paper
from kiosk.effects.closed_memory import close_memory
from kiosk.papers.frame import Origin
from kiosk.papers.paper_image import ROLL_80, PaperImage, Roll
from kiosk.papers.render import PaperKind, render
from kiosk.papers.slip_challenge import ContestChosen, SlipChallenge
from protocol.ballot import UnsignedBallot, encrypt, sign
from protocol.challenge import ChallengeSlip
from protocol.code import shown
from protocol.credentials import public_credential, secret_exponent
from protocol.documents.authorisation import CredentialContext, open_credential
from protocol.election import Election, parse_election
from protocol.errors import ProtocolError

SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Begin:
    """Open the credential. `elections` are pairs (paper, raw Belenios election) of this voter's papers."""

    sealed: bytes
    place_key: bytes = field(repr=False)
    context: CredentialContext
    elections: tuple[tuple[Paper, str], ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """The public credential of each paper, in the order of `Begin.elections`."""

    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncryptPaper:
    """Encrypt `choices` with a fresh seed, forgetting an older ballot of the paper."""

    paper_id: str
    choices: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """The new ballot's code in groups."""

    code: str


@dataclass(frozen=True, slots=True)
class OfferPapers:
    """These papers are offered to be cast: destroy the ballots of all others."""

    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """The codes that are offered, by paper in the order asked for."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """Give a ballot up and draw its slip: choices, seed, code. A reprint draws the last one again.

    `signed_text` is the terminal's signature over package digest, code and "checked".
    """

    paper_id: str
    language: str
    origin: Origin
    published_at: str
    signed_text: str
    roll: Roll = ROLL_80


@dataclass(frozen=True, slots=True)
class Opened:
    """The drawn slip without its words, and the code of the ballot that is now given up."""

    paper: PaperImage
    code: str


@dataclass(frozen=True, slots=True)
class SignPapers:
    """Sign the ballots of these papers. From here on none of them can be opened."""

    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignedBallot:
    """A ballot ready to be stored: `code` is in groups, `credential` is public."""

    paper_id: str
    code: str
    credential: str
    ballot_json: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed ballots, in the order asked for."""

    ballots: tuple[SignedBallot, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The process could not do it. `words` are constant: nothing of a credential or seed is in them."""

    words: str


Command = Begin | EncryptPaper | OfferPapers | OpenPaper | SignPapers
Answer = Begun | Code | Offered | Opened | Signed | Broken


@dataclass(slots=True)
class _Held:
    """One paper's secrets and its ballot as it stands."""

    paper: Paper
    election: Election
    exponent: int = field(repr=False)
    credential: str
    choices: tuple[tuple[int, ...], ...] | None = field(default=None, repr=False)
    seed: bytearray | None = field(default=None, repr=False)
    ballot: UnsignedBallot | None = field(default=None, repr=False)
    opened: ChallengeSlip | None = field(default=None, repr=False)

    def forget_ballot(self) -> None:
        """Destroy the seed and let go of the ballot."""
        if self.seed is not None:
            self.seed[:] = bytes(len(self.seed))
        self.seed = self.ballot = self.choices = None


class SessionKeeper:
    """What the process does, command by command; in a class so that tests meet it without a process."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._offered: frozenset[str] = frozenset()
        self._signing = False

    def answer(self, command: Command) -> Answer:
        """Carry out one command."""
        match command:
            case Begin():
                return self._begin(command)
            case EncryptPaper(paper_id, choices):
                return self._encrypt(self._held[paper_id], choices)
            case OfferPapers(papers):
                return self._offer(papers)
            case OpenPaper():
                return self._open(command)
            case SignPapers(papers):
                return self._sign(papers)

    def _begin(self, begin: Begin) -> Answer:
        key = X25519PrivateKey.from_private_bytes(begin.place_key)
        code = open_credential(begin.sealed, key, begin.context)
        for paper, raw in begin.elections:
            election = parse_election(raw)
            exponent = secret_exponent(code, election.uuid, election.group)
            credential = public_credential(exponent, election.group)
            self._held[paper.paper_id] = _Held(paper, election, exponent, credential)
        return Begun(tuple(self._held[paper.paper_id].credential for paper, _ in begin.elections))

    def _encrypt(self, held: _Held, choices: tuple[tuple[int, ...], ...]) -> Answer:
        if self._signing:
            return Broken("the session is being cast")
        held.forget_ballot()
        held.opened = None  # a reprint is of the last ballot, never of one before it
        self._offered = frozenset()  # what is on paper is no longer what would be cast
        held.seed = bytearray(os.urandom(SEED_BYTES))
        held.choices = choices
        held.ballot = encrypt(held.election, held.credential, choices, bytes(held.seed))
        return Code(shown(held.ballot.code_b64))

    def _offer(self, papers: tuple[str, ...]) -> Answer:
        if self._signing:
            return Broken("the session is being cast")
        ballots = [self._held[paper_id].ballot for paper_id in papers]
        if not ballots or None in ballots:
            return Broken("a paper has no ballot to offer")
        for paper_id, held in self._held.items():
            if paper_id not in papers:
                held.forget_ballot()
        self._offered = frozenset(papers)
        return Offered(tuple(shown(ballot.code_b64) for ballot in ballots if ballot is not None))

    def _open(self, command: OpenPaper) -> Answer:
        held = self._held[command.paper_id]
        if self._signing:
            return Broken("the session is being cast")
        if not (command.origin.reprint and held.opened is not None):
            if held.ballot is None or held.seed is None or held.choices is None:
                return Broken("there is no ballot to open")
            slip = ChallengeSlip(
                held.election.uuid, held.credential, held.choices, bytes(held.seed), shown(held.ballot.code_b64)
            )
            held.opened = slip
            held.forget_ballot()
            self._offered = frozenset()
        assert held.opened is not None
        slip = held.opened
        content = SlipChallenge(
            origin=command.origin,
            paper=held.paper.title,
            contests=chosen_names(held.paper, slip.choices),
            code=slip.code,
            seed=slip.seed.hex(),
            published_at=command.published_at,
            challenge_text=slip.encode(),
            signed_text=command.signed_text,
        )
        # The strings that were drawn stay here: the terminal's process lives on after the session.
        drawn = render(PaperKind.SLIP_CHALLENGE, content, command.language, command.roll)
        return Opened(drawn.without_words(), slip.code)

    def _sign(self, papers: tuple[str, ...]) -> Answer:
        held = [self._held[paper_id] for paper_id in papers]
        if not held or any(each.ballot is None for each in held):
            return Broken("a paper has no ballot to cast")
        if frozenset(papers) != self._offered:
            return Broken("the papers are not those that were offered")
        self._signing = True
        signed = []
        for each in held:
            assert each.ballot is not None
            code = shown(each.ballot.code_b64)
            text = sign(each.ballot, each.election, each.exponent)
            signed.append(SignedBallot(each.paper.paper_id, code, each.credential, text))
        for each in self._held.values():
            each.forget_ballot()
        return Signed(tuple(signed))


def chosen_names(paper: Paper, choices: tuple[tuple[int, ...], ...]) -> tuple[ContestChosen, ...]:
    """The names that a ballot's choices stand for, contest by contest; a leading blank stands for none."""
    return tuple(
        ContestChosen(
            contest.title,
            tuple(
                option.name
                for option, mark in zip(contest.options, vector[1:] if contest.blank else vector, strict=True)
                if mark
            ),
        )
        for contest, vector in zip(paper.contests, choices, strict=True)
    )


def main(pipe: Connection) -> None:
    """Answer commands until the pipe closes. Started by `kiosk.effects.sessions`."""
    close_memory()
    keeper = SessionKeeper()
    while True:
        try:
            command: Command = pipe.recv()
        except EOFError:
            return
        try:
            answer = keeper.answer(command)
        except (ProtocolError, KeyError, ValueError) as error:
            # Only the kind of the error leaves: its words could be near a credential.
            answer = Broken(type(error).__name__)
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return
