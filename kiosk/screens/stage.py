"""What every part of a screen is given: the look, the words, the gate, and where its events go."""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.domain.words import Words
from kiosk.flows.contract import Event, Handle
from kiosk.screens.gate import Gate
from kiosk.screens.theme import Look
from texts import Catalogue

Deposit = Callable[[bytearray], Handle]
"""Takes over a PIN and answers with its handle. The bytes given are the deposit's own, to wipe when used."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One screen's surroundings. `send` takes an event from the Qt thread and returns at once."""

    look: Look
    catalogue: Catalogue
    gate: Gate
    send: Callable[[Event], None]
    deposit: Deposit

    def say(self, words: Words) -> str:
        """The words in the voter's language."""
        return self.catalogue.say(words)

    def choose(self, event: Event) -> None:
        """Send what a person chose, and hold further choices back until the flow has answered."""
        self.gate.sent()
        self.send(event)
