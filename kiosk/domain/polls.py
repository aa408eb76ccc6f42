"""The state of the polls at one terminal, and the modes of an election."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Mode(StrEnum):
    """What the votes are for. Test and training are marked on every screen and paper."""

    OFFICIAL = "official"
    TEST = "test"
    TRAINING = "training"


class PollsState(StrEnum):
    """Where the terminal is in its day. `CLOSED` is final for the election."""

    NOT_OPENED = "not_opened"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class PauseReason(StrEnum):
    """Why voting is paused; a closed list that a member chooses from."""

    TECHNICAL = "technical"
    EMERGENCY = "emergency"
    BREAK = "break"
    COMMISSION = "commission"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of voting at this terminal: why, and since when by the polling place's clock (aware, to the minute)."""

    reason: PauseReason
    since: datetime
