"""Files of an election folder: secrets that only their owner reads, and a folder that appears whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from protocol.documents.certificates import to_pem
from provisioning.errors import ProvisioningError


@contextmanager
def whole_or_nothing(out: Path) -> Iterator[Path]:
    """A folder beside `out` to build in; it becomes `out` when the block ends well, and vanishes when not.

    Raises ProvisioningError if `out` is occupied or its parent cannot be written.
    """
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ProvisioningError(f"{out}: it exists and is not an empty folder; name another one")
        out.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise ProvisioningError(f"{out}: it cannot be made: {error.strerror}") from error
    try:
        yield building
        building.chmod(0o755)
        building.rename(out)
    except OSError as error:
        raise ProvisioningError(f"{out}: writing failed: {error.strerror}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def write_public(path: Path, data: bytes) -> None:
    """A new file that everybody may read; its folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)


def write_secret(path: Path, data: bytes) -> None:
    """A new file that only its owner may read and write, from its first moment on; its folder is closed to others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """A certificate as PEM."""
    write_public(path, to_pem(certificate).encode())


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """A secret key as PKCS #8 PEM, without a password."""
    write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
