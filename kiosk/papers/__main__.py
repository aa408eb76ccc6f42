"""`python -m kiosk.papers --out DIR`: every example paper in every form, to look at: PNG of rolls, PDF of sheets."""

import argparse
from pathlib import Path

from kiosk.papers.specimens import file_bytes, specimens


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(prog="kiosk.papers", description="Write every example paper.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files; made if it is not there")
    parser.add_argument("--only", default="", metavar="WORDS", help="only specimens whose names begin like this")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    for specimen in specimens():
        if specimen.name.startswith(arguments.only):
            (out / specimen.file).write_bytes(file_bytes(specimen.drawn()))
            print(out / specimen.file)


if __name__ == "__main__":
    main()
