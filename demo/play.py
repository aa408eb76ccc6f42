"""The whole election day, played through the real window: clicks, cards, paper, a cut network, and power cuts."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from demo import report_types as record
from demo.commission import Abandoned, Member
from demo.counting import accepted, archive_path, batches, count, totals
from demo.eye import Eye, EyeLost, Sight
from demo.house import MEDIUM, House, HouseTrouble, draw_screens
from demo.power_cuts import KILL_AFTER, PowerCuts
from demo.report import write_report
from demo.verdicts import act_verdicts, check_ballot, collect_acts, verdicts
from demo.visit import Ending, Visit
from demo.voters import Voter, scripted
from kiosk.domain.ballots import Paper, encoded_paper
from kiosk.domain.from_package import papers as domain_papers
from kiosk.domain.words import message
from kiosk.flows.views import Screen
from protocol.archive import read_archive
from protocol.code import from_shown
from texts import Catalogue

DELIVERY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Day:
    """What to play."""

    out: Path
    voters: int
    group: str
    seed: int
    kills: int = 0
    platform: str | None = "offscreen"
    pcsc: bool = False
    """The terminal reads its cards through a pcscd of its own."""


@dataclass(slots=True)
class Diary:
    """What happened, in the report's words."""

    began: float
    tell: Callable[[str], None]
    moments: list[record.Moment] = field(default_factory=list)
    durations: list[record.Duration] = field(default_factory=list)

    def note(self, kind: record.MomentKind, what: str) -> None:
        """Write a line, and show it to whoever watches."""
        self.moments.append(record.Moment(seconds=round(time.monotonic() - self.began, 1), kind=kind, what=what))
        self.tell(what)

    def timed(self, what: str, began: float) -> None:
        """Write how long a part took."""
        self.durations.append(record.Duration(what=what, seconds=round(time.monotonic() - began, 1)))


