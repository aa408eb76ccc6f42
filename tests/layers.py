"""`./run test`: every check one after the other, whatever the one before found, and a table of what each took.

A layer is a folder of tests; DESIGN section 13 says what each is for. The last line counts the tests of all layers.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

TESTS = Path(__file__).parent
ROOT = TESTS.parent
ORDER = ("unit", "flows", "screens", "devices", "persistence", "accessibility", "interop", "whole_day")
NO_TESTS = 5
"""pytest's exit status when every test of a layer is slow and this is the quick run."""
CHECKS = (
    ("ruff check", "ruff", ("check",)),
    ("ruff format", "ruff", ("format", "--check")),
    ("mypy", "mypy", ()),
    ("import contracts", "importlinter.cli", ()),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `errors` are tests that could not be set up, and count as failed."""

    name: str
    right: bool
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def layers() -> list[str]:
    """The folders that hold tests, in the order of ORDER; one that ORDER does not name comes last, never left out."""
    found = {path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))


def run_check(name: str, module: str, arguments: Sequence[str]) -> Row:
    """A check of the source."""
    print(f"\n=== {name}", flush=True)
    if module == "importlinter.cli":
        command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    else:
        command = [sys.executable, "-m", module, *arguments]
    start = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return Row(name, status == 0, time.monotonic() - start)


def run_layer(name: str, full: bool) -> Row:
    """The tests of one folder, two at a time: tests of one layer share neither ports nor folders."""
    print(f"\n=== tests/{name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.xml"
        command = [sys.executable, "-m", "pytest", f"tests/{name}", "-q", "-n", "2", "--dist", "worksteal"]
        command += ["--durations=5", "--durations-min=5", f"--junit-xml={record}", *(["--full"] if full else [])]
        start = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        seconds = time.monotonic() - start
        passed, failed, skipped = _counts(record)
    return Row(name, status in (0, NO_TESTS), seconds, passed, failed, skipped)


def _counts(record: Path) -> tuple[int, int, int]:
    """Passed, failed (errors among them) and skipped tests; all 0 if pytest did not come to write its record."""
    if not record.exists():
        return 0, 0, 0
    suites = list(ElementTree.parse(record).getroot().iter("testsuite"))
    total, failures, errors, skipped = (
        sum(int(suite.get(what, "0")) for suite in suites) for what in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return max(total - failed - skipped, 0), failed, skipped


def table(rows: Sequence[Row]) -> Table:
    """Minutes, counts and verdict of every check and layer."""
    shown = Table()
    shown.add_column("check or layer")
    for heading in ("minutes", "passed", "failed", "skipped"):
        shown.add_column(heading, justify="right")
    shown.add_column("")
    for row in rows:
        counts = [str(count) if count else "" for count in (row.passed, row.failed, row.skipped)]
        shown.add_row(row.name, f"{row.seconds / 60:.1f}", *counts, "right" if row.right else "WRONG")
    shown.add_section()
    shown.add_row("all", f"{sum(row.seconds for row in rows) / 60:.1f}")
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 if everything is right, 1 if anything is not, 2 usage."""
    parser = argparse.ArgumentParser(prog="./run test", description="Every check of the source, every layer of tests.")
    parser.add_argument("--full", action="store_true", help="the slow tests too, as CI runs them")
    full = parser.parse_args(arguments).full
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows = [run_check(*check) for check in CHECKS]
    rows += [run_layer(name, full) for name in layers()]
    print()
    Console(width=100).print(table(rows))
    wrong = [row.name for row in rows if not row.right]
    if wrong:
        print(f"wrong: {', '.join(wrong)}")
    # A layer whose pytest died counted nothing: that must not read as if nothing had failed.
    failed = sum(row.failed or (0 if row.right else 1) for row in rows)
    print(f"{sum(row.passed for row in rows)} passed, {failed} failed, {sum(row.skipped for row in rows)} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
