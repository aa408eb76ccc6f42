"""What programs say of an archive: ours, and those that nobody here wrote."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from demo.house import TERMINAL, TOP, House
from demo.report_types import Outcome, Verdict
from kiosk.effects.kept_acts import KeptActs
from kiosk.flows.contract import ActKind
from protocol.journal import read_journal

SECONDS = 600.0
JOURNAL, PACKAGE, ROOT = "journal.json", "package.dsse.json", "root.pem"


def verdicts(archive: Path, paper: str, group: str) -> tuple[Verdict, ...]:
    """Every program's word on one archive; a program that cannot judge the group is left out."""
    words = [_ours(archive, paper)]
    if group == "Ed25519":
        words.append(_sirona(archive, paper))
    if group == "BELENIOS-2048":
        words.append(_belenios(archive, paper))
    return tuple(words)


def _ours(archive: Path, paper: str) -> Verdict:
    done = _run([sys.executable, "-m", "protocol.verifier", str(archive)], TOP)
    return _verdict("verify", "this project", paper, done, done.returncode == 0)


def _sirona(archive: Path, paper: str) -> Verdict:
    program = TOP / ".tools" / "sirona" / "node_modules" / ".bin" / "sirona"
    if not program.exists():
        return _missing("sirona", paper, "not installed: ./run installs it with npm")
    # It reads the archive in its own folder, so that folder holds nothing else.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(archive, folder)
        done = _run([str(program), "election", "verify"], Path(folder))
    return _verdict("sirona", _version([str(program), "--version"]), paper, done, done.returncode == 0)


def _belenios(archive: Path, paper: str) -> Verdict:
    program = shutil.which("belenios-tool")
    if program is None:
        return _missing("belenios-tool", paper, "not installed: ./run installs it with apt")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(archive, folder)
        done = _run([program, "election", "verify", "--dir", folder], Path(folder))
    version = _version([program, "--version"])
    return _verdict("belenios-tool", version, paper, done, done.returncode == 0)


def collect_acts(house: House, folder: Path) -> None:
    """Copy what an observer needs to check the day's acts: the acts, the journal that they go with, package and root.

    Of acts of one kind the last one: power may have cut short what an earlier one was drawn up for.
    """
    device = house.election / "terminals" / TERMINAL
    shutil.copy(device / "journal" / f"{TERMINAL}.json", folder / JOURNAL)
    shutil.copy(house.election / "package" / PACKAGE, folder / PACKAGE)
    shutil.copy(house.election / ROOT, folder / ROOT)
    signed = [one.fields for one in read_journal((folder / JOURNAL).read_bytes()).records if one.event == "act_signed"]
    for kind, digest in {str(fields["act"]): str(fields["digest"]) for fields in signed}.items():
        shutil.copy(KeptActs(device / "acts").path(ActKind(kind), digest), folder / f"{kind}.dsse.json")


def act_verdicts(folder: Path) -> tuple[Verdict, ...]:
    """Our verifier's word on each act that was collected there."""
    return tuple(_act(folder, act) for act in sorted(folder.glob("*.dsse.json")) if act.name != PACKAGE)


def _act(folder: Path, act: Path) -> Verdict:
    beside = ["--journal", str(folder / JOURNAL), "--root", str(folder / ROOT), "--package", str(folder / PACKAGE)]
    done = _run([sys.executable, "-m", "protocol.verifier", *beside, "--act", str(act)], TOP)
    judged = _verdict("verify --act", "this project", act.name.removesuffix(".dsse.json"), done, done.returncode == 0)
    quorum = [line.removeprefix("quorum:").strip() for line in done.stdout.splitlines() if line.startswith("quorum:")]
    return msgspec.structs.replace(judged, subject="act", words="; ".join([*quorum, judged.words]))


def check_ballot(slip: str, archive: Path) -> tuple[int, str]:
    """`./run check-ballot` on a slip's text or picture: its exit status and words."""
    done = _run([sys.executable, "-m", "protocol.challenge", slip, "--archive", str(archive)], TOP)
    return done.returncode, (done.stdout + done.stderr).strip()


def _run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False, env=dict(os.environ)
    )


def _version(command: list[str]) -> str:
    return (_run(command, TOP).stdout.strip().splitlines() or ["?"])[0]


def _verdict(
    program: str, version: str, paper: str, done: "subprocess.CompletedProcess[str]", accepted: bool
) -> Verdict:
    words = (done.stdout.strip() or done.stderr.strip() or "it said nothing").splitlines()[-1]
    outcome = Outcome.ACCEPTED if accepted else Outcome.REFUSED
    return Verdict(program=program, version=version, paper_id=paper, outcome=outcome, words=words)


def _missing(program: str, paper: str, words: str) -> Verdict:
    return Verdict(program=program, version="", paper_id=paper, outcome=Outcome.NOT_RUN, words=words)
