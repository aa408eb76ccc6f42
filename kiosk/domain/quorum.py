"""The members whose cards open the polls together."""

from dataclasses import dataclass

CHAIR = "chair"
"""The role without which there is no quorum."""


@dataclass(frozen=True, slots=True)
class Attending:
    """A member whose card was counted: name, and role as certificates call it."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who is here of the `needed` members; `until` is the time of day by which the others have to come ("07:42")."""

    here: tuple[Attending, ...]
    needed: int
    until: str = ""

    @property
    def missing(self) -> int:
        """How many members are still needed."""
        return max(0, self.needed - len(self.here))

    @property
    def chair(self) -> bool:
        """Whether the chair is here."""
        return any(member.role == CHAIR for member in self.here)
