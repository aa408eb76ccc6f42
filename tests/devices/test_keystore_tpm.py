"""Keys in a TPM, against a real one in software: what it gives, what it keeps back, and what it says then."""

import contextlib
import shutil
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drivers.keystore.api import ChipAbsent, KeysDamaged, KeysExposed, KeysMissing, KeyStoreError, MachineChanged
from protocol.documents import dsse
from protocol.documents.certificates import Identity, Role
from protocol.documents.issuing import Issuer, new_key
from tests.devices.chip_setting import PCRS, SoftwareChip, new_authority, provision, switched_on

if TYPE_CHECKING:
    from drivers.keystore.tpm import TpmKeyStore


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[SoftwareChip]:
    chip = SoftwareChip(tmp_path / "chip")
    yield chip
    chip.kill()


@pytest.fixture
def issuer() -> Issuer:
    return new_authority()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "device"


@pytest.fixture
def keystore(folder: Path, chip: SoftwareChip, issuer: Issuer) -> "Iterator[TpmKeyStore]":
    keystore = provision(folder, chip, issuer)
    yield keystore
    keystore.close()


def again(keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip) -> "TpmKeyStore":
    """The device switched off and on."""
    keystore.close()
    return switched_on(folder, chip)


USES: dict[str, "Callable[[TpmKeyStore], object]"] = {
    "sign": lambda keystore: keystore.device_signer(),
    "secret": lambda keystore: keystore.secret("store", 32),
    "seal": lambda keystore: keystore.seal("place-key", b"key"),
    "unseal": lambda keystore: keystore.unseal("place-key"),
    "count": lambda keystore: keystore.counter_value(),
    "step": lambda keystore: keystore.counter_step(),
    "tls": lambda keystore: keystore.tls_context((keystore._folder / "root.pem").read_bytes()),
}


# --- the device's key -------------------------------------------------------------------------------------------


def test_the_device_signs_documents_that_anyone_can_check(keystore: "TpmKeyStore", issuer: Issuer) -> None:
    signer = keystore.device_signer()
    envelope = dsse.sign("application/vnd.test", b"{}", [signer])
    trust = dsse.Trust(issuer.root, frozenset({Role.TERMINAL}), at=None)
    verified = dsse.verify(envelope, "application/vnd.test", trust, 100)
    assert verified.signer.identity.device == "T-1"
    assert keystore.banner is None


def test_the_private_key_is_nowhere_on_the_disk(keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip) -> None:
    """The wrapped key is of use to this chip alone."""
    assert not (folder / "device.key").exists()
    keystore.close()
    other = SoftwareChip(folder.parent / "other")
    try:
        with contextlib.closing(switched_on(folder, other)) as stranger:
            with pytest.raises(KeysDamaged, match="another security chip"):
                stranger.device_signer()
            assert stranger.unseal("tls-key") is None
    finally:
        other.kill()


def test_several_threads_may_sign_and_unseal_at_once(keystore: "TpmKeyStore") -> None:
    """Batches are signed while a voter's slip is."""
    signer = keystore.device_signer()
    keystore.seal("place-key", b"key")
    key = signer.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)

    def work(number: int) -> bytearray | None:
        key.verify(signer.sign(b"%d" % number), b"%d" % number, ec.ECDSA(hashes.SHA256()))
        return keystore.unseal("place-key")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(12))) == [bytearray(b"key")] * 12


# --- secrets ----------------------------------------------------------------------------------------------------


def test_a_secret_is_made_once_and_survives_power(keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip) -> None:
    first = keystore.secret("store", 32)
    keystore.close()
    chip.kill()
    chip.switch_on()
    with contextlib.closing(switched_on(folder, chip)) as restarted:
        assert restarted.secret("store", 32) == first
        assert restarted.secret("other", 32) != first
        with pytest.raises(KeysDamaged, match="length"):
            restarted.secret("store", 16)
        with pytest.raises(ValueError, match="at least one byte"):
            restarted.secret("store", 0)


