"""The address that the centre is to serve at, and cannot."""

import socket
import threading

import pytest

from central.server import ServeTrouble, _bound


def test_an_occupied_port_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    make, here = socket.socket, threading.get_ident()

    def remembered(*arguments: int) -> socket.socket:
        one = make(*arguments)
        if threading.get_ident() == here:
            made.append(one)
        return one

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(socket, "socket", remembered)
        with pytest.raises(ServeTrouble, match="occupied"):
            _bound("127.0.0.1", port)
    (ours,) = made
    assert ours.fileno() == -1
