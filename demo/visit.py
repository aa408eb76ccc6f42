"""A scripted voter at the terminal: everything happens through the window, the card slot and the paper slot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from demo.eye import Eye, NotThere, Sight
from demo.house import House
from demo.voters import Voter
from kiosk.domain.ballots import Contest, Paper, Selection

PRESSES = 3
AGAIN_SECONDS = 10.0
"""A person's patience with a button."""

Seen = Callable[[Eye, Sight], None]
"""Told of every new screen, for pictures."""


class Ending(StrEnum):
    """How a visit ended, in what the voter was shown."""

    CAST = "cast"
    ACCEPTED_BEFORE = "accepted_before"
    """After an interruption the next screen said that the vote had been accepted."""


class Stuck(Exception):  # noqa: N818 - named for what happened
    """The voter met a screen that the script does not know how to leave; the words say which."""


@dataclass(slots=True)
class Visit:
    """One voter's visit. It goes on after the terminal was killed: `attend` is simply called again."""

    house: House
    voter: Voter
    papers: dict[str, Paper]
    seen: Seen
    casting: Callable[[], None]
    """Told right before the voter's finger comes down on *Cast*."""
    card: str = ""
    pressed_cast: bool = False
    challenged: bool = False
    filled: set[str] = field(default_factory=set)
    declined: bool = False

    def attend(self, eye: Eye) -> Ending:
        """Vote from whatever screen is there. Raises EyeLost when the terminal is killed, Stuck, NotThere."""
        if not self.card:
            self.card = self.house.issue(self.voter.style)
        while True:
            sight = eye.wait(lambda sight: sight.screen not in ("", "starting", "reading", "encrypting", "casting"))
            self.seen(eye, sight)
            ending = self._react(eye, sight)
            if ending is not None:
                return ending

    def _react(self, eye: Eye, sight: Sight) -> Ending | None:
        match sight.screen:
            case "welcome":
                self._arrive(eye, sight)
            case "ballots":
                self._choose_paper(eye, sight)
            case "contest":
                raise Stuck("a contest without its paper having been chosen")
            case "review":
                self._press(eye, sight, "primary")
            case "decide":
                self._decide(eye, sight)
            case "choose_check":
                papers = [paper for paper in self._order() if paper in self.filled]
                self._press(eye, sight, f"row_{papers.index(self.voter.challenges or '')}")
            case "checked":
                self._checked(eye, sight)
            case "after_power":
                return self._after_power(eye, sight)
            case "cast" | "take_card":
                return self._leave(eye, Ending.CAST)
            case "card_trouble" if self.pressed_cast:
                # Cast was pressed before the interruption, and the card says that it is spent: it was accepted.
                return self._leave(eye, Ending.ACCEPTED_BEFORE)
            case _:
                raise Stuck(f"the screen “{sight.screen}” with {sorted(sight.controls)}")
        return None

    def _order(self) -> tuple[str, ...]:
        return tuple(self.house.package.style(self.voter.style).papers)

    def _arrive(self, eye: Eye, sight: Sight) -> None:
        if self.house.card.control.state()["inserted"] is None:
            if sight.language != self.voter.language:
                self._press(eye, sight, f"settings_language_{self.voter.language}")
                return
            self.filled.clear()
            self.declined = False
            self.house.card.control.insert(self.card)
        eye.wait(lambda now: now.screen not in ("welcome", "reading"))

    def _choose_paper(self, eye: Eye, sight: Sight) -> None:
        if self.voter.declines is not None and not self.declined:
            self._press(eye, sight, f"beside_{self._order().index(self.voter.declines)}")
            asked = eye.wait(["decline"])
            self.seen(eye, asked)
            self._press(eye, asked, "back")
            self.declined = True
            return
        wanted = [paper for paper in self._order() if paper in self.voter.casts()]
        missing = [paper for paper in wanted if paper not in self.filled]
        if not missing:
            self._press(eye, sight, "primary")
            return
        paper = missing[0]
        self._press(eye, sight, f"row_{self._order().index(paper)}")
        self._fill(eye, paper)

    def _fill(self, eye: Eye, paper: str) -> None:
        for contest, selection in zip(self.papers[paper].contests, self.voter.selections[paper], strict=True):
            sight = eye.wait(["contest"])
            self.seen(eye, sight)
            self._mark(eye, contest, selection)
            self._press(eye, sight, "primary")
        self.filled.add(paper)

    def _mark(self, eye: Eye, contest: Contest, selection: Selection) -> None:
        options = [*selection.marked, *([len(contest.options)] if selection.blank else [])]
        for option in options:
            name = f"option_{option}"
            while name not in eye.look().controls:
                eye.press("page_next")
            self._touch(eye, name)

    def _decide(self, eye: Eye, sight: Sight) -> None:
        if self.voter.challenges is not None and not self.challenged:
            self._press(eye, sight, "decision_left")
            return
        self.pressed_cast = True
        self.casting()
        self._press(eye, sight, "decision_right")

    def _checked(self, eye: Eye, sight: Sight) -> None:
        self.challenged = True
        paper = self.voter.challenges
        assert paper is not None
        self.filled.discard(paper)
        self._press(eye, sight, "primary")
        self._fill(eye, paper)

    def _after_power(self, eye: Eye, sight: Sight) -> Ending | None:
        if "primary" not in sight.controls:
            return self._leave(eye, Ending.ACCEPTED_BEFORE)
        self.pressed_cast = False
        self.filled.clear()
        self.declined = False
        self._press(eye, sight, "primary")
        return None

    def _leave(self, eye: Eye, ending: Ending) -> Ending:
        """Take card and paper. The slip may still be printing: the voter waits for it."""
        self.house.card.control.remove()
        sight = eye.wait(["welcome"])
        self.seen(eye, sight)
        self.house.printer.control.tear()
        return ending

    def _touch(self, eye: Eye, option: str) -> None:
        """Press an option, and wait until the screen has answered."""
        sight = eye.look()
        eye.press(option)
        eye.wait(lambda now: now.serial > sight.serial)

    def _press(self, eye: Eye, sight: Sight, name: str) -> None:
        """Press, and wait until another screen has come: this one may change a little before it goes.

        What a busy machine did not take is pressed again, as people do.
        """
        for _ in range(PRESSES):
            eye.press(name)
            try:
                eye.wait(lambda now: now.place != sight.place, AGAIN_SECONDS)
            except NotThere:
                continue
            return
        eye.wait(lambda now: now.place != sight.place)
