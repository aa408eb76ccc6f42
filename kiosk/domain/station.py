"""What a terminal knows about where it stands: taken from the election package and the device's certificate."""

from dataclasses import dataclass

from kiosk.domain.ballots import Paper
from kiosk.domain.polls import Mode
from kiosk.domain.words import Said, Words


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits of a session in seconds, from the package's policies."""

    idle: float = 180.0
    answer: float = 40.0
    pulled: float = 60.0
    take_card: float = 10.0
    card_left: float = 30.0
    """A card that nobody takes calls a member of the commission."""
    quorum: float = 600.0
    """From the first member's card to the last one that is needed."""


@dataclass(frozen=True, slots=True)
class Station:
    """The polling place and the terminal, as every screen and paper names them.

    `opens` is the sentence that says when voting opens here, in the polling place's own time.
    `sound` tells whether the terminal can speak at all. `practice` are the papers that anybody may try; none, and
    nothing is offered. `open_keys`: the terminal's keys lie in files, which every screen has to say. `shuffled_pin`:
    the digits of the PIN pad stand in another order each time.
    """

    mode: Mode
    election: Said
    place_id: str
    place: Said
    terminal: str
    languages: tuple[str, ...]
    opens: Words
    limits: Limits = Limits()
    sound: bool = False
    practice: tuple[Paper, ...] = ()
    open_keys: bool = False
    shuffled_pin: bool = False
