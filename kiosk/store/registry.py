"""The register of events: reads `events.toml`, and writes `events.py` and `docs/events.md` from it.

Run `python -m kiosk.store.registry` after a change to the register; a test fails while they differ.
"""

import tomllib
from enum import StrEnum
from pathlib import Path

import msgspec

from kiosk.store.event import SessionPart

HERE = Path(__file__).parent
REFERENCE = HERE.parent.parent / "docs" / "events.md"
FUNCTIONS = HERE / "events.py"
LINE = 120


class Level(StrEnum):
    """How much an event matters; an incident goes to the commission and onto the next act."""

    INFO = "info"
    WARNING = "warning"
    INCIDENT = "incident"


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"


class RegisteredEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the register; `en` and `ru` are its words, `kept` as in `Event`."""

    level: Level
    session: SessionPart
    en: str
    ru: str
    kept: bool = False
    fields: dict[str, FieldType] = {}


def registered_events() -> dict[str, RegisteredEvent]:
    """The register in its own order, by event name. Raises msgspec.ValidationError if an entry is malformed."""
    entries = tomllib.loads((HERE / "events.toml").read_text("utf-8"))
    return msgspec.convert(entries, dict[str, RegisteredEvent])


def functions_text(events: dict[str, RegisteredEvent]) -> str:
    """The text of `events.py`: one typed function an event."""
    parts = [
        '"""Written from events.toml by `python -m kiosk.store.registry`: one function for each event."""\n\n'
        "from kiosk.store.event import Event, SessionPart\n"
    ]
    types = {FieldType.TEXT: "str", FieldType.NUMBER: "int"}
    for name, event in events.items():
        signature = ", ".join(f"{field}: {types[kind]}" for field, kind in event.fields.items())
        pairs = ", ".join(f'("{field}", {field})' for field in event.fields)
        fields = f", ({pairs}{',' if len(event.fields) == 1 else ''})" if pairs else ""
        kept = ", kept=True" if event.kept else ""
        arguments = f'"{name}", SessionPart.{event.session.name}{fields}{kept}'
        made = f"    return Event({arguments})\n"
        if len(made) > LINE:
            made = f"    return Event(\n        {arguments}\n    )\n"
        parts.append(f'\n\ndef {name}({signature}) -> Event:\n    """{event.en}."""\n{made}')
    return "".join(parts)


def reference_text(events: dict[str, RegisteredEvent]) -> str:
    """The text of `docs/events.md`: a table of every event."""
    rows = [
        "# Events of the journal",
        "",
        "Written from `kiosk/store/events.toml` by `python -m kiosk.store.registry`.",
        "",
        "Time: *rounded* events belong to a voter's session and are written with a time rounded down to ten minutes;",
        "the others are rounded only while a card is in the reader, and exact to the second otherwise.",
        "",
        "*Kept* events are written also when the journal is full but for the room that it keeps.",
        "",
        "| event | level | time | kept | English | Русский | fields |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, event in events.items():
        time = "exact" if event.session is SessionPart.ANY else "rounded"
        kept = "kept" if event.kept else ""
        fields = ", ".join(f"`{field}` ({kind})" for field, kind in event.fields.items())
        rows.append(f"| `{name}` | {event.level} | {time} | {kept} | {event.en} | {event.ru} | {fields} |")
    return "\n".join(rows) + "\n"


def write() -> None:
    """Write both files from the register."""
    events = registered_events()
    FUNCTIONS.write_text(functions_text(events), "utf-8")
    REFERENCE.write_text(reference_text(events), "utf-8")


if __name__ == "__main__":
    write()
