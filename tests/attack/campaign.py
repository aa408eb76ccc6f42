"""Days played and attacked, again and again: each attacker's verdict over all of them."""

import multiprocessing
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import msgspec

from tests.attack.carving import PAGE, Evidence, carve, carve_pool
from tests.attack.chance import Group, Verdict, judge
from tests.attack.ground import play
from tests.attack.issuing_day import NAME
from tests.attack.polling_day import KEY, NOON, SECOND_KEY, Truth
from tests.attack.rankings import scores
from tests.faults.folder import quick_folder

MOMENTS = ("noon", "night")
VOTERS = 200
PROCESSES = 2
ROOM = 640 << 20
BOTH = "both media"
KEYS = (KEY, SECOND_KEY)
"""Each medium has a key of its own, and the attacker has both."""


@dataclass(frozen=True, slots=True)
class View:
    """From where an attacker looked: the image of which moment and medium, and with which ranking."""

    moment: str
    medium: str
    ranking: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day, attacked: the groups of each view, and on each image what was found outside the places it belongs to."""

    groups: Mapping[View, tuple[Group, ...]]
    remains: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Campaign:
    """The verdict of every view over all days, and the remains of all of them."""

    verdicts: Mapping[View, Verdict]
    remains: int

    def findings(self) -> dict[View, Verdict]:
        """The views that found something of the order."""
        return {view: verdict for view, verdict in self.verdicts.items() if verdict.finds}

    def strongest(self, moment: str) -> float:
        """The strongest correlation of any view with the time at a moment, forwards or backwards."""
        return max(abs(verdict.correlation) for view, verdict in self.verdicts.items() if view.moment == moment)


def attack_votes(kind: str, runs: int, media: int) -> Campaign:
    """Play `runs` days of 200 votes with a store of this kind, and attack each at noon and at night."""
    return _campaign(partial(polling_day, kind, media), runs)


def attack_issues(kind: str, runs: int) -> Campaign:
    """Play `runs` days of 200 issues with a pool of this kind, and attack each at noon and at night."""
    return _campaign(partial(issuing_day, kind), runs)


def _campaign(day: "partial[Day]", runs: int) -> Campaign:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as processes:
        days = [future.result() for future in [processes.submit(day) for _ in range(runs)]]
    groups = defaultdict[View, list[Group]](list)
    for one in days:
        for view, found in one.groups.items():
            groups[view].extend(found)
    verdicts = {view: judge(found) for view, found in groups.items()}
    return Campaign(verdicts, sum(sum(one.remains.values()) for one in days))


def polling_day(kind: str, media: int) -> Day:
    """One day of votes, played and attacked."""
    with quick_folder(ROOM) as folder:
        play("tests.attack.polling_day", {"kind": kind, "voters": VOTERS, "media": media}, folder)
        truth = msgspec.json.decode((folder / "truth.json").read_bytes(), type=Truth)
        groups, remains = dict[View, tuple[Group, ...]](), dict[tuple[str, str], int]()
        for moment, sessions, batches in (
            ("noon", truth.sessions[: truth.noon_sessions], truth.noon_batches),
            ("night", truth.sessions, truth.night_batches),
        ):
            known = dict[str, dict[str, list[float]]]()
            codes = [code for session in sessions for code in session]
            for number in range(media):
                image = folder / f"{moment}-{number}.img"
                evidence = carve(image, KEYS[number], 4096 if kind == "overflow" else PAGE)
                image.unlink()
                known[f"medium {number + 1}"] = scores(evidence, codes)
                remains[moment, f"medium {number + 1}"] = _outside(evidence)
            if media > 1:
                pairs = zip(*(told["place"] for told in known.values()), strict=True)
                known[BOTH] = {"sum of places": [sum(pair) for pair in pairs]}
            for medium, told in known.items():
                for ranking, given in told.items():
                    groups[View(moment, medium, ranking)] = _groups(sessions, batches, given)
        return Day(groups, remains)


def issuing_day(kind: str) -> Day:
    """One day of issues, played and attacked. The style of an issue is known, as it stands in the roll."""
    with quick_folder(ROOM) as folder:
        play("tests.attack.issuing_day", {"kind": kind, "issues": VOTERS}, folder)
        issued = msgspec.json.decode((folder / "issued.json").read_bytes(), type=list[str])
        provisioned = (folder / "provisioned.json").read_bytes()
        pool = msgspec.json.decode(provisioned)["styles"]
        styles = {entry: number for number, entries in enumerate(pool.values()) for entry in entries}
        groups, remains = dict[View, tuple[Group, ...]](), dict[tuple[str, str], int]()
        for moment, entries in (("noon", issued[: round(VOTERS * NOON)]), ("night", issued)):
            evidence = carve_pool(folder / f"{moment}.img", provisioned, NAME)
            remains[moment, "desk"] = sum(entry in evidence.strays for entry in entries)
            for ranking, given in scores(evidence, entries).items():
                groups[View(moment, "desk", ranking)] = _groups([[entry] for entry in entries], styles, given)
        return Day(groups, remains)


def _outside(evidence: Evidence) -> int:
    """How many things of the store lie outside the places where they belong."""
    return len(evidence.strays) + len(evidence.rows) + len(evidence.states) + len(evidence.pages)


def _groups(sessions: Sequence[Sequence[str]], batches: Mapping[str, int], given: Sequence[float]) -> tuple[Group, ...]:
    """The scores, parted by batch. The ballots of one session have one time."""
    timed = [(float(time), code) for time, session in enumerate(sessions) for code in session]
    parted = defaultdict[int, list[tuple[float, float]]](list)
    for (time, code), score in zip(timed, given, strict=True):
        parted[batches.get(code, 0)].append((time, score))
    last = batches.get(sessions[-1][-1], 0)
    return tuple(
        Group(tuple(time for time, _ in members), tuple(score for _, score in members), has_last=batch == last)
        for batch, members in sorted(parted.items())
    )
