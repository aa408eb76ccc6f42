"""The two sockets of a simulated device, and what runs over them.

`PATH` is the control socket: one JSON object a line, `{"do": "insert", …}` answered by `{"ok": true, …}` or
`{"ok": false, "error": "…"}`. `PATH.data` stands for the cable to the terminal: the terminal sends `Question`
lines, the device answers each with an `Answer` line of the same id and tells news in `News` lines; its first line
is always a `News` and says that the cable is plugged.
"""

from pathlib import Path

import msgspec

LONGEST_PATH = 107  # bytes: sun_path holds 108 with its closing zero (unix(7))
LONGEST_CONTROL_LINE = 1 << 20
LONGEST_DATA_LINE = 64 << 20  # a long paper in base64


class SocketPathTooLong(ValueError):  # noqa: N818 - says what is wrong
    """A UNIX socket cannot have so long a path."""

    def __init__(self, path: Path, length: int) -> None:
        super().__init__(
            f"{path}: {length} bytes, but the path of a UNIX socket has at most {LONGEST_PATH}; use a shorter folder"
        )


def data_path(control: Path) -> Path:
    """The data socket that belongs to a control socket."""
    return control.with_name(control.name + ".data")


def checked(path: Path) -> Path:
    """Return `path` if a socket may live there, and at `path`.data. Raises SocketPathTooLong."""
    length = len(str(data_path(path)).encode())
    if length > LONGEST_PATH:
        raise SocketPathTooLong(data_path(path), length)
    return path


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the terminal asks; the device defines the shape of `ask`."""

    id: int
    ask: msgspec.Raw


class Asking(msgspec.Struct, frozen=True):
    """A `Question` as the terminal writes it."""

    id: int
    ask: msgspec.Struct


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="answer"):
    """The device's answer to the question `id`."""

    id: int
    body: msgspec.Raw


class News(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="news"):
    """Something happened at the device."""

    body: msgspec.Raw
