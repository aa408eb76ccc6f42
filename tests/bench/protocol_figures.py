"""The performance figures of the protocol: encrypting against bare libsodium, verifying against other programs."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from nacl import bindings

from protocol import group as group_module
from protocol.election import Question
from tests.bench.figure import Figure
from tests.factories.records import VOTES, Paper, make_paper, write_record

ROOT = Path(__file__).parents[2]
BELENIOS_TOOL = "/usr/bin/belenios-tool"
SIRONA = ROOT / ".tools/sirona/node_modules/.bin/sirona"
OPERATIONS = (
    "crypto_core_ed25519_add",
    "crypto_core_ed25519_is_valid_point",
    "crypto_core_ed25519_sub",
    "crypto_scalarmult_ed25519_base_noclamp",
    "crypto_scalarmult_ed25519_noclamp",
)
CONTESTS = 10
BALLOTS = 200
RUNS = 9


def encrypting() -> float:
    """The time of encrypting one vote, 5 of 10 chosen in each of 10 contests, over that of its libsodium calls."""
    questions = [Question(tuple(f"{number}" for number in range(10)), 0, 5, False, "") for _ in range(CONTESTS)]
    paper = make_paper("Ed25519", 1, 1, questions)
    choices = [[1] * 5 + [0] * 5] * CONTESTS
    calls = _recorded(lambda: paper.encrypt(0, choices))
    ratios = []
    for _ in range(RUNS):
        bare = _seconds(lambda: _replay(calls))
        ratios.append(_seconds(lambda: paper.encrypt(0, choices)) / bare)
    return median(ratios)


def _recorded(work: Callable[[], object]) -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """The libsodium calls that `work` makes, with their arguments."""
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def spy(operation: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(*arguments: Any) -> Any:
            calls.append((operation, arguments))
            return operation(*arguments)

        return recorded

    originals = {name: getattr(bindings, name) for name in OPERATIONS}
    try:
        for name, operation in originals.items():
            setattr(group_module, name, spy(operation))
        work()
    finally:
        for name, operation in originals.items():
            setattr(group_module, name, operation)
    return calls


def _replay(calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]) -> None:
    for operation, arguments in calls:
        operation(*arguments)


def verifying(group_name: str, foreign: Sequence[str]) -> float:
    """How many times as fast our verifier's program is as `foreign`, both judging one archive, start included."""
    if not Path(foreign[0]).exists():
        raise FileNotFoundError(f"{foreign[0]} is needed for this figure")
    paper: Paper = make_paper(group_name, voters=BALLOTS)
    ballots = [paper.cast(voter, VOTES[voter % len(VOTES)]) for voter in range(BALLOTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_record(folder / "election.bel", paper, ballots)
        command = [sys.executable, "-m", "protocol.verifier", str(path)]
        ours = median(_seconds(lambda: _run(command, ROOT)) for _ in range(3))
        theirs = _seconds(lambda: _run(foreign, folder))
    return theirs / ours


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


FIGURES = (
    Figure("encrypt + prove, 50 selections in 10 contests, to its bare libsodium operations", encrypting, 1.3, "less"),
    Figure(
        "verify an archive, times as fast as belenios-tool",
        partial(verifying, "BELENIOS-2048", (BELENIOS_TOOL, "election", "verify")),
        3.0,
        "more",
    ),
    Figure(
        "verify an archive, times as fast as sirona",
        partial(verifying, "Ed25519", (str(SIRONA), "election", "verify")),
        30.0,
        "more",
    ),
)
