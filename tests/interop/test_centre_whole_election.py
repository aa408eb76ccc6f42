"""From ballots in a terminal to the verified result: sealing, upload, rounds, tally, trustees."""

import json
import os
import shutil
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.effects.nursery import nursery
from kiosk.sync.loop import UploadLoop
from kiosk.sync.sealing import SealingJob, seal_in_process
from kiosk.sync.upload import Delivered, NoLink, PendingBatch, Uploader, UploadResult
from protocol.archive import read_archive
from protocol.documents.acknowledgement import Acknowledgement
from protocol.verifier import verify_archive
from tests.interop.centre_setting import CHOICES, ElectionDay, central, provision, running_centre


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ElectionDay:
    return provision(tmp_path_factory.mktemp("whole") / "election")


@dataclass
class Batches:
    """A store of sealed batches, as far as upload knows one."""

    all: list[PendingBatch] = field(default_factory=list)
    answered: dict[int, Acknowledgement] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)

    def first_pending(self) -> PendingBatch | None:
        return next((batch for batch in self.all if batch.sequence not in self.answered), None)

    def batch(self, sequence: int) -> PendingBatch | None:
        return next((batch for batch in self.all if batch.sequence == sequence), None)

    def mark_sent(self, sequence: int) -> None:
        self.sent.append(sequence)

    def store_acknowledgement(self, sequence: int, envelope: bytes, acknowledgement: Acknowledgement) -> None:
        self.answered[sequence] = acknowledgement


def seal_all(day: ElectionDay, device: str, rounds: Sequence[dict[str, list[str]]]) -> Batches:
    batches, previous = Batches(), None
    for sequence, ballots in enumerate(rounds, 1):
        job = SealingJob(day.context(device, sequence, previous), day.hpke_public, ballots)
        sealed = seal_in_process(job, day.signer(device), nursery())
        number = sum(len(some) for some in ballots.values())
        batches.all.append(PendingBatch(sequence, number, sealed.header_envelope, sealed.sealed))
        previous = sealed.header_sha256
    return batches


def uploader(day: ElectionDay, device: str, url: str, batches: Batches) -> Uploader:
    return Uploader(url, day.tls(device), trust_at=day.centre_trust, now=lambda: datetime.now(UTC), batches=batches)


