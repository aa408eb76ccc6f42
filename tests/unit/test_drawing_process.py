"""The process that draws papers: lost, or not to be had for a while, it costs a paper and never the printing."""

import errno
import math
import multiprocessing
import os
import signal

import pytest

from kiosk.effects.worker import Worker, WorkerLost


class NoRoom(multiprocessing.context.ForkServerProcess):
    """A process that the machine has no room for."""

    def start(self) -> None:
        raise OSError(errno.EAGAIN, "no room for another process")


def test_a_process_that_cannot_be_made_now_is_made_when_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker("test")
    try:
        assert worker.call(math.sqrt, 4.0) == 2.0
        assert worker._made is not None
        pid = worker._made[1].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with monkeypatch.context() as patched:
            patched.setattr(multiprocessing.context.ForkServerContext, "Process", NoRoom)
            for _ in range(2):
                with pytest.raises(WorkerLost):
                    worker.call(math.sqrt, 4.0)
        assert worker.call(math.sqrt, 9.0) == 3.0
    finally:
        worker.close()
        worker.close()
