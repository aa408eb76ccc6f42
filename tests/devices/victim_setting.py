"""A polling place whose terminal is a victim: a process of its own, that is killed or whose store fails."""

import subprocess
import sys
import threading
from pathlib import Path

from kiosk.flows.views import View
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace, Watcher

TOP = Path(__file__).resolve().parents[2]


class Victim:
    """The terminal in a process of its own; the one in this process has to be off meanwhile."""

    def __init__(self, place: PollingPlace) -> None:
        device = place.folder / "e" / "terminals" / "T-1"
        sockets = [str(one.path) for one in (place.card, place.printer, place.media)]
        places = [str(device), *sockets, place.clock().isoformat()]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.devices.terminal_victim", *places],
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.marks: list[str] = []
        self.shown: list[str] = []

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def until(self, *words: str) -> str:
        """The next line that begins with one of these words; "" if the process ends before it comes.

        A process that tells nothing of it for WAIT_SECONDS is ended.
        """
        assert self._process.stdout is not None
        patience = threading.Timer(WAIT_SECONDS, self._process.terminate)
        patience.start()
        try:
            for line in self._process.stdout:
                if line.startswith("mark "):
                    self.marks.append(line.strip().removeprefix("mark "))
                if line.startswith("view "):
                    self.shown.append(line.split()[1])
                if line.startswith(words):
                    return line.strip()
        finally:
            patience.cancel()
        return ""

    def tell(self, line: str, *words: str) -> str:
        """Do something at the screen, and wait for what it shows."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.until(*words)

    def kill(self) -> None:
        """End it as a power cut does, if it has not ended."""
        assert self._process.stdout is not None
        if self._process.stdout.closed:
            return
        self._process.kill()
        assert self.end() < 0

    def ended(self) -> bool:
        """Whether it ended itself as a power cut does, at the mark that it was told."""
        return self._process.wait(WAIT_SECONDS) == -9

    def end(self) -> int:
        """Switch it off if it still runs; its exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self.until("nothing")
        self._process.stdout.close()
        return self._process.wait(60)


def voting(place: PollingPlace) -> tuple[Victim, str]:
    """A voter at the question whether to cast; the terminal, and the card, which is in it."""
    card = place.issue("B")
    place.app.stop()
    victim = Victim(place)
    victim.until("view welcome")
    place.card.control.insert(card)
    victim.until("view ballots")
    victim.tell("paper governor", "view contest")
    victim.tell("option 1", "view contest")
    victim.tell("touch NEXT", "view ballots")
    victim.tell("touch NEXT", "view review")
    victim.tell("touch NEXT", "view undecided")
    victim.tell("touch CONFIRM", "view decide")
    return victim, card


def cast(place: PollingPlace, at: int) -> tuple[Victim, str]:
    """A voter votes and casts; the terminal is killed at the mark `at` after *Cast* (0: never). The card stays in."""
    victim, card = voting(place)
    victim.tell(f"arm {at}", "armed")
    # The slip is the last effect of a cast: the screen that it is printed ends what is watched.
    victim.tell("touch CAST", "view cast cast.lead", "view not_stored")
    return victim, card


def switched_on(place: PollingPlace) -> View:
    """The terminal in this process again; the first screen that is about the card, which is still in."""
    place.watcher = Watcher()
    place.start()
    return place.see("after_power", "card_trouble", "ballots")
