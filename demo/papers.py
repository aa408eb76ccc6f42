"""`python -m demo.papers`: what of the printed papers has changed, side by side; and renewing their hashes.

A paper that changed is found by its hash (`tests/unit/papers.sha256`). The page shows it as an earlier commit drew it,
as it is drawn now, and in red what is only in one of them: the earlier pictures are not kept, its code draws them.
"""

import argparse
import html
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from kiosk.papers.specimens import digest, specimens

TOP = Path(__file__).resolve().parents[1]
HASHES = TOP / "tests" / "unit" / "papers.sha256"
SHEET_DPI = 100
STYLE = (
    "body{font:16px sans-serif;margin:2em;background:#ddd} td{vertical-align:top;padding:0 1em 2em 0} "
    "img{background:#fff;max-width:30vw}"
)


@dataclass(frozen=True, slots=True)
class Change:
    """A picture that is not as it was; one of the two is missing for a paper that is new or gone."""

    name: str
    before: Path | None
    after: Path | None


def kept_hashes() -> dict[str, str]:
    """The hash of every specimen by its name, as they are kept."""
    lines = HASHES.read_text("utf-8").splitlines()
    return {name: value for value, name in (line.split("  ") for line in lines)}


def renew() -> list[str]:
    """Keep the hashes of the papers as they are drawn now; the names of those that changed."""
    now = {specimen.name: digest(specimen.drawn()) for specimen in specimens()}
    before = kept_hashes() if HASHES.exists() else {}
    HASHES.write_text("".join(f"{value}  {name}\n" for name, value in now.items()), "utf-8")
    return sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))


def write_page(before: Path, after: Path, out: Path) -> list[Change]:
    """Compare two folders of pictures and write `out/index.html` with all that changed. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    changes = list(_changes(before, after))
    rows = "".join(_row(change, out) for change in changes)
    said = f"{len(changes)} pictures changed" if changes else "No paper changed"
    page = f"<!doctype html><meta charset=utf-8><title>Papers</title><style>{STYLE}</style><h1>{said}</h1>"
    (out / "index.html").write_text(f"{page}<table>{rows}</table>", "utf-8")
    return changes


def _changes(before: Path, after: Path) -> Iterator[Change]:
    names = {path.name for folder in (before, after) for path in folder.glob("*.png")}
    for name in sorted(names):
        old, new = before / name, after / name
        if not (old.exists() and new.exists()):
            yield Change(name, old if old.exists() else None, new if new.exists() else None)
        elif _difference(old, new) is not None:
            yield Change(name, old, new)


def _difference(before: Path, after: Path) -> Image.Image | None:
    """Both pictures over each other, in red what only one of them has; None if they are the same."""
    with Image.open(before) as old_file, Image.open(after) as new_file:
        old, new = old_file.convert("L"), new_file.convert("L")
    size = (max(old.width, new.width), max(old.height, new.height))
    grounds = [Image.new("L", size, 255) for _ in range(2)]
    for ground, picture in zip(grounds, (old, new), strict=True):
        ground.paste(picture, (0, 0))
    changed = ImageChops.difference(*grounds)
    if changed.getbbox() is None and old.size == new.size:
        return None
    common = ImageChops.lighter(*grounds).point([160 + level * 95 // 255 for level in range(256)])
    shown = Image.merge("RGB", (common, common, common))
    shown.paste((208, 0, 0), mask=changed.point([0] * 64 + [255] * 192))
    return shown


def _row(change: Change, out: Path) -> str:
    cells = []
    for title, path in (("before", change.before), ("now", change.after)):
        cells.append(
            f"<td>{title}<br>{_picture(path.read_bytes(), f'{title}-{change.name}', out) if path else '—'}</td>"
        )
    if change.before and change.after and (difference := _difference(change.before, change.after)):
        file = out / f"difference-{change.name}"
        difference.save(file)
        cells.append(f"<td>difference<br><img src='{html.escape(file.name)}'></td>")
    return f"<tr><th colspan=3 align=left>{html.escape(change.name)}</th></tr><tr>{''.join(cells)}</tr>"


def _picture(picture: bytes, name: str, out: Path) -> str:
    (out / name).write_bytes(picture)
    return f"<img src='{html.escape(name)}'>"


def _draw(code: Path, out: Path, only: str) -> None:
    """Have the code in a folder draw its papers, and turn its PDFs into pictures."""
    subprocess.run([sys.executable, "-m", "kiosk.papers", "--out", str(out), "--only", only], cwd=code, check=True)
    for pdf in out.glob("*.pdf"):
        subprocess.run(
            ["pdftoppm", "-png", "-gray", "-r", str(SHEET_DPI), str(pdf), str(pdf.with_suffix(""))], check=True
        )


def compare(since: str, out: Path, only: str = "") -> list[Change]:
    """Draw the papers with the code of a commit and with this code, and write the page."""
    with tempfile.TemporaryDirectory(prefix="papers-") as name:
        folder = Path(name)
        old, before, after = folder / "code", folder / "before", folder / "after"
        old.mkdir()
        code = subprocess.run(["git", "archive", since], cwd=TOP, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", str(old)], input=code.stdout, check=True)
        _draw(old, before, only)
        _draw(TOP, after, only)
        return write_page(before, after, out)


def main() -> None:
    """Renew the hashes, or write the page."""
    parser = argparse.ArgumentParser(prog="demo.papers", description=__doc__)
    parser.add_argument("--renew", action="store_true", help="keep the hashes of the papers as they are drawn now")
    parser.add_argument("--page", type=Path, metavar="DIR", help="write what changed to DIR/index.html")
    parser.add_argument("--since", default="HEAD", metavar="COMMIT", help="what it is compared with; HEAD")
    parser.add_argument("--only", default="", metavar="WORDS", help="only papers whose names begin like this")
    arguments = parser.parse_args()
    if arguments.page:
        for change in compare(arguments.since, arguments.page, arguments.only):
            print(change.name)
    if arguments.renew:
        print(*renew(), sep="\n")


if __name__ == "__main__":
    main()
