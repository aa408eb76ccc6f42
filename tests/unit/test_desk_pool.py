"""The desk's pool: every entry once, at random, in a file that is only ever overwritten in place."""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kiosk.desk import pool as pools
from kiosk.desk.pool import Pool, PoolError


def entries(count: int) -> list[str]:
    return [base64.b64encode(os.urandom(73)).decode() for _ in range(count)]


@pytest.fixture
def made(tmp_path: Path) -> dict[str, list[str]]:
    styles = {"A": entries(40), "B": entries(20)}
    (tmp_path / "pool.json").write_text(json.dumps({"place": "0112", "styles": styles}))
    return styles


def test_every_entry_is_drawn_once_and_then_none_is_left(tmp_path: Path, made: dict[str, list[str]]) -> None:
    pool = Pool(tmp_path / "pool.json")
    assert pool.left() == {"A": 40, "B": 20}
    drawn = [base64.b64encode(pool.draw("A")).decode() for _ in range(40)]
    assert sorted(drawn) == sorted(made["A"])
    assert drawn != made["A"]
    assert pool.left() == {"A": 0, "B": 20}
    with pytest.raises(PoolError, match="no credential of ballot style A is left"):
        pool.draw("A")
    with pytest.raises(PoolError, match="no credential of ballot style C is left"):
        pool.draw("C")


def test_a_draw_changes_the_bytes_of_its_entry_and_nothing_else(tmp_path: Path, made: dict[str, list[str]]) -> None:
    path = tmp_path / "pool.json"
    before, inode = path.read_bytes(), path.stat().st_ino
    drawn = base64.b64encode(Pool(path).draw("B"))
    assert drawn.decode() in made["B"]
    assert path.read_bytes() == before.replace(drawn, b"." * 100)
    assert path.stat().st_ino == inode
    assert [one.name for one in tmp_path.iterdir()] == ["pool.json"]


@pytest.mark.parametrize("torn", [1, 50, 99])
@pytest.mark.parametrize("front", [True, False], ids=["front", "end"])
def test_an_entry_that_a_power_cut_half_overwrote_is_never_issued(
    tmp_path: Path, made: dict[str, list[str]], torn: int, front: bool
) -> None:
    path = tmp_path / "pool.json"
    entry = made["B"][7]
    half = "." * torn + entry[torn:] if front else entry[:-torn] + "." * torn
    path.write_text(path.read_text().replace(entry, half))
    pool = Pool(path)
    assert pool.left() == {"A": 40, "B": 19}
    drawn = {base64.b64encode(pool.draw("B")).decode() for _ in range(19)}
    assert drawn == set(made["B"]) - {entry}


def test_an_entry_is_on_the_medium_as_gone_before_it_is_handed_out(
    tmp_path: Path, made: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(tmp_path / "pool.json")
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(PoolError, match="Input/output error"):
        pool.draw("A")
    assert pool.left() == {"A": 39, "B": 20}


def test_desks_that_draw_at_once_draw_no_entry_twice(tmp_path: Path, made: dict[str, list[str]]) -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: Pool(tmp_path / "pool.json").draw("A"), range(40)))
    assert len(set(drawn)) == 40


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file or directory; give the folder that provisioning made"),
        (b"", "it is no pool of credentials; provision the desk again"),
        (b'{"place":"0112","styles":{"A":["short"]}}', "it is no pool of credentials; provision the desk again"),
    ],
)
def test_what_is_no_pool_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "pool.json").write_bytes(content)
    with pytest.raises(PoolError, match=words):
        Pool(tmp_path / "pool.json")


def test_a_medium_that_keeps_what_is_overwritten_is_refused(
    tmp_path: Path, made: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "keeps_overwritten", lambda folder: True)
    with pytest.raises(PoolError, match="mount it with data=ordered"):
        Pool(tmp_path / "pool.json")
