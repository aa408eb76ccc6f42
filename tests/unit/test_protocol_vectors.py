"""The two elections of the original tool, and our own vectors of the ballot's derivation."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from protocol.archive import Archive, ArchiveWriter, EventType, read_archive
from protocol.ballot import encrypt, sign, verify_ballot
from protocol.challenge import ChallengeSlip
from protocol.code import shown
from protocol.credentials import credentials_json, parse_credentials, public_credential, secret_exponent
from protocol.derivation import Derivation
from protocol.election import Election, make_election, parse_election
from protocol.tally import (
    compute_result,
    parse_tally,
    partial_decryption,
    tally_ballots,
    verify_partial_decryption,
)
from protocol.trustees import (
    NOT_YET_CHECKED,
    Pedersen,
    Single,
    TrusteePublicKey,
    combined_key,
    parse_trustees,
    trustees_json,
    verify_pok,
)
from protocol.verifier import main, verify_archive
from tests.factories.records import GROUPS

VECTORS = Path(__file__).parents[1] / "vectors"
RESULT = [[1, 2, 1, 1], [2, 1, 0, 0, 1], [2, 2, 2, 2]]


class Vector:
    """One of the elections."""

    def __init__(self, name: str) -> None:
        self.folder = VECTORS / "belenios-3.3" / name
        self.archive: Archive = read_archive(self.folder / "election.bel")
        self.setup = self.archive.steps[0]
        self.election: Election = parse_election(self.setup.parts[1].text)
        self.trustees = parse_trustees(self.setup.parts[2].text, self.election.group)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8").rstrip("\n")

    def decryptions(self) -> dict[int, str]:
        steps = [step for step in self.archive.steps if step.kind is EventType.PARTIAL_DECRYPTION]
        return {json.loads(step.parts[0].text)["owner"]: step.parts[1].text for step in steps}


@pytest.fixture(scope="module", params=GROUPS)
def vector(request: pytest.FixtureRequest) -> Vector:
    return Vector(request.param)


def test_the_setup_is_the_one_in_the_separate_files(vector: Vector) -> None:
    assert vector.election.raw == vector.text("election.json")
    assert vector.setup.parts[2].text == vector.text("trustees.json")
    assert vector.election.uuid == vector.text("uuid")
    assert vector.election.fingerprint == verify_ballot_fingerprint(vector)


def verify_ballot_fingerprint(vector: Vector) -> str:
    fingerprint: str = json.loads(vector.archive.ballots[0])["election_hash"]
    return fingerprint


def test_we_write_the_election_as_the_original_tool_does(vector: Vector) -> None:
    election = vector.election
    ours = make_election(
        election.uuid,
        election.name,
        election.description,
        election.group.name,
        election.public_key,
        election.questions,
    )
    assert ours.raw == election.raw
    assert ours == election


def test_private_credentials_give_the_public_ones(vector: Vector) -> None:
    group, uuid = vector.election.group, vector.election.uuid
    listed = [entry.split(",") for entry in json.loads(vector.text("public_creds.json"))]
    public = {voter: key for key, _, voter in listed}
    for voter, code in json.loads(vector.text("private_creds.json")).items():
        assert public_credential(secret_exponent(code, uuid, group), group) == public[voter]
    archived = parse_credentials(vector.setup.parts[3].text)
    assert archived == tuple(key for key, _, _ in listed)
    assert json.loads(credentials_json(archived)) == sorted(archived)


def test_every_ballot_verifies(vector: Vector) -> None:
    credentials = parse_credentials(vector.setup.parts[3].text)
    for text in vector.archive.ballots:
        ballot = verify_ballot(vector.election, text)
        assert ballot.credential in credentials
        assert ballot.hash_b64 == json.loads(text)["signature"]["hash"]


def test_our_ballots_for_these_choices_verify(vector: Vector) -> None:
    group, uuid = vector.election.group, vector.election.uuid
    codes = json.loads(vector.text("private_creds.json"))
    for voter, line in enumerate(vector.text("choices.txt").splitlines(), 1):
        exponent = secret_exponent(codes[str(voter)], uuid, group)
        unsigned = encrypt(vector.election, public_credential(exponent, group), json.loads(line), bytes(32))
        assert verify_ballot(vector.election, sign(unsigned, vector.election, exponent)).hash_b64 == unsigned.code_b64


def test_the_trustees_keys_make_the_election_key(vector: Vector) -> None:
    trustees = vector.trustees
    trustees.check()
    assert trustees.public_key == vector.election.public_key
    assert isinstance(trustees.entries[0], Single)
    assert isinstance(trustees.entries[1], Pedersen)
    assert trustees.entries[1].threshold == 2
    assert len(trustees.keys) == 4
    assert trustees.not_yet_checked == NOT_YET_CHECKED


def test_the_mandatory_trustee_is_written_as_in_its_file(vector: Vector) -> None:
    entry = vector.trustees.entries[0]
    assert isinstance(entry, Single)
    verify_pok(vector.election.group, entry.key, "trustee 1")
    assert trustees_json([entry.key]) == f'[["Single",{vector.text("trustee-mandatory/pubkey")}]]'
    assert combined_key([entry.key], vector.election.group) == entry.key.public_key


def test_the_tally_is_the_recorded_one(vector: Vector) -> None:
    tally = tally_ballots(vector.election, vector.archive.ballots)
    step = vector.archive.first(EventType.ENCRYPTED_TALLY)
    assert step is not None
    assert tally.json(vector.election.group) == step.parts[1].text
    assert parse_tally(vector.election, step.parts[1].text, 5) == tally


def test_the_mandatory_trustee_decrypts_as_recorded(vector: Vector) -> None:
    election = vector.election
    secret = int(json.loads(vector.text("trustee-mandatory/privkey")))
    public = vector.trustees.keys[0].public_key
    assert public_credential(secret, election.group) == public
    tally = tally_ballots(election, vector.archive.ballots)
    ours = partial_decryption(election, tally, secret)
    recorded = vector.decryptions()[1]
    assert json.loads(ours)["decryption_factors"] == json.loads(recorded)["decryption_factors"]
    factors = verify_partial_decryption(election, tally, public, ours)
    assert factors == verify_partial_decryption(election, tally, public, recorded)


def test_the_result_is_the_recorded_one(vector: Vector) -> None:
    tally = tally_ballots(vector.election, vector.archive.ballots)
    result = compute_result(vector.election, tally, vector.trustees, vector.decryptions())
    assert result == vector.text("result.json")
    assert json.loads(result)["result"] == RESULT


def test_the_archive_is_rewritten_byte_for_byte(vector: Vector, tmp_path: Path) -> None:
    path = tmp_path / "election.bel"
    with ArchiveWriter.create(path, vector.archive.timestamp) as writer:
        writer.setup(*(part.text for part in vector.setup.parts[1:]))
        writer.ballots(vector.archive.ballots)
        writer.end_ballots()
        tally = tally_ballots(vector.election, vector.archive.ballots)
        writer.encrypted_tally(tally.json(vector.election.group), tally.number)
        for owner, decryption in vector.decryptions().items():
            writer.partial_decryption(owner, decryption)
        head = writer.result(vector.text("result.json"))
    assert path.read_bytes() == (vector.folder / "election.bel").read_bytes()
    assert head == vector.archive.steps[-1].entry.digest


def test_the_verifier_says_what_it_has_not_checked(vector: Vector, capsys: pytest.CaptureFixture[str]) -> None:
    path = vector.folder / "election.bel"
    report = verify_archive(path)
    assert (report.ballots, report.credentials, report.decryptions) == (5, 5, (2, 4, 1))
    assert report.totals == RESULT
    assert report.not_yet == (f"not yet checked: {NOT_YET_CHECKED}",)
    assert main([str(path)]) == 2
    assert NOT_YET_CHECKED in capsys.readouterr().out
    assert main([str(path), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["result"]) == ("incomplete", RESULT)


def test_a_threshold_key_that_does_not_fit_its_coefficients_is_refused(vector: Vector) -> None:
    entry = vector.trustees.entries[1]
    assert isinstance(entry, Pedersen)
    swapped = Pedersen(entry.threshold, (entry.keys[1], entry.keys[0], entry.keys[2]), entry.coefexps)
    trustees = type(vector.trustees)((vector.trustees.entries[0], swapped), vector.trustees.group)
    with pytest.raises(Exception, match="trustee 2: the key does not come from the coefficients"):
        trustees.check()


@pytest.mark.parametrize("name", GROUPS)
def test_the_derivation_follows_its_vectors(name: str) -> None:
    vectors: dict[str, Any] = json.loads((VECTORS / f"ballot-derivation-{name}.json").read_text("utf-8"))
    election = parse_election(vectors["election"])
    for case in vectors["cases"]:
        seed = bytes.fromhex(case["seed"])
        derivation = Derivation(
            seed,
            fingerprint=election.fingerprint,
            credential=case["credential"],
            choices=case["choices"],
            order=election.group.order,
        )
        for label, number in case["numbers"].items():
            assert str(derivation.number(label)) == number
        unsigned = encrypt(election, case["credential"], case["choices"], seed)
        assert hashlib.sha256(unsigned.json.encode()).hexdigest() == case["unsigned_sha256"]
        assert unsigned.code_b64 == case["hash_b64"]
        assert shown(unsigned.code_b64) == case["code"]
        slip = ChallengeSlip.decode(case["slip"])
        assert (slip.seed, slip.code) == (seed, case["code"])
        assert [list(answer) for answer in slip.choices] == case["choices"]
        assert slip.encode() == case["slip"]


def test_a_trustees_proof_is_of_its_own_key(vector: Vector) -> None:
    first, second = vector.trustees.keys[0], vector.trustees.keys[1]
    with pytest.raises(Exception, match="the proof of knowledge is false"):
        verify_pok(vector.election.group, TrusteePublicKey(first.public_key, second.pok), "trustee 1")
