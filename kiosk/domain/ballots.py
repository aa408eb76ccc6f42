"""Ballot papers as a voter meets them, and the rules of a valid selection.

A paper is one Belenios election; its contests are that election's questions in order. A selection is kept as
positions of chosen options; `encoded` turns it into the vector of zeros and ones that is encrypted
(Belenios specification, "Encrypted answers": where blank votes are allowed the blank comes first).
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.words import Said


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a contest: a candidate, a list or an answer, in the official order.

    `facts` stand under the name on the ballot; `biography` is read on a screen of its own.
    """

    name: Said
    facts: Said | None = None
    biography: Said | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """A question: choose from `least` to `most` options, or leave it blank where `blank` allows that."""

    title: Said
    instruction: Said | None
    options: tuple[Option, ...]
    least: int
    most: int
    blank: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A ballot paper. `paper_id` is its short name in the package, `uuid` its Belenios election."""

    paper_id: str
    uuid: str
    title: Said
    contests: tuple[Contest, ...]


class Fault(StrEnum):
    """Why a selection cannot stand."""

    TOO_MANY = "too_many"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Selection:
    """A voter's marks in one contest: positions of options, ascending; or a deliberate blank."""

    marked: tuple[int, ...] = ()
    blank: bool = False

    def toggled(self, contest: Contest, option: int) -> "Selection | Fault":
        """The selection after a touch on `option` (a position).

        In a contest of one the mark moves; in a contest of several one too many is refused, so that nothing
        changes behind the voter's back.
        """
        if option in self.marked:
            return Selection(tuple(i for i in self.marked if i != option))
        if contest.most == 1:
            return Selection((option,))
        if len(self.marked) >= contest.most:
            return Fault.TOO_MANY
        return Selection(tuple(sorted((*self.marked, option))))

    def fault(self, contest: Contest) -> Fault | None:
        """What keeps this selection from being encrypted, if anything."""
        if self.blank and contest.blank:
            return None
        if len(self.marked) > contest.most:
            return Fault.TOO_MANY
        if len(self.marked) < contest.least:
            return Fault.TOO_FEW
        return None

    def encoded(self, contest: Contest) -> tuple[int, ...]:
        """Zeros and ones in the order of the Belenios question. Raises ValueError if the selection is faulty."""
        if self.fault(contest) is not None:
            raise ValueError("a faulty selection cannot be encoded")
        marks = tuple(int(i in self.marked) for i in range(len(contest.options)))
        return (int(self.blank), *marks) if contest.blank else marks


def encoded_paper(paper: Paper, selections: tuple[Selection, ...]) -> tuple[tuple[int, ...], ...]:
    """The whole paper's choices, contest by contest, as the ballot encrypts them."""
    return tuple(selection.encoded(contest) for contest, selection in zip(paper.contests, selections, strict=True))
