"""The ways to a receipt printer: USB, serial line, TCP. Opened for each job, so that a replugged one is found."""

import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CONNECT_SECONDS = 2.0
IN_FLIGHT_BYTES = 4096
"""How much of a paper the system may hold back for a TCP printer: what it holds, nobody can call back."""
AT_MOST = 4096
NOTHING_YET_SECONDS = 0.01


class LineLost(Exception):  # noqa: N818 - says what happened
    """Nothing is at the other end (any more)."""


class Line(Protocol):
    """An open line to a printer."""

    def exchange(self, out: bytes, seconds: float) -> tuple[int, bytes]:
        """Wait until bytes came, or some of `out` went; how many went, and what came. Raises LineLost.

        After `seconds` in which neither happened it is (0, b"").
        """
        ...

    def close(self) -> None:
        """Let go; bytes under way may still arrive."""
        ...

    def abort(self) -> None:
        """Let go, and keep from the printer what it has not got yet."""
        ...


class Port(Protocol):
    """Where a printer is connected."""

    def open(self) -> Line:
        """Open the line. Raises LineLost."""
        ...


class DescriptorLine(Line):
    """A line that is a file descriptor; `ends` says whether reading nothing means that it is cut."""

    def __init__(self, descriptor: int, *, ends: bool) -> None:
        self._descriptor = descriptor
        self._ends = ends
        self._poll = select.poll()

    def exchange(self, out: bytes, seconds: float) -> tuple[int, bytes]:
        """Wait for either direction."""
        self._poll.register(self._descriptor, select.POLLIN | (select.POLLOUT if out else 0))
        try:
            ready = self._poll.poll(max(0.0, seconds) * 1000)
            if not ready:
                return 0, b""
            flags = ready[0][1]
            # Read first: a printer's last words are worth having, also on a line that is cut by now.
            came = self._read() if flags & select.POLLIN else b""
            if not came and flags & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                raise LineLost("the line was cut")
            went = self._write(out) if out and flags & select.POLLOUT else 0
        except OSError as error:
            raise LineLost(error.strerror or "the line was cut") from error
        if not came and not went:
            time.sleep(NOTHING_YET_SECONDS)  # usblp calls itself readable with nothing to read
        return went, came

    def _read(self) -> bytes:
        try:
            came = os.read(self._descriptor, AT_MOST)
        except BlockingIOError:
            return b""
        if not came and self._ends:
            raise LineLost("the printer hung up")
        return came

    def _write(self, out: bytes) -> int:
        try:
            return os.write(self._descriptor, out[:AT_MOST])
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def abort(self) -> None:
        """Closing ends what the system still writes (usblp unlinks its request)."""
        self.close()


class SerialLine(DescriptorLine):
    """A serial line, whose system holds bytes back until the printer takes them."""

    def abort(self) -> None:
        """Throw away what waits in the system."""
        with contextlib.suppress(termios.error):  # the line is gone, and what waited on it too
            termios.tcflush(self._descriptor, termios.TCOFLUSH)
        self.close()


class TcpLine(DescriptorLine):
    """A connection; it is kept by its socket."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection.fileno(), ends=True)
        self._connection = connection

    def close(self) -> None:
        """Close the connection in order."""
        self._connection.close()

    def abort(self) -> None:
        """Reset the connection: what waits on either side is thrown away."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


@dataclass(frozen=True, slots=True)
class UsbPort(Port):
    """The device file of a USB printer, usually `/dev/usb/lp0` (Linux' usblp)."""

    path: Path

    def open(self) -> Line:
        """Open the device file. Raises LineLost."""
        return DescriptorLine(_open(self.path), ends=False)


@dataclass(frozen=True, slots=True)
class SerialPort(Port):
    """A serial line: 8 bits, no parity, RTS/CTS; `baud` is one of termios' speeds."""

    path: Path
    baud: int

    def open(self) -> Line:
        """Open it raw, without old answers. Raises LineLost."""
        descriptor = _open(self.path)
        try:
            _make_raw(descriptor, self.baud)
        except termios.error as error:
            os.close(descriptor)
            raise LineLost(f"{self.path} is no serial line") from error
        return SerialLine(descriptor, ends=True)


@dataclass(frozen=True, slots=True)
class TcpPort(Port):
    """A printer in the terminal's own network, at its raw port."""

    host: str
    port: int

    def open(self) -> Line:
        """Connect. Raises LineLost."""
        try:
            connection = socket.create_connection((self.host, self.port), CONNECT_SECONDS)
        except OSError as error:
            raise LineLost(f"{self.host}:{self.port}: {error.strerror or error}") from error
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_FLIGHT_BYTES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        return TcpLine(connection)


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise LineLost(f"{path}: {error.strerror}") from error
    try:
        # Two programs at one printer would tear each other's papers apart.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LineLost(f"{path}: another program prints there") from error
    return descriptor


def _make_raw(descriptor: int, baud: int) -> None:
    _iflag, _oflag, _cflag, _lflag, _ispeed, _ospeed, special = termios.tcgetattr(descriptor)
    speed = getattr(termios, f"B{baud}")
    special[termios.VMIN], special[termios.VTIME] = 1, 0
    control = termios.CS8 | termios.CREAD | termios.CLOCAL | termios.CRTSCTS
    termios.tcsetattr(descriptor, termios.TCSANOW, [0, 0, control, 0, speed, speed, special])
    termios.tcflush(descriptor, termios.TCIFLUSH)
