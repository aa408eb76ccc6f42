"""What the terminal's process holds, as the kernel tells it and as it tells itself."""

import re
from dataclasses import dataclass
from pathlib import Path

from demo.eye import Eye
from tests.whole_day.process_memory import family

KIB = 1 << 10
NUMBERED = re.compile(r"^(socket|pipe):\[\d+\]$")


@dataclass(frozen=True, slots=True)
class ProcessState:
    """`resident` and `own` (shared with no other process) are MiB; `files` are the open ones, `processes` its own.

    `objects` are what Python's collector keeps, `qt_objects` Qt's, `ours` the former by type of this program.
    """

    resident: float
    own: float
    files: tuple[str, ...]
    threads: int
    processes: int
    objects: int
    widgets: int
    qt_objects: int
    ours: dict[str, int]


def process_state(pid: int, eye: Eye) -> ProcessState:
    """What the terminal holds now. Raises OSError, EyeLost if it has ended."""
    counted = eye.census()
    proc = Path(f"/proc/{pid}")
    sizes = {}
    for line in (proc / "smaps_rollup").read_text().splitlines()[1:]:
        name, amount = line.split(":")
        sizes[name] = int(amount.split()[0]) / KIB
    return ProcessState(
        resident=sizes["Rss"],
        own=sizes["Private_Clean"] + sizes["Private_Dirty"],
        files=_files(proc / "fd"),
        threads=len(list((proc / "task").iterdir())),
        processes=len(family(pid)) - 1,
        objects=counted["objects"],
        widgets=counted["widgets"],
        qt_objects=counted["qt_objects"],
        ours=counted["ours"],
    )


def _files(opened: Path) -> tuple[str, ...]:
    """What each open one is, in order: a path, or `socket` and `pipe` without their numbers."""
    names = []
    for one in opened.iterdir():
        try:
            names.append(NUMBERED.sub(r"\1", str(one.readlink())))
        except FileNotFoundError:
            continue  # closed since it was listed
    return tuple(sorted(names))
