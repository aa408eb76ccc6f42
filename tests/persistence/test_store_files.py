"""The store's files: what they never show, what never changes, and what opening refuses without a write."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.store import errors
from kiosk.store.batches import FOLDER
from kiosk.store.database import DATABASE, ROLLBACK
from kiosk.store.making import HEADER, made_for
from kiosk.store.vote_store import Recovery, VoteStore
from tests.persistence import store_setting as setting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def contents(folder: Path) -> dict[str, str]:
    """Every file of a folder with its digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def shape(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and size of the database and its rollback journal."""
    stats = {name: (folder / name).stat() for name in (DATABASE, ROLLBACK)}
    return {name: (stat.st_ino, stat.st_size) for name, stat in stats.items()}


def test_casts_change_no_size_and_no_inode_and_leave_the_journal_zero(folder: Path) -> None:
    store = setting.create(folder)
    before = shape(folder)
    for voter in range(5):
        setting.cast(store, voter)
        assert shape(folder) == before
        assert not any((folder / ROLLBACK).read_bytes())
    store.close()
    assert shape(folder) == before
    setting.reopen(folder).close()
    assert shape(folder) == before
    assert {path.name for path in folder.iterdir()} == {DATABASE, ROLLBACK, HEADER, "batches"}


def test_every_block_of_a_new_store_is_written(folder: Path) -> None:
    setting.create(folder).close()
    for name in (DATABASE, ROLLBACK):
        stat = (folder / name).stat()
        assert stat.st_blocks * 512 >= stat.st_size, f"{name} has holes"


def test_the_file_shows_neither_code_nor_credential_nor_plain_text(folder: Path) -> None:
    store = setting.create(folder)
    for voter in range(3):
        setting.cast(store, voter)
    store.close()
    everything = b"".join((folder / name).read_bytes() for name in (DATABASE, ROLLBACK, HEADER))
    for voter in range(3):
        for ballot in setting.session(voter):
            for text in (ballot.code, ballot.credential, ballot.ballot_json[11:75]):
                assert text.encode() not in everything
    for plain in (b"SQLite format", b"CREATE TABLE", b"session_cast", setting.KEY, setting.KEY.hex().encode()):
        assert plain not in everything


def test_a_cast_rewrites_only_its_slots_and_the_fixed_rows(folder: Path) -> None:
    """Two ballots: two slots, the state row and one page of the journal change; every other page is untouched."""
    store = setting.create(folder)
    page = 32768
    before = (folder / DATABASE).read_bytes()
    setting.cast(store, 1)
    after = (folder / DATABASE).read_bytes()
    changed = [at for at in range(0, len(before), page) if before[at : at + page] != after[at : at + page]]
    assert len(changed) == 4
    store.close()


def test_slots_are_not_filled_in_order(folder: Path) -> None:
    """Twelve casts into 24 slots; that they lie in ascending order by chance has a probability below 10^-8."""
    store = setting.create(folder)
    for voter in range(12):
        setting.cast(store, voter)
    slot_of = store._contents.slot_of
    slots = [slot_of[ballot.code] for voter in range(12) for ballot in setting.session(voter)]
    assert sorted(slots) == list(range(24))
    assert slots != sorted(slots)
    with pytest.raises(errors.StoreFull):
        setting.cast(store, 99)
    store.close()


def another_key(folder: Path) -> VoteStore:
    return VoteStore.open(
        folder, bytearray(32), package_digest=setting.PACKAGE, terminal=setting.TERMINAL, clock=setting.clock
    )


def another_package(folder: Path) -> VoteStore:
    return VoteStore.open(
        folder, bytearray(setting.KEY), package_digest="00" * 32, terminal=setting.TERMINAL, clock=setting.clock
    )


def another_terminal(folder: Path) -> VoteStore:
    return VoteStore.open(
        folder, bytearray(setting.KEY), package_digest=setting.PACKAGE, terminal="T-2", clock=setting.clock
    )


@pytest.mark.parametrize(
    ("open_it", "error"),
    [
        (another_key, errors.WrongKey),
        (another_package, errors.AnotherElection),
        (another_terminal, errors.AnotherElection),
    ],
)
def test_what_does_not_belong_is_refused_and_left_as_it_was(
    folder: Path, open_it: Callable[[Path], VoteStore], error: type[errors.CannotOpen]
) -> None:
    store = setting.create(folder)
    setting.cast(store, 1)
    store.close()
    before = contents(folder)
    with pytest.raises(error) as raised:
        open_it(folder)
    assert setting.KEY.hex() not in str(raised.value)
    assert contents(folder) == before


def change_header(folder: Path, **changes: object) -> None:
    header = json.loads((folder / HEADER).read_text("utf-8"))
    (folder / HEADER).write_text(json.dumps({**header, **changes}), "utf-8")


def cut(folder: Path, name: str) -> None:
    size = (folder / name).stat().st_size
    os.truncate(folder / name, size - 1000)


def spoil(folder: Path, page: int) -> None:
    """Flip a bit in the middle of a page."""
    with (folder / DATABASE).open("r+b") as database:
        database.seek(page * 32768 + 5000)
        byte = database.read(1)[0]
        database.seek(-1, os.SEEK_CUR)
        database.write(bytes([byte ^ 1]))


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda folder: change_header(folder, format=2, novelty="yes"), errors.NewerFormat),
        (lambda folder: change_header(folder, slots=25), errors.Damaged),
        (lambda folder: change_header(folder, unknown=1), errors.Damaged),
        (lambda folder: (folder / HEADER).write_text("{", "utf-8"), errors.Damaged),
        (lambda folder: (folder / HEADER).unlink(), errors.Damaged),
        (lambda folder: cut(folder, DATABASE), errors.Damaged),
        (lambda folder: cut(folder, ROLLBACK), errors.Damaged),
        (lambda folder: (folder / ROLLBACK).unlink(), errors.Damaged),
        (lambda folder: (folder / DATABASE).unlink(), errors.Damaged),
        (lambda folder: spoil(folder, 0), errors.Damaged),
        (lambda folder: spoil(folder, 20), errors.Damaged),
        (shutil.rmtree, errors.NoStore),
    ],
    ids=[
        "newer format",
        "header and inside differ",
        "unknown field",
        "header torn",
        "header lost",
        "database cut short",
        "rollback journal cut short",
        "rollback journal lost",
        "database lost",
        "first page spoilt",
        "a slot spoilt",
        "nothing there",
    ],
)
def test_harm_is_named_and_nothing_is_written(
    folder: Path, harm: Callable[[Path], object], error: type[errors.CannotOpen]
) -> None:
    store = setting.create(folder)
    setting.cast(store, 1)
    store.close()
    harm(folder)
    before = contents(folder)
    with pytest.raises(error, match=re.escape(error.words)):
        setting.reopen(folder)
    assert contents(folder) == before


def a_link(folder: Path, name: str, elsewhere: Path) -> None:
    path = folder / name
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()
    path.symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("name", "elsewhere"), [(ROLLBACK, DATABASE), (ROLLBACK, "other"), (DATABASE, DATABASE), (FOLDER, FOLDER)]
)
def test_a_link_on_a_medium_leads_nowhere(folder: Path, tmp_path: Path, name: str, elsewhere: str) -> None:
    """Whoever had the medium in hand may have laid it: to the store on the terminal's own disk, to have that wiped."""
    own = tmp_path / "own"
    for where in (own, folder):
        store = setting.create(where)
        setting.cast(store, 1)
        store.close()
    (own / "other").write_bytes(b"\0" + b"x" * (folder / ROLLBACK).stat().st_size)
    a_link(folder, name, own / elsewhere)
    before = contents(own)
    with pytest.raises(errors.Damaged):
        setting.reopen(folder)
    assert contents(own) == before


def test_a_header_that_is_none_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    setting.create(folder).close()
    header = (folder / HEADER).read_bytes()
    (tmp_path / "elsewhere").write_bytes(header)
    a_link(folder, HEADER, tmp_path / "elsewhere")
    with pytest.raises(errors.Damaged):
        setting.reopen(folder)
    assert made_for(folder) is None
    (folder / HEADER).unlink()
    os.mkfifo(folder / HEADER)
    with pytest.raises(errors.Damaged):
        setting.reopen(folder)
    assert made_for(folder) is None
    (folder / HEADER).unlink()
    (folder / HEADER).write_bytes(header)
    os.truncate(folder / HEADER, 1 << 40)
    with pytest.raises(errors.Damaged):
        setting.reopen(folder)
    assert made_for(folder) is None


def test_a_second_program_is_refused(folder: Path) -> None:
    store = setting.create(folder)
    with pytest.raises(errors.InUse):
        setting.reopen(folder)
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from tests.persistence import store_setting
        from kiosk.store.errors import InUse
        try:
            store_setting.reopen(Path(sys.argv[1]))
        except InUse:
            print("in use")
    """)
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, timeout=60, cwd=root
    )
    assert done.stdout == "in use\n"
    setting.cast(store, 1)
    store.close()


def test_a_wipe_that_was_cut_short_is_done_at_the_next_start(folder: Path) -> None:
    store = setting.create(folder)
    setting.cast(store, 1)
    store.close()
    with (folder / ROLLBACK).open("r+b") as rollback:
        rollback.seek(40_000)
        rollback.write(b"page numbers of the last cast")
    store = setting.reopen(folder)
    assert store.recovery is Recovery.WIPED
    assert store.counters().accepted == 2
    store.close()
    assert not any((folder / ROLLBACK).read_bytes())


def test_making_never_touches_a_store_that_is_there(folder: Path) -> None:
    setting.create(folder).close()
    before = contents(folder)
    with pytest.raises(errors.StoreExists):
        setting.create(folder)
    assert contents(folder) == before


def test_a_making_that_was_cut_short_is_begun_anew(folder: Path) -> None:
    left = folder.with_name("store.making")
    left.mkdir()
    (left / DATABASE).write_bytes(b"half")
    store = setting.create(folder)
    setting.cast(store, 1)
    store.close()
    assert not left.exists()
