"""Which key store a device has."""

from typing import assert_never

from drivers.keystore.api import KeyStore
from drivers.keystore.software import SoftwareKeyStore
from kiosk.modes.device_folder import CannotStart, DeviceFolder, Keys


def open_keystore(folder: DeviceFolder) -> KeyStore:
    """The key store that the device's settings name. Raises CannotStart, KeyStoreError."""
    match folder.settings.keystore:
        case Keys.SOFTWARE:
            return SoftwareKeyStore(folder.path)
        case Keys.TPM:
            try:
                # Only here: the chip's software stack is installed only where it is used.
                from drivers.keystore.tpm import DEFAULT_ADDRESS, TpmKeyStore
            except ImportError as error:
                raise CannotStart(
                    f'{folder.path / "settings.toml"}: keystore = "tpm" needs the TCG software stack, which cannot be '
                    "loaded here. Install libtss2-dev and start ./run kiosk again"
                ) from error
            return TpmKeyStore(folder.path, folder.settings.tpm or DEFAULT_ADDRESS)
        case _:
            assert_never(folder.settings.keystore)
