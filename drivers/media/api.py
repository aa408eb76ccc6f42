"""What a terminal may expect of a slot for removable media: a folder that appears and goes.

A medium is used only while `look` shows it: before and after whatever is written to it. What is written to one that is
pulled meanwhile fails with OSError, or is found gone afterwards.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium in the slot: where it is mounted, its file system, room left in bytes."""

    folder: Path
    file_system: str
    free_bytes: int
    read_only: bool


class MediaEvent(StrEnum):
    """What happened to the slot."""

    APPEARED = "appeared"
    GONE = "gone"


class MediaSilent(Exception):  # noqa: N818 - says what happened
    """The slot does not answer: whether there is a medium is not known."""


class Media(Protocol):
    """A slot for one medium."""

    def look(self) -> Medium | None:
        """The medium in the slot now, or None. Raises MediaSilent."""
        ...

    def wait_event(self, timeout: float) -> MediaEvent | None:
        """The next event, or None after `timeout` seconds; a medium that is there at the start has APPEARED."""
        ...

    def close(self) -> None:
        """Let go of the slot."""
        ...
