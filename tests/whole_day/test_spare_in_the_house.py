"""A terminal dies in the middle of its day: a spare takes over at its real window; the centre tells the dead one."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from demo.commission import Member
from demo.eye import Eye, Sight
from demo.house import House
from demo.visit import Ending, Visit
from demo.voters import scripted
from kiosk.domain.from_package import papers
from kiosk.domain.words import message
from tests.faults.folder import quick_folder
from texts import Catalogue

SAY = Catalogue("ru").say
PATIENCE = 120.0
"""For a start of the program on a loaded machine."""


def unseen(_eye: Eye, _sight: Sight) -> None:
    """Nobody keeps pictures of this day."""


def enter_pin(house: House, eye: Eye, card: str) -> None:
    eye.wait(["staff_pin"], PATIENCE)
    for digit in house.pin(card):
        eye.press(f"pin_{digit}")
    eye.press("pin_enter")


def press(eye: Eye, key: str) -> None:
    """Press the button that says this, once it is there."""
    sight = eye.wait(lambda now: now.named(SAY(message(key))) is not None, PATIENCE)
    name = sight.named(SAY(message(key)))
    assert name is not None
    eye.press(name)


def vote(house: House, eye: Eye, number: int) -> None:
    styles = {style.style_id: style.papers for style in house.package.ballot_styles}
    voter = scripted(styles, papers(house.package), 3, 7, ("ru",))[number]
    visit = Visit(house, voter, papers(house.package), unseen, lambda: None)
    assert visit.attend(eye) is Ending.CAST


def until(path: Path) -> None:
    """Wait until something lies in the folder."""
    end = time.monotonic() + PATIENCE
    while not (path.exists() and any(path.iterdir())):
        assert time.monotonic() < end, f"nothing came to {path.name}"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_spare_takes_over_at_its_window_and_the_dead_one_hears_it_from_the_centre() -> None:
    with quick_folder() as folder, House(folder / "h", "Ed25519", lambda _: None, "offscreen") as house:
        first, second = sorted(house.control_cards(), key=lambda name: "chair" not in name)[:2]
        house.start_terminal()
        eye = house.eye()
        house.clock.set(house.opens_at() + timedelta(minutes=1))
        Member(house, unseen).bring_to(eye, "welcome")
        vote(house, eye, 0)
        house.kill_terminal()
        eye.close()
        house.stop_terminal()

        house.start_terminal("T-2")
        eye = house.eye()
        eye.wait(["closed"], PATIENCE)
        house.card.control.insert(first)
        enter_pin(house, eye, first)
        press(eye, "action.take_over")
        press(eye, "action.take_over_now")
        press_back = SAY(message("action.give_up"))
        eye.wait(lambda now: now.named(press_back) is not None, PATIENCE)
        house.card.control.remove()
        house.card.control.insert(second)
        enter_pin(house, eye, second)
        # The program ends the terminal behind the window and begins another one, which finds the card that is in.
        eye.wait(["starting"], PATIENCE)
        eye.wait(["staff_pin"], PATIENCE)
        house.card.control.remove()
        eye.wait(["closed"], PATIENCE)
        Member(house, unseen).bring_to(eye, "welcome")
        vote(house, eye, 1)
        until(house.centre_folder / "takeovers")
        eye.close()
        house.stop_terminal()

        house.media.control.pull_out()
        house.start_terminal()
        eye = house.eye()
        sight = eye.wait(["out_of_order"], PATIENCE)
        assert "primary" not in sight.controls
        eye.close()
