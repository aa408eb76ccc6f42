"""A polling place whose terminal prints by ESC/POS, for tests of one physical failure each.

A failure strikes in the middle of each of the two slips of a voter, and is mended; then it stands while a member of
the commission looks. What is asked is the same for every failure: what the screens say, what the journal says, that
the session and the vote survive, and that nothing comes out twice without saying so.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageChops

from kiosk.domain.polls import PauseReason
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import View
from kiosk.papers.frame import BallotCode, Origin
from kiosk.papers.render import Content, PaperKind, render
from kiosk.papers.slip_cast import Answer, SlipAnswer
from kiosk.papers.slip_offered import SlipOffered
from protocol.code import shown
from tests.devices.terminal_setting import PollingPlace, open_place

IN_THE_MIDDLE = 30_000
"""A byte in the picture of each slip."""


class FailingPrinter:
    """An open polling place, and the hands that break and mend its printer."""

    def __init__(self, place: PollingPlace) -> None:
        self.place = place
        self.control = place.printer.control

    def mend(self) -> None:
        """Whatever is wrong is put right."""
        for command in ("clear", "paper_in", "cover_close", "online", "plug"):
            self.control.do(command)
        self.control.silent(False)
        self.control.do("garbage", on=False)

    # --- the voter's side ---------------------------------------------------------------------------------------

    def fails_a_voter(self, fault: str, *words: str) -> None:
        """A voter meets the failure at both slips. `words` are the keys that the screen may name it by."""
        place = self.place
        place.see("welcome")
        self.control.tear() if self.control.state()["hanging"] else None
        papers, stored, notes = len(self.pieces()), self.codes(), self.notes()
        card = place.issue("B")
        place.insert(card, "ballots")
        place.mark()
        self.control.fail_at_byte(IN_THE_MIDDLE, fault)
        says(place.commit("printer_waits"), words)
        assert self.codes() == stored, "nothing is cast while the codes are not on paper"
        assert place.session_pids(), "the session waits"
        self.mend()
        place.touch(Touch.RETRY, "decide")
        self.control.fail_at_byte(IN_THE_MIDDLE, fault)
        place.touch(Touch.CAST, "cast")
        says(place.watcher.until(lambda view: any(word in str(view) for word in words)), words)
        assert len(self.codes()) == len(stored) + 1, "the vote stands, paper or not"
        self.mend()
        place.touch(Touch.RETRY, "cast")
        place.watcher.until(lambda view: "cast.lead'" in str(view.lead))
        place.app._card_lane.do(lambda: None)
        place.remove("welcome")
        place.no_session()
        new = self.notes()[len(notes) :]
        assert new.count("slip_not_printed") == 2
        self._journal_says(words, "slip_not_printed", len(notes))
        assert (new.count("slip_offered_printed"), new.count("slip_cast_printed")) == (1, 1)
        assert new.count("session_cast") == 1
        self._each_came_out_once(self.pieces()[papers:], (self.codes() - stored).pop())

    def _each_came_out_once(self, pieces: list[tuple[Path, bool]], stored: str) -> None:
        """The two slips are whole, each says that it is a reprint, and nothing else came out whole."""
        came = [self._which(path, stored) for path, broken in pieces if not broken]
        for kind in (PaperKind.SLIP_OFFERED, PaperKind.SLIP_ANSWER):
            assert came.count((kind, True)) == 1, "the reprint is whole, and says that it is one"
            # A printer that only fell silent had printed the first one.
            assert came.count((kind, False)) <= 1
        memory = self.control.state()["escpos"]
        assert (memory["held"], memory["hanging_rows"]) == (0, 0), "no paper of this voter is in the printer"

    def _which(self, path: Path, stored: str) -> tuple[PaperKind, bool]:
        """Which of the slips this is, dot for dot, and whether it is marked as a reprint."""
        signed = scanned(path)
        with Image.open(path) as picture:
            seen = picture.convert("L")
        for kind in (PaperKind.SLIP_OFFERED, PaperKind.SLIP_ANSWER):
            for reprint in (False, True):
                origin = self.place.app._voting._facts.origin(reprint=reprint)
                expected = self._slip(kind, origin, signed, stored).convert("L")
                if expected.size == seen.size and near(expected, seen):
                    return kind, reprint
        raise AssertionError(f"{path.name} is no slip of this voter")

    def _slip(self, kind: PaperKind, origin: Origin, signed: str, stored: str) -> Image.Image:
        facts = self.place.app._voting._facts
        codes = (BallotCode(facts.papers["governor"].title, shown(stored)),)
        content: Content = (
            SlipOffered(origin, codes, signed)
            if kind is PaperKind.SLIP_OFFERED
            else SlipAnswer(origin, Answer.CAST, codes, facts.published_at, signed)
        )
        return render(kind, content, "ru").image

    # --- the staff's side ---------------------------------------------------------------------------------------

    def fails_a_member(self, fault: str, *words: str) -> None:
        """A member looks while the failure stands, tries to pause with its act, and gets the act once it is mended."""
        place = self.place
        place.see("welcome")
        notes = self.notes()
        self.control.fail_at_byte(IN_THE_MIDDLE, fault)
        self._home()
        place.touch(Touch.PAUSE_POLLS, "staff_pause")
        place.do(c.ReasonChosen(PauseReason.TECHNICAL), "staff_checklist")
        says(place.watcher.until(lambda view: view.primary is not None), words)
        place.touch(Touch.LEAVE, "staff_home")
        place.watcher.until(lambda view: "print_pause" in str(view))
        says(place.watcher.until(lambda view: any(word in str(view) for word in words)), words)
        self.mend()
        place.touch(Touch.PRINT_ACT, "staff_done")
        place.touch(Touch.FINISH, "staff_home")
        place.watcher.until(lambda view: "print_pause" not in str(view) and "action.resume" in str(view))
        place.touch(Touch.RESUME_POLLS, "staff_done")
        place.remove("welcome")
        new = self.notes()[len(notes) :]
        assert (new.count("act_signed"), new.count("act_not_printed"), new.count("act_printed")) == (2, 1, 2)
        self._journal_says(words, "act_not_printed", len(notes))

    def _home(self) -> None:
        self.place.insert("chair", "staff_pin")
        self.place.pin("111111", "staff_home")

    def _journal_says(self, words: tuple[str, ...], event: str, since: int) -> None:
        """The journal names the same reason as the screen, and no code of a ballot anywhere."""
        records = self.place.store(lambda store: list(store.journal.records()))[since:]
        for record in records:
            if record.event == event:
                assert any(f"printer.{record.fields['trouble']}".startswith(word) for word in words), record
        fields = " ".join(str(record.fields) for record in records)
        assert not any(code in fields or shown(code) in fields for code in self.codes())

    # --- what there is ------------------------------------------------------------------------------------------

    def codes(self) -> set[str]:
        """The codes in the store."""
        return set(self.place.store(lambda store: store.codes()))

    def notes(self) -> list[str]:
        """The kinds of the journal's events."""
        return self.place.store(lambda store: [record.event for record in store.journal.records()])

    def pieces(self) -> list[tuple[Path, bool]]:
        """Every piece of paper that came out, and whether it is broken."""
        folder = self.place.folder / "p" / "paper"
        return [(folder / paper["file"], paper["broken"] is not None) for paper in self.control.papers()]


def says(view: View, words: tuple[str, ...]) -> None:
    """The screen names the failure by one of these."""
    assert any(word in str(view) for word in words), view


def scanned(path: Path) -> str:
    """The text of the QR code on a paper, by zbar."""
    done = subprocess.run(["zbarimg", "--quiet", "--raw", str(path)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def near(one: Image.Image, other: Image.Image) -> bool:
    """The same picture, but for a dot here and there that the driver adds so that it spells no command."""
    different = ImageChops.difference(one, other).point([0] + [1] * 255).tobytes()
    return sum(different) <= len(different) // 2000


@contextmanager
def failing_printer(line: str) -> Iterator[FailingPrinter]:
    """An open polling place with its printer on this line."""
    with open_place(line=line) as place:
        yield FailingPrinter(place)
