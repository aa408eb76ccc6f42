"""Ports of this machine for servers that cannot choose one themselves."""

import contextlib
import random
import socket

QUIET = range(20_000, 32_000)
"""Below those that the system gives to connections and to whoever asks for any port: it gives none of these to others
between the choice of a port and its use, nor while its server is switched off."""


def free_port(in_a_row: int = 1) -> int:
    """The first of so many ports in a row that nobody listens at."""
    for _ in range(100):
        first = random.choice(QUIET)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for port in range(first, first + in_a_row):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError(f"no {in_a_row} free ports in a row")
