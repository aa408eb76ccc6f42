"""A trustee decrypts the totals of the package's election, once, and nothing else, whatever the centre hands over."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from central import decrypting
from central.cli import main
from central.decrypting import TallyTrouble, TrusteeMemory, decrypt, memory_file
from protocol.archive import ArchiveWriter
from protocol.credentials import credentials_json, new_code, public_credential, secret_exponent
from protocol.documents.package import Paper, sign_package
from protocol.election import Election, make_election, parse_election
from protocol.errors import ProtocolError, Refused
from protocol.tally import tally_ballots, verify_partial_decryption
from protocol.trustees import parse_trustees
from protocol.verifier import INCOMPLETE, RIGHT, WRONG
from protocol.verifier import main as verify
from tests.interop.centre_setting import ElectionDay, provision, signer_in

PAPER = "governor"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ElectionDay:
    return provision(tmp_path_factory.mktemp("trustees") / "election")


@dataclass(frozen=True)
class Desk:
    """A trustee's own machine: the secret file, and what came from the election authority."""

    day: ElectionDay
    folder: Path
    trustee: Path
    package: Path
    root: Path

    @property
    def paper(self) -> Paper:
        return self.day.opened.package.paper(PAPER)

    @property
    def election(self) -> Election:
        return self.day.elections[PAPER]

    def list_of_paper(self) -> str:
        lists = self.day.path / "package" / "credentials"
        return (lists / f"{self.paper.credentials.sha256}.json").read_text()

    def archive(
        self,
        ballots: Sequence[str],
        election: str | None = None,
        trustees: str | None = None,
        credentials: str | None = None,
        tally: bool = True,
    ) -> Path:
        """An archive, right in itself, of these texts or else of the package's."""
        path = self.folder / "archive.bel"
        path.unlink(missing_ok=True)
        texts = (election or self.paper.election, trustees or self.paper.trustees, credentials or self.list_of_paper())
        with ArchiveWriter.create(path, 1) as writer:
            writer.setup(*texts)
            writer.ballots(ballots)
            writer.end_ballots()
            if tally:
                total = tally_ballots(parse_election(texts[0]), ballots)
                writer.encrypted_tally(total.json(self.election.group), total.number)
        return path

    def decrypt(self, archive: Path) -> bytes:
        return decrypt(archive, self.trustee, self.package, self.root)

    def verify(self, archive: Path, *more: str) -> int:
        return verify([str(archive), "--package", str(self.package), "--root", str(self.root), *more])


@pytest.fixture
def desk(day: ElectionDay, tmp_path: Path) -> Desk:
    trustee = Path(shutil.copy(day.path / "trustees" / "commission.json", tmp_path / "commission.json"))
    return Desk(day, tmp_path, trustee, day.path / "package" / "package.dsse.json", day.path / "root.pem")


def memory(desk: Desk) -> dict[str, str]:
    return msgspec.json.decode(memory_file(desk.trustee).read_bytes(), type=TrusteeMemory).decrypted


def test_the_package_s_archive_is_decrypted_and_again_when_asked_again(desk: Desk) -> None:
    ballots = [desk.day.ballot(voter) for voter in range(3)]
    archive = desk.archive(ballots)
    total = tally_ballots(desk.election, ballots)
    key = parse_trustees(desk.paper.trustees, desk.election.group).keys[0].public_key
    files = [json.loads(desk.decrypt(archive)) for _ in range(2)]
    for file in files:
        verify_partial_decryption(desk.election, total, key, file["decryption"], "here")
    assert list(memory(desk)) == [desk.election.uuid]
    assert memory_file(desk.trustee).name == "commission.decrypted.json"
    assert memory_file(desk.trustee).stat().st_mode & 0o077 == 0


