"""`./run bench`: every figure that is measured so far, each as a ratio within one run, against its bar of DESIGN 12."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.card_figures import FIGURES as CARD
from tests.bench.figure import Figure, Measured, measure
from tests.bench.printer_figures import FIGURES as PRINTER
from tests.bench.protocol_figures import FIGURES as PROTOCOL
from tests.bench.store_figures import FIGURES as STORE
from tests.bench.window_figures import FIGURES as WINDOW

FIGURES: tuple[Figure, ...] = (*PROTOCOL, *STORE, *PRINTER, *CARD, *WINDOW)
BUSY = 0.5
"""Programs that wanted a core, on average over the last minute, from which on figures in milliseconds mean little."""


def as_json(measured: Sequence[Measured]) -> str:
    """A list of figures; `ratio` is null where it could not be measured, and `why` then says why."""
    rows = [
        {
            "figure": one.figure.name,
            "ratio": None if one.ratio is None else round(one.ratio, 3),
            "bar": one.figure.bar,
            "better": one.figure.better,
            "reached": one.reached,
            "why": one.why,
        }
        for one in measured
    ]
    return json.dumps({"figures": rows, "reached": all(one.reached for one in measured)}, indent=2)


def as_table(measured: Sequence[Measured]) -> Table:
    """The same for people."""
    table = Table()
    table.add_column("figure")
    table.add_column("ratio", justify="right")
    table.add_column("bar", justify="right")
    table.add_column("")
    for one in measured:
        sign = "≤" if one.figure.better == "less" else "≥"
        ratio = "–" if one.ratio is None else f"{one.ratio:.2f}"
        verdict = "reached" if one.reached else one.why or "NOT REACHED"
        table.add_row(one.figure.name, ratio, f"{sign} {one.figure.bar:g}", verdict)
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 every bar reached, 1 one is not or could not be measured, 2 usage."""
    parser = argparse.ArgumentParser(prog="./run bench", description="The performance figures against their bars.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--only", default="", metavar="WORDS", help="only figures whose names have these words")
    options = parser.parse_args(arguments)
    chosen = [figure for figure in FIGURES if options.only in figure.name]
    if not chosen:
        parser.error(f"no figure's name has “{options.only}”")
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"bench: the machine has other work (load {load:.1f}): figures in ms will be worse", file=sys.stderr)
    measured = []
    for figure in chosen:
        print(f"bench: {figure.name}", file=sys.stderr, flush=True)
        measured.append(measure(figure))
    if options.json:
        print(as_json(measured))
    else:
        Console().print(as_table(measured))
    return 0 if all(one.reached for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
