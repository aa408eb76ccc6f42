"""Carries acts out in forked children, for faults to strike: one process that has everything imported.

On standard input one JSON object a line: `act`, `root`, and `settings`, pragmas that a test uses to spoil the store on
purpose. On standard output: `ready PID` when the child stands at the beginning of its act and waits for SIGUSR1,
`said WORD` for what came of it, `ended STATUS` when it is gone (waitpid's status).
"""

import json
import os
import signal
import sys
from pathlib import Path

from kiosk.store.database import Database
from kiosk.store.errors import StoreError
from tests.faults.acts import Act, begin


def main() -> None:
    """Serve until standard input ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _suffer(Act(order["act"]), Path(order["root"]), order["settings"])
        _, status = os.waitpid(pid, 0)
        _tell(f"ended {status}")


def _suffer(act: Act, root: Path, settings: dict[str, str]) -> None:
    """The child's life; it never returns."""
    try:
        if settings:
            _spoil(settings)
        work = begin(act, root)
        _tell(f"ready {os.getpid()}")
        signal.sigwait({signal.SIGUSR1})
        try:
            work()
        except (StoreError, OSError) as error:
            _tell(f"said {type(error).__name__}")
        else:
            _tell("said done")
        # Without a goodbye: closing is not part of the act, and a process may be ended before it.
        os._exit(0)
    except BaseException:  # noqa: BLE001  (a forked child must never run on into the server's loop)
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def _spoil(settings: dict[str, str]) -> None:
    """Make every connection use these pragmas instead of ours; "wipe": "no" leaves the rollback journal as it is."""
    connect = Database._connect

    def spoilt(self: Database, key: bytearray, mode: str) -> None:
        connect(self, key, mode)
        for name, value in settings.items():
            if name != "wipe":
                self._connection.execute(f"PRAGMA {name} = {value}").fetchall()

    Database._connect = spoilt  # type: ignore[method-assign]  # spoilt on purpose, in a process of its own
    if settings.get("wipe") == "no":
        Database.wipe = lambda self: None  # type: ignore[method-assign]  # the same


def _tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main()
