"""A voter of 82 at the real terminal: large letters, every wrong turn, and in the end the ballot that was meant.

Judged by what the trustees decrypt: nobody else voted, so the totals of this election are this one ballot.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from demo.commission import Member
from demo.counting import accepted, archive_path, batches, count, totals
from demo.eye import Eye, NotThere, Sight
from demo.house import House
from kiosk.domain.ballots import Selection, encoded_paper
from kiosk.domain.from_package import papers as domain_papers
from protocol.archive import read_archive
from provisioning.source import ElectionSource

IDLE_SECONDS = 20
"""Longer than a press takes on a machine that has other things to do."""
SECOND_TRY_SECONDS = 2.0
DELIVERY_SECONDS = 90.0
STYLE = "A"
GOVERNOR, COUNCIL, REFERENDUM = "governor", "council", "referendum"
MEANT = {
    GOVERNOR: (Selection((2,)),),
    COUNCIL: (Selection((0, 1, 2)),),
    REFERENDUM: (Selection((0,)), Selection((1,))),
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _adapted(source: ElectionSource) -> ElectionSource:
    """Idle soon, and one ballot of a paper may be counted."""
    policies = msgspec.structs.replace(source.policies, idle_seconds=IDLE_SECONDS, min_batch=1, min_tally=1)
    return msgspec.structs.replace(source, policies=policies)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A polling place in real processes."""
    with House(tmp_path / "station", "Ed25519", lambda _: None, "offscreen", adapt=_adapted) as house:
        house.start_terminal()
        yield house


def _unseen(_eye: Eye, _sight: Sight) -> None:
    """Nobody keeps pictures here."""


def press(eye: Eye, name: str, *screens: str) -> Sight:
    """Press, turning pages until the control is there, and wait until one of these screens has answered."""
    sight = eye.look()
    while name not in sight.controls:
        sight = _pressed(eye, sight, "page_next")
    return _pressed(eye, sight, name, *screens)


def _pressed(eye: Eye, sight: Sight, name: str, *screens: str) -> Sight:
    def answered(now: Sight) -> bool:
        return now.serial > sight.serial and now.screen in (screens or (sight.screen,))

    eye.press(name)
    try:
        return eye.wait(answered, SECOND_TRY_SECONDS)
    except NotThere:
        if eye.look().serial == sight.serial:
            # Two touches of one button in a moment are one: she touches it again.
            eye.press(name)
        return eye.wait(answered)


def first_page(eye: Eye) -> None:
    """Turn back to where the list begins."""
    while "page_previous" in (sight := eye.look()).controls:
        _pressed(eye, sight, "page_previous")


def test_a_voter_of_82_gets_through_alone(house: House) -> None:
    eye = house.eye()
    eye.wait(["closed"])
    house.clock.set(house.opens_at() + timedelta(seconds=30))
    Member(house, _unseen).bring_to(eye, "welcome")
    normal = eye.look().size
    card = house.issue(STYLE)

    while eye.look().size != "largest":
        press(eye, "settings_size")
    house.card.control.insert(card)
    eye.wait(["ballots"])
    _governor(eye)
    _council(eye)
    _referendum(eye)
    _review(house, eye, card)
    _cast(eye)
    house.card.control.remove()
    sight = eye.wait(["welcome"])
    assert sight.size == normal, "the next voter finds the first one's letters"
    _judge(house, eye)
    eye.close()


def _governor(eye: Eye) -> None:
    """Help, a wrong name, back to the list of ballots, and the same ballot once more."""
    press(eye, "help", "help")
    press(eye, "primary", "help")  # calls staff
    press(eye, "back", "ballots")
    press(eye, "row_0", "contest")
    press(eye, "option_1")
    press(eye, "back", "ballots")
    sight = press(eye, "row_0", "contest")
    assert "option_1" in _marked(eye, sight), "going back lost a mark"
    first_page(eye)
    press(eye, "option_0")
    press(eye, "primary", "ballots")


def _council(eye: Eye) -> None:
    """One more than may be chosen: it changes nothing."""
    press(eye, "row_1", "contest")
    for option in ("option_0", "option_1", "option_2"):
        press(eye, option)
    press(eye, "option_3")
    first_page(eye)
    assert _marked(eye, eye.look()) == {"option_0", "option_1", "option_2"}
    press(eye, "primary", "ballots")


def _marked(eye: Eye, sight: Sight) -> set[str]:
    """Every mark in the contest on screen, whatever page it is on."""
    found = set(sight.marked)
    while "page_next" in sight.controls:
        sight = _pressed(eye, sight, "page_next")
        found |= sight.marked
    return {name for name in found if name.startswith("option_")}


def _referendum(eye: Eye) -> None:
    """Long thought in the middle of it: the terminal asks, and goes on where it was."""
    press(eye, "row_2", "contest")
    press(eye, "option_0")
    sight = eye.wait(["still_here"], IDLE_SECONDS + 30)
    assert sight.controls["primary"][0] == "Да, продолжить"
    sight = press(eye, "primary", "contest")
    assert "option_0" in _marked(eye, sight)
    heading = eye.look().serial
    eye.press("primary")
    eye.wait(lambda now: now.serial > heading and now.screen == "contest" and "option_0" not in now.marked)
    press(eye, "option_1")
    press(eye, "primary", "review")


def _review(house: House, eye: Eye, card: str) -> None:
    """Another name after all; then the card falls out and is put back."""
    press(eye, "change_0", "contest")
    first_page(eye)
    press(eye, "option_2")
    press(eye, "primary", "review")
    house.card.control.remove()
    eye.wait(["card_pulled"])
    house.card.control.insert(card)
    sight = eye.wait(["review"])
    assert sight.size == "largest"


def _cast(eye: Eye) -> None:
    """Too short a touch casts nothing; a longer one does."""
    press(eye, "primary", "decide")
    before = eye.look().serial
    eye.tap("decision_right")
    with pytest.raises(NotThere):
        eye.wait(lambda now: now.serial > before, 1.5)
    eye.press("decision_right")
    eye.wait(["cast"])


def _judge(house: House, eye: Eye) -> None:
    house.clock.set(house.closes_at() + timedelta(minutes=1))
    Member(house, _unseen).bring_to(eye, "closed")
    until = time.monotonic() + DELIVERY_SECONDS
    while accepted(batches(house)) < len(MEANT):
        assert time.monotonic() < until, "the ballots did not reach the centre"
        eye.wait(["closed"])
    house.stop_terminal()
    house.stop_centre()
    count(house)
    papers = domain_papers(house.package)
    for paper in house.package.papers:
        counted = totals(read_archive(archive_path(house, paper.uuid)))
        meant = encoded_paper(papers[paper.paper_id], MEANT[paper.paper_id])
        assert counted == [list(contest) for contest in meant]
