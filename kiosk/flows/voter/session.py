"""What a session carries from one phase to the next: the voter's papers and how far each is."""

from dataclasses import dataclass, replace

from kiosk.domain.ballots import Paper, Selection
from kiosk.flows.contract import Handle


@dataclass(frozen=True, slots=True)
class PaperState:
    """One of the voter's papers: its marks, whether the voter went through it or declined it, its code once encrypted.

    A paper that is neither filled nor declined was left for later; nothing is encrypted before that is decided.
    """

    paper: Paper
    selections: tuple[Selection, ...]
    filled: bool = False
    code: str | None = None
    declined: bool = False
    seen: tuple[frozenset[int], ...] = ()
    """The options that were on screen or read out, contest by contest; empty until something was told of it."""

    @classmethod
    def empty(cls, paper: Paper) -> "PaperState":
        """The paper as it is handed out."""
        return cls(paper, tuple(Selection() for _ in paper.contests))

    @classmethod
    def refused(cls, paper: Paper) -> "PaperState":
        """The paper after the voter declined it: no mark and no code of it is left."""
        return replace(cls.empty(paper), declined=True)

    def with_seen(self, contest: int, options: tuple[int, ...]) -> "PaperState":
        """The paper after options of a contest were shown."""
        known = self.seen or tuple(frozenset[int]() for _ in self.selections)
        seen = known[contest] | frozenset(options)
        return replace(self, seen=(*known[:contest], seen, *known[contest + 1 :]))

    def unseen(self, contest: int) -> tuple[int, ...]:
        """Options of a contest that were never shown. Where nothing was told, nobody is reproached."""
        if not self.seen or not self.seen[contest]:
            return ()
        return tuple(i for i in range(len(self.paper.contests[contest].options)) if i not in self.seen[contest])

    @property
    def begun(self) -> bool:
        """Something is marked."""
        return any(selection != Selection() for selection in self.selections)

    def marked(self, contest: int, selection: Selection) -> "PaperState":
        """The paper after a mark. A ballot encrypted from other marks is no longer this paper's."""
        selections = (*self.selections[:contest], selection, *self.selections[contest + 1 :])
        return replace(self, selections=selections, code=None)


@dataclass(frozen=True, slots=True)
class Session:
    """A voter's papers, their electoral district, and the handle of the process that holds the credential."""

    handle: Handle
    papers: tuple[PaperState, ...]
    district: str = ""

    def with_paper(self, index: int, paper: PaperState) -> "Session":
        """The session with one paper replaced."""
        return replace(self, papers=(*self.papers[:index], paper, *self.papers[index + 1 :]))

    def index(self, paper_id: str) -> int | None:
        """Position of a paper of this voter, or None."""
        ids = [state.paper.paper_id for state in self.papers]
        return ids.index(paper_id) if paper_id in ids else None

    @property
    def filled(self) -> tuple[int, ...]:
        """Positions of the papers that the voter went through."""
        return tuple(i for i, state in enumerate(self.papers) if state.filled)

    @property
    def undecided(self) -> tuple[int, ...]:
        """Positions of the papers that the voter neither went through nor declined."""
        return tuple(i for i, state in enumerate(self.papers) if not (state.filled or state.declined))

    @property
    def declined(self) -> tuple[int, ...]:
        """Positions of the papers that the voter declined."""
        return tuple(i for i, state in enumerate(self.papers) if state.declined)

    @property
    def offered(self) -> tuple[str, ...]:
        """Names of the papers that are cast if the voter says so: those that the voter went through."""
        return tuple(self.papers[i].paper.paper_id for i in self.filled)

    def without(self, index: int) -> "Session":
        """The session after the voter declined a paper."""
        return self.with_paper(index, PaperState.refused(self.papers[index].paper))

    def anew(self, index: int) -> "Session":
        """The session after the voter took a paper back, or any other as it was handed out."""
        return self.with_paper(index, PaperState.empty(self.papers[index].paper))
