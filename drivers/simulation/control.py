"""The one way to drive a simulated device: for tests, the demo and its panel alike."""

import socket
import threading
from pathlib import Path
from typing import Any, Self

import msgspec

from drivers.simulation.sockets import checked

ANSWER_SECONDS = 10.0


class DeviceGone(Exception):  # noqa: N818 - says what happened
    """Nobody answers at the control socket."""


class DeviceRefused(Exception):  # noqa: N818 - an answer
    """The device did not do it; the words say why."""


class DeviceControl:
    """A connection to a device's control socket; one command at a time, from whatever thread.

    `do("insert", card="voter-01")` sends one command and returns the answer without its `ok`. The methods below
    are the same commands by name; which of them a device knows is said by its module's documentation.
    """

    def __init__(self, path: Path) -> None:
        self._path = checked(path)
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(ANSWER_SECONDS)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise DeviceGone(f"no device answers at {path}") from error
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the device goes on."""
        self._lines.close()
        self._socket.close()

    def do(self, command: str, **fields: object) -> dict[str, Any]:
        """Send a command and return what the device answers. Raises DeviceRefused, DeviceGone."""
        return self.send(msgspec.json.encode({"do": command, **fields}))

    def send(self, line: bytes) -> dict[str, Any]:
        """Send a line as it is and return the answer. Raises DeviceRefused, DeviceGone."""
        try:
            with self._lock:
                self._socket.sendall(line + b"\n")
                answer = self._lines.readline()
        except OSError as error:
            raise DeviceGone(f"no device answers at {self._path}") from error
        if not answer:
            raise DeviceGone(f"the device at {self._path} hung up")
        fields: dict[str, Any] = msgspec.json.decode(answer, type=dict[str, Any])
        if not fields.pop("ok"):
            raise DeviceRefused(fields["error"])
        return fields

    # --- every device ---------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """The state of the device."""
        return self.do("state")

    def unplug(self) -> None:
        """Pull the cable to the terminal."""
        self.do("unplug")

    def plug(self) -> None:
        """Put the cable back."""
        self.do("plug")

    def stop(self) -> None:
        """Ask the process to end."""
        self.do("stop")

    # --- card reader ----------------------------------------------------------------------------------------

    def insert(self, card: str) -> None:
        """Put a card of the wallet into the reader."""
        self.do("insert", card=card)

    def remove(self) -> None:
        """Take the card out."""
        self.do("remove")

    def cards(self) -> list[dict[str, Any]]:
        """The cards of the wallet: `card`, `name`, `inserted`, `tries`."""
        cards: list[dict[str, Any]] = self.do("cards")["cards"]
        return cards

    def delay(self, ms: float) -> None:
        """Let the card take so long for each APDU."""
        self.do("delay", ms=ms)

    def pull_after(self, apdus: int, *, executed: bool = False) -> None:
        """Pull the card at the APDU after `apdus` more; `executed` says whether the card still carries it out."""
        self.do("pull_after", apdus=apdus, executed=executed)

    # --- printer --------------------------------------------------------------------------------------------

    def tear(self) -> list[str]:
        """Take everything that hangs out of the printer; returns the names of the PNG files."""
        papers: list[str] = self.do("tear")["papers"]
        return papers

    def papers(self) -> list[dict[str, Any]]:
        """All that was ever printed: `file`, `name`, `reprint`, `broken` (a reason or None), `taken`."""
        papers: list[dict[str, Any]] = self.do("papers")["papers"]
        return papers

    def paper_out(self) -> None:
        """Let the paper end here."""
        self.do("paper_out")

    def paper_in(self, mm: int = 80_000) -> None:
        """Put in a roll of `mm` millimetres."""
        self.do("paper_in", mm=mm)

    def cover_open(self) -> None:
        """Open the cover."""
        self.do("cover_open")

    def cover_close(self) -> None:
        """Close the cover."""
        self.do("cover_close")

    def offline(self) -> None:
        """Press the printer's own pause key."""
        self.do("offline")

    def online(self) -> None:
        """Press it again."""
        self.do("online")

    def jam(self) -> None:
        """Jam the paper. `do("hot")` and `do("cutter")` are the other faults that `clear` ends."""
        self.do("jam")

    def clear(self) -> None:
        """Repair whatever is wrong inside."""
        self.do("clear")

    def fail_after(self, rows: int, reason: str = "jam") -> None:
        """Let `reason` (jam, hot, cutter, paper_out, cover_open, offline) strike after `rows` more rows."""
        self.do("fail_after", rows=rows, reason=reason)

    def silent(self, on: bool = True) -> None:
        """Print, but never answer the terminal again (until `silent(False)`)."""
        self.do("silent", on=on)

    def serve(self, tcp: int = 0) -> tuple[int, str]:
        """Be an ESC/POS printer, too; its TCP port and the path of its serial line."""
        at = self.do("serve", tcp=tcp)
        return at["tcp"], at["tty"]

    def fail_at_byte(self, count: int, fault: str) -> None:
        """Let a fault strike when `count` more bytes of ESC/POS have been carried out.

        Besides those of `fail_after`: unplug, power, silent, garbage.
        """
        self.do("fail_at_byte", count=count, fault=fault)

    def speed(self, mm_per_s: float) -> None:
        """Print at this speed; 0 is at once."""
        self.do("speed", mm_per_s=mm_per_s)

    # --- slot for media -------------------------------------------------------------------------------------

    def put_in(self, medium: str) -> None:
        """Put a medium into the slot; one that nobody has seen before is new and empty."""
        self.do("put_in", medium=medium)

    def pull_out(self) -> None:
        """Pull the medium out of the slot."""
        self.do("pull_out")
