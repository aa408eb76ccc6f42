"""Whole ballots at the real terminal by keys alone and by two switches alone: a real card, a printer, a store."""

from pathlib import Path

import pytest

from demo.eye import Eye, Sight
from demo.house import House
from tests.accessibility.open_house import open_house

MARKS = {"governor": [[4]], "council": [[0, 7]], "referendum": [[0], [1]]}
"""Options on the second page too."""
MOST_KEYS = 80


class Typist:
    """Reaches everything by one key, and presses it by another."""

    def __init__(self, eye: Eye, onward: str, choose: str) -> None:
        self.eye = eye
        self.onward = onward
        self.choose = choose

    def press(self, name: str) -> None:
        """Go to a control, turning pages on the way, and press it."""
        for _ in range(MOST_KEYS):
            sight = self.eye.look()
            wanted = name if name in sight.controls else "page_next"
            if sight.focus != wanted:
                self.eye.key(self.onward)
                continue
            self.eye.key(self.choose)
            if wanted == name:
                self.answered(sight)
                return
        pytest.fail(f"{name} is not reached from {self.eye.look()}")

    def answered(self, before: Sight) -> None:
        """Wait until the screen has changed."""
        self.eye.wait(lambda now: now.serial > before.serial)

    def on(self, *screens: str) -> Sight:
        """Wait for a screen."""
        return self.eye.wait(screens)


def vote(house: House, typist: Typist) -> None:
    style = house.package.style("A")
    typist.on("welcome")
    house.card.control.insert(house.issue("A"))
    for index, paper in enumerate(style.papers):
        typist.on("ballots")
        typist.press(f"row_{index}")
        for marks in MARKS[paper]:
            typist.on("contest")
            for option in marks:
                typist.press(f"option_{option}")
            typist.press("primary")
    typist.on("review")
    typist.press("primary")
    typist.on("decide")
    typist.press("decision_right")
    typist.on("cast")
    house.card.control.remove()
    typist.on("welcome")
    house.printer.control.tear()


@pytest.mark.slow
def test_a_whole_ballot_by_keys_and_another_by_switches(short_dir: Path) -> None:
    with open_house(short_dir / "house", "offscreen") as (house, eye):
        vote(house, Typist(eye, "Down", "Return"))
        vote(house, Typist(eye, "Tab", "Space"))
        vote(house, Typist(eye, "F9", "F10"))
        vote(house, Typist(eye, "1", "2"))
