"""Why the medium in the slot is not used, in the words that staff are told."""

import errno

from drivers.media.api import MediaSilent
from kiosk.flows.contract import SecondState
from kiosk.store import errors


class MediumRefused(Exception):  # noqa: N818 - says what happened
    """The medium in the slot is not used; `state` is what staff are told of it."""

    def __init__(self, state: SecondState) -> None:
        super().__init__(state.value)
        self.state = state


def state_of(error: Exception) -> SecondState:
    """What staff are told of an error of the medium."""
    match error:
        case errors.WrongKey() | errors.AnotherElection() | errors.NewerFormat():
            return SecondState.OTHER
        case errors.Damaged():
            return SecondState.DAMAGED
        case errors.UnsafeMedium():
            return SecondState.UNSAFE
        case errors.NoRoom() | errors.StoreFull():
            return SecondState.FULL
        case MediaSilent() | errors.InUse():
            # In use: a write that was given up is still under way in it.
            return SecondState.SLOW
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return SecondState.FULL
        case OSError() if error.errno == errno.EROFS:
            return SecondState.READ_ONLY
        case _:
            return SecondState.FAILED
