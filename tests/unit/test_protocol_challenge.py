"""The check of a challenged ballot: passes only with the final archive, and fails on any change."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import qrcode

from protocol.challenge import ChallengeSlip, decode, main
from protocol.code import shown
from protocol.errors import Malformed
from tests.factories.records import VOTES, Paper, make_paper, write_record, write_unfinished

SEED = bytes(range(32))


@dataclass(frozen=True)
class Challenged:
    """A slip, and archives of the election that it is of."""

    paper: Paper
    slip: ChallengeSlip
    folder: Path

    @property
    def final(self) -> str:
        return str(self.folder / "final.bel")

    @property
    def election(self) -> str:
        return str(self.folder / "election.json")


def challenge(paper: Paper, voter: int) -> ChallengeSlip:
    """Voter checks the encryption of the first vote."""
    code = shown(paper.encrypt(voter, VOTES[0], SEED).code_b64)
    return ChallengeSlip(paper.election.uuid, paper.credential(voter), VOTES[0], SEED, code)


@pytest.fixture(scope="module")
def challenged(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> Challenged:
    folder = tmp_path_factory.mktemp("challenge")
    ballots = paper.cast_all()
    write_record(folder / "final.bel", paper, ballots)
    write_unfinished(folder / "open.bel", paper, ballots)
    cast = [paper.cast(0, VOTES[0], SEED), *ballots[1:]]
    write_record(folder / "cast.bel", paper, cast)
    (folder / "election.json").write_text(paper.election.raw, "utf-8")
    return Challenged(paper, challenge(paper, 0), folder)


Capture = pytest.CaptureFixture[str]


def test_it_passes_with_the_final_archive(challenged: Challenged, capsys: Capture) -> None:
    assert main([challenged.slip.encode(), "--archive", challenged.final]) == 0
    assert capsys.readouterr().out.startswith("passed: ")
    arguments = [challenged.slip.encode(), "--archive", challenged.final, "--election", challenged.election]
    assert main(arguments) == 0


def test_it_is_incomplete_without_the_final_archive(challenged: Challenged, capsys: Capture) -> None:
    text = challenged.slip.encode()
    for arguments in (
        [text],
        [text, "--election", challenged.election],
        [text, "--archive", str(challenged.folder / "open.bel")],
    ):
        assert main(arguments) == 2
        assert capsys.readouterr().out.startswith("incomplete: ")


def changed(slip: ChallengeSlip) -> list[ChallengeSlip]:
    """Other choices, another seed, another code, another credential."""
    letter = "0" if slip.code[0] != "0" else "1"
    return [
        replace(slip, choices=VOTES[2]),
        replace(slip, choices=((0, 1, 0), (1, 0, 0))),
        replace(slip, choices=((0, 1, 0), (1, 1, 1))),
        replace(slip, choices=VOTES[0][:1]),
        replace(slip, seed=slip.seed[:-1] + b"\x1e"),
        replace(slip, code=letter + slip.code[1:]),
    ]


def test_any_change_is_refused(challenged: Challenged, capsys: Capture) -> None:
    for slip in [*changed(challenged.slip), replace(challenged.slip, credential=challenged.paper.credential(1))]:
        for arguments in (["--archive", challenged.final], ["--election", challenged.election]):
            assert main([slip.encode(), *arguments]) == 1
            assert capsys.readouterr().out.startswith(("FAILED: slip: ", "FAILED: choices"))


def test_a_challenged_ballot_that_was_cast_is_refused(challenged: Challenged, capsys: Capture) -> None:
    assert main([challenged.slip.encode(), "--archive", str(challenged.folder / "cast.bel")]) == 1
    assert "the code is in the archive" in capsys.readouterr().out


def test_an_unlisted_credential_is_refused(challenged: Challenged, capsys: Capture) -> None:
    paper = challenged.paper
    foreign = replace(paper, exponents=(paper.group.random_exponent(),))
    assert main([challenge(foreign, 0).encode(), "--archive", challenged.final]) == 1
    assert "not in the archive's list" in capsys.readouterr().out


def test_another_election_is_refused(challenged: Challenged, capsys: Capture) -> None:
    other = make_paper(challenged.paper.group.name)
    assert main([challenge(other, 0).encode(), "--archive", challenged.final]) == 1
    assert "another election" in capsys.readouterr().out


def test_a_damaged_archive_is_refused(challenged: Challenged, tmp_path: Path, capsys: Capture) -> None:
    raw = Path(challenged.final).read_bytes()
    path = tmp_path / "damaged.bel"
    path.write_bytes(raw.replace(b'"alpha":"', b'"alpha":"1', 1))
    assert main([challenged.slip.encode(), "--archive", str(path)]) == 1
    assert capsys.readouterr().out.startswith("FAILED: entry ")


def test_a_slip_is_read_from_a_file(challenged: Challenged, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "slip.txt"
    path.write_text(challenged.slip.encode() + "\n")
    assert main([str(path), "--archive", challenged.final]) == 0
    assert main([str(tmp_path / "missing"), "--archive", challenged.final]) == 1
    assert "cannot be read" in capsys.readouterr().out
    path.write_bytes(b"\xff\xfe")
    assert main([str(path)]) == 1
    assert "neither text nor a PNG" in capsys.readouterr().out


def draw(slip: ChallengeSlip, path: Path) -> None:
    """The slip's QR as a PNG picture."""
    with path.open("wb") as stream:
        qrcode.make(slip.encode()).save(stream)


def test_a_slip_is_read_from_a_picture_of_its_qr(challenged: Challenged, tmp_path: Path) -> None:
    path = tmp_path / "slip.png"
    draw(challenged.slip, path)
    assert main([str(path), "--archive", challenged.final]) == 0


def test_a_picture_without_zbarimg_says_what_to_install(
    challenged: Challenged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    path = tmp_path / "slip.png"
    draw(challenged.slip, path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([str(path), "--archive", challenged.final]) == 1
    assert "install zbarimg" in capsys.readouterr().out


def test_a_slip_has_one_text_only(challenged: Challenged) -> None:
    text = challenged.slip.encode()
    assert decode(text) == decode(f" {text}\n") == challenged.slip
    for wrong in (
        text.replace("ballot-challenge-1", "ballot-challenge-2"),
        text + ":",
        text[:-1],
        text.replace(challenged.slip.seed.hex(), challenged.slip.seed.hex().upper()),
        text.replace(challenged.slip.code, challenged.slip.code.lower()),
        text.replace(challenged.slip.code, challenged.slip.code.replace("-", "")),
        text.replace("010.110", "010,110"),
        text.replace("010.110", "010..110"),
        text.replace("010.110", "012.110"),
        text.replace(":", " "),
        "",
        "x" * 100_000,
    ):
        with pytest.raises(Malformed):
            decode(wrong)


def test_a_slip_hides_its_secrets_from_reprs(challenged: Challenged) -> None:
    assert SEED.hex() not in repr(challenged.slip)
    assert "choices" not in repr(challenged.slip)


def test_the_commands_run_as_programs(challenged: Challenged) -> None:
    root = Path(__file__).parents[2]
    for module, arguments, words in (
        ("protocol.challenge", [challenged.slip.encode(), "--archive", challenged.final], "passed: "),
        ("protocol.verifier", [challenged.final], "election:    Проверка"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=root, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(words)
