"""The few things that the key store asks of a TPM 2.0, through the TCG software stack (`tpm2-pytss`).

Every key and every kept secret is bound to a policy: the platform configuration registers (PCRs) must hold what they
held when it was made. Nothing has a password, so no number of wrong ones locks the terminal out (all objects are
exempt from the dictionary-attack lock). What travels between chip and processor is encrypted in a session that is
salted with the chip's own storage key, so that a probe on the bus reads no secret.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from tpm2_pytss import (
    ESAPI,
    ESYS_TR,
    TPM2_ALG,
    TPM2_CAP,
    TPM2_NT,
    TPM2_RC,
    TPM2_SE,
    TPM2B_DIGEST,
    TPM2B_NV_PUBLIC,
    TPM2B_PRIVATE,
    TPM2B_PUBLIC,
    TPM2B_SENSITIVE_CREATE,
    TPMA_NV,
    TPMA_SESSION,
    TPMS_NV_PUBLIC,
    TPMT_PUBLIC,
    TPMT_SIG_SCHEME,
    TPMT_SYM_DEF,
    TCTILdr,
    TSS2_Exception,
)

from drivers.keystore.api import ChipAbsent, KeysDamaged, KeyStoreError, MachineChanged

R = TypeVar("R")

FIRST_SECRET = 0x01A0_0000
"""NV indexes of secrets: from here, 65,536 of them, within those that the platform leaves to its owner."""
SECRETS = 0x1_0000
COUNTER = 0x01A1_0000
_STORAGE = "ecc256:aes128cfb"
_STORAGE_ATTRIBUTES = "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda"
_COUNTER_BYTES = 8
_LAYER = 0xFF_0000  # TSS2_RC: which layer of the software stack an error is of; 0 is the chip itself
_FORGOTTEN = range(0x910, 0x920)  # TPM_RC_REFERENCE_…: a handle stands for nothing any more
_MOST_HANDLES = 64

ABSENT = (
    "the security chip (TPM) does not answer at {}. Switch the terminal off and on; if it stays so, the chip is off in "
    "the firmware's settings or broken: use another terminal, and keep this one's media"
)
CHANGED = (
    "the security chip (TPM) keeps the keys back: the terminal was not started with the firmware and software that it "
    "was provisioned with. Do not vote on it. If it was changed on purpose, provision it again; if not, put it under "
    "seal, keep its media, and report it"
)
LOCKED = (
    "the security chip (TPM) has locked itself after wrong passwords. Leave the terminal switched on for a day, or "
    "have the technician reset the chip's lock-out"
)
ANOTHER = "these keys belong to another security chip (TPM), or the chip was cleared. Provision the device again"
REFUSED = "the security chip (TPM) refused ({}). Switch the terminal off and on; if it stays so, call the technician"


class Chip:
    """One TPM, spoken to by one thread at a time; a lost connection is made anew at the next call.

    `address` is the stack's way to it, name and configuration: `device:/dev/tpmrm0`, `swtpm:host=127.0.0.1,port=N`.
    Methods raise ChipAbsent, MachineChanged, KeysDamaged or KeyStoreError.
    """

    def __init__(self, address: str, pcrs: tuple[int, ...]) -> None:
        """Keep in mind where the chip is; nothing is said to it yet. `pcrs`: registers of the SHA-256 bank."""
        self._address = address
        self._pcrs = "sha256:" + ",".join(map(str, pcrs))
        self._lock = threading.RLock()
        self._esys: Any = None
        self._storage: Any = None

    def close(self) -> None:
        """Let the chip go, for other programs."""
        with self._lock:
            if self._esys is not None:
                # Either may find the chip gone already.
                with suppress(TSS2_Exception):
                    self._esys.flush_context(self._storage)
                self._esys.close()
                self._esys = None

    # --- the device's key ---------------------------------------------------------------------------------------

    def new_key(self) -> tuple[bytes, bytes]:
        """A P-256 key that signs and never leaves the chip: its public part, and its private part wrapped."""

        def make(esys: Any) -> tuple[bytes, bytes]:
            wanted = TPMT_PUBLIC.parse(
                "ecc256:ecdsa-sha256",
                objectAttributes="fixedtpm|fixedparent|sensitivedataorigin|adminwithpolicy|sign|noda",
                authPolicy=self._policy_digest(esys),
            )
            private, public, *_ = esys.create(self._storage, TPM2B_SENSITIVE_CREATE(), TPM2B_PUBLIC(publicArea=wanted))
            return public.marshal(), private.marshal()

        return self._do(make)

    def sign(self, public: bytes, private: bytes, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER, by a key that `new_key` made."""

        def sign(esys: Any) -> bytes:
            try:
                key = esys.load(self._storage, _unmarshal(TPM2B_PRIVATE, private), _unmarshal(TPM2B_PUBLIC, public))
            except TSS2_Exception as error:
                if error.error in (TPM2_RC.INTEGRITY, TPM2_RC.BINDING, TPM2_RC.TYPE, TPM2_RC.SIZE):
                    raise KeysDamaged(ANOTHER) from None
                raise
            try:
                with self._authorised(esys) as session:
                    digest = TPM2B_DIGEST(hashlib.sha256(data).digest())
                    signature = esys.sign(
                        key, digest, TPMT_SIG_SCHEME(scheme=TPM2_ALG.NULL), session1=session
                    ).signature
            finally:
                esys.flush_context(key)
            r, s = signature.ecdsa.signatureR, signature.ecdsa.signatureS
            return encode_dss_signature(int.from_bytes(bytes(r)), int.from_bytes(bytes(s)))

        return self._do(sign)

    # --- secrets ------------------------------------------------------------------------------------------------

    def keep(self, index: int, secret: bytes) -> None:
        """Keep a secret in the chip, under one of the indexes from FIRST_SECRET; an older one there is destroyed."""

        def write(esys: Any) -> None:
            found = _find(esys, index)
            if found is None:
                found = self._define(esys, index, TPM2_NT.ORDINARY, len(secret))
            with _closing(esys, found), self._authorised(esys, TPMA_SESSION.DECRYPT) as session:
                esys.nv_write(found, secret, session1=session)

        self._do(write)

    def kept(self, index: int, length: int) -> bytearray | None:
        """The secret under an index, or None if there is none."""

        def read(esys: Any) -> bytearray | None:
            found = _find(esys, index)
            if found is None:
                return None
            try:
                with _closing(esys, found), self._authorised(esys, TPMA_SESSION.ENCRYPT) as session:
                    return bytearray(bytes(esys.nv_read(found, length, session1=session)))
            except TSS2_Exception as error:
                # Defined, and the power went before anything was written.
                if error.rc == TPM2_RC.NV_UNINITIALIZED:
                    return None
                raise

        return self._do(read)

    def destroy(self, index: int) -> None:
        """Destroy the secret under an index: no image of any disk brings it back."""

        def undefine(esys: Any) -> None:
            found = _find(esys, index)
            if found is not None:
                esys.nv_undefine_space(found)

        self._do(undefine)

    def indexes(self) -> tuple[int, ...]:
        """The indexes that hold secrets."""

        def read(esys: Any) -> tuple[int, ...]:
            _, found = esys.get_capability(TPM2_CAP.HANDLES, FIRST_SECRET, _MOST_HANDLES)
            handles = (int(handle) for handle in found.data.handles)
            return tuple(handle for handle in handles if FIRST_SECRET <= handle < FIRST_SECRET + SECRETS)

        return self._do(read)

    # --- the counter --------------------------------------------------------------------------------------------

    def count(self, *, step: bool) -> int:
        """The counter's value, after adding one if `step`. A new counter begins above every one that the chip had."""

        def read(esys: Any) -> int:
            found = _find(esys, COUNTER)
            fresh = found is None
            if fresh:
                found = self._define(esys, COUNTER, TPM2_NT.COUNTER, _COUNTER_BYTES)
            with _closing(esys, found):
                if step or fresh:
                    self._increment(esys, found)
                try:
                    return self._counter(esys, found)
                except TSS2_Exception as error:
                    # Defined, and the power went before its first step, which a counter needs before it can be read.
                    if error.rc != TPM2_RC.NV_UNINITIALIZED:
                        raise
                self._increment(esys, found)
                return self._counter(esys, found)

        return self._do(read)

    def _increment(self, esys: Any, found: Any) -> None:
        with self._authorised(esys) as session:
            esys.nv_increment(found, session1=session)

    def _counter(self, esys: Any, found: Any) -> int:
        with self._authorised(esys) as session:
            return int.from_bytes(bytes(esys.nv_read(found, _COUNTER_BYTES, session1=session)))

    # --- within -------------------------------------------------------------------------------------------------

    def _do(self, work: Callable[[Any], R]) -> R:
        """Do something with the chip, and say what went wrong in words."""
        with self._lock:
            try:
                try:
                    return work(self._connected())
                except TSS2_Exception as error:
                    if error.rc not in _FORGOTTEN:
                        raise
                    # The chip was off for a moment and has lost its storage key, which everything begins with: so
                    # nothing of this was done, and it may be done again.
                    self._drop()
                    return work(self._connected())
            except TSS2_Exception as error:
                if int(error.rc) & _LAYER:
                    # Not the chip but the way to it: nothing of this connection can be trusted any more.
                    self._drop()
                    raise ChipAbsent(ABSENT.format(self._address)) from None
                raise _said(error) from None

    def _connected(self) -> Any:
        if self._esys is None:
            # The stack writes every expected refusal (an index that is not there) to stderr unless told not to.
            os.environ.setdefault("TSS2_LOG", "all+none")
            name, _, configuration = self._address.partition(":")
            try:
                esys: Any = ESAPI(TCTILdr(name, configuration or None))
            except TSS2_Exception:
                raise ChipAbsent(ABSENT.format(self._address)) from None
            try:
                storage = TPMT_PUBLIC.parse(_STORAGE, objectAttributes=_STORAGE_ATTRIBUTES)
                self._storage = esys.create_primary(TPM2B_SENSITIVE_CREATE(), TPM2B_PUBLIC(publicArea=storage))[0]
            except BaseException:
                esys.close()
                raise
            self._esys = esys
        return self._esys

    def _drop(self) -> None:
        if self._esys is not None:
            with suppress(TSS2_Exception):
                self._esys.close()
            self._esys = None

    @contextmanager
    def _authorised(self, esys: Any, encrypted: int = 0) -> Iterator[Any]:
        """A session that satisfies the policy once, its `encrypted` direction closed to a probe on the bus."""
        session = self._session(esys, TPM2_SE.POLICY)
        try:
            esys.policy_pcr(session, b"", self._pcrs)
            esys.trsess_set_attributes(session, TPMA_SESSION.CONTINUESESSION | encrypted)
            yield session
        finally:
            with suppress(TSS2_Exception):
                esys.flush_context(session)

    def _policy_digest(self, esys: Any) -> bytes:
        """The policy of everything that is made now: the registers as they stand."""
        session = self._session(esys, TPM2_SE.TRIAL)
        try:
            esys.policy_pcr(session, b"", self._pcrs)
            return bytes(esys.policy_get_digest(session))
        finally:
            esys.flush_context(session)

    def _session(self, esys: Any, kind: Any) -> Any:
        cipher = TPMT_SYM_DEF.parse("aes128cfb")
        return esys.start_auth_session(self._storage, ESYS_TR.NONE, kind, cipher, TPM2_ALG.SHA256)

    def _define(self, esys: Any, index: int, kind: Any, size: int) -> Any:
        attributes = TPMA_NV.POLICYREAD | TPMA_NV.POLICYWRITE | TPMA_NV.NO_DA | (kind << TPMA_NV.TPM2_NT_SHIFT)
        area = TPMS_NV_PUBLIC(
            nvIndex=index,
            nameAlg=TPM2_ALG.SHA256,
            attributes=TPMA_NV(attributes),
            authPolicy=self._policy_digest(esys),
            dataSize=size,
        )
        return esys.nv_define_space(b"", TPM2B_NV_PUBLIC(nvPublic=area))


