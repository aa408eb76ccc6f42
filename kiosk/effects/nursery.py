"""Where the terminal's processes come from: one process that has loaded what they need and never holds a secret.

Each is a copy of it (Python's *forkserver*), there within milliseconds, where a program started from nothing takes
more than half a second of a core, which the next voter would wait for. A copy gets its work through a pipe of its
own, which the nursery never reads, so nothing of one session is in the process that the next one's is copied from.
It ends with the terminal.
"""

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

LOADED = ("kiosk.effects.session_process", "kiosk.effects.worker", "kiosk.papers.render", "kiosk.sync.sealing")
"""What the processes need, loaded once."""


def nursery() -> ForkServerContext:
    """The context that makes processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context


def open_early() -> None:
    """Let it load while the program itself is still loading; otherwise the first process waits for it."""
    nursery()
    forkserver.ensure_running()
