"""Mounts: whether the file system under a folder keeps what has been overwritten (DESIGN 8)."""

from pathlib import Path


def keeps_overwritten(folder: Path) -> bool:
    """Whether the file system of `folder` keeps old versions of blocks in its journal: ext4 with `data=journal`.

    Both the vote store and the desk's pool overwrite in place, and old versions would tell the order of it.
    """
    return "data=journal" in mount_options(folder.resolve())


def mount_options(folder: Path) -> set[str]:
    """The options of the mount that `folder` lies on, as the kernel lists them (proc(5), mountinfo)."""
    best, options = -1, ""
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        before, _, after = line.partition(" - ")
        fields, place = before.split(), before.split()[4]
        if folder.is_relative_to(place) and len(place) >= best:
            best, options = len(place), f"{fields[5]},{after.split()[-1]}"
    return set(options.split(","))