def public_key(public: bytes) -> ec.EllipticCurvePublicKey:
    """The public key of what `Chip.new_key` made. Raises KeysDamaged."""
    point = _unmarshal(TPM2B_PUBLIC, public).publicArea.unique.ecc
    try:
        x, y = (int.from_bytes(bytes(part)) for part in (point.x, point.y))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise KeysDamaged(ANOTHER) from None


def _unmarshal(kind: Any, data: bytes) -> Any:
    try:
        made, used = kind.unmarshal(data)
    except TSS2_Exception:
        raise KeysDamaged(ANOTHER) from None
    if used != len(data):
        raise KeysDamaged(ANOTHER)
    return made


def _find(esys: Any, index: int) -> Any:
    """The stack's handle of an NV index, or None if it is not defined."""
    try:
        return esys.tr_from_tpmpublic(index)
    except TSS2_Exception as error:
        if error.error == TPM2_RC.HANDLE:
            return None
        raise


@contextmanager
def _closing(esys: Any, found: Any) -> Iterator[None]:
    """Give the stack's handle back; the chip keeps what it stands for."""
    try:
        yield
    finally:
        esys.tr_close(found)


def _said(error: TSS2_Exception) -> KeyStoreError:
    """A refusal of the chip in words."""
    if error.error in (TPM2_RC.POLICY_FAIL, TPM2_RC.PCR_CHANGED):
        return MachineChanged(CHANGED)
    if error.rc == TPM2_RC.LOCKOUT:
        return KeyStoreError(LOCKED)
    return KeyStoreError(REFUSED.format(f"{int(error.rc):#x}"))
