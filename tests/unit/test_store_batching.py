"""The choice of a batch: enough go, enough stay, and nothing depends on the order of casting."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.store.batching import batch_sizes, choose

COUNTS = st.dictionaries(st.sampled_from(["duma", "mayor", "question"]), st.integers(0, 60))


@given(COUNTS, st.integers(1, 20))
def test_while_the_polls_are_open_enough_go_and_enough_stay(unsealed: dict[str, int], min_batch: int) -> None:
    sizes = batch_sizes(unsealed, min_batch, last=False)
    assert all(size >= min_batch and unsealed[paper] - size >= min_batch for paper, size in sizes.items())
    assert all(unsealed[paper] < 2 * min_batch for paper in unsealed.keys() - sizes.keys())


@given(COUNTS, st.integers(1, 20))
def test_the_last_batch_takes_the_rest(unsealed: dict[str, int], min_batch: int) -> None:
    sizes = batch_sizes(unsealed, min_batch, last=True)
    assert sizes == {paper: count for paper, count in unsealed.items() if count}


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="min_batch"):
        batch_sizes({"mayor": 5}, 0, last=False)


@given(st.lists(st.text("abcdef", min_size=3, max_size=9), unique=True, min_size=1), st.integers(0, 2**32), st.data())
def test_the_choice_is_blind_to_the_order_of_the_codes(codes: list[str], seed: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(codes)))
    shuffled = data.draw(st.permutations(codes))
    chosen = choose({"mayor": codes}, {"mayor": size}, random.Random(seed))
    assert chosen == choose({"mayor": shuffled}, {"mayor": size}, random.Random(seed))
    assert len(set(chosen["mayor"])) == size
    assert chosen["mayor"] == tuple(sorted(chosen["mayor"]))
    assert set(chosen["mayor"]) <= set(codes)


def test_every_code_is_as_likely_as_any_other() -> None:
    codes = [f"code-{number:02}" for number in range(20)]
    chance = random.Random(5)
    drawn = dict.fromkeys(codes, 0)
    for _ in range(4000):
        for code in choose({"mayor": codes}, {"mayor": 5}, chance)["mayor"]:
            drawn[code] += 1
    assert all(900 < count < 1100 for count in drawn.values())


def test_papers_are_drawn_each_by_itself() -> None:
    codes = {"mayor": [f"{n:02}" for n in range(20)], "duma": [f"{n:02}" for n in range(20)]}
    chosen = choose(codes, {"mayor": 10, "duma": 10}, random.Random(1))
    assert chosen["mayor"] != chosen["duma"]
