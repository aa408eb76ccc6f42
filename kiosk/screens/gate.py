"""When a press may choose something: touch lock-out between screens, and while an answer is on its way."""

import time
from collections.abc import Callable

from kiosk.screens.theme import ANSWER_MS, LOCK_OUT_MS


class Gate:
    """Decides whether a press that begins now counts.

    It does not while a finger that was down when the screen changed is still down, for `LOCK_OUT_MS` after a
    new screen, and after a choice was sent until the flow has answered (at most `ANSWER_MS`), so that a
    second tap on "Next" cannot skip a question.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; a test brings its own."""
        self._clock = clock
        self._opens_at = 0.0
        self._down = False
        self._held_over = False

    def screen_changed(self) -> None:
        """Another screen is shown from now on."""
        self._held_over = self._down
        self._opens_at = self._clock() + LOCK_OUT_MS / 1000

    def answered(self) -> None:
        """The flow has answered on the same screen."""
        self._opens_at = min(self._opens_at, self._clock())

    def sent(self) -> None:
        """A choice was sent."""
        self._opens_at = max(self._opens_at, self._clock() + ANSWER_MS / 1000)

    def finger_down(self) -> None:
        """A finger or button went down on the panel."""
        self._down = True

    def finger_up(self) -> None:
        """The panel is free."""
        self._down = False
        self._held_over = False

    def admits(self) -> bool:
        """True if a press that begins now may choose something."""
        return not self._held_over and self._clock() >= self._opens_at
