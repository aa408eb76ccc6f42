"""`python -m kiosk.papers --out DIR`: every paper as a PNG, in both languages and widths, to look at."""

import argparse
from pathlib import Path

from kiosk.domain.polls import Mode
from kiosk.papers.examples import examples
from kiosk.papers.paper_image import ROLL_58, ROLL_80
from kiosk.papers.render import render


def main() -> None:
    """Write the examples; official mode, and a test-mode reprint of each in the first language."""
    parser = argparse.ArgumentParser(prog="kiosk.papers", description="Write example papers as PNG.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures; made if it is not there")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    runs = (
        ("ru", ROLL_80, Mode.OFFICIAL, False),
        ("en", ROLL_80, Mode.OFFICIAL, False),
        ("ru", ROLL_58, Mode.OFFICIAL, False),
        ("ru", ROLL_80, Mode.TEST, True),
        ("en", ROLL_58, Mode.TRAINING, False),
    )
    for language, roll, mode, reprint in runs:
        for kind, content in examples(mode, reprint=reprint):
            paper = render(kind, content, language, roll)
            width = roll.width_dots // roll.dots_per_mm
            file = out / f"{paper.name}-{language}-{width}mm-{mode.value}.png"
            file.write_bytes(paper.png())
            print(f"{file}  {paper.height_dots // roll.dots_per_mm} mm")


if __name__ == "__main__":
    main()
