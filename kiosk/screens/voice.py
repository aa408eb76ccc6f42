"""The voice as the screens know it."""

from typing import Protocol

from kiosk.domain.words import Words
from kiosk.flows.speech import Control


class Voice(Protocol):
    """Who speaks. Every call returns at once."""

    def focused(self, control: Control) -> None:
        """A hand moved the focus to a control."""

    def told(self, words: Words) -> None:
        """Something changed on screen that no view tells."""

    def repeat(self) -> None:
        """The voter wants to hear the screen again."""

    def pause(self) -> None:
        """The voter wants silence, or the voice back."""


class NoVoice:
    """A terminal without sound."""

    def focused(self, control: Control) -> None:
        """Nobody listens."""

    def told(self, words: Words) -> None:
        """Nobody listens."""

    def repeat(self) -> None:
        """Nothing is said."""

    def pause(self) -> None:
        """Nothing is said."""
