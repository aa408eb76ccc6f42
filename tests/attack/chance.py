"""Whether a ranking knows more of the order of casts than chance does.

Every figure is compared with what it would be if the scores were dealt to the ballots at random: a permutation, for
which the variance of Spearman's coefficient is exactly 1/(n-1), with ties or without. Ballots are compared only with
those of their own group (the batch they went into), because what the batch numbers tell is allowed to be known.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

FALSE_ALARM = 1e-9
"""The probability at which one figure of an innocent store is called a finding. There are some hundreds of figures
in a run of the suite, so that it cries wolf less than once in a million runs."""
LIMIT = NormalDist().inv_cdf(1 - FALSE_ALARM / 2)
"""The same in standard deviations: about 6.1. Over 30 runs of 200 votes a mean correlation of 0.07 is beyond it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Ballots that the batch numbers do not tell apart, in the true order of casts: time and score of each.

    `has_last` says that the last cast of all is among them, at the end.
    """

    times: tuple[float, ...]
    scores: tuple[float, ...]
    has_last: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a ranking knows, over all runs.

    `correlation` is the mean of Spearman's coefficient with the time of cast. The others are standard deviations from
    what chance gives: of that mean (`order`), of its square, for orders that run now forwards and now backwards
    (`either_way`), of the likeness of neighbours in time (`neighbours`), of the place of the last cast (`last`).
    """

    correlation: float
    order: float
    either_way: float
    neighbours: float
    last: float

    @property
    def finds(self) -> bool:
        """Whether any of it is beyond chance."""
        return max(abs(self.order), self.either_way, abs(self.neighbours), abs(self.last)) > LIMIT


def judge(groups: Iterable[Group]) -> Verdict:
    """The verdict over the groups of all runs. A group of equal scores says nothing, and counts as correlation 0."""
    groups = [group for group in groups if len(group.times) > 1]
    telling = [group for group in groups if len(set(group.scores)) > 1]
    weight = sum(len(group.times) for group in groups)
    correlations = [(len(group.times), _correlation(group)) for group in telling]
    freedom = sum(size - 1 for size, _ in correlations)
    squares = [(size - 1) * rho * rho for size, rho in correlations]
    alike = [(len(group.times), _likeness(group)) for group in telling]
    places = [_place_of_last(group) for group in telling if group.has_last]
    return Verdict(
        correlation=sum(size * rho for size, rho in correlations) / weight if weight else 0.0,
        order=sum((size - 1) * rho for size, rho in correlations) / math.sqrt(freedom) if freedom else 0.0,
        either_way=_chi_square(sum(squares), len(squares)) if squares else 0.0,
        neighbours=sum(math.sqrt(size) * (like + 1 / (size - 1)) for size, like in alike) / math.sqrt(len(alike))
        if alike
        else 0.0,
        last=sum(place - 0.5 for place in places) / math.sqrt(len(places) / 12) if places else 0.0,
    )


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    given = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            given[index] = (start + end + 1) / 2
        start = end
    return given


def _chi_square(value: float, freedom: int) -> float:
    """A sum of `freedom` squares of standard deviations, in standard deviations (Wilson and Hilferty)."""
    part = 2 / (9 * freedom)
    return float(((value / freedom) ** (1 / 3) - (1 - part)) / math.sqrt(part))


def _standard(values: Sequence[float]) -> list[float]:
    """Ranks, moved and scaled to mean 0 and square sum 1; all 0 for equal values."""
    given = ranks(values)
    middle = (len(given) + 1) / 2
    size = math.sqrt(sum((rank - middle) ** 2 for rank in given))
    return [(rank - middle) / size if size else 0.0 for rank in given]


def _correlation(group: Group) -> float:
    """Spearman's coefficient of times and scores."""
    return sum(a * b for a, b in zip(_standard(group.times), _standard(group.scores), strict=True))


def _likeness(group: Group) -> float:
    """The serial correlation of scores in the order of casts (Wald and Wolfowitz): -1/(n-1) by chance."""
    scores = _standard(group.scores)
    return sum(a * b for a, b in zip(scores, [*scores[1:], scores[0]], strict=True))


def _place_of_last(group: Group) -> float:
    """Where the last cast stands in the ranking, from 0 to 1; the mean is 0.5 by chance."""
    return (ranks(group.scores)[-1] - 0.5) / len(group.scores)