def test_what_is_sealed_comes_back_until_it_is_erased(keystore: "TpmKeyStore", folder: Path) -> None:
    assert keystore.unseal("place-key") is None
    keystore.erase("place-key")
    keystore.seal("place-key", b"one")
    keystore.seal("place-key", bytearray(b"two" * 1000))
    assert keystore.unseal("place-key") == bytearray(b"two" * 1000)
    keystore.erase("place-key")
    assert keystore.unseal("place-key") is None
    assert not list(folder.glob("value-place-key*"))


def test_no_image_of_the_disk_brings_back_what_was_erased_or_replaced(keystore: "TpmKeyStore", folder: Path) -> None:
    keystore.seal("place-key", b"one")
    image = (folder / "value-place-key.sealed").read_bytes()
    keystore.seal("place-key", b"two")
    (folder / "value-place-key.sealed").write_bytes(image)
    with pytest.raises(KeysDamaged, match="older one"):
        keystore.unseal("place-key")
    keystore.erase("place-key")
    (folder / "value-place-key.sealed").write_bytes(image)
    assert keystore.unseal("place-key") is None


def test_a_secret_whose_key_is_gone_is_not_made_anew(keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip) -> None:
    """A store's key made anew would lock the store away for good, without a word."""
    keystore.secret("store", 32)
    indexes = keystore._chip.indexes()
    keystore.close()
    with chip.owner() as esys:
        for index in indexes:
            esys.nv_undefine_space(esys.tr_from_tpmpublic(index))
    with contextlib.closing(switched_on(folder, chip)) as restarted, pytest.raises(KeysDamaged, match="was cleared"):
        restarted.secret("store", 32)


