"""The terminal as the demo runs it: the real program, with the demo's clock and a hand at its window."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.modes.program import Program


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal with a hand; the exit status is the terminal's."""
    # Here and not above: the terminal's processes load this module too, as Python has it, and need none of that.
    from demo.clock import DemoClock
    from kiosk.modes.command_line import options_of, parser
    from kiosk.modes.start import start

    command_line = parser()
    command_line.add_argument("--hand", type=Path, required=True, help="socket for the hand")
    command_line.add_argument("--clock", type=Path, required=True, help="file of the demo's clock")
    command_line.add_argument("--look-seconds", type=float, default=1.0, help="how often sealing looks at the store")
    command_line.add_argument("--stopwatch", action="store_true", help="time how long the window keeps people waiting")
    command_line.add_argument("--witness", action="store_true", help="note what the window's thread asks of the system")
    chosen = command_line.parse_args(arguments)

    def attend(program: "Program") -> object:
        from demo.hand import Hand

        program.shell.move(0, 0)  # the panel stands to the right of it
        package = program.folder.opened.package
        return Hand(program.shell, package, chosen.hand, stopwatch=chosen.stopwatch, witness=chosen.witness)

    options = replace(options_of(chosen), look_seconds=chosen.look_seconds)
    return start(options, DemoClock(chosen.clock), attend)


if __name__ == "__main__":
    sys.exit(main())
