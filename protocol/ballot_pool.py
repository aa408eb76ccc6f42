"""Checking many ballots or credentials on all cores, in spawned processes."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

from protocol.ballot import verify_ballot
from protocol.credentials import check_credential
from protocol.election import Election, parse_election
from protocol.errors import ProtocolError, Refused
from protocol.group import group_named
from protocol.tally import EncryptedTally, add_tallies, empty_tally

CHUNK = 12  # ballots a task: short enough that all cores end at nearly the same time
CREDENTIALS_CHUNK = 500

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a run of ballots: those verified, in order, their tally, and the fault that ended it, if any.

    `verified` holds (where, public credential, hash in base64).
    """

    verified: tuple[tuple[str, str, str], ...]
    tally: EncryptedTally
    fault: ProtocolError | None


def check_ballots(election: Election, ballots: Iterable[tuple[str, str]]) -> Checked:
    """Verify (where, text) ballots one after another in this process, up to the first fault."""
    verified: list[tuple[str, str, str]] = []
    tally = empty_tally(election)
    for where, text in ballots:
        try:
            ballot = verify_ballot(election, text)
        except ProtocolError as fault:
            return Checked(tuple(verified), tally, type(fault)(f"{where}, {fault.where}", fault.what))
        verified.append((where, ballot.credential, ballot.hash_b64))
        tally = add_tallies(election.group, tally, EncryptedTally(1, ballot.pairs))
    return Checked(tuple(verified), tally, None)


def check_credentials(group_name: str, credentials: Iterable[tuple[int, str]]) -> ProtocolError | None:
    """The first fault among (number, key) public credentials, if any."""
    group = group_named(group_name)
    for number, key in credentials:
        try:
            check_credential(key, group, f"public credential {number}")
        except ProtocolError as fault:
            return fault
    return None


@cache
def _election(raw: str) -> Election:
    """Parsed once a worker process: the key's tables are costly."""
    return parse_election(raw)


def _ballots_task(raw: str, ballots: list[tuple[str, str]]) -> Checked:
    return check_ballots(_election(raw), ballots)


class BallotPool:
    """A pool of processes that check ballots of elections. One worker means this very process."""

    def __init__(self, workers: int | None = None) -> None:
        """`workers`: as many processes; None for one a core."""
        self.workers = workers or len(os.sched_getaffinity(0))
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.workers > 1:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self.workers, mp_context=context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def check_ballots(self, election: Election, ballots: Iterable[tuple[str, str]]) -> Iterator[Checked]:
        """Verify (where, text) ballots; the results come in the order of the ballots, some at a time."""
        return self._ordered(_ballots_task, election.raw, ballots, CHUNK)

    def check_credentials(self, group_name: str, credentials: Iterable[tuple[int, str]]) -> None:
        """Raise the first fault among (number, key) public credentials."""
        for fault in self._ordered(check_credentials, group_name, credentials, CREDENTIALS_CHUNK):
            if fault is not None:
                raise fault

    def _ordered(self, task: Callable[[str, list[T]], R], first: str, items: Iterable[T], size: int) -> Iterator[R]:
        """Chunks through the pool, few enough in flight that memory stays flat."""
        rest = iter(items)
        flying: deque[Future[R]] = deque()
        while chunk := list(islice(rest, size)):
            if self._executor is None:
                yield task(first, chunk)
                continue
            flying.append(self._executor.submit(task, first, chunk))
            if len(flying) > 3 * self.workers:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()


class CastOnce:
    """That every ballot's credential is listed and casts one ballot only; memory grows with the ballots."""

    def __init__(self, credentials: Iterable[str]) -> None:
        self._listed = frozenset(credentials)
        self._cast: set[str] = set()

    def cast(self, where: str, credential: str) -> None:
        """Take one ballot; raises Refused for an unknown credential and for a second ballot."""
        if credential not in self._listed:
            raise Refused(where, "the credential is not in the list")
        if credential in self._cast:
            raise Refused(where, "a second ballot of one credential")
        self._cast.add(credential)
