"""Keeping a process's memory out of other programs' hands and off the disk, as far as the kernel does it for us."""

import ctypes
import resource

PR_SET_DUMPABLE = 4  # prctl(2)


def close_memory() -> None:
    """No core file of this process, and no reading of its memory by other programs of the same user.

    The first is inherited by what it spawns; the second ends with every new program and is asked for anew there. Root
    reads on, and swap is the system's business (docs/threat-model.md).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
