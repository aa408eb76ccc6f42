"""Taking a batch: is it a terminal's of this election, the next of its chain, and which of its ballots count.

A batch is judged outside the database (that costs time) and settled in one transaction with its acknowledgement,
so a terminal that repeats it, whatever happened meanwhile, is given the same answer and nothing counts twice.
"""

import asyncio
import base64
import hashlib
import json
import logging
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from central.database import BatchTransaction, Database, PaperState
from central.folder import CentreFolder
from central.orders import revoked
from central.takeovers import replaced
from central.verifying import BadBallot, GoodBallot, PoolBroken, Verdict, VerifierPool
from protocol.batch_interface import CentreRefusal, RefusalCode
from protocol.code import shown
from protocol.documents.acknowledgement import (
    Acknowledgement,
    Reason,
    RefusedBallot,
    Status,
    sign_acknowledgement,
)
from protocol.documents.batch import OpenedHeader, open_header, open_sealed
from protocol.documents.payload import sha256
from protocol.errors import Malformed, ProtocolError

LOG = logging.getLogger("central")
MOST_BALLOTS = 20_000
"""So many ballots a batch may hold, because so many refused ones an acknowledgement can name."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The batch is settled; the signed acknowledgement, the same at every repetition."""

    envelope: bytes


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The batch is not settled, and none of its ballots is stored."""

    refusal: CentreRefusal


Answer = Acknowledged | NotTaken


@dataclass(frozen=True, slots=True)
class _Judged:
    """A ballot of a batch with the verdict on it. `verdict` is None if its paper is not of this election."""

    paper_id: str
    ballot: str
    verdict: Verdict | None


@dataclass(slots=True)
class _Progress:
    done: int
    total: int


class _Refusal(Exception):  # noqa: N818 -- carries an answer out of the checks
    def __init__(self, error: RefusalCode, what: str, expected: int | None = None) -> None:
        super().__init__(what)
        self.answer = CentreRefusal(error=error, what=what, expected=expected)


class Intake:
    """Takes batches of any terminals at once, those of one terminal one after another."""

    def __init__(self, folder: CentreFolder, database: Database, pool: VerifierPool) -> None:
        self.folder = folder
        self.database = database
        self._pool = pool
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._progress: dict[str, _Progress] = {}

    def progress(self) -> dict[str, tuple[int, int]]:
        """Ballots verified and to verify of the batches under way, by terminal."""
        return {terminal: (one.done, one.total) for terminal, one in self._progress.items()}

    def admit(self, envelope: bytes) -> OpenedHeader | NotTaken:
        """The header if a terminal of this package signed it, which can be known before the rest has come."""
        try:
            return self._open_header(envelope)
        except Malformed as error:
            return NotTaken(CentreRefusal(error=RefusalCode.MALFORMED, what=str(error)))
        except _Refusal as refusal:
            LOG.warning("batch refused: %s", refusal)
            return NotTaken(refusal.answer)

    async def receive(self, opened: OpenedHeader, envelope: bytes, sealed: bytes) -> Answer:
        """The answer to a batch whose header was admitted."""
        try:
            async with self._turns[opened.header.terminal]:
                return await self._receive_in_turn(opened, envelope, sealed)
        except Malformed as error:
            return NotTaken(CentreRefusal(error=RefusalCode.MALFORMED, what=str(error)))
        except _Refusal as refusal:
            LOG.warning("batch refused: %s", refusal)
            return NotTaken(refusal.answer)
        except sqlite3.Error:
            LOG.exception("the database failed; the batch is not stored")
            return NotTaken(CentreRefusal(error=RefusalCode.BUSY, what="the batch could not be stored: send it again"))
        except PoolBroken:
            LOG.exception("a verifying process died")
            return NotTaken(CentreRefusal(error=RefusalCode.BUSY, what="verification was interrupted: send it again"))

    def _open_header(self, envelope: bytes) -> OpenedHeader:
        """The header, by a terminal of this package. Raises Malformed or _Refusal."""
        try:
            opened = open_header(envelope, self.folder.terminal_trust())
        except Malformed:
            raise
        except ProtocolError as error:
            raise _Refusal(RefusalCode.SIGNER, str(error)) from error
        header = opened.header
        if self.folder.terminal_places.get(header.terminal) != header.place:
            raise _Refusal(RefusalCode.SIGNER, f"the package has no terminal {header.terminal} at {header.place}")
        return opened

    async def _receive_in_turn(self, opened: OpenedHeader, envelope: bytes, sealed: bytes) -> Answer:
        try:
            return Acknowledged(await self._answer(opened, envelope, sealed))
        except _Refusal as refusal:
            if refusal.answer.error is not RefusalCode.MALFORMED:
                await run_in_threadpool(
                    self.database.record_incident,
                    refusal.answer.error.value,
                    opened.header.terminal,
                    opened.header.sequence,
                    opened.sha256,
                    envelope,
                )
            raise

    async def _answer(self, opened: OpenedHeader, envelope: bytes, sealed: bytes) -> bytes:
        """The acknowledgement of a batch, stored or new. Raises _Refusal, PoolBroken."""
        answered = await run_in_threadpool(self._check_place_in_chain, opened)
        if answered is not None:
            return answered
        if sha256(sealed) != opened.header.sealed_sha256:
            raise _Refusal(RefusalCode.MALFORMED, "the sealed part was damaged on its way: send it again")
        ballots = await run_in_threadpool(self._ballots, opened, envelope, sealed)
        judged = None if ballots is None else await self._judge(opened.header.terminal, ballots)
        # Shielded: once the transaction began, a client that hangs up must not leave it to chance.
        return await asyncio.shield(run_in_threadpool(self._settle, opened, envelope, sealed, judged))

    def _check_place_in_chain(self, opened: OpenedHeader) -> bytes | None:
        """The stored acknowledgement if this batch was answered, None if it is the next one. Raises _Refusal."""
        header = opened.header
        if header.mode != self.folder.mode:
            raise _Refusal(RefusalCode.MODE, f"a {header.mode} batch came to a centre of {self.folder.mode} mode")
        if header.package != self.folder.package_sha256:
            raise _Refusal(RefusalCode.PACKAGE, "the batch was made under another election package")
        stored = self.database.stored_batch(header.terminal, header.sequence)
        if stored is not None and stored.header_sha256 == opened.sha256:
            return stored.acknowledgement
        if stored is not None:
            raise _Refusal(
                RefusalCode.SEQUENCE_TAKEN,
                f"another batch {header.sequence} of terminal {header.terminal} was answered before",
            )
        last, previous = self.database.head(header.terminal) or (0, None)
        if header.sequence != last + 1:
            raise _Refusal(
                RefusalCode.SEQUENCE_GAP,
                f"batch {last + 1} of terminal {header.terminal} has not arrived",
                last + 1,
            )
        if header.previous != previous:
            raise _Refusal(
                RefusalCode.BROKEN_CHAIN,
                f"batch {header.sequence} of terminal {header.terminal} does not follow on the batch before it",
                last + 1,
            )
        return None

    def _ballots(self, opened: OpenedHeader, envelope: bytes, sealed: bytes) -> dict[str, tuple[str, ...]] | None:
        """The ballots by paper, or None if the batch is quarantined.

        That is, if it cannot be read, or its terminal is revoked, or was replaced by a spare that never had the batch.
        Raises _Refusal.
        """
        terminal = opened.header.terminal
        if revoked(self.folder, terminal, datetime.now(UTC)):
            # Kept and answered, so that the terminal's chain goes on: which of its votes count is for an act to say.
            LOG.warning("a batch of terminal %s, which an order revokes, is quarantined", terminal)
            return None
        if replaced(self.folder, opened):
            LOG.warning("a batch of terminal %s, which a spare replaced, is quarantined", terminal)
            return None
        try:
            batch = open_sealed(envelope, sealed, self.folder.terminal_trust(), self.folder.key)
        except ProtocolError as error:
            # The terminal signed these very bytes: sending them again would not help, so the batch is kept.
            LOG.warning("a batch cannot be opened and is quarantined: %s", error)
            return None
        if sum(len(some) for some in batch.ballots_by_paper.values()) > MOST_BALLOTS:
            LOG.warning("a batch of more than %d ballots is quarantined", MOST_BALLOTS)
            return None
        states = self.database.paper_states()
        for paper_id in batch.ballots_by_paper:
            if states.get(paper_id) is PaperState.ENDED:
                raise _Refusal(RefusalCode.CLOSED, f"paper {paper_id} takes no more ballots: its tally has begun")
        return batch.ballots_by_paper

    async def _judge(self, terminal: str, ballots: dict[str, tuple[str, ...]]) -> list[_Judged]:
        progress = _Progress(0, sum(len(some) for some in ballots.values()))
        self._progress[terminal] = progress

        def more(done: int) -> None:
            progress.done += done

        judged: list[_Judged] = []
        try:
            for paper_id, some in ballots.items():
                paper = self.folder.papers.get(paper_id)
                verdicts: list[Verdict | None] = [None] * len(some)
                if paper is not None:
                    verdicts = list(await self._pool.verify(paper.election, some, more))
                judged += (_Judged(paper_id, *pair) for pair in zip(some, verdicts, strict=True))
        finally:
            del self._progress[terminal]
        return judged

    def _settle(self, opened: OpenedHeader, envelope: bytes, sealed: bytes, judged: list[_Judged] | None) -> bytes:
        """Decide on every ballot and store the batch with its acknowledgement, in one transaction."""
        header = opened.header
        with self.database.batch_transaction() as transaction:
            accepted = 0
            refused: list[RefusedBallot] = []
            for one in judged or ():
                reason = self._decide(transaction, header.place, one)
                if reason is None:
                    accepted += 1
                else:
                    refused.append(RefusedBallot(shown(_stated_code(one)), reason))
            refused.sort(key=lambda one: one.code)
            acknowledgement = sign_acknowledgement(
                Acknowledgement(
                    header.terminal,
                    header.sequence,
                    opened.sha256,
                    Status.QUARANTINED if judged is None else Status.ACCEPTED,
                    accepted,
                    tuple(refused),
                ),
                self.folder.signer,
            )
            transaction.answer(
                terminal=header.terminal,
                sequence=header.sequence,
                header_sha256=opened.sha256,
                header=envelope,
                sealed=sealed,
                acknowledgement=acknowledgement,
                accepted=accepted,
                refused=len(refused),
            )
        LOG.info(
            "batch %d of %s: %d accepted, %d refused",
            header.sequence,
            header.terminal,
            accepted,
            len(refused),
        )
        return acknowledgement

    def _decide(self, transaction: BatchTransaction, place: str, one: _Judged) -> Reason | None:
        """Why the ballot is refused, None if it is accepted (now or before); stores what it decides."""
        reason = self._first_objection(place, one)
        if reason is None and isinstance(one.verdict, GoodBallot):
            good = one.verdict
            accepted_code = transaction.code_of(one.paper_id, good.credential)
            if accepted_code == good.code:
                # The very same ballot by another way (a second medium, a spare terminal): it counts once.
                return None
            if accepted_code is None:
                transaction.accept(one.paper_id, good.code, good.credential, one.ballot)
                return None
            transaction.conflict(one.paper_id, good.credential, accepted_code, good.code)
            reason = Reason.CREDENTIAL_USED
        transaction.refuse(one.paper_id, _stated_code(one), reason or Reason.MALFORMED, one.ballot)
        return reason or Reason.MALFORMED

    def _first_objection(self, place: str, one: _Judged) -> Reason | None:
        """What speaks against a ballot, whatever else was accepted."""
        match one.verdict:
            case None:
                return Reason.PAPER_UNKNOWN
            case BadBallot(malformed, what):
                LOG.warning("a ballot of paper %s is refused: %s", one.paper_id, what)
                return Reason.MALFORMED if malformed else Reason.PROOF_FALSE
            case GoodBallot(credential, _code):
                home = self.folder.papers[one.paper_id].places.get(credential)
                if home is None:
                    return Reason.CREDENTIAL_UNKNOWN
                return None if home == place else Reason.CREDENTIAL_ELSEWHERE


def _stated_code(one: _Judged) -> str:
    """The ballot's code: proved, or what a false ballot says of itself, or else the digest of its bytes."""
    if isinstance(one.verdict, GoodBallot):
        return one.verdict.code
    try:
        stated = json.loads(one.ballot)["signature"]["hash"]
        shown(stated)
    except (ValueError, KeyError, TypeError, RecursionError, ProtocolError):
        return base64.b64encode(hashlib.sha256(one.ballot.encode()).digest()).decode().rstrip("=")
    return str(stated)
