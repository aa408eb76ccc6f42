"""A terminal without its screen, in a process that may be killed: told what people do, it tells what it shows.

On standard input, a line each: `touch NAME`, `paper ID`, `option N`, `about N`, `decline ID`, `pin DIGITS`,
`reason NAME`, `order FILE`, `clock ISO`, `pass SECONDS` (timers run), `lose` (the session's process dies), `arm N`
(end at the Nth mark from here, 0 at none), `end N NAME` (end at the Nth mark of that name), `await NAME` (until the
screen offers this touch).
On standard output: `view SCREEN LEAD HEADING`, `armed`, and from then on `mark NAME`. A mark is a place between two
effects: before and after each signing, each transaction of the store, each command to the card and each paper printed.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from drivers.card.simulated.reader import SimulatedCardReader, SimulatedConnection
from drivers.keystore.software import SoftwareKeyStore
from drivers.media.simulated.media import SimulatedMedia
from drivers.printer.simulated.printer import SimulatedPrinter
from kiosk.domain.from_package import station
from kiosk.domain.polls import PauseReason
from kiosk.effects.printing import Printing
from kiosk.effects.session_process import SignPapers
from kiosk.effects.sessions import Sessions
from kiosk.flows.contract import (
    AboutChosen,
    DeclineChosen,
    OptionTouched,
    PaperChosen,
    PinEntered,
    ReasonChosen,
    TimeUp,
    Touch,
    Touched,
)
from kiosk.flows.view import cannot_start, starting
from kiosk.flows.views import View
from kiosk.modes.device_folder import CannotStart, read_device_folder
from kiosk.modes.terminal import Devices, TerminalApp
from kiosk.store.database import Database
from protocol.documents.certificates import Role


def tell(words: str) -> None:
    """One line to whoever watches."""
    os.write(1, f"{words}\n".encode())


class Marks:
    """Counts places, and ends the process at one of them, as a power cut would."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = -1
        self._end = ("", 0)

    def end(self, name: str, number: int) -> None:
        """End at the mark of this name and number from now on."""
        with self._lock:
            self._end = (name, number)

    def arm(self, left: int) -> None:
        """Tell of marks from now on, and end at the one of this number; 0 never ends."""
        with self._lock:
            self._left = left if left else 1_000_000

    def pass_by(self, name: str) -> None:
        """A mark is reached."""
        with self._lock:
            if name == self._end[0]:
                self._end = (name, self._end[1] - 1)
                if self._end[1] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            if self._left < 0:
                return
            tell(f"mark {name}")
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: type, method: str, name: Callable[..., str]) -> None:
        """Put a mark behind a method, which is before the next one; `name` of its arguments, "" for none."""
        inner = getattr(owner, method)

        def marked(*arguments: Any, **named: Any) -> Any:
            answer = inner(*arguments, **named)
            if called := name(*arguments):
                self.pass_by(f"after {called}")
            return answer

        setattr(owner, method, marked)


@dataclass
class Time:
    """Clocks that stand where they are put: the polling place's, and the seconds that timers run by."""

    now: datetime
    ticks: float = 0.0


def main(device: str, card: str, printer: str, media: str, now: str) -> None:
    """Run until standard input ends."""
    marks = Marks()
    marks.around(Database, "commit", lambda *_: "transaction")
    marks.around(SimulatedConnection, "send_and_receive", lambda *_: "card command")
    marks.around(Printing, "paper", lambda *_: "paper")
    marks.around(Sessions, "ask", lambda _, __, command, *___: "signing" if isinstance(command, SignPapers) else "")

    changed, shown = threading.Condition(), list[View]()

    def publish(view: View) -> None:
        with changed:
            shown[:] = [view]
            changed.notify_all()
        tell(f"view {view.screen.value} {getattr(view.lead, 'key', '-')} {getattr(view.heading, 'key', '-')}")
        marks.pass_by(f"screen {view.screen.value}")

    at = Time(datetime.fromisoformat(now))
    folder = read_device_folder(Path(device), Role.TERMINAL, at.now)
    devices = Devices(
        SimulatedCardReader(Path(card)),
        SimulatedPrinter(Path(printer)),
        SoftwareKeyStore(Path(device)),
        media=SimulatedMedia(Path(media)),
    )
    here = station(folder.opened.package, folder.settings.place, folder.settings.device, at.now)
    publish(starting(here))
    try:
        app = TerminalApp(folder, devices, "0" * 64, lambda: at.now, lambda: at.ticks, publish, 3_600.0)
    except CannotStart as error:
        # As the program does: the screen says so until somebody switches it off.
        publish(cannot_start(here, error.trouble))
        sys.stdin.read()
        return
    app.start()
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        match word:
            case "touch":
                app.send(Touched(Touch[rest]))
            case "await":
                with changed:
                    while repr(Touch[rest]) not in repr(shown[0]):
                        changed.wait()
                tell("armed")
            case "paper":
                app.send(PaperChosen(rest))
            case "option":
                app.send(OptionTouched(int(rest)))
            case "about":
                app.send(AboutChosen(int(rest)))
            case "decline":
                app.send(DeclineChosen(rest))
            case "pin":
                app.send(PinEntered(app.deposit.leave(bytearray(rest.encode()))))
            case "reason":
                app.send(ReasonChosen(PauseReason[rest]))
            case "order":
                app.take_order(Path(rest).read_bytes())
            case "clock":
                at.now = datetime.fromisoformat(rest)
            case "pass":
                at.ticks += float(rest)
                app.send(TimeUp("nobody"))  # wakes the runner, which then looks at its timers
            case "lose":
                for worker in app._voting._lane.do(lambda: tuple(app._voting._sessions._running.values())):
                    if worker.pid is not None:
                        os.kill(worker.pid, signal.SIGKILL)
                tell("armed")
            case "end":
                number, _, name = rest.partition(" ")
                marks.end(name, int(number))
                tell("armed")
            case "arm":
                marks.arm(int(rest))
                tell("armed")
            case _:
                raise ValueError(line)
    app.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
