"""Keys in files: who may see them, what is noticed when they are altered, and what is left when they are erased."""

import contextlib
import datetime
import errno
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drivers.keystore.api import KeysDamaged, KeysExposed, KeysMissing, KeyStoreError
from drivers.keystore.software import SoftwareKeyStore

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "device")])
    now = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=30))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    (folder / "device.key").touch(0o600)
    (folder / "device.key").write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "device.pem").write_bytes(certificate_pem(KEY))
    return folder


@pytest.fixture
def keystore(folder: Path) -> SoftwareKeyStore:
    return SoftwareKeyStore(folder)


def test_the_device_signs(keystore: SoftwareKeyStore) -> None:
    signer = keystore.device_signer()
    KEY.public_key().verify(signer.sign(b"act"), b"act", ec.ECDSA(hashes.SHA256()))
    assert signer.certificate.public_key() == KEY.public_key()
    assert keystore.banner == "keystore-software"


def test_a_secret_is_made_once(keystore: SoftwareKeyStore, folder: Path) -> None:
    first = keystore.secret("store", 32)
    assert len(first) == 32
    assert SoftwareKeyStore(folder).secret("store", 32) == first
    assert keystore.secret("other", 32) != first
    with pytest.raises(KeysDamaged, match="length"):
        keystore.secret("store", 16)


def test_what_is_sealed_comes_back_until_it_is_erased(keystore: SoftwareKeyStore, folder: Path) -> None:
    assert keystore.unseal("place-key") is None
    keystore.erase("place-key")
    keystore.seal("place-key", b"one")
    keystore.seal("place-key", bytearray(b"two"))
    assert SoftwareKeyStore(folder).unseal("place-key") == bytearray(b"two")
    keystore.erase("place-key")
    assert keystore.unseal("place-key") is None
    assert not (folder / "value-place-key.sealed").exists()


@pytest.mark.parametrize("ending", ["erased", "replaced"])
def test_old_bytes_are_overwritten(keystore: SoftwareKeyStore, folder: Path, ending: str) -> None:
    keystore.seal("place-key", b"one")
    with (folder / "value-place-key.sealed").open("rb") as old:
        if ending == "erased":
            keystore.erase("place-key")
        else:
            keystore.seal("place-key", b"two")
        assert set(old.read()) == {0}


def test_an_erasing_that_power_cut_short_is_no_damage(
    keystore: SoftwareKeyStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overwritten, and not unlinked: a terminal that was just closed has to start again."""
    keystore.seal("place-key", b"one")

    def power(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", power)
        with pytest.raises(KeyboardInterrupt):
            keystore.erase("place-key")
    assert set((folder / "value-place-key.sealed").read_bytes()) == {0}
    assert SoftwareKeyStore(folder).unseal("place-key") is None
    keystore.erase("place-key")
    assert not (folder / "value-place-key.sealed").exists()


def test_zeros_are_no_secret_and_no_counter(keystore: SoftwareKeyStore, folder: Path) -> None:
    """Only what is erased may be zeros: a secret in their place would be made anew."""
    keystore.secret("store", 32)
    for name in ("secret-store.sealed", "counter.sealed"):
        (folder / name).write_bytes(bytes((folder / name).stat().st_size))
    with pytest.raises(KeysDamaged):
        keystore.secret("store", 32)
    with pytest.raises(KeysDamaged):
        keystore.counter_value()


def open_files() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


def test_a_disk_that_is_full_costs_no_descriptor(keystore: SoftwareKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter that cannot step is tried again with each thing that the store does."""
    keystore.counter_step()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("drivers.keystore.software.write_durably", full)
    before = open_files()
    for _ in range(20):
        with pytest.raises(OSError, match="no room"):
            keystore.counter_step()
    assert len(open_files() - before) < 10


def test_every_file_is_private(keystore: SoftwareKeyStore, folder: Path) -> None:
    keystore.seal("a", b"a")
    keystore.secret("b", 16)
    keystore.counter_step()
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.name != "device.pem"}
    assert set(modes.values()) == {0o600}
    assert sorted(modes) == ["counter.sealed", "device.key", "seal.key", "secret-b.sealed", "value-a.sealed"]


