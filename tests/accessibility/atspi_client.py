"""A voter who has nothing but the accessibility tree: finds by role and name, presses by action, sees no picture.

Run by Debian's own Python, which has pyatspi; imports nothing of the terminal. The plan comes as JSON on stdin. Says
`ready` when the language is chosen and the card may go in, and `accepted` at the end; else why not, on stderr, with
what the tree held.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import gi  # type: ignore[import-not-found]  # Debian's, not of the project's environment
import pyatspi  # type: ignore[import-not-found]  # as above

SECONDS = 40.0
PAUSE = 0.05
ACTIONS = ("Press", "Toggle")
GONE = (gi.repository.GLib.GError, LookupError, ValueError)
"""What pyatspi raises for a part of a screen that has just gone (a list of -1 children is a ValueError)."""
CONTROLS = ("push button", "check box", "radio button")


class Absent(Exception):  # noqa: N818 - named for what happened
    """What was looked for did not come."""


def showing(node: Any) -> Iterator[Any]:
    """Everything in the tree that can be seen."""
    try:
        states = node.getState()
        if node.getRoleName() != "application" and not states.contains(pyatspi.STATE_SHOWING):
            return
        yield node
        children = list(node)
    except GONE:
        return  # the screen changed under the walk
    for child in children:
        if child is not None:
            yield from showing(child)


def terminal() -> Iterator[Any]:
    for application in pyatspi.Registry.getDesktop(0):
        if application is not None and application.name == "terminal":
            yield from showing(application)


def described(node: Any) -> str:
    try:
        return f"{node.getRoleName()} {node.name!r}"
    except GONE:
        return "gone"


def wait_for(what: str, fits: Any) -> Any:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for node in terminal():
            try:
                if fits(node):
                    return node
            except GONE:
                break
        time.sleep(PAUSE)
    raise Absent(f"{what} did not come; there is: " + "; ".join(described(node) for node in terminal()))


def heading(name: str) -> None:
    """Wait until a screen says `name`."""
    wait_for(f"the words {name!r}", lambda node: node.getRoleName() == "label" and node.name == name)


def control(names: list[str]) -> Any:
    """A control of one of these names that can be pressed now."""

    def fits(node: Any) -> bool:
        role = node.getRoleName() in CONTROLS
        return role and node.name in names and node.getState().contains(pyatspi.STATE_SENSITIVE)

    return wait_for(f"a control {names}", fits)


def press(node: Any) -> None:
    actions = node.queryAction()
    names = [actions.getName(index) for index in range(actions.nActions)]
    index = next(names.index(name) for name in ACTIONS if name in names)
    if not actions.doAction(index):
        raise Absent(f"{described(node)} could not be pressed")


def mark(name: str, onward: str) -> None:
    """Choose an option, turning pages until it is there, and wait until the tree says that it is chosen."""

    def here(node: Any) -> bool:
        return bool((node.getRoleName() in CONTROLS and node.name == name) or node.description == onward)

    def marked(node: Any) -> bool:
        return bool(node.name == name and node.getState().contains(pyatspi.STATE_CHECKED))

    while True:
        heading_or_option = [node for node in terminal() if here(node)]
        wanted = [node for node in heading_or_option if node.name == name]
        if wanted:
            press(wanted[0])
            wait_for(f"the mark of {name!r}", marked)
            return
        if not heading_or_option:
            raise Absent(f"no option {name!r}: " + "; ".join(described(node) for node in terminal()))
        before = heading_or_option[0].name
        press(heading_or_option[0])
        time.sleep(PAUSE)
        wait_for("another page", lambda node, was=before: here(node) and node.name != was)


def vote(plan: dict[str, Any]) -> None:
    press(control([plan["language"]]))
    heading(plan["welcome"])
    print("ready", flush=True)
    for paper in plan["papers"]:
        press(control([paper["title"]]))
        for contest in paper["contests"]:
            heading(contest["title"])
            for option in contest["options"]:
                mark(option, plan["next_page"])
            press(control(plan["onward"]))
    heading(plan["review"])
    press(control([plan["encrypt"]]))
    press(control([plan["cast"]]))
    heading(plan["accepted"])
    print("accepted", flush=True)


def main() -> int:
    try:
        vote(json.loads(sys.stdin.readline()))
    except Absent as absent:
        print(absent, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
