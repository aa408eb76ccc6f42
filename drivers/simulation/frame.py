"""The process around a simulated device: sockets, strict decoding, ready signal, clean end."""

import argparse
import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec

from drivers.simulation.device import CommandRefused, Device, StateDamaged, StateFile
from drivers.simulation.sockets import (
    LONGEST_CONTROL_LINE,
    LONGEST_DATA_LINE,
    Answer,
    News,
    Question,
    SocketPathTooLong,
    checked,
    data_path,
)

Make = Callable[[Path, Callable[[msgspec.Struct], None]], Device[Any, Any]]


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="stop"):
    """End the process; what lasts has been written already."""


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="state"):
    """Tell the state of the device."""


class Unplug(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="unplug"):
    """Pull the cable to the terminal."""


class Plug(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="plug"):
    """Put the cable back."""


class CableState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the cable to the terminal is plugged."""

    plugged: bool = True


class StateInUse(Exception):  # noqa: N818 - says what happened
    """Another process simulates this device already."""


class Frame:
    """Serves one device on its two sockets until it is asked to stop."""

    def __init__(self, make: Make, state_dir: Path, control: Path) -> None:
        self._control = control
        self._cable = StateFile(state_dir / "cable.json", CableState())
        self._terminal: asyncio.StreamWriter | None = None
        self._stopping = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()
        self._device = make(state_dir, self._tell)
        shape = Stop | State | Unplug | Plug | self._device.command_shape
        self._names = sorted(one.__struct_config__.tag for one in get_args(shape))
        self._commands = msgspec.json.Decoder(shape)
        self._questions = msgspec.json.Decoder(Question)
        self._asks = msgspec.json.Decoder(self._device.ask_shape)

    async def serve(self) -> None:
        """Serve until SIGTERM, SIGINT or the command `stop`."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        control = await asyncio.start_unix_server(
            self._serve_control, sock=_listen(self._control), limit=LONGEST_CONTROL_LINE
        )
        data = await asyncio.start_unix_server(
            self._serve_terminal, sock=_listen(data_path(self._control)), limit=LONGEST_DATA_LINE
        )
        _say({"ready": True, "pid": os.getpid()})
        await self._stopping.wait()
        control.close()
        data.close()
        self._cut()
        await self._device.stop()
        for path in (self._control, data_path(self._control)):
            path.unlink(missing_ok=True)

    def stop_when_stdin_ends(self) -> None:
        """End with whoever holds the other end of standard input."""
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._stdin_readable)

    def _stdin_readable(self) -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._stopping.set()

    # --- the control socket ---------------------------------------------------------------------------------

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    writer.write(_line(_refusal(f"a line has at most {LONGEST_CONTROL_LINE} bytes")))
                    break
                if not line.endswith(b"\n"):
                    break
                answer = self._command(line)
                writer.write(_line(answer))
                await writer.drain()
        writer.close()

    def _command(self, line: bytes) -> dict[str, object]:
        try:
            command = self._commands.decode(line)
        except msgspec.DecodeError as error:
            return _refusal(f"{error}; the commands are: {', '.join(self._names)}")
        try:
            match command:
                case Stop():
                    # The answer is written before the loop gets to the event.
                    self._stopping.set()
                    return {"ok": True}
                case State():
                    return {"ok": True, **self._describe()}
                case Unplug():
                    return {"ok": True, **self._plug(False)}
                case Plug():
                    return {"ok": True, **self._plug(True)}
                case _:
                    return {"ok": True, **self._device.obey(command)}
        except CommandRefused as error:
            return _refusal(str(error))

    def _describe(self) -> dict[str, object]:
        connected = self._terminal is not None
        return {"plugged": self._cable.value.plugged, "connected": connected, **self._device.describe()}

    def _plug(self, plugged: bool) -> dict[str, object]:
        if self._cable.value.plugged != plugged:
            self._cable.replace(plugged=plugged)
        if not plugged:
            self._cut()
        self._device.plugged(plugged)
        return {"plugged": plugged}

    # --- the cable to the terminal --------------------------------------------------------------------------

    async def _serve_terminal(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._terminal is not None or not self._cable.value.plugged or self._stopping.is_set():
            # Closed without a word: to the terminal, nothing is plugged here. It tries again.
            writer.close()
            return
        self._terminal = writer
        try:
            for news in self._device.greet():
                self._tell(news)
            while True:
                line = await reader.readline()
                if not line.endswith(b"\n"):
                    break
                question = self._questions.decode(line)
                ask = self._asks.decode(question.ask)
                task = asyncio.create_task(self._answer(question.id, ask, writer))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
        except (ConnectionError, ValueError, msgspec.DecodeError) as error:
            # A terminal that talks nonsense is cut off, as a real device would stop answering; the words go to
            # standard error, because only a fault in our own driver can lead here.
            if not isinstance(error, ConnectionError):
                print(f"the terminal sent what this device does not understand: {error}", file=sys.stderr)  # noqa: T201 - a program
        finally:
            if self._terminal is writer:
                self._cut()

    async def _answer(self, number: int, ask: Any, writer: asyncio.StreamWriter) -> None:
        body = await self._device.answer(ask)
        if body is not None and self._terminal is writer:
            writer.write(_line(Answer(number, msgspec.Raw(msgspec.json.encode(body)))))

    def _tell(self, news: msgspec.Struct) -> None:
        if self._terminal is not None:
            self._terminal.write(_line(News(msgspec.Raw(msgspec.json.encode(news)))))

    def _cut(self) -> None:
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None
            self._device.disconnected()


def _line(message: object) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def _refusal(words: str) -> dict[str, object]:
    return {"ok": False, "error": words}


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.encode(message).decode() + "\n")
    sys.stdout.flush()


def _listen(path: Path) -> socket.socket:
    """Listen at `path`, only for this user; a socket that a killed process left behind is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen()
    return listener


def _own(state_dir: Path) -> int:
    """Lock the state for this process; the descriptor holds the lock until the process ends."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StateInUse(f"{state_dir}: another process simulates this device; stop it first") from error
    return descriptor


def run_device(make: Make, name: str) -> int:
    """Run a device as a program and return its exit status: 0 after a clean end, 2 if it cannot start.

    One line of JSON on standard output says how it began: `{"ready": true, …}` or `{"error": "…"}`.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}")
    parser.add_argument("--state", type=Path, required=True, help="folder of the device's lasting state")
    parser.add_argument("--socket", type=Path, required=True, help="control socket; the data socket is PATH.data")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end with the process that started this")
    options = parser.parse_args()
    try:
        control = checked(options.socket)
        lock = _own(options.state)
        try:
            asyncio.run(_serve(make, options.state, control, options.until_stdin_ends))
        finally:
            os.close(lock)
    except (StateInUse, SocketPathTooLong, StateDamaged, OSError) as error:
        _say({"error": str(error)})
        return 2
    return 0


async def _serve(make: Make, state_dir: Path, control: Path, until_stdin_ends: bool) -> None:
    frame = Frame(make, state_dir, control)
    if until_stdin_ends:
        frame.stop_when_stdin_ends()
    await frame.serve()
