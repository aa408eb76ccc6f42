"""Cards that are pulled at each APDU, one more each time: what the tests of it have in common."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.flows.contract import PinEntered
from kiosk.flows.views import View
from tests.devices.terminal_setting import PollingPlace

MOST_APDUS = 60
BOTH = (False, True)
"""Whether the card still carries the APDU out at which it is pulled."""
READS = ("screen=<Screen.READING", "'quorum.lead_reading'", "'takeover.lead_card_works'")
"""What a view says while a card that came is being read, wherever one may come."""


def pull(place: PollingPlace, apdus: int, executed: bool) -> None:
    """Let the card answer `apdus` APDUs, and be pulled at the next one."""
    place.card.control.pull_after(apdus, executed=executed)


def pulled(place: PollingPlace) -> bool:
    """Whether the pull that was set has happened."""
    return place.card.control.state()["inserted"] is None


@dataclass
class Pulls:
    """Pulls at one APDU more at each try of a stage, at each in both ways; in the stages `once` in one, by turns.

    A stage is what there is before the try: a try that gets further than its stage leaves the later APDUs to the next
    stage's tries, which begin with the first one again. So none is left out.
    """

    place: PollingPlace
    once: frozenset[str] = frozenset()
    tried: Counter[str] = field(default_factory=Counter)

    def set(self, stage: str) -> None:
        """Set the next pull of this stage."""
        apdus, executed = self.apdus(stage), bool(self.tried[stage] % len(BOTH))
        assert apdus < MOST_APDUS, f"{stage} is never over"
        self.tried[stage] += 1
        pull(self.place, apdus, executed)

    def apdus(self, stage: str) -> int:
        """At how many APDUs of this stage the card was pulled, the last try not counted that got further."""
        return self.tried[stage] // (1 if stage in self.once else len(BOTH))


def insert(place: PollingPlace, card: str, settled: Callable[[View], bool]) -> View:
    """Put a card in; the view once it was read, or was pulled meanwhile, and `settled` holds."""
    before = len(place.watcher.views)
    place.card.control.insert(card)
    views = place.watcher.views
    return place.watcher.until(
        lambda view: any(part in str(each) for each in views[before:] for part in READS) and settled(view)
    )


def enter_pin(place: PollingPlace, pin: str, settled: Callable[[View], bool]) -> View:
    """Type a PIN; the view once the card judged it, or was pulled meanwhile, and `settled` holds."""
    before = len(place.watcher.views)
    place.app.send(PinEntered(place.app.deposit.leave(bytearray(pin.encode()))))
    views = place.watcher.views
    return place.watcher.until(
        lambda view: any("'staff_pin.checking'" in str(each) for each in views[before:]) and settled(view)
    )
