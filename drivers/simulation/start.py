"""Starting a simulated device and waiting until it is ready."""

import contextlib
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import msgspec

import drivers
from drivers.simulation.control import DeviceControl, DeviceGone
from drivers.simulation.sockets import checked

READY_SECONDS = 30.0
END_SECONDS = 10.0


class CannotStart(Exception):  # noqa: N818 - says what happened
    """The device's process did not become ready; the words say why."""


class DeviceProcess:
    """A running device. It ends with the process that started it, and outlives every terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", path: Path) -> None:
        self._process = process
        self.path = path
        """The control socket; a terminal's driver is given the same path."""
        self.control = DeviceControl(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The device's process id."""
        return self._process.pid

    def stop(self) -> int:
        """End the device cleanly and return its exit status; nothing happens if it has ended already."""
        if self._process.poll() is None:
            with contextlib.suppress(DeviceGone):  # it hung up: it is on its way out already
                self.control.stop()
        try:
            return self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._close()

    def kill(self) -> None:
        """Cut the device's power (SIGKILL)."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self.control.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def start_device(module: str, state_dir: Path, socket: Path) -> DeviceProcess:
    """Start `python -m module` ("drivers.card.simulated") and wait until it serves.

    Its lasting state is in `state_dir`, made if it is not there; its control socket is `socket`. Raises
    CannotStart with the device's own words, SocketPathTooLong.
    """
    checked(socket)
    root = str(Path(drivers.__file__).resolve().parent.parent)
    search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--state", state_dir, "--socket", socket, "--until-stdin-ends"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": search},
        start_new_session=True,  # Ctrl-C in the terminal's window is not the device's business
    )
    try:
        _wait_ready(process, module)
        return DeviceProcess(process, socket)
    except BaseException:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        raise


def _wait_ready(process: "subprocess.Popen[bytes]", module: str) -> None:
    line = _first_line(process)
    try:
        said = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise CannotStart(f"{module} ended before it was ready") from error
    if said.get("ready") is not True:
        raise CannotStart(f"{module}: {said.get('error')}")


def _first_line(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    deadline = time.monotonic() + READY_SECONDS
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise CannotStart(f"the device was not ready within {READY_SECONDS:.0f} s")
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                break
            line += piece
    return line
