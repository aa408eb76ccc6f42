"""The waiting time between attempts to reach the centre."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.sync.backoff import BASE_SECONDS, CEILING_SECONDS, delay

FRACTION = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(st.integers(min_value=1, max_value=10**9), FRACTION)
def test_it_is_never_shorter_than_half_the_base_nor_longer_than_the_ceiling(attempts: int, random: float) -> None:
    assert BASE_SECONDS / 2 <= delay(attempts, random) <= CEILING_SECONDS


@given(st.integers(min_value=1, max_value=10**6), FRACTION)
def test_one_more_failure_never_shortens_the_wait(attempts: int, random: float) -> None:
    assert delay(attempts + 1, random) >= delay(attempts, random)


@given(st.integers(min_value=1, max_value=100), FRACTION, FRACTION)
def test_jitter_stays_within_a_factor_of_two(attempts: int, one: float, other: float) -> None:
    assert delay(attempts, one) <= 2 * delay(attempts, other)


def test_terminals_that_failed_together_come_back_apart() -> None:
    waits = {delay(5, step / 10) for step in range(10)}
    assert len(waits) == 10


@given(st.integers(max_value=0))
def test_attempts_count_from_one(attempts: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        delay(attempts, 0.5)
