"""Notices of takeovers on this terminal: its own, for the counting centre; and others', that say it was replaced."""

import contextlib
from pathlib import Path

from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.store import events
from kiosk.store.errors import StoreError
from kiosk.store.medium import sync_folder, write_durably
from protocol.documents.takeover import ENVELOPE_LIMIT, open_notice
from protocol.errors import ProtocolError

FOLDER = "takeover"
NOTICE = "notice.dsse.json"
ANNOUNCED = "announced"


class Notices:
    """The notices that this terminal holds and hears of."""

    def __init__(self, facts: Facts, store: OpenStore, device: Path) -> None:
        """`device` is the folder of the device."""
        self._facts = facts
        self._store = store
        self._folder = device / FOLDER

    def keep(self, envelope: bytes) -> None:
        """Keep this terminal's own notice, before anything is taken over. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.parent)
        (self._folder / ANNOUNCED).unlink(missing_ok=True)
        write_durably(self._folder / NOTICE, envelope)

    def own(self) -> bytes | None:
        """The notice that the centre is still to be told of. One whose takeover did not come about is none."""
        line = self._store.line
        if len(line) == 1 or line[-1] != self._facts.station.terminal or (self._folder / ANNOUNCED).exists():
            return None
        try:
            return (self._folder / NOTICE).read_bytes()
        except OSError:
            return None

    def announced(self) -> None:
        """The centre has it. Raises OSError, StoreError."""
        write_durably(self._folder / ANNOUNCED, b"")
        self._store.record(events.takeover_announced())

    def take(self, envelope: bytes) -> None:
        """Judge a notice, wherever it comes from: it may say that this terminal was replaced. Raises StoreError.

        Its certificates are not judged by the hour: this terminal may have slept for long.
        """
        try:
            opened = open_notice(envelope[: ENVELOPE_LIMIT + 1], self._facts.opened, None)
        except ProtocolError as error:
            with contextlib.suppress(StoreError):
                self._store.record(events.takeover_notice_refused(type(error).__name__, error.where[:80]))
            return
        line = self._store.line
        if opened.statement.store == line[0] and opened.statement.by not in line:
            self._store.replace(opened.statement.by, "centre")
