"""A process for work that would hold up the screen: drawing papers, sealing batches.

Threads would not do: a second of proving in a thread stalls the Qt thread by hundreds of milliseconds. The process
ends when its pipe closes, so a killed terminal leaves none behind.
"""

import contextlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
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
        self._made: tuple[Connection, ForkServerProcess] | None = None
        self._start()

    def _start(self) -> Connection:
        """The pipe to the process, which is made if there is none. Raises OSError, EOFError if it cannot be."""
        if self._made is None:
            context = nursery()
            pipe, theirs = context.Pipe()
            with theirs:
                process = context.Process(target=_serve, args=(theirs,), name=self._name, daemon=True)
                try:
                    process.start()
                except BaseException:
                    pipe.close()
                    raise
            self._made = pipe, process
        return self._made[0]

    def call(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(*args)` there; it has to be a module's function. Raises WorkerLost, WorkFailed."""
        assert not kwargs, "arguments by position only: they cross a pipe"
        try:
            pipe = self._start()
            pipe.send((work, args))
            done, value = pipe.recv()
        except (EOFError, OSError) as error:
            self.close()
            # A machine that has no room for another process now may have some when the next work comes.
            with contextlib.suppress(EOFError, OSError):
                self._start()
            raise WorkerLost(f"the process “{self._name}” ended, and is started again") from error
        if not done:
            raise WorkFailed(value)
        return cast(R, value)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._made is None:
            return
        (pipe, process), self._made = self._made, None
        pipe.close()
        process.join(END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
