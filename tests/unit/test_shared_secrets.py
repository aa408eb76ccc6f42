"""Secrets shared k of n: any k give it back, k - 1 say nothing, and what is no share is refused."""

import itertools
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents.sharing import PRIME, SHARE_BYTES, Share, combine, split
from protocol.errors import Malformed, Refused

SECRETS = st.one_of(st.binary(min_size=32, max_size=32), st.sampled_from([bytes(32), b"\xff" * 32, bytes(31) + b"\1"]))


@given(SECRETS, st.integers(1, 6), st.integers(0, 4), st.randoms(use_true_random=False))
def test_any_k_of_n_shares_give_the_secret_back(secret: bytes, k: int, more: int, chance: object) -> None:
    shares = split(secret, k, k + more)
    assert [share.x for share in shares] == list(range(1, k + more + 1))
    for chosen in itertools.islice(itertools.combinations(shares, k), 20):
        assert combine(reversed(chosen)) == secret


@given(SECRETS, SECRETS, st.integers(2, 5))
def test_fewer_shares_fit_every_other_secret_as_well(secret: bytes, other: bytes, k: int) -> None:
    """The law that makes it secret: k - 1 shares and any secret whatever lie on one polynomial."""
    known = split(secret, k, k)[: k - 1]
    forged = _value_at(k, [Share(0, int.from_bytes(other)), *known])
    assert combine([*known, forged]) == other


def _value_at(x: int, points: list[Share]) -> Share:
    total = 0
    for point in points:
        above, below = 1, 1
        for each in points:
            if each.x != point.x:
                above, below = above * (x - each.x) % PRIME, below * (point.x - each.x) % PRIME
        total = (total + point.y * above * pow(below, -1, PRIME)) % PRIME
    return Share(x, total)


@given(SECRETS)
def test_a_share_survives_its_bytes(secret: bytes) -> None:
    for share in split(secret, 2, 3):
        data = share.to_bytes()
        assert len(data) == SHARE_BYTES
        assert Share.from_bytes(data) == share


def test_every_split_is_fresh_and_a_secret_is_not_in_its_words() -> None:
    secret = secrets.token_bytes(32)
    first, second = split(secret, 2, 3), split(secret, 2, 3)
    assert {share.y for share in first}.isdisjoint(share.y for share in second)
    assert str(first[0].y) not in repr(first[0])


@pytest.mark.parametrize(
    "data",
    [b"", bytes(33), bytes(35), bytes(34), b"\1" + PRIME.to_bytes(33), b"\1" + b"\xff" * 33],
    ids=["empty", "short", "long", "number 0", "the prime", "above the prime"],
)
def test_what_is_no_share_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Share.from_bytes(data)


def test_shares_that_do_not_belong_together_are_refused_or_give_something_else() -> None:
    secret = secrets.token_bytes(32)
    one, two = split(secret, 2, 2)
    with pytest.raises(Refused, match="one number"):
        combine([one, one])
    with pytest.raises(Refused, match="none"):
        combine([])
    with pytest.raises(Refused, match="do not belong"):
        combine([Share(1, PRIME - 1)])
    assert combine([one, Share(two.x, two.y ^ 1)]) != secret


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 2), (1, 256), (0, 0)])
def test_an_impossible_threshold_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        split(bytes(32), k, n)


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        split(bytes(31), 1, 1)
