"""The centre as terminals meet it: a real process, real TLS, batches of a provisioned election."""

import json
import os
import select
import shutil
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from central.app import BATCHES
from protocol.archive import read_archive
from protocol.ballot import encrypt, sign
from protocol.batch_interface import RefusalCode, framed
from protocol.credentials import public_credential
from protocol.documents import dsse
from protocol.documents.acknowledgement import Reason, Status
from protocol.documents.batch import PAYLOAD_TYPE, BatchContext, BatchHeader, SealedBatch, seal
from protocol.documents.hpke import seal_to_centre
from protocol.documents.payload import encode, sha256
from tests.interop.centre_setting import (
    ElectionDay,
    RunningCentre,
    Terminal,
    central,
    provision,
    running_centre,
    signer_in,
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ElectionDay:
    return provision(tmp_path_factory.mktemp("centre") / "election")


@pytest.fixture
def data(day: ElectionDay, tmp_path: Path) -> Path:
    return Path(shutil.copytree(day.path / "centre", tmp_path / "data"))


@pytest.fixture
def centre(day: ElectionDay, data: Path) -> Iterator[RunningCentre]:
    with running_centre(day, data) as running:
        yield running


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, json.loads(response.content)["error"]


def test_a_good_batch_is_accepted_and_repeated_with_the_same_answer(day: ElectionDay, centre: RunningCentre) -> None:
    terminal = Terminal(day, "T-1")
    batch = terminal.sealed({"governor": [day.ballot(0), day.ballot(1)], "council": [day.ballot(0, "council")]})
    first, second = centre.post(batch), centre.post(batch)
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    answer = day.acknowledgement(first.content)
    assert (answer.status, answer.accepted, answer.refused) == (Status.ACCEPTED, 3, ())
    assert (answer.terminal, answer.sequence, answer.header_sha256) == ("T-1", 1, batch.header_sha256)
    assert centre.accepted() == {"governor": 2, "council": 1, "referendum": 0}
    with centre.client() as client:
        assert client.get("/batches/T-1/1.json").content == batch.header_envelope
        assert client.get("/batches/T-1/1.acknowledgement.json").content == first.content
        assert client.get("/batches/T-1/2.json").status_code == 404
    assert [line["sequence"] for line in centre.get("/batches")] == [1]


def test_another_batch_under_a_taken_sequence_is_refused_and_recorded(day: ElectionDay, centre: RunningCentre) -> None:
    assert centre.post(Terminal(day, "T-1").sealed({"governor": [day.ballot(0)]})).status_code == 200
    other = Terminal(day, "T-1").sealed({"governor": [day.ballot(1)]})
    assert refusal(centre.post(other)) == (409, RefusalCode.SEQUENCE_TAKEN)
    assert refusal(centre.post(other)) == (409, RefusalCode.SEQUENCE_TAKEN)
    assert centre.get("/incidents.json") == [
        {
            "kind": "sequence_taken",
            "terminal": "T-1",
            "sequence": 1,
            "header_sha256": other.header_sha256,
            "times": 2,
        }
    ]
    assert centre.accepted()["governor"] == 1


def test_a_gap_and_a_broken_chain_are_refused(day: ElectionDay, centre: RunningCentre) -> None:
    terminal = Terminal(day, "T-1")
    first, second = (terminal.sealed({"governor": [day.ballot(voter)]}) for voter in (0, 1))
    early = centre.post(second)
    assert refusal(early) == (409, RefusalCode.SEQUENCE_GAP)
    assert json.loads(early.content)["expected"] == 1
    assert centre.post(first).status_code == 200
    stranger = Terminal(day, "T-1", 1, "0" * 64).sealed({"governor": [day.ballot(1)]})
    assert refusal(centre.post(stranger)) == (409, RefusalCode.BROKEN_CHAIN)
    assert centre.post(second).status_code == 200
    assert centre.accepted()["governor"] == 2


def test_only_a_terminal_of_the_package_may_sign(day: ElectionDay, centre: RunningCentre) -> None:
    ballots = {"governor": [day.ballot(0)]}
    desk = day.path / "desks" / "D-1"
    by_desk = seal(ballots, day.context("D-1", 1, None), signer_in(desk, "device"), day.hpke_public)
    assert refusal(centre.post(by_desk)) == (403, RefusalCode.SIGNER)
    # T-2 signs in the name of T-1.
    by_other = seal(ballots, day.context("T-1", 1, None), day.signer("T-2"), day.hpke_public)
    assert refusal(centre.post(by_other)) == (403, RefusalCode.SIGNER)
    at_other_place = Terminal(day, "T-1").sealed(ballots, place="0113")
    assert refusal(centre.post(at_other_place)) == (403, RefusalCode.SIGNER)
    assert centre.get("/batches") == []


def test_mode_and_package_must_be_the_centres(day: ElectionDay, centre: RunningCentre) -> None:
    ballots = {"governor": [day.ballot(0)]}
    assert refusal(centre.post(Terminal(day, "T-1").sealed(ballots, mode="official"))) == (403, RefusalCode.MODE)
    assert refusal(centre.post(Terminal(day, "T-1").sealed(ballots, package="0" * 64))) == (403, RefusalCode.PACKAGE)
    assert [incident["kind"] for incident in centre.get("/incidents.json")] == ["mode", "package"]
    # Neither used up the number.
    assert centre.post(Terminal(day, "T-1").sealed(ballots)).status_code == 200


def test_a_false_proof_costs_one_ballot_not_the_others(day: ElectionDay, centre: RunningCentre) -> None:
    good, bad = day.ballot(0), day.ballot(1)
    record = json.loads(bad)
    response = record["signature"]["proof"]["response"]
    record["signature"]["proof"]["response"] = response[:-1] + ("1" if response[-1] != "1" else "2")
    false = json.dumps(record, separators=(",", ":"))
    batch = Terminal(day, "T-1").sealed({"governor": [good, false, day.ballot(2).replace(" ", "") + " "]})
    answer = day.acknowledgement(centre.post(batch).content)
    assert (answer.status, answer.accepted) == (Status.ACCEPTED, 1)
    assert {one.reason for one in answer.refused} == {Reason.PROOF_FALSE, Reason.MALFORMED}
    # The true ballot of the same credential may still come.
    second = seal({"governor": [bad]}, day.context("T-1", 2, batch.header_sha256), day.signer("T-1"), day.hpke_public)
    assert day.acknowledgement(centre.post(second).content).accepted == 1


def test_the_first_ballot_of_a_credential_stands_and_the_second_is_published(
    day: ElectionDay, centre: RunningCentre
) -> None:
    first, second = day.ballot(0), day.ballot(0)
    one = Terminal(day, "T-1").sealed({"governor": [first]})
    two = Terminal(day, "T-2").sealed({"governor": [second], "referendum": [day.ballot(0, "referendum")]})
    assert day.acknowledgement(centre.post(one).content).accepted == 1
    answer = day.acknowledgement(centre.post(two, "T-2").content)
    assert (answer.accepted, [refused.reason for refused in answer.refused]) == (1, [Reason.CREDENTIAL_USED])
    (conflict,) = centre.get("/conflicts.json")
    assert (conflict["accepted_terminal"], conflict["refused_terminal"]) == ("T-1", "T-2")
    assert conflict["accepted_code"] == json.loads(first)["signature"]["hash"]
    assert conflict["refused_code"] == json.loads(second)["signature"]["hash"]


def test_the_very_same_ballot_by_another_terminal_is_accepted_already(day: ElectionDay, centre: RunningCentre) -> None:
    ballot = day.ballot(0)
    for device in ("T-1", "T-2"):
        answer = day.acknowledgement(centre.post(Terminal(day, device).sealed({"governor": [ballot]}), device).content)
        assert (answer.status, answer.accepted) == (Status.ACCEPTED, 1)
    assert centre.accepted()["governor"] == 1
    assert centre.get("/conflicts.json") == []


def test_credentials_of_another_place_and_of_none_are_refused(day: ElectionDay, centre: RunningCentre) -> None:
    election = day.elections["governor"]
    public = public_credential(12345, election.group)
    invented = sign(encrypt(election, public, [[1, 0, 0, 0, 0, 0]], b"s" * 32), election, 12345)
    batch = Terminal(day, "T-1").sealed(
        {"governor": [day.ballot(0, place="0113"), invented, day.ballot(0)], "nothing": [day.ballot(1)]}
    )
    answer = day.acknowledgement(centre.post(batch).content)
    assert answer.accepted == 1
    assert sorted(one.reason for one in answer.refused) == [
        Reason.CREDENTIAL_ELSEWHERE,
        Reason.CREDENTIAL_UNKNOWN,
        Reason.PAPER_UNKNOWN,
    ]
    there = Terminal(day, "T-3").sealed({"governor": [day.ballot(0, place="0113")]})
    assert day.acknowledgement(centre.post(there, "T-3").content).accepted == 1


def test_a_batch_that_cannot_be_opened_is_quarantined_and_the_chain_goes_on(
    day: ElectionDay, centre: RunningCentre
) -> None:
    context = day.context("T-1", 1, None)
    rubbish = _sealed_rubbish(day, context)
    first = centre.post(rubbish)
    answer = day.acknowledgement(first.content)
    assert (answer.status, answer.accepted, answer.refused) == (Status.QUARANTINED, 0, ())
    assert centre.post(rubbish).content == first.content
    second = Terminal(day, "T-1", 1, rubbish.header_sha256).sealed({"governor": [day.ballot(0)]})
    assert day.acknowledgement(centre.post(second).content).accepted == 1


def test_rubbish_and_transport_damage_are_told_apart_from_batches(day: ElectionDay, centre: RunningCentre) -> None:
    batch = Terminal(day, "T-1").sealed({"governor": [day.ballot(0)]})
    with centre.client() as client:
        assert refusal(client.post("/batches", content=b"")) == (400, RefusalCode.MALFORMED)
        assert refusal(client.post("/batches", content=b"PTB1\0\0\0\5hello")) == (400, RefusalCode.MALFORMED)
    damaged = type(batch)(batch.header_envelope, batch.sealed[:-1] + b"\0\0", batch.header_sha256)
    assert refusal(centre.post(damaged)) == (400, RefusalCode.MALFORMED)
    assert centre.post(batch).status_code == 200


@contextmanager
def begun(day: ElectionDay, url: str, body: bytes) -> Iterator[ssl.SSLSocket]:
    """A connection on which a terminal has begun to send a batch of a hundred million bytes, with `body`."""
    host, port = url.removeprefix("https://").split(":")
    head = f"POST /batches HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000000\r\n\r\n"
    with (
        socket.create_connection((host, int(port)), timeout=30) as plain,
        day.tls().wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.sendall(head.encode() + body)
        yield connection


def first_answer(connections: list[ssl.SSLSocket]) -> bytes:
    """What comes first on any of the connections."""
    for connection in connections:
        connection.setblocking(False)
    while readable := select.select(connections, [], [], 30)[0]:
        for connection in readable:
            # TLS itself sends tickets, which are not an answer.
            with suppress(ssl.SSLWantReadError):
                return connection.recv(100)
    raise AssertionError("no answer")


def test_a_header_that_no_terminal_signed_is_answered_before_the_rest_has_come(
    day: ElectionDay, centre: RunningCentre
) -> None:
    ballots = {"governor": [day.ballot(0)]}
    by_other = seal(ballots, day.context("T-1", 1, None), day.signer("T-2"), day.hpke_public)
    with begun(day, centre.url, framed(by_other.header_envelope, b"s")) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_only_so_many_batches_are_held_at_once(day: ElectionDay, centre: RunningCentre) -> None:
    batch = Terminal(day, "T-1").sealed({"governor": [day.ballot(0)]})
    begin = framed(batch.header_envelope, b"s")
    with ExitStack() as held:
        waiting = [held.enter_context(begun(day, centre.url, begin)) for _ in range(BATCHES + 1)]
        # One of them came when the others had taken all places.
        assert first_answer(waiting).startswith(b"HTTP/1.1 503 ")
        assert refusal(centre.post(batch)) == (503, RefusalCode.BUSY)
    # They hang up, and their places are free again.
    while (answer := centre.post(batch)).status_code == 503:
        pass
    assert day.acknowledgement(answer.content).accepted == 1


def test_the_certificate_of_an_authority_does_not_open_the_door(day: ElectionDay, centre: RunningCentre) -> None:
    authority = day.path / "authority"
    for name in ("election_authority", "credential_authority"):
        context = ssl.create_default_context(cafile=str(day.path / "root.pem"))
        context.load_cert_chain(authority / f"{name}.pem", authority / f"{name}.key")
        client = httpx.Client(base_url=centre.url, verify=context, trust_env=False)
        with client, pytest.raises(httpx.HTTPError):
            client.get("/status")


def test_nobody_without_a_certificate_of_the_election_comes_in(day: ElectionDay, centre: RunningCentre) -> None:
    stranger = ssl.create_default_context(cafile=str(day.path / "root.pem"))
    with httpx.Client(base_url=centre.url, verify=stranger, trust_env=False) as client, pytest.raises(httpx.HTTPError):
        client.get("/status")


def test_rounds_merge_terminals_sorted_by_code(day: ElectionDay, data: Path) -> None:
    with running_centre(day, data, round_seconds=3600) as centre:
        for device, voters in (("T-1", (0, 1, 2)), ("T-2", (3, 4, 5))):
            batch = Terminal(day, device).sealed({"governor": [day.ballot(voter) for voter in voters]})
            assert centre.post(batch, device).status_code == 200
        uuid = day.elections["governor"].uuid
        with centre.client() as client:
            before = client.get(f"/archives/{uuid}.bel")
        assert before.status_code == 200
        centre.stop()
    archive = data / "archives" / f"{uuid}.bel"
    codes = [json.loads(ballot)["signature"]["hash"] for ballot in read_archive(archive).ballots]
    assert len(codes) == 6
    assert codes == sorted(codes)
    assert archive.read_bytes().startswith(before.content)


def test_a_verifying_process_that_dies_costs_a_repetition(day: ElectionDay, centre: RunningCentre) -> None:
    terminal = Terminal(day, "T-1")
    assert centre.post(terminal.sealed({"governor": [day.ballot(0)]})).status_code == 200
    for child in verifying_processes(centre.process.pid):
        os.kill(child, signal.SIGKILL)
    batch = terminal.sealed({"governor": [day.ballot(voter) for voter in range(1, 40)]})
    answers = [centre.post(batch) for _ in range(3)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert day.acknowledgement(answers[-1].content).accepted == 39


def verifying_processes(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_an_occupied_port_is_explained(day: ElectionDay, data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = central("serve", "--data", data, "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is occupied" in done.stderr
    assert "Traceback" not in done.stderr


def _sealed_rubbish(day: ElectionDay, context: BatchContext) -> SealedBatch:
    """What a broken terminal might sign: sealed to the right key, but nothing that is a batch."""
    sealed = seal_to_centre(day.hpke_public, bytes(65536), context.info())
    values = {name: getattr(context, name) for name in context.__struct_fields__}
    payload = encode(BatchHeader(**values, sealed_sha256=sha256(sealed)))
    return SealedBatch(dsse.sign(PAYLOAD_TYPE, payload, [day.signer("T-1")]), sealed, sha256(payload))
