"""What a simulated device is: commands it obeys, questions it answers, state that lasts."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from drivers.durable import write_durably

Command = TypeVar("Command")
Ask = TypeVar("Ask")
Stored = TypeVar("Stored", bound=msgspec.Struct)


class CommandRefused(Exception):  # noqa: N818 - an answer, not a fault
    """The device cannot do this now; the words go back to whoever commanded."""


class StateDamaged(Exception):  # noqa: N818 - says what is wrong
    """A state file of the device cannot be read; the words name it."""


class StateFile(Generic[Stored]):
    """The lasting state of a device: one JSON file, replaced whole and durably at each change."""

    def __init__(self, path: Path, initial: Stored) -> None:
        self._path = path
        self._shape = type(initial)
        self.value: Stored = self._read() if path.exists() else initial

    def _read(self) -> Stored:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=self._shape)
        except msgspec.DecodeError as error:
            raise StateDamaged(f"{self._path}: {error}; remove it to start with a new device") from error

    def replace(self, **changes: object) -> None:
        """Change fields and make the whole durable."""
        self.value = msgspec.structs.replace(self.value, **changes)
        write_durably(self._path, msgspec.json.format(msgspec.json.encode(self.value)))


class Device(ABC, Generic[Command, Ask]):
    """One simulated device. Every method runs on the event loop of its process.

    `command_shape` and `ask_shape` are unions of tagged msgspec structs, tagged by "do"; they are decoded strictly.
    """

    command_shape: Any
    ask_shape: Any

    def __init__(self, state_dir: Path, tell: Callable[[msgspec.Struct], None]) -> None:
        self.state_dir = state_dir
        self.tell = tell
        """Send news to the terminal, if one is connected."""

    @abstractmethod
    def obey(self, command: Command) -> dict[str, object]:
        """Carry out a command; the dictionary is added to the answer. Raises CommandRefused."""

    @abstractmethod
    def describe(self) -> dict[str, object]:
        """The state of the device for a person or a test."""

    @abstractmethod
    def greet(self) -> list[msgspec.Struct]:
        """News for a terminal that has just been connected."""

    @abstractmethod
    async def answer(self, ask: Ask) -> msgspec.Struct | None:
        """Answer the terminal, or None to stay silent."""

    def disconnected(self) -> None:
        """The terminal is gone, or the cable was pulled."""

    def plugged(self, on: bool) -> None:
        """A hand pulled the cable or put it back: for devices that have other cables besides the frame's."""

    async def stop(self) -> None:
        """End what is under way, before the process ends."""
