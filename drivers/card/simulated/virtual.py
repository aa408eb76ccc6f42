"""A `pcscd` of our own with virtual readers (vsmartcard's vpcd), which no other pcscd and no other program meets.

pcscd's socket and vpcd's ports are fixed, so both are in a mount and a network namespace. The socket's folder is ours,
and is bound to where pcscd wants it. Needs root, and Debian's pcscd, vsmartcard-vpcd and iproute2.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import drivers
from drivers.card.simulated.bridge import FIRST_PORT

SOCKET = "pcscd.comm"
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
"""What tells PC/SC's library where pcscd listens. It reads it once in a process."""
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SLOTS = 2
READY_SECONDS = 20.0
END_SECONDS = 10.0
LOOK_SECONDS = 0.02

# The holder of both namespaces; it ends when its input does.
HOLDER = """
ip link set lo up
mount -t tmpfs none /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
echo ready
exec cat
"""


class NoVirtualReader(Exception):  # noqa: N818 - says what is missing
    """No pcscd with virtual readers can be started here; the words say why."""


class VirtualReaders:
    """A private pcscd with two virtual readers, and the cards of simulated readers in them.

    `folder` is made, and its path must be short enough for a UNIX socket. Programs find this pcscd by `environment`.
    """

    def __init__(self, folder: Path) -> None:
        """Make the namespaces; nothing else runs yet. Raises NoVirtualReader."""
        if os.geteuid() != 0:
            raise NoVirtualReader("a pcscd of its own needs root")
        for needed in ("pcscd", "unshare", "nsenter", "setpriv", "ip"):
            if shutil.which(needed) is None:
                raise NoVirtualReader(f"{needed} is not installed: the virtual readers need it")
        if not DRIVER.exists():
            raise NoVirtualReader(f"{DRIVER} is not there: install vsmartcard-vpcd")
        self._folder = folder
        (folder / "run").mkdir(parents=True)
        self._daemon: subprocess.Popen[bytes] | None = None
        self._bridges: list[subprocess.Popen[bytes]] = []
        self._holder = subprocess.Popen(
            ["unshare", "-mn", "sh", "-ec", HOLDER, "holder", folder / "run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            self.close()
            raise NoVirtualReader("the namespaces for pcscd could not be made")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a program's environment needs so that its PC/SC finds this pcscd."""
        return {SOCKET_VARIABLE: str(self._folder / "run" / SOCKET)}

    def start(self, *, readers: bool = True) -> None:
        """Start pcscd, with its two readers or with none. Raises NoVirtualReader."""
        config = self._folder / ("readers" if readers else "none")
        config.mkdir(exist_ok=True)
        if readers:
            (config / "vpcd").write_text(
                f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{FIRST_PORT:#x}\nLIBPATH {DRIVER}\n'
                f"CHANNELID {FIRST_PORT:#x}\n"
            )
        # A killed pcscd leaves its socket behind; the new one makes its own.
        (self._folder / "run" / SOCKET).unlink(missing_ok=True)
        with (self._folder / "pcscd.log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [*self._inside("-m", "-n"), "setpriv", "--pdeathsig", "KILL",
                 "pcscd", "--foreground", "--error", "--config", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + READY_SECONDS
        while not (self._folder / "run" / SOCKET).exists():
            if self._daemon.poll() is not None or time.monotonic() > until:
                said = (self._folder / "pcscd.log").read_text(errors="replace")[-500:]
                raise NoVirtualReader(f"pcscd did not start: {said}")
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """End pcscd."""
        if self._daemon is not None:
            self._daemon.terminate()
            _gone(self._daemon)
            self._daemon = None

    def kill(self) -> None:
        """Let pcscd die at once (SIGKILL)."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let pcscd hang meanwhile: it takes what it is asked, and answers afterwards."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon.send_signal(signal.SIGCONT)

    def attach(self, device: Path, slot: int = 0) -> None:
        """Lay the card of a simulated reader (its control socket) into a virtual one: the `slot` from 0."""
        root = str(Path(drivers.__file__).resolve().parent.parent)
        search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._bridges.append(
            subprocess.Popen(
                [*self._inside("-n"), sys.executable, "-m", "drivers.card.simulated.bridge",
                 "--device", device, "--port", str(FIRST_PORT + slot)],
                stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": search},
            )
        )  # fmt: skip

    def detach(self) -> None:
        """Take every simulated reader away from the virtual ones."""
        for bridge in self._bridges:
            assert bridge.stdin is not None
            bridge.stdin.close()
        for bridge in self._bridges:
            _gone(bridge)
        self._bridges.clear()

    def close(self) -> None:
        """End everything."""
        self.detach()
        self.stop()
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        self._holder.stdin.close()
        _gone(self._holder)
        self._holder.stdout.close()

    def _inside(self, *namespaces: str) -> list[str]:
        return ["nsenter", "-t", str(self._holder.pid), *namespaces]


def _gone(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
