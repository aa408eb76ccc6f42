"""A practice over the real parts: every file of terminal, printer and cards holds what it held before."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flows.contract import Attended, BlankTouched, OptionTouched, PaperChosen, Touch
from kiosk.flows.voter import practice
from kiosk.modes import terminal
from kiosk.modes.device_folder import CannotStart
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace
from tests.devices.test_effects_terminal import open_the_polls


@pytest.fixture(scope="module")
def place() -> Iterator[PollingPlace]:
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        made = PollingPlace.build(Path(folder))
        try:
            made.see("closed")
            unchanged_by_a_practice(made)
            open_the_polls(made)
            yield made
        finally:
            made.close()


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def work(place: PollingPlace, screen: str) -> None:
    """Let the terminal's seeming work pass by its own clock, as often as it takes."""
    until = time.monotonic() + WAIT_SECONDS
    changed, inbox = place.watcher._changed, place.app._runner._inbox
    while place.watcher.views[-1].screen.value != screen:
        assert time.monotonic() < until, f"waited for {screen}, saw {place.watcher.views[-1].screen.value}"
        if inbox.empty():
            place.ticks += practice.WORK_SECONDS
            place.app.send(Attended())
        with changed:
            changed.wait_for(lambda: place.watcher.views[-1].screen.value == screen, 0.05)


def practise(place: PollingPlace) -> None:
    """Both papers, a check of one, the same paper again, cast, the end."""
    place.touch(Touch.PRACTISE, "ballots")
    place.do(PaperChosen("practice-season"), "contest")
    place.do(OptionTouched(2), "contest")
    place.touch(Touch.NEXT, "ballots")
    place.do(PaperChosen("practice-fruit"), "contest")
    place.do(BlankTouched(), "contest")
    place.touch(Touch.NEXT, "review")
    place.touch(Touch.NEXT, "encrypting")
    work(place, "decide")
    place.touch(Touch.CHALLENGE, "choose_check")
    place.do(PaperChosen("practice-season"), "encrypting")
    work(place, "checked")
    place.touch(Touch.NEXT, "contest")
    place.do(OptionTouched(0), "contest")
    place.touch(Touch.NEXT, "review")
    place.touch(Touch.NEXT, "encrypting")
    work(place, "decide")
    place.touch(Touch.CAST, "casting")
    work(place, "cast")
    place.touch(Touch.FINISH, "welcome", "closed")


def journal(place: PollingPlace) -> list[str]:
    """The kinds of events so far."""
    return place.store(lambda store: [record.event for record in store.journal.records()])


def quiet(place: PollingPlace) -> None:
    """Wait until all that a card began is done and noted down: after the screen comes the journal."""
    place.no_session()
    until = time.monotonic() + WAIT_SECONDS
    while journal(place)[-1] not in ("card_removed", "terminal_started", "store_made"):
        assert time.monotonic() < until, journal(place)
    place.app._performer._staff_lane.do(lambda: None)


def unchanged_by_a_practice(place: PollingPlace) -> None:
    """Compare every byte below the folder, and what the store counts, before and after."""
    quiet(place)
    before = contents(place.folder)
    assert {name.split("/")[0] for name in before} >= {"e", "p"}
    assert [name for name in before if name.startswith("e/terminals/T-1/store")]
    counted = place.store(lambda store: store.counters())
    practise(place)
    assert place.session_pids() == set()
    assert place.store(lambda store: store.counters()) == counted
    assert contents(place.folder) == before


def test_a_whole_practice_changes_no_byte_anywhere(place: PollingPlace) -> None:
    """With the polls open; before their opening it was compared too."""
    place.see("welcome")
    unchanged_by_a_practice(place)


def test_a_card_in_the_middle_is_read_and_its_voter_votes(place: PollingPlace) -> None:
    place.see("welcome")
    place.touch(Touch.PRACTISE, "ballots")
    assert place.watcher.views[-1].practice
    card = place.issue("A")
    place.insert(card, "reading", "ballots")
    shown = place.watcher.until(lambda view: view.screen.value == "ballots" and not view.practice)
    assert "practice" not in repr(shown.content)
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.remove("welcome")


def test_a_terminal_does_not_start_with_a_faulty_practice(tmp_path: Path) -> None:
    file = tmp_path / "practice.toml"
    file.write_text("format = 1")
    with pytest.raises(CannotStart, match=r"practice\.toml: .*format.* Install the software anew"):
        terminal._practice(file, ("ru",))
    with pytest.raises(CannotStart, match=r"gone\.toml: No such file"):
        terminal._practice(tmp_path / "gone.toml", ("ru",))
