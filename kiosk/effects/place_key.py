"""The polling-place key after opening: in memory, and sealed in the key store until closing (DESIGN 4)."""

import threading

from drivers.keystore.api import KeyStore
from kiosk.effects.deposit import wipe

SEALED = "place-key"


class HeldPlaceKey:
    """The key while the polls are open. It survives a restart through the key store, and closing destroys it."""

    def __init__(self, keystore: KeyStore) -> None:
        self._keystore = keystore
        self._lock = threading.Lock()
        self._key: bytearray | None = keystore.unseal(SEALED)

    @property
    def held(self) -> bool:
        """Whether the key is here."""
        return self._key is not None

    def __call__(self) -> bytes | None:
        """The key's 32 bytes, or None before opening and after closing."""
        with self._lock:
            return None if self._key is None else bytes(self._key)

    def keep(self, key: bytearray) -> None:
        """Take the released key over and seal it durably. Raises KeyStoreError, OSError: then it is destroyed."""
        try:
            self._keystore.seal(SEALED, key)
        except BaseException:
            wipe(key)
            raise
        with self._lock:
            # Opening may have failed after it was kept, and is tried again.
            if self._key is not None:
                wipe(self._key)
            self._key = key

    def forget(self) -> None:
        """Destroy the key, in memory and sealed. Raises KeyStoreError, OSError: then a sealed one is still there."""
        with self._lock:
            if self._key is not None:
                wipe(self._key)
            self._key = None
        self._keystore.erase(SEALED)