def test_the_counter_only_goes_up(keystore: SoftwareKeyStore, folder: Path) -> None:
    assert keystore.counter_value() == 0
    assert [keystore.counter_step() for _ in range(3)] == [1, 2, 3]
    assert SoftwareKeyStore(folder).counter_value() == 3


STEPS = """
import sys
from pathlib import Path
from drivers.keystore.software import SoftwareKeyStore
keystore = SoftwareKeyStore(Path(sys.argv[1]))
for _ in range(20):
    keystore.counter_step()
"""


def test_two_processes_lose_no_step(keystore: SoftwareKeyStore, folder: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    others = [subprocess.Popen([sys.executable, "-c", STEPS, folder], cwd=root) for _ in range(2)]
    assert [other.wait(60) for other in others] == [0, 0]
    assert keystore.counter_value() == 40


# --- exposed ----------------------------------------------------------------------------------------------------


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match="provision"):
        SoftwareKeyStore(tmp_path / "none")


def test_a_folder_that_others_may_enter(folder: Path) -> None:
    folder.chmod(0o750)
    with pytest.raises(KeysExposed, match="chmod 700"):
        SoftwareKeyStore(folder)


def test_a_folder_opened_to_others_later(folder: Path, keystore: SoftwareKeyStore) -> None:
    folder.chmod(0o755)
    with pytest.raises(KeysExposed):
        keystore.counter_step()


def test_a_link_instead_of_a_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(KeysExposed):
        SoftwareKeyStore(tmp_path / "link")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
@pytest.mark.parametrize("name", ["device.key", "seal.key", "value-a.sealed"])
def test_a_file_that_others_may_read(folder: Path, keystore: SoftwareKeyStore, name: str, mode: int) -> None:
    keystore.seal("a", b"a")
    (folder / name).chmod(mode)
    with pytest.raises(KeysExposed, match="chmod 600"):
        _ = (keystore.device_signer(), keystore.unseal("a"))


def test_a_certificate_may_be_read_but_not_changed_by_others(folder: Path, keystore: SoftwareKeyStore) -> None:
    (folder / "device.pem").chmod(0o644)
    keystore.device_signer()
    (folder / "device.pem").chmod(0o664)
    with pytest.raises(KeysExposed):
        keystore.device_signer()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["device.key", "."])
def test_another_users_file(folder: Path, keystore: SoftwareKeyStore, name: str) -> None:
    os.chown(folder / name, 65534, -1)
    with pytest.raises(KeysExposed, match="another user"):
        _ = (keystore.device_signer(), keystore.counter_value())


def test_a_link_or_a_pipe_instead_of_a_key(folder: Path, keystore: SoftwareKeyStore, tmp_path: Path) -> None:
    (folder / "device.key").rename(tmp_path / "moved")
    (folder / "device.key").symlink_to(tmp_path / "moved")
    with pytest.raises(KeysExposed):
        keystore.device_signer()
    (folder / "device.key").unlink()
    os.mkfifo(folder / "device.key", 0o600)
    with pytest.raises(KeysExposed, match="plain file"):
        keystore.device_signer()


# --- damaged ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 4, 16, -1])
@pytest.mark.parametrize("name", ["value-a.sealed", "secret-b.sealed", "counter.sealed"])
def test_an_altered_file_is_noticed(folder: Path, keystore: SoftwareKeyStore, name: str, position: int) -> None:
    keystore.seal("a", b"a")
    keystore.secret("b", 16)
    blob = bytearray((folder / name).read_bytes())
    blob[position] ^= 1
    (folder / name).write_bytes(blob)
    with pytest.raises(KeysDamaged):
        _ = (keystore.unseal("a"), keystore.secret("b", 16), keystore.counter_value())


