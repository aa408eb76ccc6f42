"""The other end of the hand: what a scripted person sees at the terminal, and presses."""

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

LOOK_SECONDS = 0.02
WAIT_SECONDS = 30.0


class EyeLost(Exception):  # noqa: N818 - named for what happened
    """The terminal's window is gone: its power was cut."""


class NotThere(Exception):  # noqa: N818 - named for what happened
    """What was waited for did not come; the words say what is on screen instead."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is on screen. `controls` are the visible buttons by object name: (accessible name, enabled)."""

    screen: str
    language: str
    serial: int
    controls: dict[str, tuple[str, bool]]
    focus: str = ""
    """The object name of what has focus."""
    marked: frozenset[str] = frozenset()
    """The object names of the options that bear a mark."""
    size: str = ""
    """The size of the text."""
    place: str = ""
    """What makes the screen another one to a person, as one word: see `kiosk.screens.frame.place_of`."""

    def named(self, words: str) -> str | None:
        """The object name of the button whose accessible name begins with `words`, or None."""
        return next((name for name, (said, _) in self.controls.items() if said.startswith(words)), None)


class Eye:
    """A connection to the hand in the terminal's process."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines = connection.makefile("rb")
        self.quick = False
        """Press as assistive technology does, without a finger's time."""

    @classmethod
    def open(cls, path: Path) -> "Eye | None":
        """Connect, if the window is there already."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            return None
        return cls(connection)

    def close(self) -> None:
        """Look away."""
        self._lines.close()
        self._socket.close()

    def look(self) -> Sight:
        """What is on screen now. Raises EyeLost."""
        answer = self._ask({"do": "look"})
        controls = {name: (each["name"], each["enabled"]) for name, each in answer["controls"].items()}
        marked = frozenset(name for name, each in answer["controls"].items() if each["marked"])
        return Sight(
            answer["screen"],
            answer.get("language", ""),
            answer["serial"],
            controls,
            answer.get("focus", ""),
            marked,
            answer.get("size", ""),
            answer.get("place", ""),
        )

    def press(self, name: str) -> None:
        """Press a visible control. Raises NotThere, EyeLost."""
        answer = self._ask({"do": "choose" if self.quick else "press", "name": name})
        if not answer["ok"]:
            raise NotThere(answer["error"])

    def tap(self, name: str) -> None:
        """Touch a visible control and let go at once, also where it is to be held. Raises NotThere, EyeLost."""
        answer = self._ask({"do": "tap", "name": name})
        if not answer["ok"]:
            raise NotThere(answer["error"])

    def key(self, name: str) -> None:
        """Press a key by Qt's name for it. Raises NotThere, EyeLost."""
        answer = self._ask({"do": "key", "name": name})
        if not answer["ok"]:
            raise NotThere(answer["error"])

    def picture(self, path: Path) -> None:
        """Save what is on screen as PNG."""
        if not self._ask({"do": "picture", "path": str(path)})["ok"]:
            raise NotThere(f"{path} could not be written")

    def figures(self) -> dict[str, Any]:
        """What the stopwatch says, in milliseconds (`demo/stopwatch.py`). Raises NotThere where there is none."""
        answer = self._ask({"do": "figures"})
        if not answer["ok"]:
            raise NotThere("the terminal was started without a stopwatch")
        return answer

    def testimony(self) -> list[str]:
        """What the window's thread asked of the system since the last time (`demo/witness.py`). Raises NotThere."""
        answer = self._ask({"do": "testimony"})
        if not answer["ok"]:
            raise NotThere("the terminal was started without a witness")
        return list(answer["noted"])

    def census(self) -> dict[str, Any]:
        """What lives in the terminal's process (`demo/census.py`). Raises EyeLost."""
        return self._ask({"do": "census"})

    def wait(self, wanted: Iterable[str] | Callable[[Sight], bool], seconds: float = WAIT_SECONDS) -> Sight:
        """Wait for one of some screens, or for a sight that fits. Raises NotThere, EyeLost."""
        if callable(wanted):
            fits = wanted
        else:
            screens = frozenset(wanted)

            def fits(sight: Sight) -> bool:
                return sight.screen in screens

        until = time.monotonic() + seconds
        while True:
            sight = self.look()
            if fits(sight):
                return sight
            if time.monotonic() > until:
                raise NotThere(f"the screen is “{sight.screen}”, with {sorted(sight.controls)}")
            time.sleep(LOOK_SECONDS)

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        try:
            self._socket.sendall(msgspec.json.encode(command) + b"\n")
            line = self._lines.readline()
        except OSError as error:
            raise EyeLost("the terminal's window is gone") from error
        if not line:
            raise EyeLost("the terminal's window is gone")
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer
