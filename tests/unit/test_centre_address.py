"""The address that the centre is to serve at, and cannot."""

import socket
from types import SimpleNamespace

import pytest

from central.server import ServeTrouble, _bound


def test_an_occupied_port_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    def remembered(*arguments: int) -> socket.socket:
        made.append(socket.socket(*arguments))
        return made[-1]

    monkeypatch.setattr("central.server.socket", SimpleNamespace(**{**vars(socket), "socket": remembered}))
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ServeTrouble, match="occupied"),
    ):
        _bound("127.0.0.1", other.getsockname()[1])
    (ours,) = made
    assert ours.fileno() == -1
