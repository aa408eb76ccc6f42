"""The small thread that keeps uploading: at once when there is something, less and less often in trouble."""

import threading
from collections.abc import Callable
from typing import Protocol

from kiosk.sync.backoff import delay
from kiosk.sync.upload import Delivered, NothingPending, UploadResult

IDLE_SECONDS = 30.0
"""How often the store is asked for new batches when nobody wakes the loop."""


class Sends(Protocol):
    """What the loop runs; `kiosk.sync.upload.Uploader` and `kiosk.sync.orders.OrderFetcher` are such."""

    def run_once(self) -> UploadResult:
        """One attempt."""
        ...

    def interrupt(self) -> None:
        """Break the attempt under way off."""
        ...


class UploadLoop:
    """Runs an uploader in a thread of its own until `stop`; tells every result to `tell`, from that thread."""

    def __init__(
        self,
        uploader: Sends,
        tell: Callable[[UploadResult], None],
        random: Callable[[], float],
        idle_seconds: float = IDLE_SECONDS,
        name: str = "upload",
    ) -> None:
        """`random` draws from [0, 1). What the store or `tell` raises ends the thread (`threading.excepthook`)."""
        self._uploader = uploader
        self._tell = tell
        self._random = random
        self._idle_seconds = idle_seconds
        self._stopping = threading.Event()
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin uploading."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """False before `start`, after `stop`, and if an unexpected error ended the thread."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """There is a new batch, or the network came back: try at once."""
        self._awake.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """Break off what is being sent and end the thread; True if it ended within `timeout` seconds."""
        self._stopping.set()
        self._uploader.interrupt()
        self._awake.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._awake.clear()
            result = self._uploader.run_once()
            if self._stopping.is_set():
                return
            self._tell(result)
            match result:
                case Delivered():
                    failures = 0
                    continue
                case NothingPending():
                    failures = 0
                    self._awake.wait(self._idle_seconds)
                case _:
                    failures += 1
                    self._awake.wait(delay(failures, self._random()))
