"""The network between terminal and centre, on loopback: a relay that can be cut."""

import contextlib
import selectors
import socket
import threading

CHUNK = 65_536


class Relay:
    """Passes TCP connections from a port of its own on to the centre's, until it is cut."""

    def __init__(self) -> None:
        """Take a free port of this machine; nothing is passed on before `connect`."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._target: int | None = None
        self._on = True
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.refused = 0
        """Connections that met a cut network."""
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)
        self._thread.start()

    def connect(self, port: int) -> None:
        """Pass on to `port` of this machine."""
        self._target = port

    def cut(self) -> None:
        """Cut the network: what is open breaks, what is new is refused."""
        with self._lock:
            self._on = False
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def restore(self) -> None:
        """Mend the network."""
        self._on = True

    @property
    def on(self) -> bool:
        """Whether the network is there."""
        return self._on

    def close(self) -> None:
        """End everything."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self._on or self._target is None:
                self.refused += 1
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open += [near, far]
            threading.Thread(target=self._pump, args=(near, far), name="relay-pump", daemon=True).start()

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with selectors.DefaultSelector() as selector, near, far:
            for each in other:
                selector.register(each, selectors.EVENT_READ)
            with contextlib.suppress(OSError):
                while True:
                    for key, _ in selector.select():
                        assert isinstance(key.fileobj, socket.socket)
                        data = key.fileobj.recv(CHUNK)
                        if not data:
                            return
                        other[key.fileobj].sendall(data)
        with self._lock:
            self._open = [each for each in self._open if each not in (near, far)]
