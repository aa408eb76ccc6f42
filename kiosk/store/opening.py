"""A look at the files of a store before its database is touched."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from kiosk.store import events
from kiosk.store.batches import FOLDER
from kiosk.store.database import DATABASE, ROLLBACK
from kiosk.store.errors import Damaged
from kiosk.store.layout import Header
from kiosk.store.medium import check_file_system, check_written

_HOT: Final = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"  # SQLite file format, 3: the first bytes of a rollback journal


class Recovery(StrEnum):
    """What opening found and did."""

    CLEAN = "clean"
    ROLLED_BACK = "rolled_back"
    """A transaction had been cut short before its commit point: it is undone."""
    WIPED = "wiped"
    """A transaction had been cut short after its commit point: it stands, its traces are wiped."""


RECOVERED: Final = {Recovery.ROLLED_BACK: events.write_rolled_back, Recovery.WIPED: events.write_stands}
"""What the journal is told of it."""


def look_at_files(folder: Path, header: Header) -> Recovery:
    """Whether a rollback is due (`ROLLED_BACK`) or none (`CLEAN`); changes nothing.

    Raises Damaged for a file that is lost or cut short (without its rollback journal a database may be half a
    transaction), UnsafeMedium for a file system that tells the order of casts.
    """
    if any((folder / name).is_symlink() for name in (DATABASE, ROLLBACK, FOLDER)):
        # Laid by whoever had the medium in hand: what is written here would land on the terminal's own disk.
        raise Damaged("opening")
    try:
        if (folder / DATABASE).stat().st_size != header.database_bytes:
            raise Damaged("opening")
        if (folder / ROLLBACK).stat().st_size < header.rollback_bytes:
            raise Damaged("opening")
        check_file_system(folder)
        check_written(folder / DATABASE)
        check_written(folder / ROLLBACK)
        with (folder / ROLLBACK).open("rb") as rollback:
            return Recovery.ROLLED_BACK if rollback.read(len(_HOT)) == _HOT else Recovery.CLEAN
    except OSError:
        raise Damaged("opening") from None
