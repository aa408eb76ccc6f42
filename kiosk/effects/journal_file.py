"""The journal as a file for observers, written anew after closing: the store's own journal is in an encrypted database.

The file is as long as the journal, whose size is fixed, and takes the place of the one before it.
"""

from datetime import datetime
from pathlib import Path

from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.store import events
from kiosk.store.errors import StoreError
from kiosk.store.medium import sync_folder, write_durably
from kiosk.store.vote_store import VoteStore
from protocol.journal import export_journal

FOLDER = "journal"


class JournalFile:
    """Writes `journal/<terminal>.json` in the device's folder."""

    def __init__(self, facts: Facts, store: OpenStore, device: Path) -> None:
        self._facts = facts
        self._store = store
        self._device = device

    def write(self) -> None:
        """Export what there is. A disk that will not take it is an incident, and keeps nobody from closing."""
        try:
            data = self._store.do(self._exported)
            folder = self._device / FOLDER
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._device)
            write_durably(folder / f"{self._facts.station.terminal}.json", data)
        except (StoreError, OSError) as error:
            self._store.record(events.effect_failed("JournalFile", type(error).__name__))

    def _exported(self, store: VoteStore) -> bytes:
        return exported(store, self._facts.local_now())


def exported(store: VoteStore, now: datetime) -> bytes:
    """The journal of an open store as a file, under the name of the terminal that it began on."""
    header = store.header
    return export_journal(
        store.journal.records(), header.package_digest, header.terminal, now.isoformat(timespec="seconds")
    )
