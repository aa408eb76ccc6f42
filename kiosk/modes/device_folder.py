"""The folder that provisioning gives a device: certificate, package, settings. Everything is checked on reading."""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec
from cryptography import x509

from kiosk.flows.view import StartTrouble
from protocol.documents.audio import AudioList, open_audio_list
from protocol.documents.certificates import Role, load_certificate, verify_chain
from protocol.documents.package import OpenedPackage, open_package
from protocol.errors import ProtocolError, Refused

AUDIO_LIST = "list.dsse.json"


class CannotStart(Exception):  # noqa: N818 - named for what happened
    """The program cannot start; the words say what is wrong, where, and what to do.

    `trouble` is what its screen says of it to the people at the terminal.
    """

    def __init__(self, words: str, trouble: StartTrouble = StartTrouble.OTHER) -> None:
        super().__init__(words)
        self.trouble = trouble


class Keys(StrEnum):
    """Where a device keeps its keys."""

    TPM = "tpm"
    """In the security chip."""
    SOFTWARE = "software"
    """In files, with a warning on every act: for development."""


class PinLayout(StrEnum):
    """How the digits of the PIN pad stand."""

    USUAL = "usual"
    """As on a telephone: the quickest to find, also for whoever cannot see them well."""
    SHUFFLED = "shuffled"
    """In another order each time."""


class DeviceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`settings.toml`: who this device is, and where its keys are.

    `tpm` is the way to the security chip as the TCG software stack writes it; None for the usual one. `pin_pad` may be
    left out.
    """

    device: str
    place: str
    role: str
    keystore: Keys
    tpm: str | None = None
    pin_pad: PinLayout = PinLayout.USUAL


@dataclass(frozen=True, slots=True)
class DeviceFolder:
    """A device's folder, read and checked."""

    path: Path
    settings: DeviceSettings
    opened: OpenedPackage
    root_pem: bytes
    management_key: bytes = field(repr=False)

    @property
    def audio(self) -> Path:
        """The recordings of the voice and their list, where the election has any."""
        return self.path / "package" / "audio"


def read_device_folder(path: Path, role: Role, at: datetime) -> DeviceFolder:
    """Read a device's folder. Raises CannotStart with words for a technician.

    The role comes from the certificate, not from a flag: a desk's folder does not start a terminal (DESIGN 2).
    """
    settings = _settings(path / "settings.toml")
    root_pem = _bytes(path / "root.pem")
    try:
        root = load_certificate(root_pem, "root.pem")
        certificate = load_certificate(_bytes(path / "device.pem"), "device.pem")
        holder = verify_chain(certificate, root, at, {role})
        opened = open_package(_bytes(path / "package" / "package.dsse.json"), root, at)
        if (holder.device, holder.place) != (settings.device, settings.place):
            raise Refused("settings.toml", "it names another device than the certificate device.pem")
        _check_named(opened, certificate, settings)
    except ProtocolError as error:
        raise CannotStart(f"{path}: {error}. Provision this device again.") from error
    key = _management_key(path / "card_management.key")
    return DeviceFolder(path, settings, opened, root_pem, key)


def read_audio_list(folder: DeviceFolder) -> AudioList | None:
    """The list of recordings, or None where there are none. Raises ProtocolError, OSError.

    No file is read but the list: each recording is checked when it is said.
    """
    path = folder.audio / AUDIO_LIST
    if not path.exists():
        return None
    trust = folder.opened.trust(Role.ELECTION_AUTHORITY, None, (folder.opened.signer.certificate,))
    return open_audio_list(path.read_bytes(), trust, folder.opened.sha256)


def _check_named(opened: OpenedPackage, certificate: x509.Certificate, settings: DeviceSettings) -> None:
    """The package names every device: a technician alone cannot admit one (DESIGN 4)."""
    try:
        place = opened.package.place(settings.place)
    except KeyError as error:
        raise Refused("election package", f"it has no polling place “{settings.place}”") from error
    if certificate not in (*place.terminal_certificates(), *place.desk_certificates()):
        raise Refused("election package", f"it does not name the device “{settings.device}”")


def _settings(path: Path) -> DeviceSettings:
    try:
        found = tomllib.loads(_bytes(path).decode())
        if found.get("keystore") not in list(Keys):
            raise CannotStart(
                f'{path}: keystore must be "{Keys.TPM}" (keys in the security chip) or "{Keys.SOFTWARE}" (keys in '
                "files, for development). Provision this device again."
            )
        return msgspec.convert(found, DeviceSettings)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CannotStart(f"{path}: {error}. Provision this device again.") from error


def _management_key(path: Path) -> bytes:
    try:
        return bytes.fromhex(_bytes(path).decode("ascii"))
    except ValueError:
        raise CannotStart(f"{path}: it is not a key. Provision this device again.") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}. Give the folder that provisioning made.") from error
