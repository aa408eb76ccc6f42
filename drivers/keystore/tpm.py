"""Keys in a TPM 2.0: whoever has the disk has nothing, and whoever has the machine has to start it as it was.

What is where:

- `device.key`'s place is taken by `tpm.json`: the signing key's public part, and its private part as the chip wrapped
  it, of use to that chip alone. The key is made in the chip and never leaves it.
- A secret or a sealed value is a file, AES-256-GCM under a key of its own, and that key is in the chip (an NV index).
  So to erase is to destroy a key in the chip: no older image of the disk brings the value back. And to replace is to
  replace the key: an older file put back in its place does not open.
- The TLS key is such a sealed value with a certificate of its own (`tls.pem`), open in memory while the connection's
  context is made: Python's `ssl` cannot sign with a key that stays in a chip
  (docs/decisions/0008-keys-in-a-tpm.md).
- The counter is the chip's own.

Everything is bound to the registers (PCRs) as they were when the device was provisioned.
"""

import hashlib
import os
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drivers.durable import sync_folder, write_durably
from drivers.keystore.api import DeviceSigner, KeysDamaged, KeysMissing, KeyStore, KeyStoreError
from drivers.keystore.chip import ANOTHER, FIRST_SECRET, SECRETS, Chip, public_key
from drivers.keystore.private_folder import PrivateFolder, overwrite
from drivers.keystore.software import NAME
from drivers.keystore.tls import device_context

DEFAULT_ADDRESS: Final = "device:/dev/tpmrm0"
"""The kernel's resource manager, which several programs may use at once."""
DEFAULT_PCRS: Final = (0, 2, 4, 7)
"""Firmware, its extensions, the boot loader, and Secure Boot's state and keys (TCG PC Client profile)."""
MADE: Final = "tpm.json"
TLS_KEY: Final = "tls-key"
MAGIC: Final = b"PTT1"
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
TAG_BYTES: Final = 16

Register = Annotated[int, msgspec.Meta(ge=0, le=23)]


