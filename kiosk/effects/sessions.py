"""The parent's side of session processes: one is always ready, each serves one voter and is ended."""

import secrets
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Final

from kiosk.effects import session_process
from kiosk.effects.nursery import nursery
from kiosk.effects.session_process import Answer, Broken, Command
from kiosk.flows.contract import Handle

END_SECONDS = 2.0


class SessionLost(Exception):  # noqa: N818 - named for what happened
    """The session's process is gone, and with it everything that was not cast."""


class SessionWorker:
    """One process and the pipe to it; used from one thread at a time."""

    def __init__(self) -> None:
        context = nursery()
        self._pipe: Connection
        self._pipe, theirs = context.Pipe()
        self._process: ForkServerProcess = context.Process(
            target=session_process.main, args=(theirs,), name="session", daemon=True
        )
        self._process.start()
        self.pid: Final = self._process.pid
        """The process's id, known after its end too: whoever looks from outside may come too late."""
        theirs.close()

    def ask(self, command: Command) -> Answer:
        """Send a command and wait for its answer. Raises SessionLost."""
        try:
            self._pipe.send(command)
            answer: Answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise SessionLost("the session's process is gone") from error
        return answer

    def end(self) -> None:
        """End the process. Its memory goes back to the system, secrets and all."""
        self._pipe.close()
        self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


class Sessions:
    """Sessions by handle, and one worker made ahead so that no voter waits for a process to start."""

    def __init__(self) -> None:
        self._ready: SessionWorker | None = None
        self._running: dict[Handle, SessionWorker] = {}

    def prepare(self) -> None:
        """Make the next worker if none is ready."""
        if self._ready is None:
            self._ready = SessionWorker()

    def begin(self, command: session_process.Begin) -> tuple[Handle, session_process.Begun] | Broken:
        """Give the ready worker to a voter. Raises SessionLost."""
        self.prepare()
        worker, self._ready = self._ready, None
        assert worker is not None
        try:
            answer = worker.ask(command)
        except SessionLost:
            worker.end()
            raise
        if not isinstance(answer, session_process.Begun):
            worker.end()
            return answer if isinstance(answer, Broken) else Broken("an answer of another kind")
        handle = Handle(secrets.token_hex(8))
        self._running[handle] = worker
        return handle, answer

    def ask(self, handle: Handle, command: Command) -> Answer:
        """Ask a running session. Raises SessionLost if it has ended."""
        worker = self._running.get(handle)
        if worker is None:
            raise SessionLost("the session has ended")
        return worker.ask(command)

    def end(self, handle: Handle) -> None:
        """End a session; one that is not running is let be."""
        worker = self._running.pop(handle, None)
        if worker is not None:
            worker.end()

    def close(self) -> None:
        """End every process."""
        for handle in tuple(self._running):
            self.end(handle)
        if self._ready is not None:
            self._ready.end()
            self._ready = None
