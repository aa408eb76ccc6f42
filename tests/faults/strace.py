"""Victims under strace: recording what an act does to files, and striking it at one step.

What is recorded is every system call that takes a descriptor or a path, and each has to be known here as durable, as
harmless, or as not on our files: a call that nobody has thought of fails the recording, so that no step is missed.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.acts import Act

STRACE = "/usr/bin/strace"
TOP = Path(__file__).resolve().parents[2]
DURABLE = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "mkdir",
    "openat",
    "rename",
    "rmdir",
    "unlink",
    "unlinkat",
)
"""Calls that change what is on the medium. An `openat` does so with O_CREAT or O_TRUNC."""
HARMLESS = (
    "access",
    "close",
    "dup",
    "fchown",  # SQLite gives a new journal the owner of its database
    "fcntl",
    "flock",
    "fstat",
    "getcwd",
    "getdents64",
    "ioctl",
    "lseek",
    "lstat",
    "newfstatat",
    "poll",
    "pread64",
    "read",
    "readlink",
    "stat",
    "statx",
    "fstatfs",
    "statfs",
)
_LINE = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|\?)(.*)$", re.DOTALL)


class UnknownCall(Exception):  # noqa: N818 - named for what happened
    """The victim used a system call on its files that this module cannot judge."""


@dataclass(frozen=True, slots=True)
class Call:
    """One system call as strace wrote it."""

    name: str
    arguments: str
    result: str

    def touches(self, root: Path) -> bool:
        """Whether a path below `root` (or `root`) stands in it: as an argument, or as what a descriptor is."""
        return str(root) in self.arguments


@dataclass(frozen=True, slots=True)
class Step:
    """The `nth` durable call of its name in an act; `file` is relative to the act's folder."""

    call: str
    nth: int
    file: str

    def __str__(self) -> str:
        return f"{self.call} {self.nth} ({self.file})"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a victim: `said` is "" if it did not live to say anything; `struck` if the fault came."""

    said: str
    struck: bool


class Victims:
    """A process whose forked children are the victims. Not for use from several threads."""

    def __init__(self) -> None:
        if not Path(STRACE).exists():
            raise FileNotFoundError(f"{STRACE} is missing: install the Debian package strace")
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TOP,
            env={**os.environ, "PYTHONPATH": str(TOP)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(60)
        self._server.stdout.close()

    def record(self, act: Act, root: Path, base: Path, settings: dict[str, str]) -> list[Call]:
        """Every call of the act that touches `root`, with all bytes; `base` becomes a copy of where it began.

        Raises UnknownCall.
        """
        said, calls = self._recorded(act, root, base, [], settings)
        if said != "done":
            raise AssertionError(f"the act failed without a fault: {said}")
        if unknown := sorted({call.name for call in calls} - {*DURABLE, *HARMLESS, "mmap"}):
            raise UnknownCall(f"what do {unknown} do to the files of the store?")
        if any(call.name == "mmap" and "PROT_WRITE" in call.arguments for call in calls):
            raise UnknownCall("a file of the store is written through a mapping")
        return calls

    def record_struck(
        self, act: Act, root: Path, base: Path, injections: Sequence[str], paths: Sequence[str]
    ) -> tuple[str, list[Call]]:
        """`record` and `strike` in one: what the victim said, and its calls, the failed ones among them."""
        return self._recorded(act, root, base, _injecting(root, injections, paths), {})

    def _recorded(
        self, act: Act, root: Path, base: Path, options: Sequence[str], settings: dict[str, str]
    ) -> tuple[str, list[Call]]:
        log = root.with_name(root.name + ".calls")
        recording = ["-y", "-xx", "-s", "4000000", "-o", str(log), "-e", "trace=%desc,%file"]
        said = self._suffer(act, root, [*recording, *options], settings, base)
        calls = [call for line in log.read_text("utf-8").splitlines() if (call := _parsed(line, root))]
        log.unlink()
        return said, [call for call in calls if call.touches(root)]

    def strike(self, act: Act, root: Path, injections: Sequence[str], paths: Sequence[str]) -> Fate:
        """Carry the act out under `injections`, as strace's option -e has them: "inject=fsync:error=EIO:when=2".

        `paths` are all files of the act, relative to `root`: calls are counted that touch one of them.
        """
        log = root.with_name(root.name + ".calls")
        names = ",".join(one.removeprefix("inject=").partition(":")[0] for one in injections)
        options = ["-o", str(log), "-e", f"trace={names}", *_injecting(root, injections, paths)]
        said = self._suffer(act, root, options, {}, None)
        text = log.read_text("utf-8", "replace")
        log.unlink()
        return Fate(said, "INJECTED" in text or "killed by SIGKILL" in text)

    def _suffer(self, act: Act, root: Path, options: Sequence[str], settings: dict[str, str], base: Path | None) -> str:
        """Fork a victim, put strace on it, let it go; what it said, or ""."""
        assert self._server.stdin is not None
        order = {"act": act.value, "root": str(root), "settings": settings}
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        word, pid = self._line()
        if word != "ready":
            raise AssertionError(f"the victim did not come to {act.value}")
        if base is not None:
            shutil.copytree(root, base)
        with subprocess.Popen(
            [STRACE, "-p", pid, *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        ) as strace:
            assert strace.stderr is not None
            if "attached" not in (answer := strace.stderr.readline()):
                os.kill(int(pid), signal.SIGKILL)
                raise AssertionError(f"strace cannot trace here: {answer}")
            os.kill(int(pid), signal.SIGUSR1)
            said = ""
            while (line := self._line())[0] != "ended":
                said = line[1]
            strace.communicate(timeout=60)
        if line[1] not in ("0", str(int(signal.SIGKILL))):
            raise AssertionError(f"the victim broke in {act.value}: its words are above")
        return said

    def _line(self) -> tuple[str, str]:
        assert self._server.stdout is not None
        word, _, rest = self._server.stdout.readline().rstrip("\n").partition(" ")
        return word, rest


def _injecting(root: Path, injections: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The options of strace for faults in calls that touch `paths`."""
    looked_at = [argument for path in paths for argument in ("-P", str(root / path))]
    return looked_at + [argument for one in injections for argument in ("-e", one)]


