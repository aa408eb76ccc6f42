"""Notes what the window's thread asks of the system while people wait for it: in the demo's own terminal only.

Python tells an audit hook of every file, socket, process and module that is asked for. The window's thread has no
business with any of them during a session: a slow medium or a lost network would stop the screen.
"""

import sys
import threading

NOTED = (
    "ctypes.dlopen", "import", "open", "os.", "shutil.", "socket.", "sqlite3.", "ssl.", "subprocess.", "tempfile.",
    "urllib.",
)  # fmt: skip
"""Beginnings of audit events (PEP 578)."""
MOST = 100


class Witness:
    """Watches the thread that makes it until the program ends: a hook cannot be taken out again."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._noted: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if threading.get_ident() == self._thread and event.startswith(NOTED) and len(self._noted) < MOST:
            # Only the first argument, which names the thing; it is the demo's own process, without a secret in names.
            self._noted.append(f"{event} {arguments[0] if arguments else ''}")

    def testimony(self) -> list[str]:
        """What was asked for since the last time."""
        noted, self._noted = self._noted, []
        return noted
