"""A performance figure, its bar, and what was measured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """`measure` returns a ratio (of times, no unit) within one run; it raises FileNotFoundError for a missing program.

    `better` says on which side of `bar` the ratio has to be; the bar itself is reached.
    """

    name: str
    measure: Callable[[], float]
    bar: float
    better: Literal["less", "more"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and its ratio, or None and why it could not be measured."""

    figure: Figure
    ratio: float | None
    why: str = ""

    @property
    def reached(self) -> bool:
        """Whether it was measured and is on the right side of its bar."""
        if self.ratio is None:
            return False
        return self.ratio <= self.figure.bar if self.figure.better == "less" else self.ratio >= self.figure.bar


def measure(figure: Figure) -> Measured:
    """Measure it; a program that is missing makes it unmeasured, anything else that goes wrong is raised."""
    try:
        return Measured(figure, figure.measure())
    except FileNotFoundError as error:
        return Measured(figure, None, str(error))
