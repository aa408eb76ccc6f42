"""What is so for a voter who may not vote here any more, because an order has terminated the voting."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.orders import Termination
from kiosk.flows.contract import EffectId, Handle, PrintTrouble


class StopCard(StrEnum):
    """What is so with the card of a voter who may not vote here any more.

    None is in; it is being made usable; it is usable; it could not be made so and still names this terminal.
    """

    NONE = "none"
    RELEASING = "releasing"
    LEFT = "left"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class OrderedStop:
    """Voting is terminated for whoever is here, and the screen says how to vote instead.

    `session` lives until its card is released (`effect`). `print_effect` is set while the paper prints.
    """

    order: Termination
    card: StopCard
    session: Handle | None = None
    effect: EffectId | None = None
    print_effect: EffectId | None = None
    printed: bool = False
    trouble: PrintTrouble | None = None
