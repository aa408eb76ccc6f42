"""A provisioned election for tests of the centre: voters with codes, terminals that seal, a centre in a process."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from protocol.ballot import encrypt, sign
from protocol.batch_interface import framed
from protocol.credentials import new_code, public_credential, secret_exponent
from protocol.documents.acknowledgement import Acknowledgement, open_acknowledgement
from protocol.documents.batch import BatchContext, SealedBatch, seal
from protocol.documents.certificates import Role, load_certificate
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.hpke import CentreKey
from protocol.documents.package import OpenedPackage, open_package
from protocol.election import Election, parse_election
from provisioning import credential_authority
from provisioning.election import build_election
from provisioning.source import moved_to, read_source

ROOT = Path(__file__).parents[2]
CHOICES: dict[str, Sequence[Sequence[int]]] = {
    "governor": [[0, 1, 0, 0, 0, 0]],
    "council": [[1, 1, 0, 0, 0, 0, 0, 0]],
    "referendum": [[1, 0], [0, 1]],
}
SECOND_PLACE = """
[[places]]
id = "0113"
title.ru = "Второй участок"
title.en = "Second place"
address.ru = "Там"
address.en = "There"
time_zone = "Europe/Moscow"
terminals = ["T-3"]
desks = ["D-2"]
voter_cards = 1

[[places.control_cards]]
id = "chair-2"
role = "chair"
name = "Кто-то"
pin = "111111"

[[places.control_cards]]
id = "secretary-2"
role = "secretary"
name = "Ещё кто-то"
pin = "222222"

[[places.control_cards]]
id = "member-2"
role = "voting_member"
name = "Третий"
pin = "333333"

[[places.credentials]]
style = "A"
count = 5
"""


@dataclass
class ElectionDay:
    """The provisioned election. `codes[place]` are credential codes of style A, used by `ballot` by number."""

    path: Path
    opened: OpenedPackage
    codes: dict[str, list[str]]
    elections: dict[str, Election] = field(init=False)

    def __post_init__(self) -> None:
        self.elections = {paper.paper_id: parse_election(paper.election) for paper in self.opened.package.papers}

    def signer(self, device: str) -> SoftwareSigner:
        return signer_in(self.path / "terminals" / device, "device")

    def ballot(
        self,
        voter: int,
        paper_id: str = "governor",
        place: str = "0112",
        choices: Sequence[Sequence[int]] | None = None,
    ) -> str:
        """A fresh ballot of a voter; another call makes another ballot of the same credential."""
        election = self.elections[paper_id]
        exponent = secret_exponent(self.codes[place][voter], election.uuid, election.group)
        public = public_credential(exponent, election.group)
        return sign(encrypt(election, public, choices or CHOICES[paper_id], os.urandom(32)), election, exponent)

    def context(self, device: str, sequence: int, previous: str | None, **changes: str) -> BatchContext:
        place = "0113" if device == "T-3" else "0112"
        values = {"terminal": device, "place": place, "package": self.opened.sha256, "mode": "test"} | changes
        return BatchContext(**values, sequence=sequence, previous=previous)

    @property
    def hpke_public(self) -> bytes:
        raw = bytes.fromhex((self.path / "centre" / "hpke.key").read_text())
        return CentreKey(raw).public_bytes()

    def tls(self, device: str = "T-1") -> ssl.SSLContext:
        folder = self.path / "terminals" / device
        context = ssl.create_default_context(cafile=str(self.path / "root.pem"))
        context.load_cert_chain(folder / "device.pem", folder / "device.key")
        return context

    def centre_trust(self, at: datetime | None = None) -> Trust:
        certificate = load_certificate(self.opened.package.centre.certificate)
        return self.opened.trust(Role.CENTRE, at or datetime.now(UTC), (certificate,))

    def acknowledgement(self, envelope: bytes) -> Acknowledgement:
        return open_acknowledgement(envelope, self.centre_trust())


@dataclass
class Terminal:
    """A terminal that chains its batches."""

    day: ElectionDay
    device: str
    sequence: int = 0
    previous: str | None = None

    def sealed(self, ballots: Mapping[str, Sequence[str]], **changes: str) -> SealedBatch:
        """The next batch of the chain."""
        context = self.day.context(self.device, self.sequence + 1, self.previous, **changes)
        batch = seal(ballots, context, self.day.signer(self.device), self.day.hpke_public)
        self.sequence, self.previous = self.sequence + 1, batch.header_sha256
        return batch


def signer_in(folder: Path, name: str) -> SoftwareSigner:
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return SoftwareSigner(load_certificate((folder / f"{name}.pem").read_bytes()), key)


def provision(path: Path) -> ElectionDay:
    """The demo's election, today, with a second polling place; credential codes are overheard as they are drawn."""
    source_file = path.with_suffix(".toml")
    source_file.write_text((ROOT / "assets/elections/demo.toml").read_text() + SECOND_PLACE)
    now = datetime.now(UTC)
    codes: list[str] = []

    def overheard() -> str:
        codes.append(new_code())
        return codes[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credential_authority, "new_code", overheard)
        build_election(moved_to(read_source(source_file), now.date()), path, "Ed25519", now, lambda _: None)
    root = load_certificate((path / "root.pem").read_bytes())
    opened = open_package((path / "package" / "package.dsse.json").read_bytes(), root)
    return ElectionDay(path, opened, {"0112": codes[:60], "0113": codes[100:105]})


@dataclass
class RunningCentre:
    """A centre in a process of its own."""

    day: ElectionDay
    process: subprocess.Popen[str]
    url: str

    def client(self, device: str = "T-1") -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.day.tls(device), trust_env=False, timeout=60)

    def post(self, batch: SealedBatch, device: str = "T-1") -> httpx.Response:
        with self.client(device) as client:
            return client.post("/batches", content=framed(batch.header_envelope, batch.sealed))

    def get(self, path: str) -> Any:
        with self.client() as client:
            response = client.get(path)
        assert response.status_code == 200, response.text
        return json.loads(response.content)

    def accepted(self) -> dict[str, int]:
        return {paper["paper_id"]: paper["accepted"] for paper in self.get("/status")["papers"]}

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


def central(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `python -m central` to its end."""
    command = [sys.executable, "-m", "central", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def running_centre(
    day: ElectionDay,
    data: Path,
    *,
    port: int = 0,
    round_seconds: float = 0.2,
    program: Sequence[str] = ("central",),
) -> Iterator[RunningCentre]:
    """A centre that serves `data`; ended with the block however the block ends.

    `program` is the module to run, and what it wants before the command.
    """
    command = [sys.executable, "-m", *program, "serve", "--data", str(data), "--port", str(port)]
    command += ["--round-seconds", str(round_seconds), "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    # Read to the end, or a full pipe would stop the centre.
    listening = threading.Thread(target=lambda: said.extend(process.stderr or ()))
    listening.start()
    try:
        line = process.stdout.readline()
        if not line.startswith("centre ready: "):
            process.wait(30)
            listening.join(30)
            raise AssertionError(f"the centre did not start: {line}{''.join(said)}")
        yield RunningCentre(day, process, line.split()[2])
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        listening.join(30)
        # Shown only when the test fails.
        print("".join(said))
        process.stdout.close()
        process.stderr.close()
