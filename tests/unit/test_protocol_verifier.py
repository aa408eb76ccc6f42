"""The verifier: right records pass, and every kind of false one is refused with its own words."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from protocol import verifier, wire
from protocol.chain import read_steps
from protocol.credentials import public_credential
from protocol.errors import Malformed, ProtocolError, Refused
from protocol.trustees import new_trustee, trustees_json
from protocol.verifier import main, verify_archive
from tests.factories.rechaining import rechain
from tests.factories.records import (
    TOTALS,
    TRUTH,
    VOTES,
    Falsehood,
    Paper,
    make_paper,
    read_ballot,
    resign,
    with_false_proof,
    with_overvote,
    write_record,
    write_unfinished,
)


@pytest.fixture(scope="module")
def ballots(paper: Paper) -> list[str]:
    return paper.cast_all()


def test_a_right_record_passes(
    paper: Paper, ballots: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_record(tmp_path / "a.bel", paper, ballots)
    report = verify_archive(path)
    assert (report.ballots, report.credentials, report.totals, report.not_yet) == (3, 4, TOTALS, ())
    assert report.final
    assert main([str(path)]) == 0
    said = capsys.readouterr().out
    assert "the record is right\n" in said
    assert "       1  Иванов" in said
    assert main([str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == TOTALS


def test_many_ballots_are_checked_in_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "FEW_BALLOTS", 0)
    paper = make_paper("Ed25519", voters=30, trustees=1)
    ballots = [paper.cast(voter, VOTES[voter % 3]) for voter in range(30)]
    assert verify_archive(write_record(tmp_path / "a.bel", paper, ballots), workers=2).ballots == 30
    ballots[17] = with_false_proof(paper, 17, VOTES[0])
    ballots[29] = with_false_proof(paper, 29, VOTES[0])
    path = write_record(tmp_path / "b.bel", paper, ballots)
    with path.open("rb") as stream:
        entry = list(read_steps(stream))[18].parts[0]
    with pytest.raises(Refused, match="the proof is false") as caught:
        verify_archive(path, workers=2)
    assert caught.value.where.startswith(f"entry {entry.number} (")


def test_a_paper_without_ballots_is_right(paper: Paper, tmp_path: Path) -> None:
    report = verify_archive(write_record(tmp_path / "a.bel", paper, []))
    assert report.totals == [[0, 0, 0], [0, 0, 0]]


def test_a_list_that_is_not_sorted_is_no_fault(paper: Paper, ballots: list[str], tmp_path: Path) -> None:
    lie = Falsehood(credentials_raw=wire.encode(list(reversed(json.loads(paper.credentials_raw)))))
    assert verify_archive(write_record(tmp_path / "a.bel", paper, ballots, lie)).ballots == 3


def test_an_archive_that_is_not_final_is_not_yet_tallied(
    paper: Paper, ballots: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_unfinished(tmp_path / "a.bel", paper, ballots)
    assert main([str(path)]) == 2
    assert "not yet tallied" in capsys.readouterr().out
    assert main([str(path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["verdict"] == "incomplete"


def refused(path: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The verifier refuses, from Python and from the command line, with these words."""
    with pytest.raises(ProtocolError, match=words):
        verify_archive(path)
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.startswith("WRONG: ")
    assert main([str(path), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "wrong"
    assert set(said["fault"]) == {"where", "what"}


def stranger(paper: Paper) -> str:
    """A ballot rightly made by a key that nobody listed."""
    exponent = paper.group.random_exponent()
    foreign = replace(paper, exponents=(exponent,))
    return foreign.cast(0, VOTES[0])


def stolen(paper: Paper) -> str:
    """A ballot in a listed credential's name, signed by another key."""
    exponent = paper.group.random_exponent()
    foreign = replace(paper, exponents=(exponent,))
    signed = read_ballot(foreign.cast(0, VOTES[0])).signature
    target = read_ballot(paper.cast(3, VOTES[0]))
    proof = msgspec.structs.replace(target.signature, proof=signed.proof)
    return wire.encode(msgspec.structs.replace(target, signature=proof))


def lying_about_its_hash(paper: Paper) -> str:
    record = read_ballot(paper.cast(3, VOTES[0]))
    other = read_ballot(paper.cast(2, VOTES[0])).signature
    return wire.encode(msgspec.structs.replace(record, signature=other))


@pytest.mark.parametrize(
    ("stuffed", "words"),
    [
        (lambda paper: with_false_proof(paper, 3, VOTES[0]), "question 1, choice 1, individual proof: the proof is"),
        (lambda paper: with_overvote(paper, 3), "question 2, overall proof: the proof is false"),
        (stranger, "the credential is not in the list"),
        (stolen, "ballot, signature: the signature is false"),
        (lying_about_its_hash, "the hash in the signature is not the ballot's"),
        (lambda paper: paper.cast(0, VOTES[1]), "a second ballot of one credential"),
        (lambda paper: paper.cast(3, VOTES[0]) + " ", "not the canonical serialisation"),
        (lambda paper: make_paper(paper.group.name).cast(0, VOTES[0]), "another election"),
    ],
    ids=["proof", "overvote", "stranger", "stolen", "hash", "second", "space", "election"],
)
def test_a_bad_ballot_is_refused(
    paper: Paper,
    ballots: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    stuffed: Callable[[Paper], str],
    words: str,
) -> None:
    path = write_record(tmp_path / "a.bel", paper, ballots, Falsehood(tally_of=ballots))
    archive = rechain(path, tmp_path / "b.bel", extra_ballots=[stuffed(paper)])
    refused(archive, words, capsys)


def test_a_stuffed_ballot_that_is_not_tallied_is_refused(
    paper: Paper, ballots: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stuffed = [*ballots, paper.cast(3, VOTES[0])]
    refused(write_record(tmp_path / "a.bel", paper, stuffed, Falsehood(tally_of=ballots)), "does not count 4", capsys)
    lie = Falsehood(tally_of=ballots, number=4)
    refused(write_record(tmp_path / "b.bel", paper, stuffed, lie), "not the product of the ballots", capsys)


def test_a_dropped_ballot_is_refused(
    paper: Paper, ballots: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lie = Falsehood(tally_of=ballots)
    refused(write_record(tmp_path / "a.bel", paper, ballots[:2], lie), "does not count 2 ballots", capsys)
    lie = Falsehood(tally_of=ballots, number=2)
    refused(write_record(tmp_path / "b.bel", paper, ballots[:2], lie), "not the product of the ballots", capsys)


def test_a_ballot_cut_out_of_the_file_breaks_the_chain(
    paper: Paper, ballots: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_record(tmp_path / "a.bel", paper, ballots)
    with path.open("rb") as stream:
        steps = list(read_steps(stream))
    raw = path.read_bytes()
    path.write_bytes(raw[: steps[1].entry.end] + raw[steps[2].entry.end :])
    refused(path, "the chain is broken: height 3 where 2 must be", capsys)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"height": 7}, "the chain is broken: height 7"),
        ({"parent": "0" * 64}, "the chain is broken: the parent"),
        ({"parent": None}, "the chain is broken: the parent"),
        ({"type": "Result"}, "Result cannot come after Setup"),
        ({"type": "Shuffle"}, "not taken here"),
        ({"payload": "0" * 64}, "refers to data that is not just before it"),
        ({"payload": None}, "a payload is missing"),
    ],
)
def test_a_broken_chain_is_refused(
    paper: Paper,
    ballots: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    words: str,
) -> None:
    path = write_unfinished(tmp_path / "a.bel", paper, ballots[:1])
    refused(rechain(path, tmp_path / "b.bel", change_event=(1, change)), words, capsys)


def plus_one(result: str) -> str:
    totals = json.loads(result)
    totals["result"][0][0] += 1
    return wire.encode(totals)


def swapped(decryption: str) -> str:
    record = json.loads(decryption)
    record["decryption_factors"].reverse()
    record["decryption_proofs"].reverse()
    return wire.encode(record)


def false_factor(decryption: str) -> str:
    record = json.loads(decryption)
    factors = record["decryption_factors"]
    factors[0][0], factors[0][1] = factors[0][1], factors[0][0]
    return wire.encode(record)


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (Falsehood(result=plus_one), "the total of question 1, place 1 is not what was decrypted"),
        (Falsehood(result=lambda _: '{"result":[[1,1,1]]}'), "not one total for each place"),
        (Falsehood(result=lambda text: text.replace("[", "[ ", 1)), "not the canonical serialisation"),
        (Falsehood(decryption=false_factor), "the proof of the factor of question 1, place 1 is false"),
        (Falsehood(decryption=swapped), "the proof of the factor of question 1, place 1 is false"),
        (Falsehood(secrets=(5, 7)), "the proof of the factor of question 1, place 1 is false"),
        (Falsehood(owners=(1, 1)), "the owner is not a trustee, or has decrypted before"),
        (Falsehood(owners=(1, 3)), "the owner is not a trustee, or has decrypted before"),
        (Falsehood(owners=(0, 1)), "the owner is not a trustee, or has decrypted before"),
        (Falsehood(owners=(2, 1)), "the proof of the factor of question 1, place 1 is false"),
        (Falsehood(owners=(1,)), "trustee 2 has not decrypted, and is mandatory"),
    ],
)
def test_a_false_tally_is_refused(
    paper: Paper,
    ballots: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lie: Falsehood,
    words: str,
) -> None:
    refused(write_record(tmp_path / "a.bel", paper, ballots, lie), words, capsys)


