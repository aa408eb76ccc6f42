"""The terminal killed on each screen comes back to the one that docs/restarts.md names, card in or out.

A real terminal in a process of its own, killed by SIGKILL. One polling place serves a whole way through the day: the
terminal that comes back from one kill is brought to the next screen and killed there.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.flows.contract import Touch
from kiosk.flows.views import Screen
from tests.devices.restart_station import IDLE, Station
from tests.devices.restart_ways import WAYS, Way
from tests.devices.takeover_setting import by_quorum
from tests.devices.terminal_setting import PollingPlace, Watcher, opened_in
from tests.devices.victim_setting import TOP


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. `card` is voter, member or none; the last two are headings."""

    screen: str
    when: str
    card: str
    with_card: str
    without: str


def table() -> tuple[Line, ...]:
    """The lines of docs/restarts.md."""
    rows = [
        [re.sub("^`|`$", "", cell.strip()) for cell in row.strip("|\n").split("|")]
        for row in (TOP / "docs" / "restarts.md").read_text().splitlines()
        if row.startswith("| `")
    ]
    return tuple(Line(*row) for row in rows)


DEAF = frozenset({"quarantined.heading", "cannot_start.heading"})
"""Screens that no card changes."""


def spare_place(folder: Path) -> PollingPlace:
    """A polling place with a store to be taken over: T-2 opened its polls and died, and T-1 has its medium."""
    place = PollingPlace.build(folder, quorum=2)
    place.app.stop()
    place.media.control.pull_out()
    place.media.control.put_in("second")
    place.terminal, place.watcher = "T-2", Watcher()
    place.start()
    place.see("closed")
    by_quorum(place, Touch.OPEN_POLLS)
    place.watcher.until(lambda view: "one_copy" not in str(view.station))
    place.app.stop()
    place.terminal, place.watcher = "T-1", Watcher()
    place.start()
    return place


def unopened_place(folder: Path) -> PollingPlace:
    """A polling place whose polls a quorum is to open."""
    return PollingPlace.build(folder, quorum=2)


PLACES = {"opening": unopened_place, "takeover": spare_place}


@contextmanager
def switched_on(part: str) -> Iterator[Station]:
    """A polling place of its own, with nobody at the terminal."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        place = PLACES.get(part, opened_in)(Path(folder))
        place.app.stop()
        at = Station(place)
        try:
            at.on()
            yield at
        finally:
            with ExitStack() as last:
                last.callback(place.close)
                at.victim.kill()
                place.start()


def shown(at: Station, skip: str) -> str:
    """The heading that the terminal comes to rest at; `skip` is that of the screen before the card is seen."""
    while told := at.victim.until("view "):
        _, screen, _, heading = told.split()
        if screen not in ("starting", "reading") and heading != skip:
            return heading
    raise AssertionError(f"the terminal ended after {at.victim.shown}")


def recover(at: Station) -> None:
    """Nobody is at a terminal that runs: the next line does not suffer from this one."""
    at.victim.kill()
    at.mended()
    at.empty()
    at.on()


def judge(at: Station, line: Line, way: Way, *, inside: bool) -> None:
    """Bring the terminal to the line's screen, kill it there, switch it on, and see what comes."""
    at.card = ""
    mend = way(at)
    assert line.screen in at.victim.shown, at.victim.shown
    at.victim.kill()
    at.mended()
    at.empty()
    skip = "" if line.with_card == line.without else line.without
    if inside:
        at.place.card.control.insert(at.card)
        at.on("view starting ")
        assert shown(at, skip) == line.with_card
    else:
        at.on("view starting ")
        assert shown(at, "") == line.without
        if line.card != "none" and line.with_card not in DEAF:
            at.place.card.control.insert(at.card)
            assert shown(at, skip) == line.with_card
    if mend is not None:
        mend()
    elif at.place.card.control.state()["inserted"] is not None and line.with_card == "ballots.heading":
        at.leave()
    elif at.place.card.control.state()["inserted"] is not None:
        at.empty()
        at.victim.until(*IDLE)


def test_every_screen_and_every_way_is_in_the_table() -> None:
    lines = table()
    assert {line.screen for line in lines} == {screen.value for screen in Screen}
    ways = [where for part in WAYS.values() for where in part]
    assert len(lines) == len(ways) == len(set(ways))
    assert {(line.screen, line.when) for line in lines} == set(ways)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("inside", [True, False], ids=["card in", "card out"])
@pytest.mark.parametrize("part", WAYS)
def test_killed_there_it_comes_back_as_the_table_says(part: str, inside: bool) -> None:
    lines = {(line.screen, line.when): line for line in table()}
    wrong: list[str] = []
    with switched_on(part) as station:
        for where, way in WAYS[part].items():
            line = lines[where]
            if inside and line.card == "none":
                continue
            try:
                judge(station, line, way, inside=inside)
            except AssertionError as error:
                wrong.append(f"{line.screen}, {line.when}: {error}")
                recover(station)
    assert wrong == []
