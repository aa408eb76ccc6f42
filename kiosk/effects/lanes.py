"""One thread for each thing that has to be waited for: the card, the printer, the store, the session.

What shares a device shares a lane, so no device is ever spoken to by two at once.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Lane:
    """A single thread with a queue."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def submit(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
        """Queue work; its result or error is in the future."""
        return self._pool.submit(work, *args, **kwargs)

    def do(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do work on the lane's thread and wait for it. Never call this from the lane itself."""
        return self._pool.submit(work, *args, **kwargs).result()

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        self._pool.shutdown(wait=True)

    def abandon(self) -> None:
        """Wait for nothing: what is under way is stuck in a device. What is queued is done if it ever ends."""
        self._pool.shutdown(wait=False)