class _Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tpm.json`: nothing secret, and nothing that an attacker would gain by altering."""

    format: Annotated[int, msgspec.Meta(ge=1, le=1)]
    pcrs: Annotated[tuple[Register, ...], msgspec.Meta(min_length=1, max_length=24)]
    public: bytes
    private: bytes


@dataclass(frozen=True, slots=True)
class Requested:
    """The public keys of a fresh device, to be certified as `device.pem` and `tls.pem`."""

    device: ec.EllipticCurvePublicKey
    tls: ec.EllipticCurvePublicKey


def initialise(
    folder: Path, address: str = DEFAULT_ADDRESS, pcrs: tuple[int, ...] = DEFAULT_PCRS, *, replace: bool = False
) -> Requested:
    """Make a device's keys in its chip, bound to the registers as they are now, and `tpm.json` in `folder`.

    `replace` destroys what the chip holds of an earlier election, which otherwise is refused. The counter goes on.
    Raises KeyStoreError.
    """
    files = PrivateFolder(folder)
    chip = Chip(address, pcrs)
    try:
        with files.locked():
            left = chip.indexes()
            if (left or (folder / MADE).exists()) and not replace:
                raise KeyStoreError(
                    "the security chip (TPM) or the folder holds a device's keys already. If that election's media "
                    "are no longer to be read on this machine, say that they are to be replaced"
                )
            for index in left:
                chip.destroy(index)
            public, private = chip.new_key()
            chip.count(step=False)
            tls = ec.generate_private_key(ec.SECP256R1())
            _Sealed(folder, chip).put(
                "value", TLS_KEY, tls.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
            write_durably(folder / MADE, msgspec.json.encode(_Made(1, pcrs, public, private)))
    finally:
        chip.close()
    return Requested(public_key(public), tls.public_key())


class TpmSigner(DeviceSigner):
    """The device's P-256 key, in the chip."""

    def __init__(self, chip: Chip, made: _Made, certificate: x509.Certificate) -> None:
        self._chip = chip
        self._made = made
        self._certificate = certificate

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""
        return self._certificate

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER. Raises KeyStoreError."""
        return self._chip.sign(self._made.public, self._made.private, data)


class TpmKeyStore(KeyStore):
    """A `KeyStore` in a folder (0700) and a chip; see `initialise`. Safe between threads, and between processes.

    Raises KeysMissing, KeysExposed, KeysDamaged. The chip is first spoken to when it is needed; `close` lets it go.
    """

    def __init__(self, folder: Path, address: str = DEFAULT_ADDRESS) -> None:
        self._folder = folder
        self._files = PrivateFolder(folder)
        try:
            self._made = msgspec.json.decode(self._files.read(MADE), type=_Made)
        except msgspec.DecodeError:
            raise KeysDamaged(f"{folder / MADE} cannot be read; provision the device again") from None
        self._chip = Chip(address, self._made.pcrs)
        self._sealed = _Sealed(folder, self._chip)

    def close(self) -> None:
        """Let the chip go, for other programs."""
        self._chip.close()

    @property
    def banner(self) -> str | None:
        """No warning is due."""
        return None

    def device_signer(self) -> TpmSigner:
        """The device's signing key, after it has signed once. Raises KeyStoreError."""
        certificate = self._certificate("device.pem")
        if certificate.public_key() != public_key(self._made.public):
            raise KeysDamaged("device.pem is not the certificate of the key in tpm.json; provision the device again")
        signer = TpmSigner(self._chip, self._made, certificate)
        # A chip that is not the one, or keeps the key back, has to be known before anybody relies on a signature.
        signer.sign(b"")
        return signer

    def secret(self, name: str, length: int) -> bytearray:
        """`length` random bytes, made on first use and the same ever after."""
        if length < 1:
            raise ValueError("a secret has at least one byte")
        with self._files.locked():
            found = self._sealed.get("secret", name)
            if found is None:
                if self._sealed.has_file("secret", name):
                    raise KeysDamaged(ANOTHER)
                found = bytearray(secrets.token_bytes(length))
                self._sealed.put("secret", name, found)
        if len(found) != length:
            raise KeysDamaged("a stored secret has another length than the one asked for")
        return found

    def seal(self, name: str, data: bytes | bytearray) -> None:
        """Keep `data` durably; the key of an older value is destroyed."""
        with self._files.locked():
            self._sealed.put("value", name, data)

    def unseal(self, name: str) -> bytearray | None:
        """What was sealed under `name`, or None. Raises KeysDamaged if it was altered."""
        with self._files.locked():
            return self._sealed.get("value", name)

    def erase(self, name: str) -> None:
        """Destroy the key of what was sealed under `name`, then the file."""
        with self._files.locked():
            self._sealed.drop("value", name)

    def counter_value(self) -> int:
        """The chip's counter as it stands."""
        return self._chip.count(step=False)

    def counter_step(self) -> int:
        """Add one in the chip and return the new value."""
        return self._chip.count(step=True)

    def tls_context(self, root_pem: bytes) -> ssl.SSLContext:
        """TLS 1.3 as this device, trusting nothing but `root_pem`; the server's name is checked."""
        self._certificate("tls.pem")
        key = self.unseal(TLS_KEY)
        if key is None:
            raise KeysMissing(f"the key of {self._folder / 'tls.pem'} is missing; provision the device")
        try:
            # `ssl` reads keys from files only: this one is memory that has no name and goes with the descriptor.
            descriptor = os.memfd_create("tls", os.MFD_CLOEXEC)
            try:
                os.write(descriptor, key)
                return device_context(root_pem, self._folder / "tls.pem", Path(f"/proc/self/fd/{descriptor}"))
            finally:
                overwrite(descriptor)
        finally:
            key[:] = bytes(len(key))

    def _certificate(self, name: str) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self._files.read(name, public=True))
        except ValueError:
            raise KeysDamaged(f"{self._folder / name} cannot be read; provision the device again") from None


class _Sealed:
    """Values in files, the key of each in the chip. The folder's lock is held by the caller.

    A new value lies in a file beside the old one before the chip learns its key, and takes the old one's name
    afterwards: whenever the power goes, exactly one of the two opens.
    """

    def __init__(self, folder: Path, chip: Chip) -> None:
        self._folder = folder
        self._chip = chip

    def put(self, kind: str, name: str, data: bytes | bytearray) -> None:
        """Seal under a fresh key."""
        key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        path, fresh = self._paths(kind, name)
        write_durably(fresh, MAGIC + nonce + AESGCM(key).encrypt(nonce, bytes(data), _context(kind, name)))
        self._chip.keep(_index(kind, name), _tag(kind, name) + key)
        fresh.replace(path)
        sync_folder(self._folder)

    def get(self, kind: str, name: str) -> bytearray | None:
        """What is sealed, or None if the chip has no key for it. Raises KeysDamaged."""
        kept = self._chip.kept(_index(kind, name), TAG_BYTES + KEY_BYTES)
        if kept is None:
            return None
        if kept[:TAG_BYTES] != _tag(kind, name):
            raise KeysDamaged("the security chip (TPM) holds something else where a key of this device should be")
        path, fresh = self._paths(kind, name)
        for candidate in (path, fresh):
            found = _opened(candidate, bytes(kept[TAG_BYTES:]), _context(kind, name))
            if found is not None:
                if candidate is fresh:
                    fresh.replace(path)
                    sync_folder(self._folder)
                return found
        raise KeysDamaged("a sealed file was altered, or an older one was put in its place")

    def has_file(self, kind: str, name: str) -> bool:
        """Whether there is a file of that name, whatever is in it."""
        return self._paths(kind, name)[0].exists()

    def drop(self, kind: str, name: str) -> None:
        """Destroy the key in the chip, which is what erases; then tidy the files away."""
        self._chip.destroy(_index(kind, name))
        for path in self._paths(kind, name):
            path.unlink(missing_ok=True)
        sync_folder(self._folder)

    def _paths(self, kind: str, name: str) -> tuple[Path, Path]:
        """The file, and where the next one lies until the chip has its key."""
        if not NAME.fullmatch(name):
            raise ValueError("a name is 1 to 64 of a-z 0-9 . _ -")
        path = self._folder / f"{kind}-{name}.sealed"
        return path, path.with_name(path.name + ".next")


def _opened(path: Path, key: bytes, context: bytes) -> bytearray | None:
    """The content of a sealed file, or None if it is not there or this key does not open it."""
    try:
        blob = path.read_bytes()
    except FileNotFoundError:
        return None
    nonce, sealed = blob[len(MAGIC) :][:NONCE_BYTES], blob[len(MAGIC) + NONCE_BYTES :]
    try:
        return bytearray(AESGCM(key).decrypt(nonce, sealed, context))
    except (InvalidTag, ValueError):
        return None


def _context(kind: str, name: str) -> bytes:
    return f"{kind}\0{name}".encode()


def _tag(kind: str, name: str) -> bytes:
    """Stands before the key in the chip, so that two names that fall on one index would be seen."""
    return hashlib.sha256(_context(kind, name)).digest()[:TAG_BYTES]


def _index(kind: str, name: str) -> int:
    """Where the chip keeps the key of a value."""
    return FIRST_SECRET + int.from_bytes(hashlib.sha256(b"index\0" + _context(kind, name)).digest()[:4]) % SECRETS
