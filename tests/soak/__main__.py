"""`./run soak`: long runs under faults, or of a fuzzer, ending in a table of what came of them, and exit 0 or 1."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.soak.faults import FAULTS, SHORT, Broken, Struck, counted, struck_by
from tests.soak.fuzzing import Fuzzed, fuzz

TOLD_EVERY = 500
"""Faults after which a run without a terminal says how far it is."""


def as_table(struck: list[Struck]) -> Table:
    """Steps by faults: how often a restart found none of the act, and how often all of it."""
    table = Table(title="what a restart found: none of it, or all of it")
    table.add_column("act")
    table.add_column("step")
    for fault in FAULTS:
        table.add_column(fault, justify="right")
    before = ""
    for (act, step), row in counted(struck).items():
        if before and act != before:
            table.add_section()
        cells = [" ".join(f"{SHORT[found]} {count}" for found, count in sorted(row[fault].items())) for fault in FAULTS]
        table.add_row("" if act == before else act, step, *cells)
        before = act
    return table


def fuzzed(seconds: float, seed: int) -> int:
    """Fuzz the parsers of card data for so long; 0 if nothing but our own errors came of it."""
    console = Console(width=None if sys.stdout.isatty() else 190)
    console.print(f"soak: fuzzing for {seconds / 60:g} minutes, seed {seed}")
    found = Fuzzed()
    for so_far in fuzz(seed, seconds=seconds):
        found = so_far
        if found.faults:
            break
    table = Table(title="inputs from cards")
    for column in ("parser", "inputs", "taken"):
        table.add_column(column, justify="left" if column == "parser" else "right")
    for name, inputs in found.inputs.items():
        table.add_row(name, str(inputs), str(found.taken.get(name, 0)))
    console.print(table)
    for fault in found.faults:
        console.print(f"{fault.parser}: {fault.error}\n  {fault.data.hex()}", style="red", soft_wrap=True)
    console.print(f"{sum(found.inputs.values())} inputs; not our own errors: {len(found.faults)}; seed {seed}")
    return 1 if found.faults else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 nothing lost and nothing doubled, 1 a rule was broken or the run was, 2 usage."""
    parser = argparse.ArgumentParser(prog="./run soak", description="Long runs under faults.")
    parser.add_argument("--faults", type=int, default=10_000, metavar="N", help="faults to strike (default 10000)")
    parser.add_argument("--seed", type=int, help="draw the same faults as a run before")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument(
        "--fuzz", type=float, metavar="MINUTES", help="instead: fuzz what is read from cards for so long"
    )
    options = parser.parse_args(arguments)
    if options.fuzz is not None:
        return fuzzed(options.fuzz * 60, int.from_bytes(os.urandom(4)) if options.seed is None else options.seed)
    if options.faults < 1 or options.workers < 1:
        parser.error("at least one fault and one worker")
    console = Console(width=None if sys.stdout.isatty() else 190)
    seed = int.from_bytes(os.urandom(4)) if options.seed is None else options.seed
    console.print(f"soak: {options.faults} faults, seed {seed}")
    start = time.monotonic()
    struck: list[Struck] = []
    broken = ""
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("faults", total=options.faults)
        try:
            for one in struck_by(min(options.workers, options.faults), options.faults, seed):
                struck.append(one)
                progress.advance(task)
                if not sys.stderr.isatty() and len(struck) % TOLD_EVERY == 0:
                    print(f"soak: {len(struck)} of {options.faults}", file=sys.stderr, flush=True)
                if one.violation:
                    progress.console.print(f"VIOLATED: {one.violation}", style="red")
        except Broken as error:
            broken = str(error)
    console.print(as_table(struck))
    violated = [one for one in struck if one.violation]
    minutes = (time.monotonic() - start) / 60
    console.print(f"{len(struck)} faults in {minutes:.1f} minutes; rules broken: {len(violated)}; seed {seed}")
    if broken:
        console.print(f"soak: {broken}")
    return 1 if violated or broken else 0


if __name__ == "__main__":
    sys.exit(main())
