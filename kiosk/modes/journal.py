"""`./run kiosk journal`: the journal of a terminal that is not running, as a file for observers."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from drivers.keystore.api import KeyStoreError
from kiosk.effects.journal_file import exported
from kiosk.effects.open_store import store_folder
from kiosk.modes.device_folder import CannotStart, read_device_folder
from kiosk.modes.keys import open_keystore
from kiosk.modes.stores import STORE_KEY, STORE_KEY_BYTES
from kiosk.store.errors import StoreError
from kiosk.store.medium import write_durably
from kiosk.store.vote_store import VoteStore
from protocol.documents.certificates import Role

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


def main(arguments: Sequence[str] | None = None, clock: Clock = wall_clock) -> int:
    """Export; the exit status: 0 done, 1 it could not be done (why is on stderr), 2 usage."""
    parser = argparse.ArgumentParser(
        prog="kiosk journal", description="Write a terminal's event journal as NIST SP 1500-101 JSON."
    )
    parser.add_argument("--device", type=Path, required=True, metavar="DIR", help="the folder from provisioning")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")
    options = parser.parse_args(arguments)
    try:
        _export(options.device, options.out, clock)
    except (CannotStart, KeyStoreError, StoreError) as error:
        print(f"kiosk journal: {error}", file=sys.stderr)  # noqa: T201 - the program's own words for its operator
        return 1
    except OSError as error:
        print(f"kiosk journal: {error.filename}: {error.strerror}", file=sys.stderr)  # noqa: T201 - likewise
        return 1
    return 0


def _export(device: Path, out: Path, clock: Clock) -> None:
    now = clock()
    folder = read_device_folder(device, Role.TERMINAL, now)
    package, terminal = folder.opened.sha256, folder.settings.device
    key = open_keystore(folder).secret(STORE_KEY, STORE_KEY_BYTES)
    try:
        store = VoteStore.open(store_folder(device), key, package_digest=package, terminal=terminal, clock=clock)
    finally:
        key[:] = bytes(len(key))
    try:
        write_durably(out, exported(store, now))
    finally:
        store.close()