def test_one_file_does_not_pass_for_another(folder: Path, keystore: SoftwareKeyStore) -> None:
    keystore.seal("a", b"a")
    keystore.seal("b", b"b")
    (folder / "value-a.sealed").replace(folder / "value-b.sealed")
    with pytest.raises(KeysDamaged):
        keystore.unseal("b")


@pytest.mark.parametrize("name", ["seal.key", "counter.sealed"])
def test_a_missing_key_is_not_made_anew(folder: Path, keystore: SoftwareKeyStore, name: str) -> None:
    keystore.seal("a", b"a")
    (folder / name).unlink()
    with pytest.raises(KeysDamaged, match="missing"):
        _ = (keystore.unseal("a"), keystore.counter_value())


def test_a_cut_during_the_first_use_is_mended(folder: Path, keystore: SoftwareKeyStore) -> None:
    keystore.counter_step()
    (folder / "seal.key").unlink()  # as if the power went before it was written
    assert SoftwareKeyStore(folder).counter_value() == 0


def test_the_wrong_certificate(folder: Path, keystore: SoftwareKeyStore) -> None:
    (folder / "device.pem").write_bytes(certificate_pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(KeysDamaged, match="not the certificate"):
        keystore.device_signer()


@pytest.mark.parametrize("name", ["device.key", "device.pem"])
def test_errors_hold_no_file_contents(folder: Path, keystore: SoftwareKeyStore, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-60] + b"SECRET")
    with pytest.raises(KeysDamaged) as damaged:
        keystore.device_signer()
    error: BaseException | None = damaged.value
    assert "SECRET" not in str(error)
    assert isinstance(error, KeyStoreError)
    assert error.__suppress_context__


@pytest.mark.parametrize("name", ["", "../a", "A", "a/b", "a" * 65])
def test_names_are_plain(keystore: SoftwareKeyStore, name: str) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        keystore.seal(name, b"")


# --- TLS --------------------------------------------------------------------------------------------------------


def test_tls_trusts_one_root_and_checks_names(keystore: SoftwareKeyStore) -> None:
    context = keystore.tls_context(certificate_pem(KEY))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.cert_store_stats()["x509"] == 1
    with pytest.raises(KeysDamaged):
        keystore.tls_context(b"no certificate")


def signed_by(
    issuer: ec.EllipticCurvePrivateKey, subject: ec.EllipticCurvePrivateKey, name: str, *, ca: bool = False
) -> bytes:
    def common_name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    end = start + datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(common_name("root"), common_name(name), subject.public_key(), 1, start, end)
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer, hashes.SHA256()).public_bytes(Encoding.PEM)


def shake_hands(client: ssl.SSLObject, server: ssl.SSLObject) -> None:
    """Carry the bytes between the two ends until both are done."""
    for _ in range(6):
        for end in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()


@pytest.mark.parametrize(("name", "trusted"), [("centre.test", True), ("other.test", False)])
def test_the_server_sees_the_devices_certificate(folder: Path, tmp_path: Path, name: str, trusted: bool) -> None:
    root, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_pem = signed_by(root, root, "root", ca=True)
    (folder / "device.pem").write_bytes(signed_by(root, KEY, "device"))
    (tmp_path / "tls.pem").write_bytes(signed_by(root, server_key, name))
    (tmp_path / "tls.key").write_bytes(server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    at_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    at_server.load_cert_chain(tmp_path / "tls.pem", tmp_path / "tls.key")
    at_server.load_verify_locations(cadata=root_pem.decode())
    at_server.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = SoftwareKeyStore(folder).tls_context(root_pem)
    client = context.wrap_bio(to_client, to_server, server_hostname="centre.test")
    server = at_server.wrap_bio(to_server, to_client, server_side=True)
    if trusted:
        shake_hands(client, server)
        seen = server.getpeercert(binary_form=True)
        assert seen is not None
        assert x509.load_der_x509_certificate(seen).public_key() == KEY.public_key()
    else:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname"):
            shake_hands(client, server)
