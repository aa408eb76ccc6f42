"""Sealing in a process of its own: the key stays where it is, and a failure leaves nothing behind."""

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from kiosk.effects.nursery import nursery
from kiosk.sync.sealing import SealingFailed, SealingJob, seal_in_process
from protocol.documents.batch import BatchContext, open_sealed
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.hpke import CentreKey
from protocol.documents.issuing import Issuer, new_issuer, new_key

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
CONTEXT = BatchContext("T-1", "0112", "0" * 64, "test", 1, None)
BALLOTS = {"p": ['{"signature":{"hash":"b"}}', '{"signature":{"hash":"a"}}']}


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return new_issuer("test", NOW - timedelta(days=10), NOW + timedelta(days=10))


@pytest.fixture(scope="module")
def signer(issuer: Issuer) -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(issuer.issue(key.public_key(), Identity(Role.TERMINAL, "0112", "T-1")), key)


def test_a_batch_sealed_there_opens_at_the_centre(issuer: Issuer, signer: SoftwareSigner) -> None:
    key = CentreKey.generate()
    batch = seal_in_process(SealingJob(CONTEXT, key.public_bytes(), BALLOTS), signer, nursery())
    trust = Trust(issuer.root, frozenset({Role.TERMINAL}), NOW)
    opened = open_sealed(batch.header_envelope, batch.sealed, trust, key)
    assert opened.ballots_by_paper == {"p": tuple(sorted(BALLOTS["p"]))}
    assert opened.opened.sha256 == batch.header_sha256
    assert multiprocessing.active_children() == []


def test_what_cannot_be_packed_is_explained(signer: SoftwareSigner) -> None:
    public = CentreKey.generate().public_bytes()
    with pytest.raises(SealingFailed, match=r"no signature\.hash"):
        seal_in_process(SealingJob(CONTEXT, public, {"p": ["{}"]}), signer, nursery())
    with pytest.raises(SealingFailed, match="not 1,216 bytes"):
        seal_in_process(SealingJob(CONTEXT, b"key", BALLOTS), signer, nursery())
    assert multiprocessing.active_children() == []


class BrokenSigner:
    """A TPM that does not answer."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self.certificate = certificate

    def sign(self, data: bytes) -> bytes:
        raise TimeoutError("the TPM does not answer")


def test_a_signer_that_fails_ends_the_process_and_passes_its_error_on(signer: SoftwareSigner) -> None:
    job = SealingJob(CONTEXT, CentreKey.generate().public_bytes(), BALLOTS)
    with pytest.raises(TimeoutError):
        seal_in_process(job, BrokenSigner(signer.certificate), nursery())
    assert multiprocessing.active_children() == []


class Dying(multiprocessing.context.ForkServerProcess):
    """A process that is killed as soon as it is there."""

    def start(self) -> None:
        super().start()
        self.kill()
        self.join()


def test_a_process_that_dies_at_once_hangs_nobody(signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing.context.ForkServerContext, "Process", Dying)
    ballot = '{"signature":{"hash":"a"},"rest":"%s"}' % ("x" * 1_000_000)
    job = SealingJob(CONTEXT, CentreKey.generate().public_bytes(), {"p": [ballot]})
    with pytest.raises(SealingFailed, match="died"):
        seal_in_process(job, signer, nursery())


class NoRoom(multiprocessing.context.ForkServerProcess):
    """A process that cannot be made: the one that all are copied from broke off."""

    def start(self) -> None:
        raise EOFError


def test_a_process_that_cannot_be_made_is_told_as_a_sealing_that_failed(
    signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multiprocessing.context.ForkServerContext, "Process", NoRoom)
    with pytest.raises(SealingFailed, match="could not be started"):
        seal_in_process(SealingJob(CONTEXT, CentreKey.generate().public_bytes(), BALLOTS), signer, nursery())
