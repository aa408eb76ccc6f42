"""The voting terminal as a program, behind the screen that `kiosk.modes.start` has put up already.

All that the terminal needs is loaded here, on Qt's thread and before its loop runs: loaded later, on another thread, it
would stop the window for tens of milliseconds at a time.
"""

import gc
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from drivers.keystore.api import KeyStoreError
from kiosk.domain.from_package import station
from kiosk.domain.station import Station
from kiosk.domain.words import Words
from kiosk.flows.contract import Event, Handle
from kiosk.flows.speech import Control
from kiosk.flows.view import StartTrouble, cannot_start, starting
from kiosk.modes.command_line import Options
from kiosk.modes.device_folder import CannotStart, Keys, read_device_folder
from kiosk.modes.keys import open_keystore
from kiosk.modes.terminal import Devices, TerminalApp
from kiosk.screens.application import Application, run_application
from kiosk.screens.shell import Shell
from kiosk.screens.switching_on import SwitchingOn
from kiosk.screens.voice import NoVoice, Voice
from protocol.documents.certificates import Role
from protocol.software import installed_top, software_digest

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


class Program:
    """The window first, so that people see something at once; the store behind it."""

    def __init__(self, options: Options, application: Application, clock: Clock) -> None:
        """Read the device's folder and make the window. Raises CannotStart."""
        self._options = options
        self._clock = clock
        self._qt = application
        self.folder = read_device_folder(options.device, Role.TERMINAL, clock())
        self.shell = Shell(
            options.panel,
            self._deposit,
            self._send,
            windowed=options.windowed,
            switches=options.switches,
            voice=self,
        )
        self._app: TerminalApp | None = None
        self._trouble: Exception | None = None
        self._stopping = threading.Event()
        self._maker = threading.Thread(target=self._make, name="making", daemon=True)

    @property
    def app(self) -> TerminalApp | None:
        """The terminal behind the window, once its store is open."""
        return self._app

    def run(self, before: SwitchingOn) -> int:
        """Show the window in the place of the screen `before`, serve until the program is ended; the exit status.

        Raises KeyStoreError, and CannotStart after its screen has said so for a while.
        """
        self.shell.learn(self.folder.opened.package.languages)
        self.shell.present(starting(self._here()))
        before.give_way_to(self.shell)
        # A thread that breaks would leave a screen that stands still and says nothing true: the program ends, and
        # whoever started it starts it again. What was stored is stored.
        threading.excepthook = self._thread_broke
        self._maker.start()
        status = run_application(self._qt, lambda: self._trouble is not None, self._stop)
        if self._trouble is not None:
            raise self._trouble
        return status

    def _thread_broke(self, broken: threading.ExceptHookArgs) -> None:
        if isinstance(broken.exc_value, Exception):
            self._trouble = broken.exc_value

    def _make(self) -> None:
        """Open the store and begin. On its own thread: making a store writes every page it will ever have."""
        options = self._options
        try:
            keystore = open_keystore(self.folder)
            sound = None if options.sound is None else options.sound()
            media = None if options.media is None else options.media()
            devices = Devices(
                options.card(),
                options.printer.open(),
                keystore,
                sound,
                options.printer.roll,
                report_printer=None if options.report_printer is None else options.report_printer(),
                media=media,
            )
            app = TerminalApp(
                self.folder,
                devices,
                software_digest(installed_top()),
                self._clock,
                time.monotonic,
                self.shell.show_view,
                options.look_seconds,
                self._anew,
            )
        except Exception as error:  # noqa: BLE001 - `run` raises it on the main thread, which ends the program
            self._tell(error.trouble if isinstance(error, CannotStart) else StartTrouble.OTHER)
            self._trouble = error
            return
        self._app = app
        # What there is now stays for the day: Python need not look through it again each time it clears up after a
        # voter, which would stop the window for tens of milliseconds.
        gc.freeze()
        app.start()

    def _anew(self) -> None:
        """Stop the terminal and make another one behind the same window: its store is another one now."""
        self._maker = threading.Thread(target=self._remake, name="making", daemon=True)
        self._maker.start()

    def _remake(self) -> None:
        app, self._app = self._app, None
        if app is None:
            return
        app.stop()
        self.shell.show_view(starting(self._here()))
        if not self._stopping.is_set():
            self._make()

    def _tell(self, trouble: StartTrouble) -> None:
        """Say on the screen why there is no terminal, for a while: whoever started the program starts it again."""
        self.shell.show_view(cannot_start(self._here(), trouble))
        self._stopping.wait(self._options.trouble_seconds)

    def _here(self) -> Station:
        """Where this is, for the screens that are shown before there is a terminal."""
        settings = self.folder.settings
        here = station(self.folder.opened.package, settings.place, settings.device, self._clock())
        return replace(here, open_keys=settings.keystore is Keys.SOFTWARE)

    def _stop(self) -> None:
        self._stopping.set()
        self._maker.join()
        if self._app is not None:
            self._app.stop()

    def _send(self, event: Event) -> None:
        if self._app is not None:
            self._app.send(event)

    # --- the voice, for the shell

    @property
    def _voice(self) -> Voice:
        return NoVoice() if self._app is None or self._app.speaker is None else self._app.speaker

    def focused(self, control: Control) -> None:
        """A hand moved the focus."""
        self._voice.focused(control)

    def told(self, words: Words) -> None:
        """Something changed that no view tells."""
        self._voice.told(words)

    def repeat(self) -> None:
        """Say the screen again."""
        self._voice.repeat()

    def pause(self) -> None:
        """Hold the voice still, or let it go on."""
        self._voice.pause()

    def _deposit(self, secret: bytearray) -> Handle:
        assert self._app is not None, "no PIN is asked for before the terminal runs"
        return self._app.deposit.leave(secret)


def run(
    options: Options,
    application: Application,
    before: SwitchingOn,
    clock: Clock,
    attend: Callable[[Program], object],
) -> int:
    """Run the terminal in the place of the screen `before`; the exit status, 1 and why on stderr if it cannot start.

    `attend` is given the program before it serves, and what it returns is kept until the end.
    """
    try:
        program = Program(options, application, clock)
        attendant = attend(program)
        status = program.run(before)
        del attendant
        return status
    except (CannotStart, KeyStoreError) as error:
        print(f"kiosk: {error}", file=sys.stderr)  # noqa: T201 - the program's own words for its operator
        return 1
