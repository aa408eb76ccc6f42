"""A process for work that would hold up the screen: drawing papers, sealing batches.

Threads would not do: a second of proving in a thread stalls the Qt thread by hundreds of milliseconds. The process
ends when its pipe closes, so a killed terminal leaves none behind.
"""

from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar, cast

from kiosk.effects.nursery import nursery

P = ParamSpec("P")
R = TypeVar("R")

END_SECONDS = 2.0


class WorkerLost(Exception):  # noqa: N818 - named for what happened
    """The process is gone; what it was doing is not done."""


class WorkFailed(Exception):  # noqa: N818 - named for what happened
    """The work itself failed, in the words of its own error."""


def _serve(pipe: Connection) -> None:
    while True:
        try:
            work, args = pipe.recv()
        except EOFError:
            return
        answer: tuple[bool, object]
        try:
            answer = (True, work(*args))
        except Exception as error:  # noqa: BLE001 - the error goes back to the caller, who knows what it means
            answer = (False, f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return


class Worker:
    """One process; used from one thread at a time, restarted when it was lost."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start()

    def _start(self) -> None:
        context = nursery()
        self._pipe: Connection
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name=self._name, daemon=True)
        self._process.start()
        theirs.close()

    def call(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(*args)` there; it has to be a module's function. Raises WorkerLost, WorkFailed."""
        assert not kwargs, "arguments by position only: they cross a pipe"
        try:
            self._pipe.send((work, args))
            done, value = self._pipe.recv()
        except (EOFError, OSError) as error:
            self.close()
            self._start()
            raise WorkerLost(f"the process “{self._name}” ended and was started again") from error
        if not done:
            raise WorkFailed(value)
        return cast(R, value)

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
