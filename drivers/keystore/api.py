"""What a device may expect of the place that keeps its keys.

Whatever a key store hands out as a `bytearray` is the caller's to overwrite after use. Errors are constant
words: no key material, no file contents.
"""

import ssl
from typing import Protocol

from cryptography import x509


class KeyStoreError(Exception):
    """The key store cannot be used; `str()` says what is wrong and what to do."""


class KeysMissing(KeyStoreError):  # noqa: N818 - named for what is wrong
    """A key that must be there is not: the device was not provisioned, or its files were lost."""


class KeysExposed(KeyStoreError):  # noqa: N818 - named for what is wrong
    """Others than the terminal's own user could read or change keys."""


class KeysDamaged(KeyStoreError):  # noqa: N818 - named for what is wrong
    """What is stored was altered, is another device's, or cannot be read."""


class ChipAbsent(KeyStoreError):  # noqa: N818 - named for what is wrong
    """The security chip does not answer."""


class MachineChanged(KeyStoreError):  # noqa: N818 - named for what is wrong
    """The chip keeps the keys back: the machine was not started as it was when they were made."""


class DeviceSigner(Protocol):
    """The device's P-256 key and its certificate."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""
        ...

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER."""
        ...


class KeyStore(Protocol):
    """Keys, secrets and a counter that survive the program; names are 1 to 64 of a-z 0-9 . _ -."""

    @property
    def banner(self) -> str | None:
        """Key of the warning text that must always be on screen while this key store is used, or None."""
        ...

    def device_signer(self) -> DeviceSigner:
        """The device's signing key. Raises KeyStoreError."""
        ...

    def secret(self, name: str, length: int) -> bytearray:
        """`length` random bytes, made on first use and the same ever after. Raises KeyStoreError."""
        ...

    def seal(self, name: str, data: bytes | bytearray) -> None:
        """Keep `data` durably so that only this key store gives it back; an older value is destroyed."""
        ...

    def unseal(self, name: str) -> bytearray | None:
        """What was sealed under `name`, or None. Raises KeysDamaged if it was altered."""
        ...

    def erase(self, name: str) -> None:
        """Destroy what was sealed under `name`; nothing happens if there is nothing."""
        ...

    def counter_value(self) -> int:
        """The counter as it stands. Where a new device's begins is the key store's own affair."""
        ...

    def counter_step(self) -> int:
        """Add one durably and return the new value; it never goes back."""
        ...

    def tls_context(self, root_pem: bytes) -> ssl.SSLContext:
        """TLS as this device, towards a server that chains to `root_pem` (httpx's `verify`)."""
        ...
