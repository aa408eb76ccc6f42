"""The state of the polls at one terminal, and the modes of an election."""

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
