"""Sealing a batch in a process of its own, so that compressing and encrypting never stall the screen.

Only signing comes back to the caller's process: the device key may live in a TPM that one process holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from cryptography import x509

from protocol.documents.batch import BatchContext, SealedBatch, seal
from protocol.documents.certificates import load_certificate, to_pem
from protocol.documents.dsse import Signer
from protocol.errors import ProtocolError


class SealingFailed(Exception):  # noqa: N818 -- an expected failure, explained to a person
    """No batch was made; the ballots are where they were. The text holds nothing of them."""


@dataclass(frozen=True, slots=True)
class SealingJob:
    """What one batch is made of: ballots drawn by the store (JSON text by paper), and where it stands.

    `centre_public` is the centre's key from the election package or the order that replaced it (1,216 bytes).
    """

    context: BatchContext
    centre_public: bytes
    ballots_by_paper: Mapping[str, Sequence[str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _ToSign:
    data: bytes


@dataclass(frozen=True, slots=True)
class _Failed:
    where: str
    what: str


class _SignerAcross:
    """A signer whose key is at the other end of a pipe."""

    def __init__(self, pipe: "Connection[object, object]", certificate: x509.Certificate) -> None:
        self._pipe = pipe
        self.certificate = certificate

    def sign(self, data: bytes) -> bytes:
        self._pipe.send(_ToSign(data))
        signature = self._pipe.recv()
        assert isinstance(signature, bytes)
        return signature


def seal_in_process(job: SealingJob, signer: Signer, processes: BaseContext, timeout: float = 120.0) -> SealedBatch:
    """Seal and sign a batch in a process of its own, made by `processes`, that ends with this call.

    `signer` is asked in the calling thread; whatever it raises is passed on. Raises SealingFailed if the ballots
    cannot be packed, the process dies, or it says nothing for `timeout` seconds.
    """
    here, there = processes.Pipe()
    process: BaseProcess = processes.Process(  # type: ignore[attr-defined]  # every context makes its own kind
        target=_work, args=(there, to_pem(signer.certificate)), daemon=True
    )
    try:
        with there:
            process.start()
    except (OSError, EOFError) as error:
        here.close()
        raise SealingFailed("the sealing process could not be started") from error
    try:
        # Not among the process's arguments: a child that dies while it starts would leave those stuck in a pipe.
        _say(here, job)
        while True:
            match _heard(here, timeout):
                case _ToSign(data):
                    _say(here, signer.sign(data))
                case SealedBatch() as batch:
                    return batch
                case _Failed(where, what):
                    raise SealingFailed(f"{where}: {what}")
                case other:
                    raise SealingFailed(f"the sealing process said something unknown ({type(other).__name__})")
    finally:
        here.close()
        process.kill()
        process.join()


def _heard(pipe: "Connection[object, object]", timeout: float) -> object:
    try:
        if not pipe.poll(timeout):
            raise SealingFailed(f"the sealing process said nothing for {timeout:.0f} seconds")
        return pipe.recv()
    except (EOFError, OSError) as error:
        raise SealingFailed("the sealing process died") from error


def _say(pipe: "Connection[object, object]", what: SealingJob | bytes) -> None:
    try:
        pipe.send(what)
    except OSError as error:
        raise SealingFailed("the sealing process died") from error


def _work(pipe: "Connection[object, object]", certificate: str) -> None:
    try:
        job = pipe.recv()
        assert isinstance(job, SealingJob)
        signer = _SignerAcross(pipe, load_certificate(certificate))
        pipe.send(seal(job.ballots_by_paper, job.context, signer, job.centre_public))
    except ProtocolError as error:
        pipe.send(_Failed(error.where, error.what))
    except EOFError:
        # The caller's signer failed and it closed its end; there is nobody to tell.
        return
