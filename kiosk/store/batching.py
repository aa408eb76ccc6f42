"""Which ballots go into the next sealed batch (DESIGN 9): pure, and blind to the order in which they came.

While the polls are open a paper goes only if at least `min_batch` of its ballots go and at least `min_batch`
stay, so that a batch never singles out the last voters. The last batch after closing takes the rest.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Drawn:
    """Ballots drawn for a batch: by paper, codes and ballot JSON in the same order, sorted by code."""

    codes: Mapping[str, tuple[str, ...]] = field(repr=False)
    ballots: Mapping[str, tuple[str, ...]] = field(repr=False)

    @property
    def total(self) -> int:
        """How many ballots there are."""
        return sum(len(codes) for codes in self.codes.values())


def batch_sizes(unsealed: Mapping[str, int], min_batch: int, *, last: bool) -> dict[str, int]:
    """How many ballots of each paper go into a batch now; papers that do not go are left out.

    `unsealed` is the number of ballots of each paper that no batch holds. An empty answer means: no batch yet
    (or, with `last`, nothing is left). Raises ValueError if `min_batch` is below 1.
    """
    if min_batch < 1:
        raise ValueError("min_batch must be at least 1")
    if last:
        return {paper: count for paper, count in sorted(unsealed.items()) if count}
    return {paper: count - min_batch for paper, count in sorted(unsealed.items()) if count - min_batch >= min_batch}


def choose(
    codes: Mapping[str, Collection[str]], sizes: Mapping[str, int], chance: random.Random
) -> dict[str, tuple[str, ...]]:
    """Pick `sizes[paper]` of the ballot codes of each paper at random, each paper by itself; sorted by code.

    The codes are sorted before the draw, so that the result depends on `chance` alone and not on the order in
    which the caller's collection gives them. In earnest `chance` is `random.SystemRandom()`. Raises ValueError if
    a paper has fewer codes than asked.
    """
    return {
        paper: tuple(sorted(chance.sample(sorted(codes.get(paper, ())), size))) for paper, size in sorted(sizes.items())
    }
