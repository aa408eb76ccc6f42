"""A whole election day through the real window, judged by programs that nobody here wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocol.challenge import ChallengeSlip, read_slip
from tests.whole_day.day_search import leaks, of_bytes, secrets_of, written

TOP = Path(__file__).resolve().parents[2]
SECONDS = 840
VOTERS = 12
LONGEST_LOG = 65_536
"""Bytes that a program may say in a day in which nothing fails."""


def _play(out: Path, *arguments: str, temporary: Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable,
        "-m",
        "demo",
        "--play",
        "--voters",
        str(VOTERS),
        "--out",
        str(out),
        "--seed",
        "7",
        *arguments,
    ]
    environment = dict(os.environ) if temporary is None else {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.run(
        command, cwd=TOP, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=TOP, capture_output=True, text=True, timeout=120, check=False
    )


def _judge(out: Path, done: "subprocess.CompletedProcess[str]", verifier: str) -> dict[str, object]:
    """What must hold of every played day."""
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads((out / "report.json").read_text())
    assert report["agrees"] is True
    assert report["disagreements"] == []
    papers = report["papers"]
    assert isinstance(papers, list)
    assert len(papers) == 3
    for paper in papers:
        assert paper["cast"] == paper["archived"] > 0
        for contest in paper["contests"]:
            assert [option["scripted"] for option in contest["options"]] == [
                option["tallied"] for option in contest["options"]
            ]
    accepted = {(one["program"], one["paper_id"]) for one in report["verdicts"] if one["outcome"] == "accepted"}  # type: ignore[attr-defined]  # JSON
    archives = {(program, paper["paper_id"]) for program in ("verify", verifier) for paper in papers}
    acts = {("verify --act", kind) for kind in ("zero_report", "opening", "pause", "resumption", "closing")}
    assert accepted == archives | acts
    return report


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_a_day_with_a_cut_network_and_a_challenge_is_right(tmp_path: Path, short_dir: Path) -> None:
    out = tmp_path / "day"
    report = _judge(out, _play(out, temporary=short_dir), "sirona")
    challenges = report["challenges"]
    assert isinstance(challenges, list)
    assert len(challenges) == 1
    assert challenges[0]["in_archive"] is False
    faults = {fault["what"] for fault in report["faults"]}  # type: ignore[attr-defined]  # JSON
    assert faults == {"network cut", "medium pulled", "a session left behind"}
    told = " ".join(moment["what"] for moment in report["timeline"])  # type: ignore[attr-defined]  # JSON
    assert told.index("Voting paused") < told.index("Voting resumed") < told.index("a member ends the session")
    names = {path.name for path in (out / "papers").iterdir()}
    for paper in (
        "zero-report",
        "opening-act",
        "pause-act",
        "resumption-act",
        "closing-act",
        "slip-offered",
        "slip-cast",
        "slip-challenge",
    ):
        assert any(paper in name for name in names), paper
    for language in ("ru", "en"):
        screens = {path.name.split("-")[0] for path in (out / "screens").glob(f"*-{language}*.png")}
        assert len(screens) >= 28, sorted(screens)
    _check_the_challenge_slip(out)
    _look_for_secrets(out, short_dir)


def _check_the_challenge_slip(out: Path) -> None:
    """The acceptance of `check-ballot`: right, incomplete, and refused for each thing that is altered."""
    picture = next(path for path in (out / "papers").iterdir() if "slip-challenge" in path.name)
    slip = read_slip(str(picture))
    archive = out / "archives" / f"{slip.uuid}.bel"
    assert _run("protocol.challenge", str(picture), "--archive", str(archive)).returncode == 0
    incomplete = _run("protocol.challenge", str(picture))
    assert (incomplete.returncode, "incomplete" in incomplete.stdout) == (2, True)
    first, *rest = slip.choices[0]
    altered = [
        ChallengeSlip(slip.uuid, slip.credential, ((1 - first, *rest), *slip.choices[1:]), slip.seed, slip.code),
        ChallengeSlip(slip.uuid, slip.credential, slip.choices, bytes([slip.seed[0] ^ 1]) + slip.seed[1:], slip.code),
        ChallengeSlip(slip.uuid, slip.credential, slip.choices, slip.seed, _other(slip.code)),
    ]
    for wrong in altered:
        assert _run("protocol.challenge", wrong.encode(), "--archive", str(archive)).returncode == 1


def _other(code: str) -> str:
    return ("1" if code[0] == "0" else "0") + code[1:]


def _look_for_secrets(out: Path, temporary: Path) -> None:
    """No credential, key or PIN of the day lies anywhere but at home, and what the programs said is short."""
    found, pins = secrets_of(out / "station")
    slip = next(path for path in (out / "papers").iterdir() if "slip-challenge" in path.name)
    found.append(of_bytes("seed of the challenged ballot", read_slip(str(slip)).seed))  # on its slip's picture alone
    used = {secret.name for secret in found if secret.name.startswith("credential of ")}
    assert len(used) == VOTERS, "the search knows the credential of every voter"
    files = list(written(out, temporary))
    assert leaks(found, pins, iter(files)) == []
    # The search can find: each secret, put anywhere, and each PIN in a line of a log.
    for secret in found:
        for look in secret.looks:
            assert leaks([secret], {}, iter([("station/terminal.log", b"x" + look + b"y")]))
    assert leaks([], pins, iter([("station/terminal.log", b"PIN 111111.")]))
    for log in (out / "station").glob("*.log"):
        assert log.stat().st_size < LONGEST_LOG, log


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_the_same_day_in_the_other_group_satisfies_the_stock_debian_verifier(tmp_path: Path) -> None:
    out = tmp_path / "day"
    _judge(out, _play(out, "--group", "BELENIOS-2048"), "belenios-tool")


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_a_day_whose_cards_go_through_a_real_pcscd(tmp_path: Path) -> None:
    out = tmp_path / "day"
    _judge(out, _play(out, "--pcsc"), "sirona")


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_thirty_power_cuts_lose_and_double_nothing(tmp_path: Path) -> None:
    out = tmp_path / "day"
    report = _judge(out, _play(out, "--kills", "30"), "sirona")
    faults = report["faults"]
    assert isinstance(faults, list)
    assert "SIGKILL, 30 times" in [fault["what"] for fault in faults]


def test_a_day_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "file").touch()
    done = _play(occupied)
    assert done.returncode == 1
    assert "not an empty folder" in done.stderr
    too_many = _run("demo", "--play", "--voters", "4000", "--out", str(tmp_path / "new"))
    assert too_many.returncode == 2
    assert "between 1 and 40" in too_many.stderr
    assert not (tmp_path / "new").exists()


def test_too_few_voters_to_tally_are_refused_with_words(tmp_path: Path) -> None:
    out = tmp_path / "day"
    command = ("demo", "--play", "--voters", "2", "--out", str(out))
    done = _run(*command)
    assert done.returncode == 1
    assert "play with more voters" in done.stderr
