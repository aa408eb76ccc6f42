"""`./run kiosk`: something true on screen first, then the terminal behind it.

What is loaded before the first screen is what draws it, and no more: people who switch a terminal on see within
moments that it does something, and the rest takes several times as long.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.effects.closed_memory import close_memory
from kiosk.modes.command_line import Options, options_of, parser
from kiosk.screens.application import NoDisplay, open_application
from kiosk.screens.switching_on import SwitchingOn

if TYPE_CHECKING:
    from kiosk.modes.program import Program


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal; the exit status: 0 ended as asked, 1 it could not start (why is on stderr), 2 usage."""
    return start(options_of(parser().parse_args(arguments)), wall_clock, lambda _program: None)


def wall_clock() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


def start(options: Options, clock: Callable[[], datetime], attend: "Callable[[Program], object]") -> int:
    """Show the first screen, load and run the terminal; the exit status as `main` has it.

    `attend` is given the program before it serves, and what it returns is kept until the end.
    """
    close_memory()
    try:
        application = open_application("terminal")
    except NoDisplay as error:
        print(f"kiosk: {error}", file=sys.stderr)  # noqa: T201 - the program's own words for its operator
        return 1
    first = SwitchingOn(options.panel, windowed=options.windowed)
    first.appear()
    # From here on a second core has something to do too.
    from kiosk.effects import nursery

    nursery.open_early()
    from kiosk.modes.program import run

    return run(options, application, first, clock, attend)
