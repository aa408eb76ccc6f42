"""Keys in files: for development, tests and the demo. Whoever has the disk has the keys.

In the folder, beside `device.key` and `device.pem` from provisioning: `seal.key`, made on first use, and one file
for each sealed value. AES-256-GCM with the value's kind and name as additional data, so that no file passes for
another. Erasing overwrites before it unlinks; a flash disk may still keep the old cells, which is one more reason
for the banner.
"""

import os
import re
import secrets
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from drivers.durable import sync_folder, write_durably
from drivers.keystore.api import DeviceSigner, KeysDamaged, KeysMissing, KeyStore
from drivers.keystore.private_folder import PrivateFolder, overwrite
from drivers.keystore.tls import device_context

BANNER = "keystore-software"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAGIC = b"PTS1"
NONCE_BYTES = 12
KEY_BYTES = 32
COUNTER_BYTES = 8


class SoftwareSigner(DeviceSigner):
    """The device's P-256 key from a file."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""
        return self._certificate

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


class SoftwareKeyStore(KeyStore):
    """A `KeyStore` in a folder (0700) of files (0600), all of this user's.

    Raises KeysMissing if there is no such folder, KeysExposed if others may enter it. Safe between processes: the
    folder is locked for each change.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = PrivateFolder(folder)

    @property
    def banner(self) -> str | None:
        """Key of the warning text."""
        return BANNER

    def device_signer(self) -> SoftwareSigner:
        """The device's signing key. Raises KeysMissing, KeysExposed, KeysDamaged."""
        try:
            key = load_pem_private_key(self._files.read("device.key"), None)
            certificate = x509.load_pem_x509_certificate(self._files.read("device.pem", public=True))
        except (ValueError, TypeError):
            raise KeysDamaged("device.key or device.pem cannot be read; provision the device again") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeysDamaged("device.key is not a P-256 key; provision the device again")
        if certificate.public_key() != key.public_key():
            raise KeysDamaged("device.pem is not the certificate of device.key; provision the device again")
        return SoftwareSigner(key, certificate)

    def secret(self, name: str, length: int) -> bytearray:
        """`length` random bytes, made on first use and the same ever after."""
        if length < 1:
            raise ValueError("a secret has at least one byte")
        with self._files.locked():
            found = self._open("secret", name)
            if found is None:
                found = bytearray(secrets.token_bytes(length))
                self._close("secret", name, found)
        if len(found) != length:
            raise KeysDamaged("a stored secret has another length than the one asked for")
        return found

    def seal(self, name: str, data: bytes | bytearray) -> None:
        """Keep `data` durably; an older value is overwritten."""
        with self._files.locked():
            self._close("value", name, data)

    def unseal(self, name: str) -> bytearray | None:
        """What was sealed under `name`, or None. Raises KeysDamaged if it was altered."""
        with self._files.locked():
            return self._open("value", name)

    def erase(self, name: str) -> None:
        """Overwrite and remove what was sealed under `name`."""
        path = self._folder / _file("value", name)
        with self._files.locked():
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            except FileNotFoundError:
                return
            overwrite(descriptor)
            path.unlink()
            sync_folder(self._folder)

    def counter_value(self) -> int:
        """The counter as it stands."""
        with self._files.locked():
            return self._counter()

    def counter_step(self) -> int:
        """Add one durably and return the new value."""
        with self._files.locked():
            value = self._counter() + 1
            self._close("counter", "counter", value.to_bytes(COUNTER_BYTES, "big"))
            return value

    def tls_context(self, root_pem: bytes) -> ssl.SSLContext:
        """TLS 1.3 as this device, trusting nothing but `root_pem`; the server's name is checked."""
        self.device_signer()
        return device_context(root_pem, self._folder / "device.pem", self._folder / "device.key")

    # --- sealed files; the lock is held -----------------------------------------------------------------------

    def _counter(self) -> int:
        found = self._open("counter", "counter")
        if found is None:
            # The counter is written before anything else is ever sealed (see `_seal_key`).
            raise KeysDamaged("the counter is missing although other keys are there")
        if len(found) != COUNTER_BYTES:
            raise KeysDamaged("the counter cannot be read")
        return int.from_bytes(found, "big")

    def _open(self, kind: str, name: str) -> bytearray | None:
        key = self._seal_key()
        try:
            blob = self._files.read(_file(kind, name))
        except KeysMissing:
            return None
        if kind == "value" and blob and not any(blob):
            return None  # an erasing was cut short: overwritten, and still there
        if not blob.startswith(MAGIC):
            raise KeysDamaged("a sealed file is not one of this key store's")
        nonce, sealed = blob[len(MAGIC) :][:NONCE_BYTES], blob[len(MAGIC) + NONCE_BYTES :]
        try:
            return bytearray(AESGCM(key).decrypt(nonce, sealed, _context(kind, name)))
        except (InvalidTag, ValueError):
            raise KeysDamaged("a sealed file was altered or belongs to another device") from None

    def _close(self, kind: str, name: str, data: bytes | bytearray) -> None:
        self._replace(self._seal_key(), kind, name, data)

    def _replace(self, key: bytes, kind: str, name: str, data: bytes | bytearray) -> None:
        path = self._folder / _file(kind, name)
        nonce = secrets.token_bytes(NONCE_BYTES)
        blob = MAGIC + nonce + AESGCM(key).encrypt(nonce, bytes(data), _context(kind, name))
        try:
            old: int | None = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            old = None
        try:
            write_durably(path, blob)
        except BaseException:
            if old is not None:
                os.close(old)
            raise
        if old is not None:
            overwrite(old)

    def _seal_key(self) -> bytes:
        """The key of all sealed files; made, after a counter at 0, in a folder that has neither."""
        try:
            key = self._files.read("seal.key")
        except KeysMissing:
            if any(path.name != "counter.sealed" for path in self._folder.glob("*.sealed")):
                raise KeysDamaged("seal.key is missing although sealed files are there") from None
            key = secrets.token_bytes(KEY_BYTES)
            # In this order: a power cut in between leaves a counter that no key opens, and it is made anew.
            self._replace(key, "counter", "counter", bytes(COUNTER_BYTES))
            write_durably(self._folder / "seal.key", key)
        if len(key) != KEY_BYTES:
            raise KeysDamaged("seal.key cannot be read")
        return key


def _file(kind: str, name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a name is 1 to 64 of a-z 0-9 . _ -")
    return "counter.sealed" if kind == "counter" else f"{kind}-{name}.sealed"


def _context(kind: str, name: str) -> bytes:
    return f"{kind}\0{name}".encode()
