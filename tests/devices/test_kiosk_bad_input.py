"""A terminal that is given something wrong says what, exits 1 and leaves nothing half-made."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.modes.device_folder import DeviceSettings, PinLayout, read_device_folder
from protocol.documents import dsse
from protocol.documents.certificates import Identity, Role, load_certificate
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.issuing import new_issuer, new_key
from protocol.documents.package import PAYLOAD_TYPE
from provisioning.election import build_election
from provisioning.source import read_source
from tests.factories.midday import held_now

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def election(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo election, with its day today."""
    out = tmp_path_factory.mktemp("bad-input") / "election"
    now = datetime.now(UTC)
    source = held_now(read_source(TOP / "assets/elections/demo.toml"), now)
    build_election(source, out, "Ed25519", now, lambda _: None)
    return out


@pytest.fixture
def device(election: Path, tmp_path: Path) -> Path:
    """A terminal's folder of its own."""
    folder = tmp_path / "T-1"
    shutil.copytree(election / "terminals" / "T-1", folder)
    return folder


def _start(device: Path, role: str = "kiosk") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", role, "--device", str(device), "--windowed"]
    command += ["--card", f"simulated:{device}/no-card", "--printer", f"simulated:{device}/no-printer"]
    environment = dict(os.environ) | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True, timeout=60, check=False)


def _package(device: Path) -> Path:
    return device / "package" / "package.dsse.json"


def _changed_payload(device: Path, change: Callable[[dict[str, object]], None], signer: SoftwareSigner | None) -> None:
    """Change the payload; sign it anew with `signer`, or leave the old signature."""
    envelope = json.loads(_package(device).read_bytes())
    payload = json.loads(base64.b64decode(envelope["payload"]))
    change(payload)
    raw = json.dumps(payload, ensure_ascii=False).encode()
    if signer is None:
        envelope["payload"] = base64.b64encode(raw).decode()
        _package(device).write_text(json.dumps(envelope))
    else:
        _package(device).write_bytes(dsse.sign(PAYLOAD_TYPE, raw, [signer]))


def _authority(election: Path) -> SoftwareSigner:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    folder = election / "authority"
    key_file = next(path for path in folder.glob("*.key") if "election" in path.name)
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return SoftwareSigner(load_certificate(key_file.with_suffix(".pem").read_bytes()), key)


def _retitled(payload: dict[str, object]) -> None:
    payload["election_id"] = "another-2026"


def _unknown(payload: dict[str, object]) -> None:
    payload["surprise"] = 1


def test_a_package_whose_signature_is_broken(device: Path) -> None:
    _changed_payload(device, _retitled, None)
    _refused(_start(device), device, "the signature is broken")


def test_a_package_from_another_authority(device: Path) -> None:
    now = datetime.now(UTC)
    issuer = new_issuer("another election", now - timedelta(days=1), now + timedelta(days=1))
    key = new_key()
    certificate = issuer.issue(key.public_key(), Identity(Role.ELECTION_AUTHORITY))
    _changed_payload(device, _retitled, SoftwareSigner(certificate, key))
    _refused(_start(device), device, "another authority")


def test_a_package_with_an_unknown_field(device: Path, election: Path) -> None:
    _changed_payload(device, _unknown, _authority(election))
    _refused(_start(device), device, "surprise")


def test_a_package_out_of_its_days(device: Path, election: Path) -> None:
    def last_year(payload: dict[str, object]) -> None:
        for day in payload["days"]:  # type: ignore[attr-defined]  # JSON
            day["date"] = "2020-09-20"

    _changed_payload(device, last_year, _authority(election))
    _refused(_start(device), device, "the election was on 2020-09-20")


def test_a_desk_does_not_start_as_a_terminal(device: Path, election: Path) -> None:
    shutil.rmtree(device)
    shutil.copytree(election / "desks" / "D-1", device)
    _refused(_start(device), device, "its role is desk")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    done = _start(tmp_path / "nowhere")
    assert done.returncode == 1
    assert "Give the folder that provisioning made" in done.stderr


def test_keys_that_others_can_read(device: Path) -> None:
    (device / "device.key").chmod(0o644)
    _refused(_start(device), device, "device.key")


@pytest.mark.parametrize("line", ["", 'keystore = "tmp"', "keystore = 1"])
def test_settings_that_do_not_say_where_the_keys_are(device: Path, line: str) -> None:
    _settle(device, line)
    _refused(_start(device), device, 'keystore must be "tpm" (keys in the security chip) or "software"')


def test_settings_with_a_pin_pad_that_does_not_exist(device: Path) -> None:
    _settle(device, 'keystore = "software"\npin_pad = "sideways"')
    _refused(_start(device), device, "pin_pad")


def test_settings_may_have_the_pin_pad_shuffled(device: Path) -> None:
    assert settings_of(device).pin_pad is PinLayout.USUAL
    _settle(device, 'keystore = "software"\npin_pad = "shuffled"')
    assert settings_of(device).pin_pad is PinLayout.SHUFFLED


def settings_of(device: Path) -> DeviceSettings:
    """As a terminal reads them."""
    return read_device_folder(device, Role.TERMINAL, datetime.now(UTC)).settings


def test_a_security_chip_that_is_not_there(device: Path) -> None:
    _settle(device, f'keystore = "tpm"\ntpm = "device:{device}/no-chip"')
    _refused(_start(device), device, "tpm.json is missing; provision the device")
    (device / "tpm.json").touch(0o600)
    (device / "tpm.json").write_text('{"format":1,"pcrs":[0,7],"public":"","private":""}')
    _refused(_start(device), device, "belong to another security chip")


def _settle(device: Path, line: str) -> None:
    settings = device / "settings.toml"
    settings.write_text(settings.read_text().replace('keystore = "software"', line))


def _refused(done: "subprocess.CompletedProcess[str]", device: Path, words: str) -> None:
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (device / "store").exists()
    assert not list(device.glob("store*"))
