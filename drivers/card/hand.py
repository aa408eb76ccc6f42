"""A thread that does what may never end: asking a reader that hangs cannot be called off, only abandoned."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")


class HandStuck(Exception):  # noqa: N818 - says what happened
    """What was asked has not ended in time; nothing more is done before it has."""


class _Task:
    """One piece of work and what came of it."""

    def __init__(self, work: Callable[[], Any], too_late: Callable[[Any], object]) -> None:
        self._work = work
        self._too_late = too_late
        self._result: Any = None
        self._error: Exception | None = None
        self._lock = threading.Lock()
        self._given_up = False
        self._done = False
        self.over = threading.Event()

    def run(self) -> None:
        try:
            self._result = self._work()
        except Exception as error:  # noqa: BLE001 - raised again where the work was asked for
            self._error = error
        with self._lock:
            self._done = True
            nobody_waits = self._given_up
        if nobody_waits and self._error is None:
            self._too_late(self._result)
        self.over.set()

    def give_up(self) -> bool:
        """Wait for it no longer; False if it has just ended after all."""
        with self._lock:
            self._given_up = not self._done
            return self._given_up

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result


class Hand:
    """Does one thing after another on a thread of its own, which ends with the process if it hangs."""

    def __init__(self, name: str) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._running: _Task | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """Whether something that was given up is still under way."""
        running = self._running
        return running is not None and not running.over.is_set()

    def do(self, work: Callable[[], R], seconds: float, too_late: Callable[[R], object] = lambda _: None) -> R:
        """Do it; raises what it raises, and HandStuck if it takes longer than that, or an earlier one still does.

        What it brings after that is given to `too_late`, on the hand's thread.
        """
        if self.stuck:
            raise HandStuck
        task = _Task(work, too_late)
        self._tasks.put(task)
        if not task.over.wait(seconds) and task.give_up():
            self._running = task
            raise HandStuck
        result: R = task.result()
        return result

    def close(self) -> None:
        """End the thread once its work is done."""
        self._tasks.put(None)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task.run()
