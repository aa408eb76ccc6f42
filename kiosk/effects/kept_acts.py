"""Signed acts as they are kept: an act whose paper did not come out is printed again, never drawn up anew."""

import base64
from pathlib import Path

import msgspec

from kiosk.flows.contract import ActKind
from kiosk.store.medium import sync_folder, write_durably
from kiosk.store.vote_store import VoteStore
from protocol.documents import acts
from protocol.documents.dsse import Envelope
from protocol.documents.payload import decode, sha256
from protocol.errors import ProtocolError

ENDS = {"polls_paused": ActKind.PAUSE, "polls_resumed": ActKind.RESUMPTION}
"""A new pause needs a new act: the old one's paper is not asked for any more."""


def signed_not_printed(store: VoteStore, kind: ActKind) -> str | None:
    """The digest of the last act of this kind that was signed and whose paper the printer has not confirmed."""
    digest: str | None = None
    for record in store.journal.records():
        match record.event:
            case "act_signed" if record.fields["act"] == kind.value:
                digest = str(record.fields["digest"])
            case "act_printed" if record.fields["act"] == kind.value:
                digest = None
            case ended if ENDS.get(ended) is kind:
                digest = None
            case _:
                pass
    return digest


def last_signed(store: VoteStore, kind: ActKind) -> str | None:
    """The digest of the last act of this kind that was signed."""
    digest: str | None = None
    for record in store.journal.records():
        if record.event == "act_signed" and record.fields["act"] == kind.value:
            digest = str(record.fields["digest"])
    return digest


class KeptActs:
    """The folder of signed acts."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first act."""
        self._folder = folder

    def keep(self, kind: ActKind, digest: str, envelope: bytes) -> None:
        """Keep an act durably. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.parent)
        write_durably(self.path(kind, digest), envelope)

    def read(self, kind: ActKind, digest: str) -> acts.Act | None:
        """The act with this digest, which the journal vouches for; None if it is not there whole."""
        try:
            envelope = msgspec.json.decode(self.path(kind, digest).read_bytes(), type=Envelope)
            payload = base64.b64decode(envelope.payload)
            if sha256(payload) != digest:
                return None
            return decode(payload, acts.Act, "act", acts.LIMIT)
        except (OSError, ValueError, ProtocolError):
            return None

    def path(self, kind: ActKind, digest: str) -> Path:
        """The file of the act with this digest, in its envelope."""
        return self._folder / f"{kind.value}-{digest[:16]}.dsse.json"
