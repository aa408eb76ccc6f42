"""A TPM 2.0 in software (swtpm) behind sockets, which can be switched off and on, and a device provisioned in it."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from protocol.documents.certificates import Identity, Role
from protocol.documents.issuing import Issuer, new_issuer
from tests.devices.ports import free_port

if TYPE_CHECKING:
    from drivers.keystore.tpm import TpmKeyStore

START_SECONDS = 60.0
PCRS = (0, 2, 4, 7)
NOT_HERE = "is not installed: ./run test installs it, with libtss2-dev and swtpm of Debian"


class SoftwareChip:
    """swtpm with its state in a folder. It serves one program at a time."""

    def __init__(self, folder: Path) -> None:
        # Not skipped: without them nobody would know that the keys of a polling place are untested.
        assert shutil.which("swtpm"), f"swtpm {NOT_HERE}"
        assert importlib.util.find_spec("tpm2_pytss"), f"tpm2-pytss {NOT_HERE}"
        self._folder = folder
        folder.mkdir()
        # The stack finds the control port by adding one.
        self._port = free_port(2)
        self.address = f"swtpm:host=127.0.0.1,port={self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.switch_on()

    def switch_on(self) -> None:
        """Power on: the registers begin anew, keys and counter are as they were."""
        self._process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._folder}",
             "--server", f"type=tcp,bindaddr=127.0.0.1,port={self._port}",
             "--ctrl", f"type=tcp,bindaddr=127.0.0.1,port={self._port + 1}",
             "--flags", "not-need-init,startup-clear"],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while True:
            assert self._process.poll() is None, "swtpm ended by itself"
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self._port + 1)):
                return
            assert time.monotonic() < until, "swtpm did not start"
            threading.Event().wait(0.01)

    def kill(self) -> None:
        """The chip dies."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def owner(self) -> Iterator[Any]:
        """The chip as whoever runs the machine has it, while no key store holds it."""
        from tpm2_pytss import ESAPI, TCTILdr

        name, _, configuration = self.address.partition(":")
        with ESAPI(TCTILdr(name, configuration)) as esys:
            yield esys

    def start_otherwise(self) -> None:
        """Measure other firmware into a register, as a changed machine does at its start."""
        from tpm2_pytss import ESYS_TR, TPM2_ALG, TPML_DIGEST_VALUES, TPMT_HA, TPMU_HA

        measured = TPMT_HA(hashAlg=TPM2_ALG.SHA256, digest=TPMU_HA(sha256=b"\xee" * 32))
        with self.owner() as esys:
            esys.pcr_extend(ESYS_TR.PCR4, TPML_DIGEST_VALUES([measured]))


def new_authority() -> Issuer:
    """A root for one test."""
    now = datetime.now(UTC)
    return new_issuer("test", now - timedelta(days=1), now + timedelta(days=1))


def provision(folder: Path, chip: SoftwareChip, issuer: Issuer) -> "TpmKeyStore":
    """A device's folder with certificates of the chip's keys, and its key store."""
    from drivers.keystore.tpm import initialise

    folder.mkdir(mode=0o700)
    requested = initialise(folder, chip.address, PCRS)
    holder = Identity(Role.TERMINAL, "P-1", "T-1")
    for name, key in (("device.pem", requested.device), ("tls.pem", requested.tls)):
        (folder / name).write_bytes(issuer.issue(key, holder).public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(issuer.root.public_bytes(Encoding.PEM))
    return switched_on(folder, chip)


def switched_on(folder: Path, chip: SoftwareChip) -> "TpmKeyStore":
    """The key store of a device, as at its next start."""
    from drivers.keystore.tpm import TpmKeyStore

    return TpmKeyStore(folder, chip.address)
