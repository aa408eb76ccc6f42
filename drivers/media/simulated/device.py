"""The simulated slot: folders that move between a drawer and a port.

The medium in the slot is `port/NAME` in the state folder, the others are in `drawer`. A medium that is pulled in the
middle of a write is not simulated: files that are open stay open over a move. That is struck at the system call, in the
tests of the store.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

import msgspec

from drivers.media.simulated import commands
from drivers.media.simulated.cable import Ask, Slot
from drivers.simulation.device import CommandRefused, Device, StateFile


class MediaState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lasts beside the folders."""

    read_only: bool = False
    free_bytes: int | None = None
    slow_seconds: float = 0.0


class MediaDevice(Device[commands.Command, Ask]):
    """The slot and the drawer."""

    command_shape = commands.Command
    ask_shape = Ask

    def __init__(self, state_dir: Path, tell: Callable[[msgspec.Struct], None]) -> None:
        super().__init__(state_dir, tell)
        self._port, self._drawer = state_dir.absolute() / "port", state_dir.absolute() / "drawer"
        for folder in (self._port, self._drawer):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = StateFile(state_dir / "media.json", MediaState())

    def obey(self, command: commands.Command) -> dict[str, object]:
        """Carry out a command. Raises CommandRefused."""
        match command:
            case commands.PutIn(medium):
                self._put_in(medium)
            case commands.PullOut():
                self._pull_out()
            case commands.WriteProtect(on):
                self._state.replace(read_only=on)
            case commands.Fill(free_bytes):
                self._state.replace(free_bytes=free_bytes)
            case commands.Slow(seconds):
                self._state.replace(slow_seconds=seconds)
            case _:
                assert_never(command)
        return {}

    def _inserted(self) -> Path | None:
        return next(self._port.iterdir(), None)

    def _put_in(self, medium: str) -> None:
        inserted = self._inserted()
        if inserted is not None:
            raise CommandRefused(f"the medium “{inserted.name}” is in the slot")
        (self._drawer / medium).mkdir(mode=0o700, exist_ok=True)
        (self._drawer / medium).rename(self._port / medium)
        self.tell(self._slot())

    def _pull_out(self) -> None:
        inserted = self._inserted()
        if inserted is None:
            raise CommandRefused("no medium is in the slot")
        inserted.rename(self._drawer / inserted.name)
        self.tell(self._slot())

    def describe(self) -> dict[str, object]:
        """The medium in the slot by name, and what is wrong with it."""
        inserted = self._inserted()
        return {"medium": None if inserted is None else inserted.name, **msgspec.to_builtins(self._state.value)}

    def greet(self) -> list[msgspec.Struct]:
        """What is in the slot."""
        return [self._slot()]

    async def answer(self, _: Ask) -> Slot:
        """Tell what is in the slot, in its own time."""
        if self._state.value.slow_seconds:
            await asyncio.sleep(self._state.value.slow_seconds)
        return self._slot()

    def _slot(self) -> Slot:
        inserted, state = self._inserted(), self._state.value
        if inserted is None:
            return Slot("", 0, read_only=False)
        free = shutil.disk_usage(inserted).free if state.free_bytes is None else state.free_bytes
        return Slot(str(inserted), free, state.read_only)
