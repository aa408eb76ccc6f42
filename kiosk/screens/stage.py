"""What every part of a screen is given: the look, the words, the gate, and where its events go."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.domain.words import Said, Words
from kiosk.flows.contract import Event, Handle
from kiosk.screens.gate import Gate
from kiosk.screens.theme import Look
from kiosk.screens.voice import NoVoice, Voice
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
    voice: Voice = field(default_factory=NoVoice)
    lent: dict[str, str] = field(default_factory=dict)
    """Texts of this screen that another language had to lend, with its tag: they are spoken in its voice."""

    def say(self, words: Words) -> str:
        """The words in the voter's language, or in the one that stands in for it."""
        if self.catalogue.fallback is None:
            return self.catalogue.say(words)
        parts = self.catalogue.parts(words)
        text = "".join(part.text for part in parts)
        if len(parts) == 1 and parts[0].language != self.catalogue.language:
            self.lent[text] = parts[0].language
        return text

    def said(self, text: str) -> Said:
        """A text of this screen with the language that it is in, for the voice."""
        return Said(((self.lent.get(text, self.catalogue.language), text),))

    def choose(self, event: Event) -> None:
        """Send what a person chose, and hold further choices back until the flow has answered."""
        self.gate.sent()
        self.send(event)
