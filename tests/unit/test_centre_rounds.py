"""Rounds: whatever a crash leaves between database and archive, no ballot is left out and none is doubled."""

import asyncio
import base64
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.app import Centre
from central.database import Database, DatabaseTrouble
from central.folder import CentreFolder, open_folder
from central.intake import Intake
from central.rounds import ArchiveTrouble, Rounds, ballot_codes
from central.server import open_database
from protocol.archive import ArchiveWriter
from protocol.errors import Refused
from tests.interop.centre_setting import provision

PAPER = "governor"


class PowerCutError(Exception):
    """The centre ends here."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return provision(tmp_path_factory.mktemp("rounds") / "election").path / "centre"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> CentreFolder:
    return open_folder(Path(shutil.copytree(made, tmp_path / "centre")))


def code_of(number: int) -> str:
    return base64.b64encode(hashlib.sha256(str(number).encode()).digest()).decode().rstrip("=")


def accept(database: Database, first: int, number: int, sequence: int) -> None:
    """A batch of ballots that look like ballots to an archive; verifying them is not what is tested here."""
    with database.batch_transaction() as transaction:
        for one in range(first, first + number):
            ballot = json.dumps({"number": one, "signature": {"hash": code_of(one)}})
            transaction.accept(PAPER, code_of(one), f"credential {one}", ballot)
        transaction.answer(
            terminal="T-1",
            sequence=sequence,
            header_sha256=f"{sequence:064}",
            header=b"header",
            sealed=b"sealed",
            acknowledgement=b"acknowledgement",
            accepted=number,
            refused=0,
        )


def begin_and_fail(database: Database) -> None:
    with database.batch_transaction() as transaction:
        transaction.accept(PAPER, code_of(1), "credential", "{}")
        raise PowerCutError


def archive(folder: CentreFolder) -> Path:
    return folder.file("archives") / f"{folder.papers[PAPER].uuid}.bel"


def failing(what: str) -> Callable[..., None]:
    def fail(*_arguments: object) -> None:
        raise PowerCutError(what)

    return fail


@given(
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    cuts=st.lists(st.sampled_from(["none", "before_append", "torn", "before_commit"]), min_size=4, max_size=4),
    torn=st.integers(1, 3000),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_every_crash_the_archive_holds_each_round_once_and_in_order(
    made: Path, tmp_path: Path, sizes: list[int], cuts: list[str], torn: int
) -> None:
    place = tmp_path / "once"
    shutil.rmtree(place, ignore_errors=True)
    folder = open_folder(Path(shutil.copytree(made, place)))
    expected: list[str] = []
    for turn, (size, cut) in enumerate(zip(sizes, cuts, strict=False)):
        with open_database(folder) as database, closing(Rounds(folder, database)) as rounds:
            accept(database, turn * 10, size, turn + 1)
            expected += sorted(code_of(one) for one in range(turn * 10, turn * 10 + size))
            with pytest.MonkeyPatch.context() as patch:
                if cut == "before_append":
                    patch.setattr(ArchiveWriter, "ballots", failing(cut))
                elif cut in {"torn", "before_commit"}:
                    patch.setattr(database, "rounds_appended", failing(cut))
                before = archive(folder).stat().st_size
                try:
                    rounds.publish()
                except PowerCutError:
                    assert cut != "none"
        after = archive(folder).stat().st_size
        if cut == "torn" and after > before:
            # Some of what was appended, never all of it and nothing of what was there.
            with archive(folder).open("r+b") as file:
                file.truncate(max(before, after - torn))
    with open_database(folder) as database, closing(Rounds(folder, database)):
        assert list(ballot_codes(archive(folder))) == expected
        assert database.planned_codes(PAPER) == tuple(expected)
        assert not database.pending_ballots(PAPER)


@pytest.mark.parametrize(
    ("place", "trouble"),
    [
        (ArchiveWriter, OSError(28, "No space left on device")),
        (ArchiveWriter, Refused("archive", "closed, or a write failed; open it again")),
        ("plan_round", sqlite3.OperationalError("database or disk is full")),
        ("rounds_appended", sqlite3.OperationalError("disk I/O error")),
    ],
    ids=["disk", "archive", "plan", "commit"],
)
def test_a_failing_disk_is_logged_and_the_next_round_goes_on(
    folder: CentreFolder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: type[ArchiveWriter] | str,
    trouble: Exception,
) -> None:
    with open_database(folder) as database, closing(Rounds(folder, database)) as rounds:
        accept(database, 0, 3, 1)
        with monkeypatch.context() as patch:

            def full(*_arguments: object) -> None:
                raise trouble

            if isinstance(place, str):
                patch.setattr(database, place, full)
            else:
                patch.setattr(place, "ballots", full)
            rounds.publish()
        assert "could not be appended to" in caplog.text
        assert next(line for line in database.papers() if line.paper_id == PAPER).published == 0
        rounds.publish()
        assert next(line for line in database.papers() if line.paper_id == PAPER).published == 3
    assert len(list(ballot_codes(archive(folder)))) == 3


@pytest.mark.parametrize("trouble", [sqlite3.OperationalError("disk is full"), RuntimeError("what nobody expected")])
def test_rounds_go_on_after_any_failure_and_there_is_a_last_one(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    class FailingRounds:
        begun = 0

        def publish(self) -> None:
            self.begun += 1
            if self.begun == 3:
                loop.call_soon_threadsafe(third.set)
            raise trouble

    rounds, loop, third = FailingRounds(), asyncio.new_event_loop(), asyncio.Event()
    before = 0

    async def live() -> None:
        nonlocal before
        application = Centre(cast(Intake, None), cast(Rounds, rounds), 0.01).application()
        async with application.router.lifespan_context(application):
            await asyncio.wait_for(third.wait(), 30)
            before = rounds.begun

    with closing(loop):
        loop.run_until_complete(live())
    assert rounds.begun > before
    assert "a round failed; the next one tries again" in caplog.text


def test_an_archive_that_lost_published_ballots_is_not_served(folder: CentreFolder) -> None:
    with open_database(folder) as database, closing(Rounds(folder, database)) as rounds:
        size = archive(folder).stat().st_size
        accept(database, 0, 3, 1)
        rounds.publish()
    with archive(folder).open("r+b") as file:
        file.truncate(size)
    with open_database(folder) as database, pytest.raises(ArchiveTrouble, match="lost 3 published ballots"):
        Rounds(folder, database)


def test_an_archive_with_a_ballot_that_nobody_accepted_is_not_served(folder: CentreFolder) -> None:
    with open_database(folder) as database, closing(Rounds(folder, database)):
        pass
    with closing(ArchiveWriter.reopen(archive(folder))) as writer:
        writer.ballot(json.dumps({"signature": {"hash": code_of(99)}}))
    with open_database(folder) as database, pytest.raises(ArchiveTrouble, match="other ballots than the database"):
        Rounds(folder, database)


def test_a_batch_is_stored_whole_or_not_at_all(folder: CentreFolder) -> None:
    with open_database(folder) as database:
        with pytest.raises(PowerCutError):
            begin_and_fail(database)
        assert database.batches() == ()
        assert all(line.accepted == 0 for line in database.papers())
        accept(database, 1, 1, 1)
        assert database.head("T-1") == (1, f"{1:064}")


def test_a_database_of_another_package_or_release_is_refused(folder: CentreFolder) -> None:
    with open_database(folder):
        pass
    path = folder.file("centre.sqlite")
    with pytest.raises(DatabaseTrouble, match="another election package"):
        Database(path, "0" * 64, folder.mode, [])
    path.with_name("other.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    with pytest.raises(DatabaseTrouble, match="cannot be used"):
        Database(path.with_name("other.sqlite"), "0" * 64, folder.mode, [])
