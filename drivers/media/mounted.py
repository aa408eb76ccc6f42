"""A real slot: a mount point that the system's own automount fills, watched through the kernel's list of mounts."""

import os
import select
from pathlib import Path
from typing import Final

from drivers.media.api import MediaEvent, MediaSilent, Medium

MOUNTS: Final = Path("/proc/self/mountinfo")


class MountedMedia:
    """Whatever is mounted at one folder. An empty folder there is no medium: its disk would be the primary's."""

    def __init__(self, mount_point: Path, mounts: Path = MOUNTS) -> None:
        """Watch `mount_point`. Raises OSError if the kernel's list of mounts (proc(5)) cannot be read."""
        self._place = mount_point.parent.resolve() / mount_point.name  # not what is mounted there: that may hang
        self._mounts = mounts
        self._watch = os.open(mounts, os.O_RDONLY)
        self._poll = select.poll()
        self._poll.register(self._watch, select.POLLPRI)  # proc(5): POLLPRI when a mount has come or gone
        self._there = False

    def look(self) -> Medium | None:
        """The medium that is mounted now. Raises MediaSilent if the disk does not tell its room."""
        found = self._mounted()
        if found is None:
            return None
        file_system, options = found
        try:
            room = os.statvfs(self._place)
        except OSError as error:
            raise MediaSilent("the medium is mounted and does not answer") from error
        read_only = "ro" in options or bool(room.f_flag & os.ST_RDONLY)
        return Medium(self._place, file_system, room.f_bavail * room.f_frsize, read_only)

    def wait_event(self, timeout: float) -> MediaEvent | None:
        """Wait until something is mounted here, or no longer is."""
        event = self._changed()
        if event is None:
            self._poll.poll(timeout * 1000)
            event = self._changed()
        return event

    def close(self) -> None:
        """Let go; nobody may be waiting for an event any more. Closing twice does no harm."""
        if self._watch >= 0:
            os.close(self._watch)
            self._watch = -1

    def _changed(self) -> MediaEvent | None:
        there = self._mounted() is not None
        if there is self._there:
            return None
        self._there = there
        return MediaEvent.APPEARED if there else MediaEvent.GONE

    def _mounted(self) -> tuple[str, set[str]] | None:
        """File system and options of the newest mount at the place."""
        found = None
        for line in self._mounts.read_text("utf-8", "surrogateescape").splitlines():
            before, _, after = line.partition(" - ")
            fields, about = before.split(), after.split()
            if _unescaped(fields[4]) == str(self._place):
                found = about[0], {*fields[5].split(","), *about[-1].split(",")}
        return found


def _unescaped(text: str) -> str:
    """A path as mountinfo writes it: space, tab, line feed and backslash in octal (proc(5))."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