def test_one_voter_among_invented_ones_is_not_decrypted(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The centre takes a true ballot and makes the other voters itself: all is right in that archive but its voters."""
    other = replace(desk.day, codes={"0112": [desk.day.codes["0112"][7], *(new_code() for _ in range(9))]})
    keys = [
        public_credential(secret_exponent(code, desk.election.uuid, desk.election.group), desk.election.group)
        for code in other.codes["0112"]
    ]
    archive = desk.archive([other.ballot(voter) for voter in range(10)], credentials=credentials_json(keys))
    assert verify([str(archive)]) == INCOMPLETE
    with pytest.raises(Refused, match="does not hold the public credentials of the paper governor"):
        desk.decrypt(archive)
    assert not memory_file(desk.trustee).exists()
    assert desk.verify(archive) == WRONG
    assert "WRONG: archive: it does not hold the public credentials" in capsys.readouterr().out


def test_another_election_of_the_same_uuid_is_not_decrypted(desk: Desk) -> None:
    same = desk.election
    other = make_election(same.uuid, "another", "one", "Ed25519", same.public_key, same.questions)
    ballot = replace(desk.day)
    ballot.elections = {PAPER: other}
    archive = desk.archive([ballot.ballot(voter) for voter in range(3)], election=other.raw)
    with pytest.raises(Refused, match="does not hold the election of the paper governor"):
        desk.decrypt(archive)


def test_the_order_of_the_trustees_is_the_package_s(desk: Desk) -> None:
    turned = json.dumps(list(reversed(json.loads(desk.paper.trustees))), separators=(",", ":"))
    archive = desk.archive([desk.day.ballot(voter) for voter in range(3)], trustees=turned)
    with pytest.raises(Refused, match="does not hold the trustees of the paper governor"):
        desk.decrypt(archive)


def test_an_election_that_the_package_does_not_have_is_not_decrypted(desk: Desk, tmp_path: Path) -> None:
    package = desk.day.opened.package
    papers = tuple(paper for paper in package.papers if paper.paper_id != PAPER)
    styles = tuple(
        msgspec.structs.replace(style, papers=tuple(one for one in style.papers if one != PAPER))
        for style in package.ballot_styles
    )
    places = tuple(
        msgspec.structs.replace(place, credentials=tuple(one for one in place.credentials if one.paper_id != PAPER))
        for place in package.polling_places
    )
    changed = msgspec.structs.replace(package, papers=papers, ballot_styles=styles, polling_places=places)
    without = tmp_path / "without.json"
    without.write_bytes(sign_package(changed, signer_in(desk.day.path / "authority", "election_authority")))
    archive = desk.archive([desk.day.ballot(voter) for voter in range(3)])
    with pytest.raises(Refused, match="the election package has no paper with the election"):
        replace(desk, package=without).decrypt(archive)


def test_a_package_that_the_election_authority_did_not_sign_counts_for_nothing(desk: Desk, tmp_path: Path) -> None:
    forged = tmp_path / "forged.json"
    forged.write_bytes(sign_package(desk.day.opened.package, signer_in(desk.day.path / "centre", "centre")))
    archive = desk.archive([desk.day.ballot(voter) for voter in range(3)])
    with pytest.raises(ProtocolError, match="role is centre"):
        replace(desk, package=forged).decrypt(archive)


def test_fewer_ballots_than_the_package_asks_are_not_decrypted(desk: Desk) -> None:
    archive = desk.archive([desk.day.ballot(voter) for voter in range(2)])
    with pytest.raises(TallyTrouble, match="2 ballots are fewer than 3"):
        desk.decrypt(archive)
    with pytest.raises(TallyTrouble, match="no encrypted tally in it yet"):
        desk.decrypt(desk.archive([desk.day.ballot(voter) for voter in range(3)], tally=False))
    assert not memory_file(desk.trustee).exists()


def test_a_second_tally_that_differs_by_one_ballot_is_not_decrypted(desk: Desk, tmp_path: Path) -> None:
    ballots = [desk.day.ballot(voter) for voter in range(4)]
    desk.decrypt(desk.archive(ballots[:3]))
    known = memory(desk)
    archive = desk.archive(ballots)
    link = tmp_path / "another-name.json"
    link.symlink_to(desk.trustee)
    for trustee in (desk.trustee, link):
        with pytest.raises(TallyTrouble, match="has decrypted another tally of the election"):
            decrypt(archive, trustee, desk.package, desk.root)
    assert memory(desk) == known
    desk.decrypt(desk.archive(ballots[:3]))


def test_what_cannot_be_remembered_is_not_handed_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = desk.archive([desk.day.ballot(voter) for voter in range(3)])
    out = desk.folder / "out.json"
    command = ["decrypt", "--archive", str(archive), "--trustee", str(desk.trustee), "--package", str(desk.package)]
    command += ["--root", str(desk.root), "--out", str(out)]

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(decrypting, "write_whole", full)
        assert main(command) == 1
    assert not out.exists()
    assert main(command) == 0
    memory_file(desk.trustee).write_bytes(b"{}")
    with pytest.raises(ProtocolError, match=r"commission\.decrypted\.json"):
        desk.decrypt(archive)


def test_the_verifier_says_whether_it_compared_with_a_package(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    archive = desk.archive([desk.day.ballot(voter) for voter in range(3)])
    assert verify([str(archive)]) == INCOMPLETE
    assert "not compared with an election package" in capsys.readouterr().out
    assert desk.verify(archive) == INCOMPLETE
    said = capsys.readouterr().out
    assert f"package:     {desk.day.opened.sha256}" in said
    assert "not compared" not in said
    assert desk.verify(archive, "--json") == INCOMPLETE
    assert json.loads(capsys.readouterr().out)["package"] == desk.day.opened.sha256
    assert verify([str(archive), "--package", str(desk.folder / "none"), "--root", str(desk.root)]) == WRONG
    assert "none: cannot be read" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        verify([str(archive), "--package", str(desk.package)])
    assert RIGHT == 0
