"""`./run soak --faults N`: strikes so many, prints what came of them, and its exit status says if a rule broke."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.acts import Act
from tests.soak import __main__ as program
from tests.soak.faults import Broken, Struck


def test_a_short_soak(pytestconfig: pytest.Config) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--faults", "16", "--seed", "3", "--workers", "2"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "16 faults" in done.stdout
    assert "rules broken: 0; seed 3" in done.stdout


def lost(workers: int, faults: int, seed: int) -> Iterator[Struck]:
    yield Struck(Act.CAST, "fsync votes.db", "EIO", "all of it")
    yield Struck(Act.CAST, "fsync votes.db", "EIO", "", "said to be done, and lost")


def hanging(workers: int, faults: int, seed: int) -> Iterator[Struck]:
    yield Struck(Act.CAST, "fsync votes.db", "EIO", "all of it")
    raise Broken("a worker hangs")


@pytest.mark.parametrize(("came", "words"), [(lost, "rules broken: 1"), (hanging, "a worker hangs")])
def test_a_broken_rule_and_a_broken_run_are_failures(
    came: object, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "struck_by", came)
    assert program.main(["--faults", "2", "--seed", "1"]) == 1
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--faults", "0"], ["--faults", "many"], ["--workers", "0"]])
def test_numbers_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        program.main(arguments)
    assert left.value.code == 2
