"""Opens the store in the folder given, casts once, and says what came of it: a victim for the fault tests.

A readlink on the database marks, in a system-call trace, where the cast begins and where it ends.
"""

import contextlib
import sys
from pathlib import Path

from kiosk.store.errors import StoreError
from tests.persistence.store_setting import cast, reopen

VOTER = 7


def main(folder: Path) -> None:
    """Open, cast, say, close."""
    store = reopen(folder)
    mark(folder)
    try:
        cast(store, VOTER)
    except StoreError as error:
        print(type(error).__name__, flush=True)
    else:
        print("cast", flush=True)
    mark(folder)
    store.close()


def mark(folder: Path) -> None:
    """Leave a mark in the trace."""
    with contextlib.suppress(OSError):
        (folder / "votes.db").readlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
