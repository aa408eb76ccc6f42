"""A figure is judged on the right side of its bar, and one that could not be measured is never reached."""

import json

import pytest

from tests.bench.__main__ import as_json
from tests.bench.figure import Figure, Measured, measure


@pytest.mark.parametrize(
    ("better", "ratio", "reached"),
    [("less", 1.2, True), ("less", 1.3, True), ("less", 1.4, False), ("more", 1.2, False), ("more", 1.3, True)],
)
def test_the_bar_itself_is_reached(better: str, ratio: float, reached: bool) -> None:
    figure = Figure("a figure", lambda: ratio, 1.3, "less" if better == "less" else "more")
    assert measure(figure).reached is reached


def test_a_missing_program_is_named_and_reaches_nothing() -> None:
    def without_program() -> float:
        raise FileNotFoundError("judge is needed for this figure")

    measured = measure(Figure("a figure", without_program, 1.0, "less"))
    assert not measured.reached
    written = json.loads(as_json([measured, Measured(measured.figure, 0.5)]))
    assert [one["why"] for one in written["figures"]] == ["judge is needed for this figure", ""]
    assert [one["reached"] for one in written["figures"]] == [False, True]
    assert written["reached"] is False
