"""The journal as a file: valid by the schema of NIST SP 1500-101, and any change to a record is found and named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import msgspec
import pytest

from protocol.errors import ProtocolError
from protocol.journal import Record, WrittenRecord, export_journal, first_previous, read_journal, read_record
from protocol.verifier import main

VECTORS = Path(__file__).parents[1] / "vectors" / "nist-sp-1500-101"
PACKAGE = "ab" * 32
EXPORTED = "2026-09-20T20:05:00+03:00"
COUNT = 6


def records(count: int = COUNT) -> list[Record]:
    made: list[Record] = []
    for number in range(1, count + 1):
        previous = made[-1].digest if made else first_previous(PACKAGE, "T-1")
        written = WrittenRecord(number, "2026-09-20T08:00:00Z", "batch_sent", {"sequence": number, "«»": "x"}, previous)
        made.append(read_record(msgspec.json.encode(written)))
    return made


def export(made: list[Record]) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(export_journal(made, PACKAGE, "T-1", EXPORTED))
    return log


def events(log: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log["Device"][0]["Event"]
    return found


@pytest.mark.parametrize("count", [0, 1, COUNT])
def test_it_validates_against_the_schema_of_nist_and_reads_back(count: int) -> None:
    schema = json.loads((VECTORS / "NIST_1500-101_election_event_logging.json").read_text())
    made = records(count)
    log = export(made)
    fastjsonschema.compile(schema)(log)
    journal = read_journal(json.dumps(log).encode())
    assert journal.records == tuple(made)
    assert (journal.package, journal.terminal, journal.exported) == (PACKAGE, "T-1", EXPORTED)
    log["Device"][0]["Id"] = 1
    with pytest.raises(fastjsonschema.JsonSchemaException):
        fastjsonschema.compile(schema)(log)


def _alter_details(log: dict[str, Any], place: int) -> None:
    event = events(log)[place - 1]
    event["Details"] = event["Details"].replace("batch_sent", "batch_lost")


def _alter_all_of_it(log: dict[str, Any], place: int) -> None:
    """A forger who keeps the event in agreement with itself."""
    _alter_details(log, place)
    event = events(log)[place - 1]
    event["Hash"] = read_record(event["Details"].encode()).digest
    event["Id"] = "batch_lost"


def _alter(field: str, value: str) -> Callable[[dict[str, Any], int], None]:
    def alter(log: dict[str, Any], place: int) -> None:
        events(log)[place - 1][field] = value

    return alter


def _drop(log: dict[str, Any], place: int) -> None:
    del events(log)[place - 1]


def _swap(log: dict[str, Any], place: int) -> None:
    found = events(log)
    other = place % COUNT
    found[place - 1], found[other] = found[other], found[place - 1]


def _double(log: dict[str, Any], place: int) -> None:
    events(log).insert(place, events(log)[place - 1])


CHANGES: dict[str, tuple[Callable[[dict[str, Any], int], None], Callable[[int], int]]] = {
    "details": (_alter_details, lambda place: place),
    "all of it": (_alter_all_of_it, lambda place: min(place + 1, COUNT)),
    "hash": (_alter("Hash", "0" * 64), lambda place: place),
    "time": (_alter("TimeStamp", "2026-09-20T09:00:00Z"), lambda place: place),
    "event": (_alter("Id", "polls_opened"), lambda place: place),
    "number": (_alter("Sequence", "77"), lambda place: place),
    "type": (_alter("Type", "other"), lambda place: place),
    "an unknown field": (_alter("Surprise", "x"), lambda place: place),
    "dropped": (_drop, lambda place: min(place, COUNT - 1)),
    "swapped": (_swap, lambda place: min(place, place % COUNT + 1)),
    "doubled": (_double, lambda place: place + 1),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", range(1, COUNT + 1))
def test_any_change_to_any_record_is_found_and_named(
    change: str, place: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = export(records())
    alter, named = CHANGES[change]
    alter(log, place)
    path = tmp_path / "journal.json"
    path.write_text(json.dumps(log))
    assert main(["--journal", str(path)]) == 1
    assert capsys.readouterr().out.startswith(f"WRONG: journal record {named(place)}: ")


def test_another_terminals_or_elections_journal_is_found() -> None:
    for change in ({"ElectionId": "cd" * 32}, {"Device": [export(records())["Device"][0] | {"Id": "T-2"}]}):
        with pytest.raises(ProtocolError, match="journal record 1"):
            read_journal(json.dumps(export(records()) | change).encode())


def test_a_file_cut_short_anywhere_says_so_and_where(tmp_path: Path) -> None:
    whole = export_journal(records(), PACKAGE, "T-1", EXPORTED).rstrip()
    for length in range(len(whole)):
        with pytest.raises(ProtocolError, match="breaks off") as raised:
            read_journal(whole[:length])
    assert "in or after record 6" in str(raised.value)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "journal.json"
    path.write_bytes(export_journal(records(), PACKAGE, "T-1", EXPORTED))
    assert main(["--journal", str(path)]) == 0
    said = capsys.readouterr().out
    assert "6, each in its place and unaltered" in said
    assert "not compared with an act" in said
    assert main(["--journal", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["head"] == records()[-1].digest
    assert main(["--journal", str(tmp_path / "none.json")]) == 1
    assert "journal" in capsys.readouterr().out
    for wrong in (
        [],
        ["a.bel", "--journal", str(path)],
        ["a.bel", "--act", str(path)],
        ["--journal", "x", "--root", "y"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
