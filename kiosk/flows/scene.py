"""What a step may look at and change besides its phase, and how it asks for effects."""

from dataclasses import dataclass, field

from kiosk.domain.orders import Termination
from kiosk.domain.polls import Pause, PollsState
from kiosk.domain.settings import Settings
from kiosk.domain.station import Station
from kiosk.flows.contract import CallReason, Effect, EffectId, ReadCard, Request


@dataclass(frozen=True, slots=True)
class Stopping:
    """The session under way must end: by which order, and how many seconds it had left when that was last reckoned."""

    order: Termination
    left: float
    told: bool = False


@dataclass(slots=True)
class Scene:
    """The surroundings of one step, alive only while it runs.

    A step reads `station`, changes `polls`, `pause` and `settings` where its event says so, and collects what it asks
    for. `orders` are in force; `stopping` is set while one of them lets a session under way go on for a while.
    `called` is for `calling` alone. `replaced_by` is the terminal that has taken over this one's votes.
    """

    station: Station
    polls: PollsState
    settings: Settings
    next_id: int
    orders: tuple[Termination, ...] = ()
    stopping: Stopping | None = None
    requests: list[Request] = field(default_factory=list)
    pause: Pause | None = None
    called: CallReason | None = None
    replaced_by: str = ""

    def ask(self, effect: Effect) -> EffectId:
        """Ask for an effect and return the id to wait for."""
        effect_id = EffectId(self.next_id)
        self.next_id += 1
        self.requests.append(Request(effect_id, effect))
        return effect_id

    def default_settings(self) -> Settings:
        """The settings that every voter meets first."""
        return Settings(language=self.station.languages[0])

    def read_card(self) -> ReadCard:
        """The effect that finds out whose card is in the reader, under the polls and orders as they are."""
        return ReadCard(self.polls is PollsState.OPEN, self.polls is PollsState.PAUSED, self.orders)
