"""The day whose order is to be found: votes cast into a store on ext4 images, which are taken at noon and at night.

Runs by itself as root in a mount namespace (`ground.play`). Leaves `noon-M.img` and `night-M.img` for each medium M,
and `truth.json`: the sessions in the order of their casts, and the batch of each ballot at both moments.
"""

import base64
import hashlib
import json
import os
import random
import sys
from collections.abc import MutableSequence, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from kiosk.domain.polls import PollsState
from kiosk.store import events
from kiosk.store.batches import BatchState
from kiosk.store.batching import batch_sizes
from kiosk.store.catching_up import catch_up, follow
from kiosk.store.database import Database
from kiosk.store.making import Shape
from kiosk.store.vote_store import StoredBallot, VoteStore
from protocol.documents.batch import BatchContext, seal
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.hpke import CentreKey
from protocol.documents.issuing import new_issuer, new_key
from tests.attack.ground import make_image, mounted, take_image
from tests.attack.naive import DeleteStore, NaiveStore, OverflowStore, SparseStore, WalStore

KEY = bytes(range(32))
SECOND_KEY = bytes(range(32, 64))
PACKAGE = hashlib.sha256(b"package").hexdigest()
TERMINAL = "T-1"
PAPERS = ("mayor", "duma")
MORNING = datetime(2026, 9, 20, 5, tzinfo=UTC)
BALLOT_BYTES = 6000
IMAGE_BYTES = 48 << 20
REAL = ("real", "unwiped", "unshuffled")
"""The vote store; the other two without one of its precautions."""
NOON = 0.6
"""The part of the voters who have cast when the first images are taken."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the attacker is to find, and what the batch numbers tell anyway: batches by code, 0 for none."""

    sessions: list[list[str]]
    noon_sessions: int
    noon_batches: dict[str, int]
    night_batches: dict[str, int]


class Station(Protocol):
    """Anything that votes are cast into, on one medium or several."""

    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        """A whole session. The image of noon is taken right after the last write of this."""

    def between(self) -> None:
        """What happens after the card is out."""

    def end(self) -> None:
        """Closing the polls."""

    def batches(self) -> dict[str, int]:
        """The batch of each sealed ballot."""


