"""The demo's own clock: the day of the demo election begins when somebody says so, and jumps when asked.

It is a file with an offset in seconds to the machine's clock, so that terminals that are killed and started again,
and everything else in the demo, agree. It exists in the demo and in tests only.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class DemoClock:
    """A clock that runs like the machine's, from another moment."""

    def __init__(self, path: Path) -> None:
        """`path` is the file; `set` makes it."""
        self._path = path

    def __call__(self) -> datetime:
        """The demo's time, aware."""
        return datetime.now(UTC) + timedelta(seconds=float(self._path.read_text()))

    def set(self, moment: datetime) -> None:
        """Let it be `moment` (aware) now."""
        offset = (moment - datetime.now(UTC)).total_seconds()
        making = self._path.with_name(self._path.name + ".making")
        making.write_text(f"{offset:.3f}")
        making.rename(self._path)
