"""Where the attacked stores live: ext4 file systems in image files, loop-mounted in a mount namespace of their own.

The kernel itself writes the images, because what it leaves in freed blocks and in the file system's journal is what
the attacker reads. Mounting needs root, or `sudo -n`. The namespace ends with the process that plays the day, and
with it every mount and loop device, however that process ends.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.faults.folder import quick_folder

ROOT = Path(__file__).parents[2]
BLOCK = 4096
"""Bytes of a file system block, as mkfs.ext4 chooses it for a real disk."""
_EXTENT = re.compile(r"\((\d+)(?:-(\d+))?\):(\d+)")
PROBE_BYTES = 16 << 20
PATIENCE = 240
"""Seconds that a played day may take on a busy machine."""


@cache
def why_not_here() -> str | None:
    """Why no image can be mounted on this machine; None if it can. It is tried."""
    with quick_folder(PROBE_BYTES) as folder:
        done = _as_root("tests.attack.ground", str(folder))
    return f"no ext4 image can be mounted here: {done.stderr.strip()[-300:]}" if done.returncode else None


def play(module: str, plan: dict[str, Any], folder: Path) -> None:
    """Carry out `python -m module` as root in a mount namespace of its own, with `plan` as its only argument."""
    done = _as_root(module, json.dumps({**plan, "folder": str(folder)}))
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-2000:]}")


def _as_root(module: str, argument: str) -> subprocess.CompletedProcess[str]:
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    namespace = ["unshare", "--mount", "--propagation", "private", "timeout", "--kill-after=5", str(PATIENCE)]
    return _run([*become, *namespace, sys.executable, "-m", module, argument])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """A program's answer; those of file systems are not on everybody's path. What is not installed exits 127."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return subprocess.run(["env", f"PATH={path}", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def _right(command: list[str]) -> str:
    """What a program that must succeed writes. Raises RuntimeError."""
    done = _run(command)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def make_image(image: Path, size: int) -> None:
    """An ext4 file system of `size` bytes, in the distribution's own settings (`data=ordered`)."""
    with image.open("wb") as file:
        file.truncate(size)
    _right(["mkfs.ext4", "-q", "-F", "-b", str(BLOCK), str(image)])


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """The image, mounted beside itself. For a process that `play` started."""
    place = image.with_suffix(".mount")
    place.mkdir()
    _right(["mount", "-o", "loop", str(image), str(place)])
    try:
        yield place
    finally:
        _right(["umount", str(place)])
        place.rmdir()


def take_image(image: Path, copy: Path) -> None:
    """What an attacker gets who takes the medium now: its blocks as they are."""
    _right(["cp", "--sparse=always", str(image), str(copy)])
    copy.chmod(0o644)


def blocks_of(image: Path, name: str) -> dict[int, int]:
    """A file's blocks by their number on the image: which of the file it is. `<8>` is the file system's own journal."""
    told = _right(["debugfs", "-R", f"stat {name}", str(image)])
    blocks = dict[int, int]()
    for extent in _EXTENT.finditer(told[told.index("EXTENTS:") :]):
        first, last, start = int(extent[1]), int(extent[2] or extent[1]), int(extent[3])
        blocks |= {start + number - first: number for number in range(first, last + 1)}
    return blocks


def replay(image: Path) -> None:
    """Carry out what stands in the file system's journal, as mounting would; the image is changed."""
    done = subprocess.run(
        ["e2fsck", "-p", "-E", "journal_only", str(image)], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"e2fsck: {done.stdout}{done.stderr}")


def _try(folder: Path) -> None:
    """What `why_not_here` has done: an image, mounted. Run as root in a namespace of its own."""
    image = folder / "probe.img"
    make_image(image, PROBE_BYTES)
    with mounted(image):
        image.unlink()


if __name__ == "__main__":
    _try(Path(sys.argv[1]))
