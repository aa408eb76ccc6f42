"""A polling place with its polls open, for tests that vote at the real terminal."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from demo.commission import Member
from demo.eye import Eye
from demo.house import House


@contextlib.contextmanager
def open_house(folder: Path, platform: str) -> Iterator[tuple[House, Eye]]:
    """A house whose terminal shows the welcome screen, and an eye at its window. `platform` is Qt's."""
    with House(folder, "Ed25519", print, platform) as house:
        house.start_terminal()
        eye = house.eye()
        try:
            house.clock.set(house.opens_at() + timedelta(minutes=1))
            Member(house, lambda _eye, _sight: None).bring_to(eye, "welcome")
            yield house, eye
        finally:
            eye.close()
