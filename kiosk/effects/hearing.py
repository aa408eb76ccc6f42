"""What of a speech has been heard to its end, reckoned by the clock: no sound card tells it."""

from collections import deque
from collections.abc import Callable

from kiosk.flows.contract import OptionsHeard


class Hearing:
    """Options of a contest whose names are being said, each until its sentence has ended. Used from one thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._ends_at = 0.0
        self._awaited: deque[tuple[float, OptionsHeard]] = deque()
        self._held_at: float | None = None

    def added(self, seconds: float, named: OptionsHeard | None) -> None:
        """A clip of this length was given to the card; when it ends, `named` is true."""
        self._ends_at = max(self._now(), self._ends_at) + seconds
        if named is not None:
            self._awaited.append((self._ends_at, named))

    def hold(self) -> None:
        """The voice is held still."""
        if self._held_at is None:
            self._held_at = self._clock()

    def go_on(self) -> None:
        """The voice goes on where it was held."""
        if self._held_at is None:
            return
        late = self._clock() - self._held_at
        self._held_at = None
        self._ends_at += late
        self._awaited = deque((at + late, named) for at, named in self._awaited)

    def cut(self) -> None:
        """The voice was stopped: what it had not said to the end was not heard."""
        self._held_at = None
        self._ends_at = self._clock()
        self._awaited.clear()

    def taken(self) -> tuple[OptionsHeard, ...]:
        """What has been heard since this was last asked, in order."""
        now = self._now()
        heard: list[OptionsHeard] = []
        while self._awaited and self._awaited[0][0] <= now:
            heard.append(self._awaited.popleft()[1])
        return tuple(heard)

    def due(self) -> float | None:
        """When there will be something to take, by the clock; None if nothing is awaited or the voice is held."""
        return self._awaited[0][0] if self._awaited and self._held_at is None else None

    def _now(self) -> float:
        return self._clock() if self._held_at is None else self._held_at
