"""An event as the journal takes it; the functions that make events are in `kiosk.store.events`."""

from dataclasses import dataclass
from enum import StrEnum

TEXT_LIMIT = 200
"""The longest text in a field of an event, in characters."""


class SessionPart(StrEnum):
    """Where an event stands to a voter's session. From card in to card out no exact time is written."""

    BEGINS = "begins"
    WITHIN = "within"
    ENDS = "ends"
    ANY = "any"
    """Exact time outside sessions, rounded inside one."""


@dataclass(frozen=True, slots=True)
class Event:
    """A registered event and its fields, in the registry's order.

    `kept`: it may use the room that a journal keeps when it is full (see `kiosk.store.journal`).
    Raises ValueError if a text is longer than `TEXT_LIMIT` characters.
    """

    name: str
    part: SessionPart
    fields: tuple[tuple[str, str | int], ...] = ()
    kept: bool = False

    def __post_init__(self) -> None:
        if any(isinstance(value, str) and len(value) > TEXT_LIMIT for _, value in self.fields):
            raise ValueError(f"event {self.name}: a field is too long")
