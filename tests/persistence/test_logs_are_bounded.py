"""Logs never fill a disk: the journal's pages are all there from the beginning, and no program has a log file."""

import ast
from pathlib import Path

from kiosk.store import events
from kiosk.store.errors import JournalFull
from kiosk.store.vote_store import VoteStore
from tests.persistence.store_setting import SMALL, ballot, create

TOP = Path(__file__).resolve().parents[2]
AT_ONCE = 20
"""Events in one transaction: they have to fit on a page."""
PROGRAMS = ("kiosk", "drivers", "central", "provisioning", "protocol", "texts")


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def until_full(store: VoteStore) -> int:
    """Write events until the journal takes no more; how many."""
    written = 0
    while True:
        try:
            store.record(*(events.effect_failed("x" * 40, "y" * 40) for _ in range(AT_ONCE)))
        except JournalFull:
            return written
        written += AT_ONCE


def test_a_journal_that_is_written_full_takes_no_more_room_and_votes_are_still_cast(tmp_path: Path) -> None:
    store = create(tmp_path / "store")
    try:
        before = sizes(tmp_path)
        written = until_full(store)
        assert written > SMALL.journal_pages * AT_ONCE
        assert sizes(tmp_path) == before
        store.cast([ballot("mayor", 1)], declined=0, entitled=1, events=[events.session_cast()])
        assert sizes(tmp_path) == before
        names = [record.event for record in store.journal.records()]
        assert names.count("journal_nearly_full") == 1, "it was said before"
        assert names[-1] == "session_cast"
        store.journal.verify_chain()
    finally:
        store.close()


def test_no_program_opens_a_log_file() -> None:
    """What they say goes to standard error, whose keeper rotates it; the terminal says nothing there while it runs."""
    found = []
    for program in PROGRAMS:
        for path in (TOP / program).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    name = ast.unparse(node.func)
                    to_file = any(one.arg == "filename" for one in node.keywords) and name.endswith("basicConfig")
                    if to_file or name.endswith(("FileHandler", "fileConfig", "dictConfig")):
                        found.append(f"{path.relative_to(TOP)}:{node.lineno}: {name}")
    assert found == []
