"""Archives rewritten with a change, all names and hashes right again: faults that no hash betrays."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protocol import wire
from protocol.chain import HEADER_NAME, EventType, read_steps, tar_entry
from tests.factories.records import TIMESTAMP


def rechain(
    source: Path,
    target: Path,
    *,
    extra_ballots: Sequence[str] = (),
    change_event: tuple[int, dict[str, Any]] | None = None,
) -> Path:
    """Copy an archive, with ballots put in before the end, or with fields of the event at a height changed."""
    with source.open("rb") as stream:
        steps = list(read_steps(stream))
    header = wire.encode(wire.Header(1, str(TIMESTAMP)))
    pieces = [tar_entry(HEADER_NAME, header.encode(), TIMESTAMP)]
    parent: str | None = None
    height = 0
    events: list[tuple[EventType, list[str], str | None]] = []
    for step in steps:
        if step.kind is EventType.END_BALLOTS:
            events += [(EventType.BALLOT, [text], digest(text)) for text in extra_ballots]
        texts = [part.text for part in step.parts]
        events.append((step.kind, texts, digest(texts[0]) if texts else None))
    for kind, texts, payload in events:
        event: dict[str, Any] = {"parent": parent, "height": height, "type": kind.value, "payload": payload}
        if change_event is not None and change_event[0] == height:
            event |= change_event[1]
        text = wire.encode({name: value for name, value in event.items() if value is not None})
        # The payload comes last among its data, as the original tool writes it.
        pieces += [entry(part, "data") for part in [*texts[1:], *texts[:1]]]
        pieces.append(entry(text, "event"))
        parent, height = digest(text), height + 1
    target.write_bytes(b"".join(pieces))
    return target


def digest(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def entry(text: str, suffix: str) -> bytes:
    """One file of the archive, named by its content."""
    return tar_entry(f"{digest(text)}.{suffix}.json", text.encode(), TIMESTAMP)
