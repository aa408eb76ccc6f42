"""Draws docs/pictures/order-attack.svg: what the attacker's best ranking makes of one day, for each kind of store.

`python -m tests.attack.picture FILE`; needs what `ground.why_not_here` asks for.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.attack.campaign import Day, View, issuing_day, polling_day
from tests.attack.chance import Group, judge, ranks

SIDE, GAP, HEAD, FOOT = 180, 24, 46, 34
PANELS = (
    ("random keys", "overflow pages", "overflow"),
    ("slots under WAL", "freed blocks", "wal"),
    ("slots in a file with holes", "extent lists", "sparse"),
    ("a pool written anew", "freed blocks", "rewritten"),
    ("the vote store", "best of all rankings", "real"),
    ("the desk's pool", "best of all rankings", "pool"),
)


def attacked(kind: str) -> Day:
    """One day with a store of this kind."""
    match kind:
        case "rewritten":
            return issuing_day("rewritten")
        case "pool":
            return issuing_day("real")
        case _:
            return polling_day(kind, 1)


def strongest(day: Day) -> tuple[Group, ...]:
    """What the ranking saw that knew most, whether at noon or at night."""

    def known(view: View) -> float:
        return abs(judge(day.groups[view]).correlation)

    return day.groups[max(day.groups, key=known)]


def panel(left: int, title: str, source: str, groups: Sequence[Group]) -> list[str]:
    """A square of points: across, when the vote was cast; up, where the attacker puts it among those of its batch."""
    correlation = judge(groups).correlation
    latest = max(time for group in groups for time in group.times)
    lines = [
        f'<rect x="{left}" y="{HEAD}" width="{SIDE}" height="{SIDE}" fill="#f6f7f9" stroke="#9aa4b2"/>',
        f'<text x="{left}" y="18" font-weight="600">{title}</text>',
        f'<text x="{left}" y="36" fill="#4a5565">{source}</text>',
        f'<text x="{left}" y="{HEAD + SIDE + 22}">correlation {correlation:+.2f}</text>',
    ]
    points = (
        f"M{left + SIDE * time / latest:.0f} {HEAD + SIDE * (1 - rank / (len(group.scores) + 1)):.0f}h0"
        for group in groups
        for time, rank in zip(group.times, ranks(group.scores), strict=True)
    )
    lines.append(f'<path d="{"".join(points)}" stroke="#1d4f91" stroke-width="3.2" stroke-linecap="round"/>')
    return lines


def main(path: Path) -> None:
    """Play, attack and draw."""
    width, height = len(PANELS) * (SIDE + GAP) + GAP, HEAD + SIDE + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="13" fill="#16202e">',
        "<title>True order of a day (across) and the attacker's order (up)</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (title, source, kind) in enumerate(PANELS):
        lines += panel(GAP + number * (SIDE + GAP), title, source, strongest(attacked(kind)))
    path.write_text("\n".join([*lines, "</svg>", ""]), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
