"""Cuts the power of the played day's terminal at moments that can be drawn again."""

import random
import threading

from demo.house import House

KILL_AFTER = (0.1, 5.0)
"""Seconds into a part of the day at which power is cut, drawn evenly."""
KILL_AT_CAST = (0.5, 1.2)
"""Seconds after a finger comes down on *Cast*: the press is held for half a second, then the cast begins."""
AIMED = 1 / 3
"""Share of the cuts that wait for *Cast*."""


class PowerCuts:
    """Kills the terminal at random moments, spread over the parts of the day; a third are aimed at the cast itself.

    A cut that a part did not live to see is carried over to the next one.
    """

    def __init__(self, house: House, number: int, parts: int, seed: int) -> None:
        self._house = house
        self._left = number
        self._parts = parts
        self._chance = random.Random(seed)  # noqa: S311 - moments that can be drawn again
        self._timer: threading.Timer | None = None
        self._allotted = 0
        self.done = 0

    def begin_part(self) -> None:
        """Another part of the day begins: allot it its share of the cuts that are left."""
        share = -(-self._left // self._parts) if self._parts else self._left
        self._parts -= 1
        self._allotted = min(self._left, share)

    def arm(self) -> None:
        """The terminal runs: cut its power some time from now, if this part has cuts left."""
        if self._allotted > 0 and self._chance.random() > AIMED:
            self._set(self._chance.uniform(*KILL_AFTER))

    @property
    def left(self) -> int:
        """Cuts that have not happened yet."""
        return self._left

    def arm_surely(self) -> None:
        """Cut some time from now, whatever the part's share was."""
        if self._left and self._timer is None:
            self._set(self._chance.uniform(*KILL_AFTER))

    def aim(self) -> None:
        """*Cast* is being pressed: cut in the moment after it, if this part has a cut left."""
        if self._allotted > 0 and self._timer is None:
            self._set(self._chance.uniform(*KILL_AT_CAST))

    def disarm(self) -> None:
        """The part is over, or nothing may be cut now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None

    def _set(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.start()

    def _cut(self) -> None:
        self._left -= 1
        self._allotted -= 1
        self.done += 1
        self._house.kill_terminal()
