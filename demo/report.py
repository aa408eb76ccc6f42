"""What a played day leaves for people and programs: `report.json` and `report.html`."""

from pathlib import Path, PurePosixPath

import msgspec

from demo.report_page import page
from demo.report_types import DayReport, disagreements


def write_report(out: Path, report: DayReport) -> None:
    """Write `report.json` and `report.html` into `out`, each whole or not at all.

    The JSON is the record with `agrees` and `disagreements` in front. Raises ValueError if the path of a
    picture or an archive leads out of `out`.
    """
    for file in _files(report):
        path = PurePosixPath(file)
        if not file or path.is_absolute() or ".." in path.parts or "\\" in file or ":" in path.parts[0]:
            raise ValueError(f"a report names only files in its own folder, not {file!r}")
    found = disagreements(report)
    record = {"agrees": not found, "disagreements": found, **msgspec.to_builtins(report)}
    _write(out / "report.json", msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    _write(out / "report.html", page(report, found).encode())


def _files(report: DayReport) -> tuple[str, ...]:
    pictures = (picture.file for picture in (*report.printed, *report.screens))
    return (*pictures, *(paper.archive for paper in report.papers))


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(data)
    unfinished.replace(path)
