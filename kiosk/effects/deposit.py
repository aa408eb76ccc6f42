"""Where a typed PIN waits for the card, so that no event, state or view ever holds one."""

import secrets
import threading

from kiosk.flows.contract import Handle


class Deposit:
    """PINs by handle. Each is taken once; a newer one destroys what nobody took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Handle, bytearray] = {}

    def leave(self, secret: bytearray) -> Handle:
        """Keep `secret` (the deposit owns it from now on) and return its handle."""
        handle = Handle(secrets.token_hex(8))
        with self._lock:
            for old in self._kept.values():
                wipe(old)
            self._kept = {handle: secret}
        return handle

    def take(self, handle: Handle) -> bytearray | None:
        """Hand the secret over to the caller, who wipes it; None if it is gone."""
        with self._lock:
            return self._kept.pop(handle, None)

    def forget(self) -> None:
        """Destroy what nobody took: the card that it was typed for is out."""
        with self._lock:
            for secret in self._kept.values():
                wipe(secret)
            self._kept = {}


def wipe(secret: bytearray) -> None:
    """Overwrite a secret in place."""
    secret[:] = bytes(len(secret))
