"""The terminal as the demo runs it: the real program, with the demo's clock and a hand at its window."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from demo.clock import DemoClock
from demo.hand import Hand
from kiosk.modes.program import Program, guarded, options_of, parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal with a hand; the exit status is the terminal's."""
    command_line = parser()
    command_line.add_argument("--hand", type=Path, required=True, help="socket for the hand")
    command_line.add_argument("--clock", type=Path, required=True, help="file of the demo's clock")
    command_line.add_argument("--look-seconds", type=float, default=1.0, help="how often sealing looks at the store")
    command_line.add_argument("--stopwatch", action="store_true", help="time how long the window keeps people waiting")
    chosen = command_line.parse_args(arguments)

    def run() -> int:
        options = replace(options_of(chosen), look_seconds=chosen.look_seconds)
        program = Program(options, DemoClock(chosen.clock))
        program.shell.move(0, 0)  # the panel stands to the right of it
        hand = Hand(program.shell, program.folder.opened.package, chosen.hand, stopwatch=chosen.stopwatch)
        status = program.run()
        del hand
        return status

    return guarded(run)


if __name__ == "__main__":
    sys.exit(main())
