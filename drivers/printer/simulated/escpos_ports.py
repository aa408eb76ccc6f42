"""The lines of the simulated ESC/POS printer: a TCP port, and a pseudo-terminal in the place of a serial line."""

import asyncio
import contextlib
import os
import select
import socket
import tty
from pathlib import Path

from drivers.printer.simulated.closings import Closings
from drivers.printer.simulated.escpos_head import LOOK_SECONDS, EscposHead, Mechanism

AT_MOST = 1024
WINDOW_BYTES = 4096
"""A printer's network card holds little; the system's usual 128 KB would swallow a whole paper."""


class EscposPorts:
    """Both lines of one printer, served from the first `serve` on. The last one opened is answered."""

    def __init__(self, mechanism: Mechanism, link: Path) -> None:
        """`link` will lead to the serial line, as a rule of udev would name it."""
        self.head = EscposHead(mechanism, self._answer)
        self._link = link
        self._port: int | None = None
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None
        self._master: int | None = None
        self._closings: Closings | None = None
        self._talks_tcp = False
        self._tasks: list[asyncio.Task[None]] = []
        self._running: asyncio.Task[None] | None = None

    def serve(self, tcp: int) -> dict[str, object]:
        """Open both lines; where they are."""
        if self._running is None:
            self._port = tcp
            self._running = asyncio.get_running_loop().create_task(self.head.run())
            self._open()
        return {"tcp": self._port, "tty": str(self._link)}

    def describe(self) -> dict[str, object]:
        """What is in the printer's memory, and how much it has carried out."""
        head = self.head
        return {"held": head.held, "hanging_rows": head.hanging_rows, "carried_out": head.carried_out}

    def plug(self, on: bool) -> None:
        """Pull both cables, or put them back."""
        if self._running is None:
            return
        self._shut()
        if on:
            self._open()
        else:
            # Nobody else may come to have the port meanwhile; whoever connects is refused, as it does not listen.
            self._listener = self._bound()

    def close(self) -> None:
        """Power off."""
        if self._running is not None:
            self._running.cancel()
            self.head.power_lost()
        self._shut()

    def _open(self) -> None:
        listener = self._bound()
        listener.listen()
        self._listener = listener
        self._master, slave = os.openpty()
        tty.setraw(slave)
        name = Path(os.ttyname(slave))
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(name)
        os.close(slave)
        self._closings = Closings(name)
        os.set_blocking(self._master, False)
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._accept(listener)),
            loop.create_task(self._serial(self._master, self._closings)),
        ]

    def _bound(self) -> socket.socket:
        """A socket that has the printer's port."""
        assert self._port is not None
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        taken.bind(("127.0.0.1", self._port))
        taken.setblocking(False)
        self._port = taken.getsockname()[1]
        return taken

    def _shut(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        for line in (self._listener, self._connection):
            if line is not None:
                line.close()
        self._listener = self._connection = None
        if self._closings is not None:
            self._closings.close()
        self._closings = None
        if self._master is not None:
            os.close(self._master)
            self._link.unlink(missing_ok=True)
        self._master = None
        self.head.line_closed()

    # --- what comes in ----------------------------------------------------------------------------------------

    async def _accept(self, listener: socket.socket) -> None:
        """One connection at a time; a new one ends the old one."""
        loop = asyncio.get_running_loop()
        serving: asyncio.Task[None] | None = None
        try:
            while True:
                connection, _ = await loop.sock_accept(listener)
                if serving is not None:
                    serving.cancel()
                if self._connection is not None:
                    self._connection.close()
                    self.head.line_closed()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connection, self._talks_tcp = connection, True
                serving = loop.create_task(self._tcp(connection))
        finally:
            if serving is not None:
                serving.cancel()

    async def _tcp(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while True:
                if self.head.room <= 0:
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
                piece = await loop.sock_recv(connection, min(AT_MOST, self.head.room))
                if not piece:
                    break
                self.head.receive(piece)
        self.head.line_closed()
        connection.close()
        if self._connection is connection:
            self._connection = None

    async def _serial(self, master: int, closings: Closings) -> None:
        poll = select.poll()
        poll.register(master, select.POLLIN)
        while True:
            if closings.seen():
                self._drain(master)
            flags = dict(poll.poll(0)).get(master, 0)
            if self.head.room <= 0 or not flags & select.POLLIN:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            try:
                piece = os.read(master, min(AT_MOST, self.head.room))
            except OSError:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            self._receive(piece)
            await asyncio.sleep(0)

    def _drain(self, master: int) -> None:
        """Whoever had the line open closed it: what is still in the line fills the printer's memory, and no more.

        It may be open again. From the first question on it is another conversation. A second program that is turned
        away at the line counts as a closing, too, and costs the first one what does not fit.
        """
        done = False
        while not done:
            try:
                piece = os.read(master, AT_MOST)
            except OSError:  # nothing more, or nobody there
                piece = b""
            done = not piece or self._receive(piece)
            self.head.line_closed()

    def _receive(self, piece: bytes) -> bool:
        """Bytes of the serial line; whether there was a question among them, which is answered there."""
        self._talks_tcp = False
        return self.head.receive(piece)

    # --- what goes out ----------------------------------------------------------------------------------------

    def _answer(self, answer: bytes) -> None:
        with contextlib.suppress(OSError):  # whoever asked is gone, or does not read
            if self._talks_tcp and self._connection is not None:
                self._connection.send(answer)
            elif not self._talks_tcp and self._master is not None:
                os.write(self._master, answer)