@pytest.mark.parametrize("step", ["keep", "replace"])
def test_power_cut_while_sealing_leaves_the_old_value_or_the_new_one(
    keystore: "TpmKeyStore", folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    keystore.seal("place-key", b"old")

    def cut(*_: object) -> None:
        raise InterruptedError("power")

    with monkeypatch.context() as patched:
        if step == "keep":
            patched.setattr(keystore._chip, "keep", cut)
        else:
            patched.setattr(Path, "replace", _only_for(".next", cut))
        with pytest.raises(InterruptedError):
            keystore.seal("place-key", b"new")
    assert keystore.unseal("place-key") == bytearray(b"old" if step == "keep" else b"new")
    assert keystore.unseal("place-key") == bytearray(b"old" if step == "keep" else b"new")


def _only_for(ending: str, cut: Callable[..., None]) -> Callable[[Path, Path], Path]:
    whole = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path.name.endswith(ending):
            cut()
        return whole(path, target)

    return replace


@pytest.mark.parametrize("name", ["", "../a", "A", "a/b", "a" * 65])
def test_names_are_plain(keystore: "TpmKeyStore", name: str) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        keystore.seal(name, b"")


# --- the counter ------------------------------------------------------------------------------------------------


def test_the_counter_survives_power_and_never_goes_back(
    keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip
) -> None:
    first = keystore.counter_value()
    assert [keystore.counter_step(), keystore.counter_step()] == [first + 1, first + 2]
    keystore.close()
    chip.kill()
    chip.switch_on()
    with contextlib.closing(switched_on(folder, chip)) as restarted:
        assert restarted.counter_value() == first + 2


def test_a_counter_that_was_removed_begins_above_where_it_was(
    keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip
) -> None:
    """Whoever owns the machine can remove it, but not set it to what an older store expects."""
    from drivers.keystore.chip import COUNTER

    before = [keystore.counter_step() for _ in range(3)][-1]
    keystore.close()
    with chip.owner() as esys:
        esys.nv_undefine_space(esys.tr_from_tpmpublic(COUNTER))
    with contextlib.closing(switched_on(folder, chip)) as restarted:
        assert restarted.counter_value() > before


# --- a machine that is not as it was ----------------------------------------------------------------------------


@pytest.mark.parametrize("use", USES)
def test_other_firmware_gets_nothing_and_is_told_why(
    keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip, use: str
) -> None:
    keystore.seal("place-key", b"key")
    keystore.secret("store", 32)
    keystore.close()
    chip.start_otherwise()
    with contextlib.closing(switched_on(folder, chip)) as changed:
        with pytest.raises(MachineChanged, match=r"provisioned with\. Do not vote on it"):
            USES[use](changed)
        changed.erase("place-key")  # destroying needs no leave
    chip.kill()
    chip.switch_on()
    with contextlib.closing(switched_on(folder, chip)) as as_before:
        USES[use](as_before)
        assert as_before.unseal("place-key") in (None, bytearray(b"key"))


@pytest.mark.parametrize("use", USES)
def test_a_chip_that_dies_is_named_and_one_that_is_back_serves_again(
    keystore: "TpmKeyStore", chip: SoftwareChip, use: str
) -> None:
    keystore.counter_value()
    chip.kill()
    with pytest.raises(ChipAbsent, match=r"does not answer at swtpm:host=127\.0\.0\.1"):
        USES[use](keystore)


def test_the_same_key_store_goes_on_when_the_chip_is_back(keystore: "TpmKeyStore", chip: SoftwareChip) -> None:
    keystore.seal("place-key", b"key")
    chip.kill()
    with pytest.raises(ChipAbsent):
        keystore.unseal("place-key")
    chip.switch_on()
    assert keystore.unseal("place-key") == bytearray(b"key")


def test_a_chip_that_was_off_for_a_moment_is_not_noticed(keystore: "TpmKeyStore", chip: SoftwareChip) -> None:
    keystore.seal("place-key", b"key")
    count = keystore.counter_value()
    for use in USES.values():
        chip.kill()
        chip.switch_on()
        use(keystore)
    assert keystore.unseal("place-key") == bytearray(b"key")
    assert keystore.counter_value() == count + 1


def test_there_is_no_chip(folder: Path, tmp_path: Path) -> None:
    from drivers.keystore.tpm import initialise

    folder.mkdir(mode=0o700)
    with pytest.raises(ChipAbsent, match="does not answer at device:"):
        initialise(folder, f"device:{tmp_path}/tpm0", PCRS)
    assert not list(folder.iterdir())


def test_a_chip_locked_by_wrong_passwords_serves_all_the_same(
    keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip
) -> None:
    """Nothing of ours has a password: locking the chip is no way to stop a polling place."""
    keystore.seal("place-key", b"key")
    keystore.close()
    with chip.owner() as esys:
        esys.dictionary_attack_parameters(0, 1000, 1000)  # no tries left, for everything that has a password
    with contextlib.closing(switched_on(folder, chip)) as locked:
        for use in USES.values():
            use(locked)


def test_a_lock_out_and_other_refusals_have_words() -> None:
    from tpm2_pytss import TPM2_RC, TSS2_Exception

    from drivers.keystore.chip import _said

    assert "locked itself" in str(_said(TSS2_Exception(TPM2_RC.LOCKOUT)))
    assert "refused (0x923)" in str(_said(TSS2_Exception(TPM2_RC.NV_UNAVAILABLE)))


# --- the folder -------------------------------------------------------------------------------------------------


def test_a_folder_that_others_may_enter(keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip) -> None:
    folder.chmod(0o755)
    with pytest.raises(KeysExposed, match="chmod 700"):
        switched_on(folder, chip)
    with pytest.raises(KeysExposed, match="chmod 700"):
        keystore.unseal("place-key")


@pytest.mark.parametrize(
    "text", [b"", b"{}", b'{"format":2,"pcrs":[0],"public":"","private":""}', b'{"format":1,"pcrs":[24],"public":""}']
)
def test_a_description_that_cannot_be_read(folder: Path, text: bytes) -> None:
    from drivers.keystore.tpm import TpmKeyStore

    folder.mkdir(mode=0o700)
    with pytest.raises(KeysMissing, match="provision"):
        TpmKeyStore(folder)
    (folder / "tpm.json").touch(0o600)
    (folder / "tpm.json").write_bytes(text)
    with pytest.raises(KeysDamaged, match="provision"):
        TpmKeyStore(folder)


def test_another_certificate(keystore: "TpmKeyStore", folder: Path, issuer: Issuer) -> None:
    other = issuer.issue(new_key().public_key(), Identity(Role.TERMINAL, "P-1", "T-1"))
    (folder / "device.pem").write_bytes(other.public_bytes(Encoding.PEM))
    with pytest.raises(KeysDamaged, match="not the certificate"):
        keystore.device_signer()
    (folder / "device.pem").write_bytes(b"SECRET")
    with pytest.raises(KeysDamaged, match="cannot be read"):
        keystore.device_signer()


def test_keys_of_an_earlier_election_are_replaced_only_on_demand(
    keystore: "TpmKeyStore", folder: Path, chip: SoftwareChip
) -> None:
    from drivers.keystore.tpm import initialise

    keystore.secret("store", 32)
    count = keystore.counter_value()
    keystore.close()
    later = folder.parent / "later"
    later.mkdir(mode=0o700)
    with pytest.raises(KeyStoreError, match="already"):
        initialise(later, chip.address, PCRS)
    initialise(later, chip.address, PCRS, replace=True)
    with contextlib.closing(switched_on(later, chip)) as fresh:
        assert fresh.counter_value() == count
        assert len(fresh.secret("store", 32)) == 32
    with contextlib.closing(switched_on(folder, chip)) as earlier, pytest.raises(KeysDamaged):
        earlier.unseal("tls-key")


# --- TLS --------------------------------------------------------------------------------------------------------


def _open_files() -> set[str]:
    """What this process has open, sockets and pipes by their numbers."""
    opened = set()
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed, as the list itself
            opened.add(str(one.readlink()))
    return {name for name in opened if not name.endswith("/fd")}


def test_the_server_sees_the_devices_tls_certificate_and_no_file_held_its_key(
    keystore: "TpmKeyStore", folder: Path, tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = issuer.root.public_bytes(Encoding.PEM)
    key = new_key()
    centre = issuer.issue_tls_server(key.public_key(), Identity(Role.CENTRE, device="centre"), ("centre.test",))
    (tmp_path / "centre.pem").write_bytes(centre.public_bytes(Encoding.PEM))
    (tmp_path / "centre.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    at_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    at_server.load_cert_chain(tmp_path / "centre.pem", tmp_path / "centre.key")
    at_server.load_verify_locations(cadata=root.decode())
    at_server.verify_mode = ssl.CERT_REQUIRED
    open_before = _open_files()
    context = keystore.tls_context(root)
    assert not _open_files() - open_before
    assert not any(b"PRIVATE" in path.read_bytes() for path in folder.iterdir())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname="centre.test")
    server = at_server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for end in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    seen = server.getpeercert(binary_form=True)
    assert seen is not None
    assert x509.load_der_x509_certificate(seen) == x509.load_pem_x509_certificate((folder / "tls.pem").read_bytes())


def test_a_device_without_its_tls_key(keystore: "TpmKeyStore", folder: Path) -> None:
    keystore.erase("tls-key")
    with pytest.raises(KeysMissing, match=r"tls\.pem is missing"):
        keystore.tls_context((folder / "root.pem").read_bytes())
    shutil.copy(folder / "root.pem", folder / "tls.pem")
    keystore.seal("tls-key", b"no key")
    with pytest.raises(KeysDamaged, match="certificates for the connection"):
        keystore.tls_context((folder / "root.pem").read_bytes())