def test_a_small_election_from_sealing_to_the_verified_result(day: ElectionDay, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    one = seal_all(
        day,
        "T-1",
        [
            {"governor": [day.ballot(voter) for voter in (0, 1)], "council": [day.ballot(0, "council")]},
            {"governor": [day.ballot(2)], "referendum": [day.ballot(voter, "referendum") for voter in (0, 1, 2)]},
        ],
    )
    other = seal_all(day, "T-2", [{"governor": [day.ballot(3, choices=[[1, 0, 0, 0, 0, 0]])]}])
    with running_centre(day, data) as centre:
        results = [uploader(day, "T-1", centre.url, one).run_once() for _ in range(2)]
        assert results == [Delivered(1, 3, 0), Delivered(2, 4, 0)]
        url, port = centre.url, int(centre.url.rpartition(":")[2])
        centre.stop()

    # The network is away; the loop keeps trying until a centre is there, and ends when it is told to.
    told: list[UploadResult] = []
    failed, delivered = threading.Event(), threading.Event()

    def tell(result: UploadResult) -> None:
        told.append(result)
        (delivered if isinstance(result, Delivered) else failed).set()

    loop = UploadLoop(uploader(day, "T-2", url, other), tell, lambda: 0.0)
    loop.start()
    try:
        assert failed.wait(30)
        with running_centre(day, data, port=port) as centre:
            loop.wake()
            assert delivered.wait(30)
            centre.stop()
    finally:
        assert loop.stop()
    assert isinstance(told[0], NoLink)

    tallied = central("tally", "--data", data)
    assert tallied.returncode == 1
    assert "council: 1 ballots are fewer than the 3 that a tally needs" in tallied.stderr
    assert "governor: 4 ballots tallied" in tallied.stdout

    authority = ("--package", day.path / "package" / "package.dsse.json", "--root", day.path / "root.pem")
    for trustee in ("commission", "council"):
        secret = day.path / "trustees" / f"{trustee}.json"
        for paper_id in ("governor", "referendum"):
            archive = data / "archives" / f"{day.elections[paper_id].uuid}.bel"
            out = tmp_path / f"{trustee}-{paper_id}.json"
            done = central("decrypt", "--archive", archive, "--trustee", secret, *authority, "--out", out)
            assert done.returncode == 0, done.stderr
        unfinished = data / "archives" / f"{day.elections['council'].uuid}.bel"
        refused = central("decrypt", "--archive", unfinished, "--trustee", secret, *authority, "--out", tmp_path / "no")
        assert refused.returncode == 1
        assert "there is no encrypted tally in it yet" in refused.stderr
        assert not (tmp_path / "no").exists()

    halfway = central("result", "--data", data, "--decryption", tmp_path / "commission-governor.json")
    assert halfway.returncode == 1
    assert "decryptions of these trustees are missing: 2" in halfway.stderr
    for _ in range(2):
        final = central("result", "--data", data, "--decryption", *sorted(tmp_path.glob("*-*.json")))
        assert final.returncode == 0, final.stderr

    governor = verify_archive(data / "archives" / f"{day.elections['governor'].uuid}.bel")
    assert governor.totals == [[1, 3, 0, 0, 0, 0]]
    referendum = verify_archive(data / "archives" / f"{day.elections['referendum'].uuid}.bel")
    assert referendum.totals == [[3 * mark for mark in row] for row in CHOICES["referendum"]]
    council = verify_archive(data / "archives" / f"{day.elections['council'].uuid}.bel")
    assert council.totals is None
    assert council.ballots == 1


def test_a_paper_that_is_counted_takes_no_more_ballots(day: ElectionDay, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    batches = seal_all(
        day, "T-1", [{"governor": [day.ballot(voter) for voter in range(3)]}, {"governor": [day.ballot(3)]}]
    )
    with running_centre(day, data) as centre:
        uploader(day, "T-1", centre.url, batches).run_once()
        refused = central("tally", "--data", data)
        assert refused.returncode == 1
        assert "in use by another program of the centre" in refused.stderr
        centre.stop()
    assert central("tally", "--data", data).returncode == 1
    with running_centre(day, data) as centre:
        result = uploader(day, "T-1", centre.url, batches).run_once()
        assert "takes no more ballots" in str(result)
        assert [incident["kind"] for incident in centre.get("/incidents.json")] == ["closed"]
    assert batches.first_pending() is not None


def test_second_ballots_need_an_act_before_the_tally(day: ElectionDay, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    one = seal_all(day, "T-1", [{"governor": [day.ballot(voter) for voter in range(3)]}])
    two = seal_all(day, "T-2", [{"governor": [day.ballot(0)]}])
    with running_centre(day, data) as centre:
        uploader(day, "T-1", centre.url, one).run_once()
        assert uploader(day, "T-2", centre.url, two).run_once() == Delivered(1, 0, 1)
        centre.stop()
    assert "name the act that settled this" in central("tally", "--data", data).stderr
    assert "governor: 3 ballots tallied" in central("tally", "--data", data, "--act", "Act 7 of 0112").stdout


@pytest.mark.slow
def test_a_centre_killed_at_any_moment_counts_every_ballot_once(day: ElectionDay, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    batches = seal_all(
        day,
        "T-1",
        [{"governor": [day.ballot(voter) for voter in range(start, start + 5)]} for start in range(0, 60, 5)],
    )
    for turn in range(8):
        with running_centre(day, data, round_seconds=0.05) as centre:
            sender = uploader(day, "T-1", centre.url, batches)
            killer = threading.Timer(0.1 + turn * 0.15, centre.kill)
            killer.start()
            while not isinstance(sender.run_once(), NoLink) and batches.first_pending():
                pass
            killer.join()
    with running_centre(day, data) as centre:
        sender = uploader(day, "T-1", centre.url, batches)
        while batches.first_pending():
            assert isinstance(sender.run_once(), Delivered)
        assert centre.accepted()["governor"] == 60
        centre.stop()
    assert all(answer.accepted == 5 for answer in batches.answered.values())
    archive = read_archive(data / "archives" / f"{day.elections['governor'].uuid}.bel")
    codes = [json.loads(ballot)["signature"]["hash"] for ballot in archive.ballots]
    assert len(codes) == len(set(codes)) == 60


@pytest.mark.parametrize("point", ["before", "within", "after"])
def test_a_centre_that_dies_around_its_transaction_answers_the_retry_truly(
    day: ElectionDay, tmp_path: Path, point: str
) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    batches = seal_all(day, "T-1", [{"governor": [day.ballot(voter) for voter in range(3)]}])
    with running_centre(day, data, program=("tests.interop.dying_centre", point)) as centre:
        assert isinstance(uploader(day, "T-1", centre.url, batches).run_once(), NoLink)
        assert centre.process.wait(30) == -signal.SIGKILL
    with running_centre(day, data) as centre:
        assert centre.accepted()["governor"] == (3 if point == "after" else 0)
        assert uploader(day, "T-1", centre.url, batches).run_once() == Delivered(1, 3, 0)
        assert centre.accepted()["governor"] == 3


def test_a_centre_killed_while_it_verifies_gives_the_retry_a_true_answer(day: ElectionDay, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    batches = seal_all(day, "T-1", [{"council": [day.ballot(voter, "council") for voter in range(20)]}])
    with running_centre(day, data) as centre:
        with centre.client() as client:
            sending = threading.Thread(target=uploader(day, "T-1", centre.url, batches).run_once)
            sending.start()
            while not client.get("/status").json()["verifying"] and sending.is_alive():
                os.sched_yield()
        centre.kill()
        sending.join(30)
    with running_centre(day, data) as centre:
        if batches.first_pending() is not None:
            assert uploader(day, "T-1", centre.url, batches).run_once() == Delivered(1, 20, 0)
        assert centre.accepted()["council"] == 20