def weighted(keys: Sequence[str]) -> list[str]:
    return [f"{keys[0]},2", *keys[1:]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (weighted, "carries a weight"),
        (lambda keys: [*keys, keys[0]], "listed twice"),
        (lambda keys: [*keys, "1"], "public credential 5"),
        (lambda keys: [*keys, "0" * 63 + "1"], "public credential 5"),
        (lambda keys: [*keys, 7], "not the JSON that is expected"),
    ],
)
def test_a_bad_list_of_credentials_is_refused(
    paper: Paper,
    ballots: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Sequence[str]], list[object]],
    words: str,
) -> None:
    lie = Falsehood(credentials_raw=wire.encode(change(json.loads(paper.credentials_raw))))
    refused(write_record(tmp_path / "a.bel", paper, ballots, lie), words, capsys)


def test_trustees_that_do_not_make_the_key_are_refused(
    paper: Paper, ballots: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = paper.trustees.keys
    other = new_trustee(paper.group)[1]
    lie = replace(TRUTH, trustees_raw=trustees_json([keys[0], other]))
    refused(write_record(tmp_path / "a.bel", paper, ballots, lie), "not the one that the trustees' keys make", capsys)
    forged = replace(keys[1], pok=keys[0].pok)
    lie = replace(TRUTH, trustees_raw=trustees_json([keys[0], forged]))
    words = "trustee 2: the proof of knowledge is false"
    refused(write_record(tmp_path / "b.bel", paper, ballots, lie), words, capsys)


def test_a_changed_byte_anywhere_in_the_archive_is_refused(paper: Paper, ballots: list[str], tmp_path: Path) -> None:
    path = write_record(tmp_path / "a.bel", paper, ballots)
    raw = path.read_bytes()
    for position in range(7, len(raw), len(raw) // 60):
        changed = bytearray(raw)
        changed[position] ^= 0x01
        path.write_bytes(changed)
        with pytest.raises(ProtocolError):
            verify_archive(path)


def test_an_archive_without_setup_or_content_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.bel"
    path.write_bytes(b"")
    refused(path, "archive: empty", capsys)
    assert main([str(tmp_path / "missing.bel")]) == 1
    assert "cannot be read (No such file or directory)" in capsys.readouterr().out


def test_control_letters_of_a_name_never_reach_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = [replace(make_paper("Ed25519", 1, 1).election.questions[1], text="\x1b[2J\u202eСовет")]
    paper = make_paper("Ed25519", 1, 1, questions)
    assert main([str(write_record(tmp_path / "a.bel", paper, [paper.cast(0, [(1, 0, 0)])]))]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_signature_of_the_identity_is_refused(paper: Paper, tmp_path: Path) -> None:
    record = read_ballot(paper.cast(0, VOTES[0]))
    one = public_credential(0, paper.group)
    record = msgspec.structs.replace(record, credential=one)
    text = resign(paper, 0, record)
    path = write_unfinished(tmp_path / "a.bel", paper, [text])
    with pytest.raises((Refused, Malformed), match="identity"):
        verify_archive(path)
