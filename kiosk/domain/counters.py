"""Control counters: numbers that only grow, and the equations between them (DESIGN 10)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counters:
    """What one terminal counts. All are numbers of things since the store was made.

    `sessions` begun; `cards_spent`, `cards_released` (a session that ended without a cast, the card usable);
    `challenges` opened; `entitled`, `accepted` and `declined` are ballots of the sessions that cast;
    `sealed`, `acknowledged` and `quarantined` are accepted ballots by how far they went.
    """

    sessions: int = 0
    cards_spent: int = 0
    cards_released: int = 0
    challenges: int = 0
    entitled: int = 0
    accepted: int = 0
    declined: int = 0
    sealed: int = 0
    acknowledged: int = 0
    quarantined: int = 0
    batches: int = 0

    @property
    def unsealed(self) -> int:
        """Accepted ballots that no batch holds yet."""
        return self.accepted - self.sealed

    @property
    def pending(self) -> int:
        """Sealed ballots whose batch the centre has not answered for."""
        return self.sealed - self.acknowledged - self.quarantined


@dataclass(frozen=True, slots=True)
class Check:
    """A control equation and whether it holds: `left` and `right` are its two sides."""

    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """True if both sides agree."""
        return self.left == self.right


def control_checks(
    counters: Counters, accepted_by_paper: dict[str, int], unsealed: int, pending: int
) -> tuple[Check, ...]:
    """The equations that a terminal can judge by itself, in the order in which acts print them.

    `unsealed` and `pending` are counted, from the slots and from the batches, and not computed from the counters:
    an equation whose remainder is defined to fit could never fail.
    """
    return (
        Check("entitled", counters.entitled, counters.accepted + counters.declined),
        Check("accepted", counters.accepted, counters.sealed + unsealed),
        Check("sealed", counters.sealed, counters.acknowledged + counters.quarantined + pending),
        Check("by_paper", counters.accepted, sum(accepted_by_paper.values())),
    )
