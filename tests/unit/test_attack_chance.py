"""The attacker's arithmetic: chance is called chance, and each kind of knowledge is found."""

import random
from collections.abc import Callable

import pytest

from tests.attack.chance import Group, judge, ranks

DAYS, BALLOTS = 30, 100


def campaign(score: Callable[[random.Random, int, int], float]) -> list[Group]:
    """Thirty days; the score of a ballot is made of the day's chance, the number of the day and the time."""
    days = []
    for day in range(DAYS):
        chance = random.Random(day)
        times = range(BALLOTS)
        days.append(Group(tuple(map(float, times)), tuple(score(chance, day, time) for time in times), has_last=True))
    return days


def test_chance_is_not_a_finding() -> None:
    verdict = judge(campaign(lambda chance, day, time: chance.random()))
    assert not verdict.finds
    assert max(map(abs, (verdict.order, verdict.either_way, verdict.neighbours, verdict.last))) < 4


def test_equal_scores_say_nothing() -> None:
    verdict = judge(campaign(lambda chance, day, time: -1.0))
    assert (verdict.finds, verdict.correlation, verdict.order, verdict.last) == (False, 0, 0, 0)


@pytest.mark.parametrize(
    ("figure", "score"),
    [
        ("order", lambda chance, day, time: time / BALLOTS + 1.5 * chance.random()),
        ("either_way", lambda chance, day, time: (time if day % 2 else -time) / BALLOTS + 1.5 * chance.random()),
        ("neighbours", lambda chance, day, time: random.Random(day * BALLOTS + time // 2).random()),
        ("last", lambda chance, day, time: 2.0 if time == BALLOTS - 1 else chance.random()),
    ],
)
def test_what_is_known_is_found(figure: str, score: Callable[[random.Random, int, int], float]) -> None:
    verdict = judge(campaign(score))
    assert verdict.finds
    assert abs(getattr(verdict, figure)) > 6.1


def test_equal_values_share_a_rank() -> None:
    assert ranks([5.0, 1.0, 5.0, 3.0]) == [3.5, 1.0, 3.5, 2.0]
