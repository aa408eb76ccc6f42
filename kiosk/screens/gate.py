"""When a press may choose something: touch lock-out between screens, and while an answer is on its way."""

import time
from collections.abc import Callable

from kiosk.screens.contact import Contact
from kiosk.screens.theme import ANSWER_MS, LOCK_OUT_MS


class Gate:
    """Decides whether a press that begins now counts.

    It does not for `LOCK_OUT_MS` after a new screen, and after a choice was sent until the flow has answered (at
    most `ANSWER_MS`), so that a second tap on "Next" cannot skip a question. A finger's press has to pass `contact`
    too: not while a finger that was down when the screen changed is still down, nor with two fingers.
    """

    def __init__(self, contact: Contact, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; a test brings its own."""
        self.contact = contact
        self._clock = clock
        self._locked_until = 0.0
        self._held_until = 0.0

    def now(self) -> float:
        """Seconds of the gate's clock."""
        return self._clock()

    def screen_changed(self) -> None:
        """Another screen is shown from now on."""
        self.contact.spoil()
        self._locked_until = self._clock() + LOCK_OUT_MS / 1000
        self._held_until = 0.0

    def answered(self) -> None:
        """The flow has answered on the same screen. The lock-out of a screen that has just come is not over by that."""
        self._held_until = 0.0

    def sent(self) -> None:
        """A choice was sent."""
        self._held_until = self._clock() + ANSWER_MS / 1000

    def admits_key(self) -> bool:
        """True if a key that goes down now may choose something. A palm on the glass does not shut keys out."""
        return self._clock() >= max(self._locked_until, self._held_until)

    def admits(self) -> bool:
        """True if a finger's press that begins now may choose something."""
        return not self.contact.spoiled and self.admits_key()
