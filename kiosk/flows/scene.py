"""What a step may look at and change besides its phase, and how it asks for effects."""

from dataclasses import dataclass, field

from kiosk.domain.polls import Pause, PollsState
from kiosk.domain.settings import Settings
from kiosk.domain.station import Station
from kiosk.flows.contract import Effect, EffectId, ReadCard, Request


@dataclass(slots=True)
class Scene:
    """The surroundings of one step, alive only while it runs.

    A step reads `station`, changes `polls`, `pause` and `settings` where its event says so, and collects what it asks
    for.
    """

    station: Station
    polls: PollsState
    settings: Settings
    next_id: int
    requests: list[Request] = field(default_factory=list)
    pause: Pause | None = None

    def ask(self, effect: Effect) -> EffectId:
        """Ask for an effect and return the id to wait for."""
        effect_id = EffectId(self.next_id)
        self.next_id += 1
        self.requests.append(Request(effect_id, effect))
        return effect_id

    def read_card(self) -> ReadCard:
        """Whose card is in the reader? Voters are admitted while the polls are open, and not in a pause."""
        return ReadCard(voters=self.polls is PollsState.OPEN, interrupted=self.polls is PollsState.PAUSED)

    def default_settings(self) -> Settings:
        """The settings that every voter meets first."""
        return Settings(language=self.station.languages[0])
