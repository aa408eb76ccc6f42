"""Verifying ballots in a pool of spawned processes."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache

from protocol.ballot import verify_ballot
from protocol.election import Election, parse_election
from protocol.errors import Malformed, Refused

CHUNK = 16
"""Ballots a task: small enough to share a batch fairly and to show progress, large enough to drown the hand-over."""


@dataclass(frozen=True, slots=True)
class GoodBallot:
    """A ballot whose structure, proofs, code and signature are true."""

    credential: str
    code: str


@dataclass(frozen=True, slots=True)
class BadBallot:
    """A ballot that is not: `malformed` or well-formed and false, with the words of the verifier."""

    malformed: bool
    what: str


Verdict = GoodBallot | BadBallot


class PoolBroken(Exception):  # noqa: N818 -- an expected trouble with its own answer
    """A verifying process died; the pool is new, the batch has to be verified again."""


@lru_cache(maxsize=64)
def _election(raw: str) -> Election:
    return parse_election(raw)


def verify_chunk(election: str, ballots: Sequence[str]) -> list[Verdict]:
    """The verdict on each ballot of one paper; `election` is its exact JSON text. Runs in a pool's process."""
    verdicts: list[Verdict] = []
    for ballot in ballots:
        try:
            verified = verify_ballot(_election(election), ballot)
            verdicts.append(GoodBallot(verified.credential, verified.hash_b64))
        except Malformed as error:
            verdicts.append(BadBallot(True, str(error)))
        except Refused as error:
            verdicts.append(BadBallot(False, str(error)))
    return verdicts


def _begin() -> None:
    """Prepare a pool's process: leave Ctrl-C to the parent, and never outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end_with_parent() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


class VerifierPool:
    """Spawned processes that verify ballots; `workers` of them, started at the first ballot."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, multiprocessing.get_context("spawn"), _begin)

    async def verify(self, election: str, ballots: Sequence[str], progress: Callable[[int], None]) -> list[Verdict]:
        """The verdict on each ballot, in their order; `progress` is told how many more are done.

        Raises PoolBroken if a process of the pool died.
        """
        loop = asyncio.get_running_loop()
        pool = self._pool

        async def chunk(start: int) -> list[Verdict]:
            verdicts = await loop.run_in_executor(pool, verify_chunk, election, ballots[start : start + CHUNK])
            progress(len(verdicts))
            return verdicts

        try:
            # Every chunk is awaited even if one fails, so that no verdict of an old pool comes after its end.
            done = await asyncio.gather(
                *(chunk(start) for start in range(0, len(ballots), CHUNK)), return_exceptions=True
            )
            return [verdict for part in done for verdict in _raised(part)]
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = self._new()
                pool.shutdown(wait=False, cancel_futures=True)
            raise PoolBroken from error

    def close(self) -> None:
        """End the processes; what they were doing is thrown away."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _raised(part: list[Verdict] | BaseException) -> list[Verdict]:
    if isinstance(part, BaseException):
        raise part
    return part