class PlayedDay:
    """One day, from provisioning to the verdicts."""

    def __init__(self, day: Day, tell: Callable[[str], None]) -> None:
        self._day = day
        self._diary = Diary(time.monotonic(), tell)
        self._screens: dict[str, Path] = {}
        self._faults: list[record.Fault] = []
        self._found: list[str] = []

    def play(self) -> record.DayReport:
        """Play it. Raises HouseTrouble, NotThere, Stuck if it cannot go on at all."""
        out = self._day.out
        for name in ("acts", "archives", "papers", "screens"):
            (out / name).mkdir(parents=True)
        with House(
            out / "station", self._day.group, self._diary.tell, self._day.platform, pcsc=self._day.pcsc
        ) as house:
            self._house = house
            self._papers = domain_papers(house.package)
            self._voters = scripted(
                {style.style_id: tuple(style.papers) for style in house.package.ballot_styles},
                self._papers,
                self._day.voters,
                self._day.seed,
                house.package.languages,
            )
            self._refuse_too_few()
            self._note_step("The election is provisioned; centre, card readers and printer run")
            self._open()
            endings = self._vote()
            self._close()
            self._deliver()
            self._tally()
            self._add_example_screens()
            collect_acts(house, self._day.out / "acts")
            report = self._report(endings)
            self._collect_papers()
        write_report(out, report)
        return report

    # --- the day ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        began = time.monotonic()
        house = self._house
        house.start_terminal()
        self._eye = house.eye()
        self._seen(self._eye, self._eye.wait(["closed"]))
        house.clock.set(house.opens_at() + timedelta(seconds=30))
        self._cuts = PowerCuts(house, self._day.kills, self._day.voters + 5, self._day.seed)
        self._surviving(lambda: Member(house, self._seen).bring_to(self._eye, "welcome"))
        self._note_step("Zero report printed, polls opened by the chair's card")
        self._diary.timed("opening", began)

    def _vote(self) -> dict[int, Ending]:
        began = time.monotonic()
        endings: dict[int, Ending] = {}
        cut, mended = self._day.voters // 3, self._day.voters // 3 * 2
        pulled = self._day.voters // 2
        for voter in self._voters:
            if voter.number == cut + 1:
                self._house.relay.cut()
                self._diary.note(record.MomentKind.FAULT, "The network is cut")
            if voter.number == mended + 1 and not self._house.relay.on:
                self._mend_network()
            if voter.number == pulled + 1:
                self._house.media.control.pull_out()
                self._diary.note(record.MomentKind.FAULT, "The second copy's medium is pulled out")
            if voter.number == pulled + 2:
                self._put_medium_back()
            visit = Visit(self._house, voter, self._papers, self._seen, self._cuts.aim)
            if voter.number == self._day.voters // 2:
                self._pause()
                visit.card = self._go_off(voter)
            endings[voter.number] = self._surviving(partial(self._attend, visit))
            what = f"Voter {voter.number} of {self._day.voters} ({voter.style}): {endings[voter.number].value}"
            self._diary.note(record.MomentKind.VOTER, what)
        if not self._house.relay.on:
            self._mend_network()
        if self._house.media.control.state()["medium"] is None:
            self._put_medium_back()
        self._diary.timed("voting", began)
        return endings

    def _pause(self) -> None:
        """Voting is paused and resumed, each with its act."""
        member = Member(self._house, self._seen)
        self._surviving(lambda: member.bring_to(self._eye, "paused"))
        self._note_step("Voting paused; its act signed and printed")
        self._surviving(lambda: member.bring_to(self._eye, "welcome"))
        self._note_step("Voting resumed; its act signed and printed")

    def _go_off(self, voter: Voter) -> str:
        """A voter goes off in the middle and a member ends the session; the card, with which the voter comes back."""
        abandoned = Abandoned(self._house.issue(voter.style))
        member = Member(self._house, self._seen)
        self._surviving(lambda: member.end_abandoned(self._eye, abandoned))
        what = f"Voter {voter.number} goes off; a member ends the session, and the card may vote again"
        self._diary.note(record.MomentKind.VOTER, what)
        ending = "nothing of it was cast; the same card voted afterwards, and its ballots count once"
        fault = record.Fault(what="a session left behind", where="the terminal", ending=ending, lost=0)
        self._faults.append(fault)
        return abandoned.card

    def _attend(self, visit: Visit) -> Ending:
        """The visit goes on at whatever window is there now: after a power cut it is another one."""
        return visit.attend(self._eye)

    def _put_medium_back(self) -> None:
        """The votes that it lacks are copied while others vote."""
        self._house.media.control.put_in(MEDIUM)
        self._diary.note(record.MomentKind.RECOVERY, "The second copy's medium is back")
        ending = "voting went on with one copy; the medium got what it lacked when it came back"
        self._faults.append(record.Fault(what="medium pulled", where="second copy", ending=ending, lost=0))

    def _mend_network(self) -> None:
        self._house.relay.restore()
        self._diary.note(record.MomentKind.RECOVERY, "The network is back")
        ending = f"voting went on; {self._house.relay.refused} attempts to deliver met the cut"
        self._faults.append(record.Fault(what="network cut", where="terminal to centre", ending=ending, lost=0))

    def _surviving(self, part: Callable[[], "Ending | None"]) -> "Ending":
        """Do a part of the day through power cuts: switch the terminal on again and go on."""
        self._cuts.begin_part()
        while True:
            self._cuts.arm()
            try:
                ended = part()
            except EyeLost:
                if not self._cuts.done:
                    raise
                self._diary.note(record.MomentKind.FAULT, "The terminal's power is cut")
                self._cuts.disarm()
                self._house.start_terminal()
                self._eye = self._house.eye()
                self._diary.note(record.MomentKind.RECOVERY, "The terminal is back")
                continue
            self._cuts.disarm()
            if self._house.terminal_pid is None:
                # Cut in the last moment of the part: the next one begins with a terminal that runs.
                self._house.start_terminal()
                self._eye = self._house.eye()
            return ended if ended is not None else Ending.CAST

    def _close(self) -> None:
        began = time.monotonic()
        house = self._house
        house.clock.set(house.closes_at() + timedelta(minutes=1))
        self._surviving(lambda: Member(house, self._seen).bring_to(self._eye, "closed"))
        while self._cuts.left:
            # The closed terminal delivers: cuts that the voters did not live to see hit it there.
            self._surviving(self._wait_for_a_cut)
        if self._cuts.done:
            ending = "every voter was told what became of the ballot; the totals below show that each counted once"
            self._faults.append(
                record.Fault(what=f"SIGKILL, {self._cuts.done} times", where="the terminal", ending=ending, lost=0)
            )
        self._seen(self._eye, self._eye.wait(["closed"]))
        self._note_step("Polls closed; closing act signed and printed")
        self._diary.timed("closing", began)

    def _wait_for_a_cut(self) -> None:
        if self._cuts.left:
            self._cuts.arm_surely()
            self._eye.wait(lambda _: False, KILL_AFTER[1] + 30.0)

    def _deliver(self) -> None:
        """Wait until the centre has signed for every ballot that was cast."""
        began = time.monotonic()
        expected = sum(len(voter.casts()) for voter in self._voters)
        until = time.monotonic() + DELIVERY_SECONDS
        while True:
            found = batches(self._house)
            if accepted(found) >= expected:
                break
            if time.monotonic() > until:
                self._found.append(f"the centre has accepted {accepted(found)} of {expected} ballots")
                break
            time.sleep(0.3)
        self._batches = found
        self._note_step(f"The centre has signed for {accepted(found)} ballots in {len(found)} batches")
        self._house.stop_terminal()
        self._house.stop_centre()
        self._diary.timed("delivery", began)

    def _tally(self) -> None:
        began = time.monotonic()
        house = self._house
        trustees = count(house)
        self._note_step(f"{trustees} trustees decrypted the totals of {len(house.package.papers)} papers")
        for paper in house.package.papers:
            shutil.copy(archive_path(house, paper.uuid), self._day.out / "archives" / f"{paper.uuid}.bel")
        self._diary.timed("tally", began)

    def _refuse_too_few(self) -> None:
        """A paper with fewer ballots than `min_tally` is never decrypted, so such a day could not be judged."""
        least = self._house.package.policies.min_tally
        for paper in self._papers:
            ballots = sum(paper in voter.casts() for voter in self._voters)
            if ballots < least:
                raise HouseTrouble(
                    f"{ballots} of {len(self._voters)} voters would cast the paper “{paper}”, and papers with fewer "
                    f"than {least} ballots are never decrypted: play with more voters"
                )

    # --- what is left of it -------------------------------------------------------------------------------------

    def _seen(self, eye: Eye, sight: Sight) -> None:
        """Keep a picture of every screen once in each language."""
        name = f"{sight.screen}-{sight.language}.png"
        if sight.screen and name not in self._screens:
            path = self._day.out / "screens" / name
            eye.picture(path)
            self._screens[name] = path

    def _add_example_screens(self) -> None:
        """Screens that this day did not meet are drawn from examples, so that every screen is there to be looked at."""
        for language in self._house.package.languages:
            with tempfile.TemporaryDirectory() as folder:
                draw_screens(Path(folder), language)
                for screen in Screen:
                    name, example = f"{screen.value}-{language}.png", Path(folder) / f"{screen.value}.png"
                    if name not in self._screens and example.exists():
                        path = self._day.out / "screens" / name.replace(".png", "-example.png")
                        shutil.copy(example, path)
                        self._screens[path.name] = path

    def _note_step(self, what: str) -> None:
        self._diary.note(record.MomentKind.STEP, what)

    def _collect_papers(self) -> None:
        for file in sorted((self._house.folder / "printer" / "paper").glob("*.png")):
            shutil.copy(file, self._day.out / "papers" / file.name)

    def _report(self, endings: dict[int, Ending]) -> record.DayReport:
        began = time.monotonic()
        house, languages = self._house, self._house.package.languages
        package = house.package
        papers = tuple(self._paper_totals(paper) for paper in self._papers.values())
        said = [
            verdict
            for paper in package.papers
            for verdict in verdicts(self._day.out / "archives" / f"{paper.uuid}.bel", paper.paper_id, self._day.group)
        ]
        said += act_verdicts(self._day.out / "acts")
        challenges = self._challenges()
        self._note_step("Archives and acts are judged by every program that can read them")
        self._diary.timed("verification", began)
        cast = sum(len(voter.casts()) for voter in self._voters)
        entitled = sum(len(package.style(voter.style).papers) for voter in self._voters)
        counts = record.Counts(
            voters=len(self._voters),
            cast=len(endings),
            left_without_casting=0,
            ballots_entitled=entitled,
            ballots_cast=cast,
            ballots_declined=entitled - cast,
            challenges=len(challenges),
        )
        printed = sorted((house.folder / "printer" / "paper").glob("*.png"))
        return record.DayReport(
            election=package.title[languages[0]],
            place=package.polling_places[0].title[languages[0]],
            mode=package.mode,
            group=self._day.group,
            seed=self._day.seed,
            software=package.software[0] if package.software else "",
            counts=counts,
            papers=papers,
            challenges=challenges,
            verdicts=tuple(said),
            batches=tuple(self._batch_line(batch) for batch in self._batches),
            faults=tuple(self._faults),
            timeline=tuple(self._diary.moments),
            durations=tuple(self._diary.durations),
            printed=tuple(record.Picture(file=f"papers/{file.name}", caption=file.stem) for file in printed),
            screens=tuple(record.Picture(file=f"screens/{name}", caption=name[:-4]) for name in sorted(self._screens)),
            faults_found=tuple(self._found),
        )

    def _batch_line(self, batch: dict[str, int | str]) -> record.BatchLine:
        return record.BatchLine(
            terminal=str(batch["terminal"]),
            sequence=int(batch["sequence"]),
            header_sha256=str(batch["header_sha256"]),
            accepted=int(batch["accepted"]),
            refused=int(batch["refused"]),
            status="quarantined" if batch["refused"] else "accepted",
        )

    def _paper_totals(self, paper: Paper) -> record.PaperTotals:
        language = self._house.package.languages[0]
        cast = [voter for voter in self._voters if paper.paper_id in voter.casts()]
        archive = read_archive(self._day.out / "archives" / f"{paper.uuid}.bel")
        tallied = totals(archive)
        contests = []
        for index, contest in enumerate(paper.contests):
            names = [option.name.in_language(language) for option in contest.options]
            names = [Catalogue(language).say(message("contest.blank")), *names] if contest.blank else names
            scripted_totals = [
                sum(column) for column in zip(*(_vector(paper, voter, index) for voter in cast), strict=True)
            ]
            contests.append(
                record.ContestTotals(
                    title=contest.title.in_language(language),
                    options=tuple(
                        record.OptionTotal(
                            name=name, scripted=total, tallied=None if tallied is None else tallied[index][i]
                        )
                        for i, (name, total) in enumerate(zip(names, scripted_totals, strict=True))
                    ),
                )
            )
        return record.PaperTotals(
            paper_id=paper.paper_id,
            uuid=paper.uuid,
            title=paper.title.in_language(language),
            archive=f"archives/{paper.uuid}.bel",
            cast=len(cast),
            archived=len(archive.ballots),
            contests=tuple(contests),
        )

    def _challenges(self) -> tuple[record.Challenge, ...]:
        """Check every challenge slip that the printer holds, by its picture, as a voter would with a phone."""
        challenges: list[record.Challenge] = []
        for slip in sorted((self._house.folder / "printer" / "paper").glob("*slip-challenge*.png")):
            if ".broken-" in slip.name or ".reprint" in slip.name:
                continue
            challenges.append(self._challenge(slip))
        return tuple(challenges)

    def _challenge(self, slip: Path) -> record.Challenge:
        from protocol.challenge import read_slip

        text = read_slip(str(slip))
        paper = next(paper for paper in self._papers.values() if paper.uuid == text.uuid)
        archive = self._day.out / "archives" / f"{paper.uuid}.bel"
        status, words = check_ballot(str(slip), archive)
        codes = {json.loads(ballot)["signature"]["hash"] for ballot in read_archive(archive).ballots}
        return record.Challenge(
            paper_id=paper.paper_id,
            code=text.code,
            in_archive=from_shown(text.code) in codes,
            check=words,
            check_passed=status == 0,
        )


def _vector(paper: Paper, voter: Voter, contest: int) -> tuple[int, ...]:
    return encoded_paper(paper, voter.selections[paper.paper_id])[contest]