def ballot(paper: str) -> StoredBallot:
    """A ballot in Belenios's shape and of constant size, with nothing in it that repeats."""
    code = base64.b64encode(os.urandom(32)).decode().rstrip("=")
    credential = os.urandom(32).hex()
    filling = base64.b64encode(os.urandom(BALLOT_BYTES * 3 // 4)).decode()
    text = json.dumps({"credential": credential, "answers": [filling], "signature": {"hash": code}})
    return StoredBallot(paper, code, credential, text)


class RealStation:
    """The vote store, with a second copy on a second medium: restarted, sealing as it goes, closed with a last batch.

    The second medium is away for a part of the morning, and is brought up when it is back.
    """

    def __init__(self, folders: Sequence[Path], voters: int) -> None:
        self._now = MORNING
        self._shape = Shape(voters * 2 + 20, BALLOT_BYTES + 500, session_papers=2, journal_pages=32, batch_rows=16)
        self._folder, *others = folders
        self._second_folder = others[0] if others else None
        self._store = self._made(self._folder, KEY, note=True)
        self._second = self._made(others[0], SECOND_KEY, note=False) if others else None
        self._join()
        self._store.set_polls_state(PollsState.OPEN, events.polls_opened())
        issuer = new_issuer("election", MORNING - timedelta(days=1), MORNING + timedelta(days=1))
        key = new_key()
        self._signer = SoftwareSigner(issuer.issue(key.public_key(), Identity(Role.TERMINAL, "0112", TERMINAL)), key)
        self._centre = CentreKey.generate().public_bytes()
        self._previous: str | None = None
        self._batches: dict[str, int] = {}
        self._cast = 0
        self._pauses = {voters * part // 10 for part in (3, 5, 8)}
        self._leaves, self._returns = voters // 5, voters * 2 // 5

    def _made(self, folder: Path, key: bytes, *, note: bool) -> VoteStore:
        return VoteStore.create(
            folder, bytearray(key), package_digest=PACKAGE, terminal=TERMINAL, papers=PAPERS, shape=self._shape,
            clock=self._clock, note=note,
        )  # fmt: skip

    def _opened(self, folder: Path, key: bytes) -> VoteStore:
        return VoteStore.open(
            folder, bytearray(key), package_digest=PACKAGE, terminal=TERMINAL, clock=self._clock, note=False
        )

    def _clock(self) -> datetime:
        return self._now

    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        self._now += timedelta(seconds=random.SystemRandom().randrange(40, 200))
        self._store.record(events.card_inserted(), events.card_admitted(), sessions=1)
        self._store.cast(ballots, declined=0, entitled=len(ballots), events=[events.session_cast()])
        self._cast += 1

    def between(self) -> None:
        self._store.record(events.card_spent(), events.slip_cast_printed(), events.card_removed())
        if self._cast in self._pauses:
            self._seal(last=False)
            self._restart()
        if self._cast == self._leaves:
            self._part()
        if self._cast == self._returns:
            self._join()

    def _part(self) -> None:
        """The second medium is taken out."""
        self._store.follower = None
        if self._second is not None:
            self._second.close()
            self._second = None

    def _join(self) -> None:
        """The second medium is in, is brought up, and follows."""
        if self._second_folder is None:
            return
        first = self._store
        second = self._second = self._second or self._opened(self._second_folder, SECOND_KEY)
        catch_up(lambda work: work(first), lambda work: work(second), lambda done, todo: None, lambda: None)
        first.follower = partial(follow, second)

    def _restart(self) -> None:
        away = self._second is None
        self._part()
        self._store.close()
        self._store = self._opened(self._folder, KEY)
        if not away:
            self._join()
        self._store.note_opening()

    def _seal(self, *, last: bool) -> None:
        sizes = batch_sizes(self._store.unsealed_by_paper(), 10, last=last)
        if not sizes:
            return
        drawn = self._store.draw(sizes)
        sequence = self._store.counters().batches + 1
        context = BatchContext(TERMINAL, "0112", PACKAGE, "test", sequence, self._previous)
        sealed = seal(drawn.ballots, context, self._signer, self._centre)
        self._previous = sealed.header_sha256
        noted = [events.batch_sealed(sequence, drawn.total)]
        self._store.record_batch(drawn, sequence, sealed.header_envelope, sealed.sealed, events=noted)
        self._store.mark_sent(sequence, events.batch_sent(sequence))
        answered = [events.batch_acknowledged(sequence, drawn.total, 0)]
        self._store.acknowledge(sequence, b"{}", status=BatchState.ACKNOWLEDGED, accepted=drawn.total, events=answered)
        self._batches |= {code: sequence for codes in drawn.codes.values() for code in codes}

    def end(self) -> None:
        self._store.set_polls_state(PollsState.CLOSED, events.polls_closed())
        self._seal(last=True)
        self._part()
        self._store.close()

    def batches(self) -> dict[str, int]:
        return dict(self._batches)


class NaiveStation:
    """A naive store on the first medium."""

    def __init__(self, kind: str, folder: Path, voters: int) -> None:
        slots = voters * 2 + 20
        match kind:
            case "overflow":
                self._store: NaiveStore | SparseStore = OverflowStore(folder, KEY)
            case "wal":
                self._store = WalStore(folder, KEY, slots)
            case "delete":
                self._store = DeleteStore(folder, KEY, slots)
            case "sparse":
                self._store = SparseStore(folder, KEY, slots)
            case _:
                raise ValueError(kind)

    def cast(self, ballots: Sequence[StoredBallot]) -> None:
        self._store.cast(ballots)

    def between(self) -> None:
        """Nothing is noted between casts."""

    def end(self) -> None:
        self._store.close()

    def batches(self) -> dict[str, int]:
        return {}


def spoil(kind: str) -> None:
    """Take one precaution from the vote store, in this process."""
    match kind:
        case "unwiped":
            Database.wipe = lambda self: None  # type: ignore[method-assign]  # spoilt on purpose
        case "unshuffled":
            random.SystemRandom.shuffle = _sort  # type: ignore[method-assign]  # the same


def _sort(self: random.Random, x: MutableSequence[Any]) -> None:
    x[:] = sorted(x)


def play(kind: str, folder: Path, voters: int, media: int) -> None:
    """The whole day; every second voter has two papers."""
    images = [folder / f"medium-{number}.img" for number in range(media)]
    sessions: list[list[str]] = []
    spoil(kind)
    noon, noon_batches = round(voters * NOON), dict[str, int]()
    with ExitStack() as mounts:
        for image in images:
            make_image(image, IMAGE_BYTES)
        folders = [mounts.enter_context(mounted(image)) / "store" for image in images]
        station: Station = RealStation(folders, voters) if kind in REAL else NaiveStation(kind, folders[0], voters)
        for voter in range(voters):
            ballots = [ballot(paper) for paper in PAPERS[: 1 + voter % 2]]
            station.cast(ballots)
            sessions.append([one.code for one in ballots])
            if voter + 1 == noon:
                noon_batches = station.batches()
                for number, image in enumerate(images):
                    take_image(image, folder / f"noon-{number}.img")
            station.between()
        station.end()
    for number, image in enumerate(images):
        take_image(image, folder / f"night-{number}.img")
        image.unlink()
    truth = Truth(sessions, noon, noon_batches, station.batches())
    (folder / "truth.json").write_bytes(msgspec.json.encode(truth))


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    play(plan["kind"], Path(plan["folder"]), plan["voters"], plan["media"])
