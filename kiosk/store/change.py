"""What one transaction changes, in words that every copy of the store can follow.

The copies agree in what they hold and not in where: each has its own shuffled slots. So a change names ballots and
codes, and `planned` turns it into the rewrites of one copy's rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kiosk.store.batches import Batch, BatchPart
from kiosk.store.contents import Contents
from kiosk.store.database import Update
from kiosk.store.layout import BATCH_BYTES, Header, StoredBallot, filled_slot, padded
from kiosk.store.making import StoreState, update


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of a batch that is durable before the transaction that names it."""

    sequence: int
    part: BatchPart
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """Ballots that come, codes with the batch that they join, the row of a batch, files of batches."""

    ballots: tuple[StoredBallot, ...] = ()
    members: Mapping[str, int] = field(default_factory=dict, repr=False)
    batch: Batch | None = None
    files: tuple[BatchFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Transaction:
    """A committed transaction: its change, the journal's pages by number, and the state row before and after."""

    change: Change
    pages: Mapping[int, bytes] = field(repr=False)
    before: StoreState
    after: StoreState


@dataclass(frozen=True, slots=True)
class Plan:
    """The rewrites of one copy's rows, and what brings its memory up to them once they are committed."""

    updates: tuple[Update, ...] = field(repr=False)
    remember: Callable[[], None]


def planned(change: Change, contents: Contents, header: Header) -> Plan:
    """What a change is in one copy; there must be free slots for its ballots. Raises BallotTooLarge."""
    start = len(contents.free) - len(change.ballots)
    places = contents.free[start:]
    updates = [
        update("slot", slot, filled_slot(ballot, header.leaf_bytes))
        for slot, ballot in zip(places, change.ballots, strict=True)
    ]
    membership = contents.membership
    if change.members:
        membership = contents.membership_with(change.members)
        updates += [
            update("membership", number, body) for number, body in enumerate(contents.membership_rows(membership))
        ]
    batch = change.batch
    if batch is not None:
        updates.append(update("batch", batch.sequence - 1, padded(batch, BATCH_BYTES)))

    def remember() -> None:
        del contents.free[start:]
        for ballot, slot in zip(change.ballots, places, strict=True):
            contents.remember(ballot.paper_id, ballot.code, ballot.credential, slot)
        contents.membership = membership
        if batch is not None:
            contents.batches[batch.sequence - 1 :] = [batch, *contents.batches[batch.sequence :]]

    return Plan(tuple(updates), remember)


def check_session(ballots: Sequence[StoredBallot], declined: int, entitled: int, header: Header) -> None:
    """Raise ValueError for a session that cannot be: a fault of the program, not of the voter."""
    if not 0 < len(ballots) <= header.session_papers or declined < 0 or entitled != len(ballots) + declined:
        raise ValueError("the numbers of a session's ballots do not agree")
    for name in ("code", "credential", "paper_id"):
        if len({getattr(ballot, name) for ballot in ballots}) != len(ballots):
            raise ValueError(f"two ballots of a session have one {name}")
    if not {ballot.paper_id for ballot in ballots} <= set(header.papers):
        raise ValueError("a ballot of a paper that is not in the package")
