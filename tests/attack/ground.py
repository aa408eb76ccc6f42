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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BLOCK = 4096
"""Bytes of a file system block, as mkfs.ext4 chooses it for a real disk."""
_EXTENT = re.compile(r"\((\d+)(?:-(\d+))?\):(\d+)")
PATIENCE = 240
"""Seconds that a played day may take on a busy machine."""


def why_not_here() -> str | None:
    """Why no image can be mounted on this machine; None if it can."""
    if not Path("/dev/loop-control").exists():
        return "the machine has no loop devices, so no ext4 image can be mounted"
    probe = subprocess.run([*_namespace(), "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        return f"mounting an ext4 image needs root or sudo without a password: {probe.stderr.strip()}"
    return None


def play(module: str, plan: dict[str, Any], folder: Path) -> None:
    """Carry out `python -m module` as root in a mount namespace of its own, with `plan` as its only argument."""
    command = ["timeout", "--kill-after=5", str(PATIENCE), sys.executable, "-m", module]
    done = subprocess.run(
        [*_namespace(), *command, json.dumps({**plan, "folder": str(folder)})],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-2000:]}")


def _namespace() -> list[str]:
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n", f"PYTHONPATH={ROOT}"]
    return [*as_root, "unshare", "--mount", "--propagation", "private"]


def make_image(image: Path, size: int) -> None:
    """An ext4 file system of `size` bytes, in the distribution's own settings (`data=ordered`)."""
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-b", str(BLOCK), str(image)], check=True, capture_output=True)


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """The image, mounted beside itself. For a process that `play` started."""
    place = image.with_suffix(".mount")
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def take_image(image: Path, copy: Path) -> None:
    """What an attacker gets who takes the medium now: its blocks as they are."""
    subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
    copy.chmod(0o644)


def blocks_of(image: Path, name: str) -> dict[int, int]:
    """A file's blocks by their number on the image: which of the file it is. `<8>` is the file system's own journal."""
    command = ["debugfs", "-R", f"stat {name}", str(image)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
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
