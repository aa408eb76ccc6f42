"""When a file is closed by whoever had it open (inotify(7)).

A pseudo-terminal tells its master only that nobody has it open *now*: one that was closed and opened again before
anybody looked seems never to have been closed.
"""

import ctypes
import os
from pathlib import Path
from typing import Final

IN_CLOSE: Final = 0x18
AT_MOST: Final = 4096


class Closings:
    """Watches one file."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if self._watch < 0 or libc.inotify_add_watch(self._watch, os.fsencode(path), IN_CLOSE) < 0:
            raise OSError(ctypes.get_errno(), "the line cannot be watched")

    def seen(self) -> bool:
        """Whether it was closed since this was last asked."""
        try:
            return bool(os.read(self._watch, AT_MOST))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Watch no more."""
        os.close(self._watch)