def _parsed(line: str, root: Path) -> Call | None:
    """A line of strace's; None for signals and the end."""
    found = _LINE.match(line)
    return Call(found[1], _with_paths(found[2], root), found[3]) if found else None


def _with_paths(arguments: str, root: Path) -> str:
    """Arguments in which `-xx` has written everything as hex, with the paths below `root` made readable again."""
    hexed = re.escape("".join(f"\\x{byte:02x}" for byte in os.fsencode(root)))
    return re.sub(
        rf"(?<=[\"<]){hexed}(?:\\x[0-9a-f]{{2}})*(?=[\">])",
        lambda found: os.fsdecode(bytes.fromhex(found[0].replace("\\x", ""))),
        arguments,
    )


def durable(call: Call) -> bool:
    """Whether a call changes the medium."""
    if call.name not in DURABLE or call.result.startswith("-"):
        return False
    return call.name != "openat" or "O_CREAT" in call.arguments or "O_TRUNC" in call.arguments


def paths_of(calls: Sequence[Call], root: Path) -> list[str]:
    """All paths below `root` that the calls name, relative to it; "." is `root` itself."""
    found = {path for call in calls for path in _paths(call, root)}
    return sorted(str(Path(path).relative_to(root)) for path in found)


def steps_of(calls: Sequence[Call], root: Path) -> list[Step]:
    """Every durable step, counted by name as strace counts: an `openat` that only reads, or fails, counts too."""
    counts: dict[str, int] = {}
    steps = []
    for call in calls:
        counts[call.name] = counts.get(call.name, 0) + 1
        if durable(call):
            file = str(Path(_paths(call, root)[0]).relative_to(root))
            steps.append(Step(call.name, counts[call.name], file))
    return steps


def _paths(call: Call, root: Path) -> list[str]:
    return re.findall(re.escape(str(root)) + r"(?:/[^\"<>]+)?(?=[\">])", call.arguments)
