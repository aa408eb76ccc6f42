"""A day at the real terminal for figures: real processes, the demo's hand at real widgets, no counting afterwards."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from demo.commission import Member
from demo.eye import Eye, Sight
from demo.house import House
from demo.visit import Visit
from demo.voters import Voter, scripted
from kiosk.domain.from_package import papers as domain_papers
from provisioning.source import ElectionSource

VOTERS_A_ROLL = 50
"""Eighty metres of paper last for about three times as many."""


@dataclass(slots=True)
class Station:
    """An open polling place with one terminal and somebody's eye at it."""

    house: House
    eye: Eye

    def vote(self, voters: tuple[Voter, ...], *, quickly: bool = False) -> None:
        """Let voters vote one after another; `quickly` as assistive technology presses, without a finger's time."""
        self.eye.quick = quickly
        papers = domain_papers(self.house.package)
        for number, voter in enumerate(voters):
            if number % VOTERS_A_ROLL == 0:
                self.house.printer.control.paper_in()
            Visit(self.house, voter, papers, _unseen, lambda: None).attend(self.eye)

    def voters(self, number: int, seed: int) -> tuple[Voter, ...]:
        """Scripted voters of this election, in its languages."""
        package = self.house.package
        styles = {style.style_id: tuple(style.papers) for style in package.ballot_styles}
        return scripted(styles, domain_papers(package), number, seed, package.languages)

    def close_polls(self) -> None:
        """The day ends: the polls are closed by a member's card."""
        self.house.clock.set(self.house.closes_at() + timedelta(minutes=1))
        Member(self.house, _unseen).bring_to(self.eye, "closed")


@contextlib.contextmanager
def open_station(
    tell: Callable[[str], None],
    adapt: Callable[[ElectionSource], ElectionSource] = lambda source: source,
    *,
    stopwatch: bool = False,
    witness: bool = False,
    pcsc: bool = False,
) -> Iterator[Station]:
    """A station whose polls are open, in a folder of its own; everything ends with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        House(
            Path(name) / "station",
            "Ed25519",
            tell,
            "offscreen",
            adapt=adapt,
            stopwatch=stopwatch,
            witness=witness,
            pcsc=pcsc,
        ) as house,
    ):
        house.start_terminal()
        eye = house.eye()
        eye.wait(["closed"])
        house.clock.set(house.opens_at() + timedelta(seconds=30))
        Member(house, _unseen).bring_to(eye, "welcome")
        yield Station(house, eye)
        eye.close()


def _unseen(_eye: Eye, _sight: Sight) -> None:
    """Nobody keeps pictures here."""


def more_cards(number: int) -> Callable[[ElectionSource], ElectionSource]:
    """Make the election with `number` voter cards at its first polling place, and credentials enough for them."""

    def adapt(source: ElectionSource) -> ElectionSource:
        replace: Callable[..., Any] = msgspec.structs.replace
        first, *others = source.places
        pools = tuple(replace(pool, count=number) for pool in first.credentials)
        place = replace(first, voter_cards=number, credentials=pools)
        slots = replace(source.policies, slots=max(source.policies.slots, 4 * number))
        return replace(source, places=(place, *others), policies=slots)  # type: ignore[no-any-return]  # msgspec's own

    return adapt
