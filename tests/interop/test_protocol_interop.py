"""Programs that this project did not write judge our records, and we judge the same records as they do."""

import subprocess
from pathlib import Path

import pytest

from protocol.credentials import public_credential
from protocol.errors import ProtocolError
from protocol.verifier import verify_archive
from tests.factories.rechaining import rechain
from tests.factories.records import (
    VOTES,
    Falsehood,
    Paper,
    make_paper,
    with_false_proof,
    with_overvote,
    write_record,
    write_unfinished,
)

ROOT = Path(__file__).parents[2]
BELENIOS_TOOL = Path("/usr/bin/belenios-tool")
SIRONA = ROOT / ".tools/sirona/node_modules/.bin/sirona"
TIMEOUT = 120  # seconds
VERDICT = {"BELENIOS-2048": "all checks passed", "Ed25519": "ballots found"}


def judge(name: str, folder: Path) -> tuple[bool, str]:
    """Whether the foreign verifier of this group accepts `folder`/election.bel, and its words."""
    if name == "BELENIOS-2048":
        assert BELENIOS_TOOL.exists(), "belenios-tool 2.0 is missing; on Debian 12: apt install belenios-tool"
        command = [str(BELENIOS_TOOL), "election", "verify"]
    else:
        assert SIRONA.exists(), f"sirona is missing; npm install --prefix {SIRONA.parents[2]} sirona"
        command = [str(SIRONA), "election", "verify"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    words = done.stdout + done.stderr
    return done.returncode == 0 and VERDICT[name] in words, words


@pytest.fixture(scope="module", params=["BELENIOS-2048", "Ed25519"])
def paper(request: pytest.FixtureRequest) -> Paper:
    return make_paper(request.param)


def test_they_accept_our_record(paper: Paper, tmp_path: Path) -> None:
    path = write_record(tmp_path / "election.bel", paper, paper.cast_all())
    accepted, words = judge(paper.group.name, tmp_path)
    assert accepted, words
    assert verify_archive(path).not_yet == ()


def test_they_accept_our_record_while_it_grows(paper: Paper, tmp_path: Path) -> None:
    write_unfinished(tmp_path / "election.bel", paper, paper.cast_all())
    accepted, words = judge(paper.group.name, tmp_path)
    assert accepted, words


def false_ballot(paper: Paper, name: str) -> str:
    """A ballot that must not count, by a credential that has not voted."""
    match name:
        case "a false proof":
            return with_false_proof(paper, 3, VOTES[0])
        case "an overvote":
            return with_overvote(paper, 3)
        case _:
            exponents = (paper.group.random_exponent(),)
            foreign = Paper(paper.election, exponents, paper.credentials_raw, paper.trustees_raw, ())
            assert public_credential(exponents[0], paper.group) not in paper.credentials_raw
            return foreign.cast(0, VOTES[0])


@pytest.mark.parametrize("name", ["a false proof", "an overvote", "an unknown credential"])
def test_they_and_we_refuse_a_record_with(paper: Paper, tmp_path: Path, name: str) -> None:
    ballots = paper.cast_all()
    write_unfinished(tmp_path / "right.bel", paper, ballots)
    folder = tmp_path / "false"
    folder.mkdir()
    path = write_record(folder / "election.bel", paper, [*ballots, false_ballot(paper, name)])
    accepted, words = judge(paper.group.name, folder)
    assert not accepted, words
    with pytest.raises(ProtocolError):
        verify_archive(path)


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("a wrong result", Falsehood(result=lambda text: text.replace("1", "2", 1))),
        ("a foreign decryption", Falsehood(secrets=(5, 7))),
    ],
)
def test_they_and_we_refuse_a_tally_with(paper: Paper, tmp_path: Path, name: str, lie: Falsehood) -> None:
    path = write_record(tmp_path / "election.bel", paper, paper.cast_all(), lie)
    accepted, words = judge(paper.group.name, tmp_path)
    assert not accepted, f"{name}: {words}"
    with pytest.raises(ProtocolError):
        verify_archive(path)


def test_they_and_we_refuse_a_broken_chain(paper: Paper, tmp_path: Path) -> None:
    folder = tmp_path / "false"
    folder.mkdir()
    source = write_unfinished(tmp_path / "right.bel", paper, paper.cast_all())
    path = rechain(source, folder / "election.bel", change_event=(2, {"parent": "0" * 64}))
    accepted, words = judge(paper.group.name, folder)
    assert not accepted, words
    with pytest.raises(ProtocolError, match="the chain is broken"):
        verify_archive(path)
