"""The window's figures: how long it keeps people waiting over a played day, how soon it is there, what memory it takes.

Waits are in milliseconds against a bar in milliseconds, memory in MiB: these bars are people's, not a machine's. So
they mean something only on a machine that has nothing else to do; `load` says when it had.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from provisioning.election import build_election
from provisioning.source import read_source
from tests.bench.figure import Figure
from tests.bench.process_state import process_state
from tests.bench.station import more_cards, open_station

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "assets" / "elections" / "demo.toml"
VOTERS = 12
SEED = 7
STARTS = 7
SESSIONS = 500
FIRST_SESSIONS = 100
"""What a program learns once it has learnt by then."""
SESSIONS_A_LOOK = 50


@cache
def _played() -> dict[str, Any]:
    """A day at the terminal: opening, voters, closing."""
    with open_station(_quiet, stopwatch=True) as station:
        station.vote(station.voters(VOTERS, SEED))
        station.close_polls()
        return station.eye.figures()


def _quiet(_what: str) -> None:
    """Nobody is told of provisioning."""


def longest_wait() -> float:
    """Milliseconds of the longest stall of the window's thread, other programs' turns at the core included."""
    figures = _played()
    for stall in figures["stalls"][:5]:
        kept = f"of them {stall['kept_ms']} waiting for a core"
        print(f"bench:   {stall['ms']} ms at “{stall['screen']}”, {kept}", file=sys.stderr)
    return float(figures["waits"]["longest"])


def usual_wait() -> float:
    """Milliseconds that 99 of 100 moments of the day do not wait longer than: a moment every four milliseconds.

    The scripted hand presses several times as often as people do, so more moments fall into work than on a real day.
    """
    return float(_played()["waits"]["p99"])


def longest_turn() -> float:
    """Milliseconds of a core that the window's thread works at most before it looks at what came in meanwhile."""
    return float(_played()["turns"]["longest"])


def usual_turn() -> float:
    """The same that 99 of 100 turns of Qt's loop do not need longer than; turns without work are not among them."""
    figures = _played()["turns"]
    print(f"bench:   {figures['number']} turns, half of them within {figures['median']} ms", file=sys.stderr)
    return float(figures["p99"])


def pressed() -> float:
    """Milliseconds from a finger to the button painted as pressed, the longest of the day."""
    return float(_played()["pressed"]["longest"])


def answered() -> float:
    """Milliseconds from a choice to the next view painted, the longest of the day."""
    return float(_played()["answered"]["longest"])


@cache
def _starts() -> tuple[float, float, float]:
    """Seconds from process start to an empty window, to the terminal's first screen, and to its first usable one.

    Started in turn, and the quickest of each counts: what other programs take of the machine only ever adds.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        election = Path(name) / "election"
        build_election(read_source(SOURCE), election, "Ed25519", datetime.now(UTC), _quiet)
        device = ["--device", str(election / "terminals" / "T-1")]
        # The first start of all makes the store.
        _first_paint(["usable", *device])
        rounds = [
            (_first_paint(["empty"]), _first_paint(["first", *device]), _first_paint(["usable", *device]))
            for _ in range(STARTS)
        ]
        empty, first, usable = (min(seconds) for seconds in zip(*rounds, strict=True))
        return empty, first, usable


def starting() -> float:
    """The time from process start to the first screen, «Терминал включается», over that of an empty PySide6 window."""
    empty, first, usable = _starts()
    words = f"an empty window {empty:.2f} s, the first screen {first:.2f} s, the first to press on {usable:.2f} s"
    print(f"bench:   {words}", file=sys.stderr)
    return first / empty


def _first_paint(arguments: Sequence[str]) -> float:
    environment = dict(os.environ) | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.bench.first_screen", *arguments]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    seconds = time.perf_counter() - began
    if done.stdout != "painted\n":
        raise RuntimeError(f"the first screen did not come: {done.stderr.strip()[-300:]}")
    return seconds


@cache
def _resident() -> tuple[float, float]:
    """MiB that the terminal's process has after the first sessions, and after all of them."""
    with open_station(_quiet, more_cards(SESSIONS)) as station:
        voters = station.voters(SESSIONS, SEED)
        pid = station.house.terminal_pid
        assert pid is not None
        sizes = {}
        for done in range(0, SESSIONS, SESSIONS_A_LOOK):
            station.vote(voters[done : done + SESSIONS_A_LOOK], quickly=True)
            state = process_state(pid, station.eye)
            sizes[done + SESSIONS_A_LOOK] = state.resident
            held = (
                f"{state.objects} objects, {state.qt_objects} of Qt, {len(state.files)} files, {state.threads} threads"
            )
            words = f"{state.resident:.1f} MiB, of them its own {state.own:.1f}; {held}, {state.processes} processes"
            print(f"bench:   after {done + SESSIONS_A_LOOK} sessions {words}", file=sys.stderr, flush=True)
        return sizes[FIRST_SESSIONS], sizes[SESSIONS]


def memory() -> float:
    """MiB of the terminal's process after all sessions."""
    return _resident()[1]


def growth() -> float:
    """The same over what it was after the first of them."""
    first, last = _resident()
    return last / first


FIGURES = (
    Figure("window blocked, longest in ms", longest_wait, 50.0, "less"),
    Figure("window blocked, p99 in ms", usual_wait, 16.0, "less"),
    Figure("window's own work in a turn, longest in ms", longest_turn, 50.0, "less"),
    Figure("window's own work in a turn, p99 in ms", usual_turn, 16.0, "less"),
    Figure("touch to the button shown pressed, longest in ms", pressed, 100.0, "less"),
    Figure("choice to the next screen shown, longest in ms", answered, 100.0, "less"),
    Figure("process start to first screen, to an empty PySide6 window", starting, 3.0, "less"),
    Figure(f"memory after {SESSIONS} sessions in MiB", memory, 200.0, "less"),
    Figure(f"memory after {SESSIONS} sessions, to that after {FIRST_SESSIONS}", growth, 1.05, "less"),
)
