"""The attackers: each turns what was found on an image into a score for every ballot, the higher the later.

A ballot of which an attacker knows nothing gets the score that all such ballots get, so that what it does not know does
not count for or against it.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tests.attack.carving import PAGE, Evidence

Ranking = Callable[[Evidence, str], float]
"""The score of one ballot."""

UNKNOWN: Final = -1.0
NEAR: Final = 24 * PAGE
"""A copy and a state row that lie closer than this may come from one transaction."""


def by_place(evidence: Evidence, code: str) -> float:
    """Where the ballot lies on the medium."""
    return float(evidence.homes.get(code, UNKNOWN))


def by_page(evidence: Evidence, code: str) -> float:
    """The number of its page in the file."""
    return float(evidence.page_of.get(code, UNKNOWN))


def by_first_copy(evidence: Evidence, code: str) -> float:
    """Where the first copy of it lies that is not in its place."""
    return float(min(evidence.strays.get(code, ()), default=UNKNOWN))


def by_last_copy(evidence: Evidence, code: str) -> float:
    """Where the last such copy lies."""
    return float(max(evidence.strays.get(code, ()), default=UNKNOWN))


def by_count_of_copies(evidence: Evidence, code: str) -> float:
    """How many such copies there are: of files that are written anew again and again, each has what was left then."""
    return float(len(evidence.strays.get(code, ())))


def by_old_slot(evidence: Evidence, code: str) -> float:
    """Where an older state of its slot lies, full or empty."""
    return float(min(evidence.rows.get(evidence.slot_of.get(code, -1), ()), default=UNKNOWN))


def by_count_of_old_slots(evidence: Evidence, code: str) -> float:
    """How many older states of its slot there are."""
    return float(len(evidence.rows.get(evidence.slot_of.get(code, -1), ())))


def by_state_nearby(evidence: Evidence, code: str) -> float:
    """How many ballots there were, by the old state row that lies nearest to a copy of it or of its slot."""
    places = (*evidence.strays.get(code, ()), *evidence.rows.get(evidence.slot_of.get(code, -1), ()))
    best, score = NEAR, UNKNOWN
    for place in places:
        index = bisect_left(evidence.states, (place, 0))
        for at, accepted in evidence.states[max(0, index - 1) : index + 1]:
            if abs(at - place) < best:
                best, score = abs(at - place), float(accepted)
    return score


def by_journal(evidence: Evidence, code: str) -> float:
    """Without the key: where its page is first named in a remnant of a journal of SQLite."""
    return float(min(evidence.pages.get(evidence.page_of.get(code, -1), ()), default=UNKNOWN))


def by_last_journal(evidence: Evidence, code: str) -> float:
    """Without the key: where its page is named last."""
    return float(max(evidence.pages.get(evidence.page_of.get(code, -1), ()), default=UNKNOWN))


def by_extents(evidence: Evidence, code: str) -> float:
    """Without the key: when the file system's journal first has its page as written."""
    return float(evidence.written.get(evidence.page_of.get(code, -1), UNKNOWN))


def by_residue(evidence: Evidence, code: str) -> float:
    """What lies in its page between the headers and the row: left by an earlier row, or nothing."""
    return float(sum(evidence.residue.get(code, b"")[16:-80]))


def by_iv(evidence: Evidence, code: str) -> float:
    """The page's initialisation vector, as a number: random, or a counter."""
    return float(int.from_bytes(evidence.residue.get(code, b"")[-80:-72]))


RANKINGS: Final[Mapping[str, Ranking]] = {
    function.__name__.removeprefix("by_").replace("_", " "): function
    for function in (
        by_place, by_page, by_first_copy, by_last_copy, by_count_of_copies, by_old_slot, by_count_of_old_slots,
        by_state_nearby, by_journal, by_last_journal, by_extents, by_residue, by_iv,
    )
}  # fmt: skip


def scores(evidence: Evidence, codes: Sequence[str]) -> dict[str, list[float]]:
    """Every attacker's scores of the ballots, in the order of `codes`."""
    return {name: [ranking(evidence, code) for code in codes] for name, ranking in RANKINGS.items()}
