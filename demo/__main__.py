"""`./run demo`: the terminal with a panel of simulated devices, or the whole day by itself."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from demo.eye import NotThere
from demo.house import HouseTrouble
from demo.play import Day, PlayedDay
from demo.report_types import disagreements
from demo.visit import Stuck
from drivers.simulation.start import CannotStart

GROUPS = ("Ed25519", "BELENIOS-2048")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all agrees, 1 it does not or could not be played (why is on stderr), 2 usage."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if not chosen.play:
        from demo.panel import run_panel

        return run_panel(chosen.group, pcsc=chosen.pcsc)
    if chosen.out is None:
        parser.error("--play needs --out DIR")
    if chosen.out.exists() and (not chosen.out.is_dir() or any(chosen.out.iterdir())):
        print(f"demo: {chosen.out} is not an empty folder: name another one", file=sys.stderr)
        return 1
    return _play(Day(chosen.out.resolve(), chosen.voters, chosen.group, chosen.seed, chosen.kills, pcsc=chosen.pcsc))


def _play(day: Day) -> int:
    console = Console(stderr=True)
    try:
        report = PlayedDay(day, lambda what: console.print(what, style="dim" if what.startswith("prov") else "")).play()
    except (HouseTrouble, CannotStart, NotThere, Stuck) as error:
        print(f"demo: the day could not be played to its end: {error}", file=sys.stderr)
        return 1
    found = disagreements(report)
    for line in found:
        print(f"demo: {line}", file=sys.stderr)
    print(f"{day.out / 'report.html'}: {'everything agrees' if not found else f'{len(found)} disagreements'}")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo", description="A demo election on simulated devices.")
    parser.add_argument("--play", action="store_true", help="play a whole election day without a display")
    parser.add_argument("--voters", type=_count, default=12, metavar="N")
    parser.add_argument("--group", choices=GROUPS, default=GROUPS[0])
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the day's papers, screens and archives go")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="draws what the voters want")
    parser.add_argument("--kills", type=int, default=0, metavar="N", help="cut the terminal's power N times")
    parser.add_argument("--pcsc", action="store_true", help="cards in virtual readers of a real pcscd; needs root")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 40:
        raise argparse.ArgumentTypeError("between 1 and 40 voters: the demo has 40 voter cards")
    return number


if __name__ == "__main__":
    sys.exit(main())
