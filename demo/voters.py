"""Scripted voters: what each wants, drawn from a seed, so that the day's totals are known before it begins."""

import random
from dataclasses import dataclass

from kiosk.domain.ballots import Contest, Paper, Selection


@dataclass(frozen=True, slots=True)
class Voter:
    """One voter: a ballot style, a language, a selection for each contest of each paper, and what else they do.

    `challenges` is the paper that the voter has opened before casting, or None; `declines` a paper not taken.
    """

    number: int
    style: str
    language: str
    selections: dict[str, tuple[Selection, ...]]
    challenges: str | None = None
    declines: str | None = None

    def casts(self) -> dict[str, tuple[Selection, ...]]:
        """What the voter casts, by paper."""
        return {paper: marks for paper, marks in self.selections.items() if paper != self.declines}


def scripted(
    styles: dict[str, tuple[str, ...]], papers: dict[str, Paper], number: int, seed: int, languages: tuple[str, ...]
) -> tuple[Voter, ...]:
    """`number` voters. Exactly one has a ballot opened; from the sixth on one leaves a paper unfilled."""
    chance = random.Random(seed)  # noqa: S311 - a script that can be played again, not a secret
    order = sorted(styles)
    voters: list[Voter] = []
    for i in range(number):
        # Two of three are of the first style, so that every paper gets enough ballots to be tallied.
        style = order[1] if i % 3 == 2 and len(order) > 1 else order[0]
        selections = {
            paper: tuple(_mark(contest, chance) for contest in papers[paper].contests) for paper in styles[style]
        }
        voters.append(Voter(i + 1, style, languages[i % len(languages)], selections))
    challenger = chance.randrange(number)
    voters[challenger] = _replaced(voters[challenger], challenges=styles[voters[challenger].style][0])
    if number >= 6:
        declining = next(i for i in range(number) if i != challenger and i >= number // 2)
        voters[declining] = _replaced(voters[declining], declines=styles[voters[declining].style][-1])
    return tuple(voters)


def _replaced(voter: Voter, *, challenges: str | None = None, declines: str | None = None) -> Voter:
    return Voter(voter.number, voter.style, voter.language, voter.selections, challenges, declines)


def _mark(contest: Contest, chance: random.Random) -> Selection:
    if contest.blank and chance.random() < 0.2:
        return Selection(blank=True)
    least = max(contest.least, 0)
    count = chance.randint(least, contest.most)
    return Selection(tuple(sorted(chance.sample(range(len(contest.options)), count))))
