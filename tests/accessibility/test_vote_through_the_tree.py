"""A whole ballot through the accessibility tree alone: a real AT-SPI bus, a real X server, the real terminal."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.domain.from_package import papers as domain_papers
from kiosk.domain.words import message
from tests.accessibility.open_house import open_house
from texts import Catalogue

CLIENT = Path(__file__).parent / "atspi_client.py"
DEBIAN_PYTHON = "/usr/bin/python3"
PROGRAMS = {
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus-daemon",
    "/usr/libexec/at-spi-bus-launcher": "at-spi2-core",
    "/usr/libexec/at-spi2-registryd": "at-spi2-core",
}
CLIENT_SECONDS = 150
MARKS = {"governor": [[1]], "council": [[0, 5]], "referendum": [[0], [1]]}
"""The option on the second page of the council shows that pages are turned."""


def _missing() -> list[str]:
    absent = {package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    probe = subprocess.run([DEBIAN_PYTHON, "-c", "import pyatspi"], capture_output=True, check=False)
    if probe.returncode:
        absent |= {"python3-pyatspi", "gir1.2-atspi-2.0"}
    return sorted(absent)


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An X server and a session bus of their own; what the bus starts ends with it."""
    missing = _missing()
    if missing:
        pytest.fail(f"this test needs Debian packages that are not installed: apt install {' '.join(missing)}")
    runtime = tempfile.mkdtemp(prefix="pt-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> str:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        started.append(process)
        assert process.stdout is not None
        return process.stdout.readline().decode().strip()

    try:
        display = start("Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
        monkeypatch.setenv("DISPLAY", f":{display}")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        bus = start("dbus-daemon", "--session", "--nofork", "--print-address=1")
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
        monkeypatch.setenv("QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1")
        yield
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        shutil.rmtree(runtime)


@pytest.mark.slow
@pytest.mark.usefixtures("desktop")
def test_a_whole_ballot_through_the_tree_alone(short_dir: Path) -> None:
    say = Catalogue("en").say
    with open_house(short_dir / "house", "xcb") as (house, eye):
        papers = domain_papers(house.package)
        style = house.package.style("A")
        plan = {
            "language": Catalogue(house.package.languages[0]).say(message("settings.language", language="English")),
            "welcome": say(message("welcome.heading")),
            "papers": [
                {
                    "title": say(papers[name].title),
                    "contests": [
                        {"title": say(contest.title), "options": [say(contest.options[mark].name) for mark in marks]}
                        for contest, marks in zip(papers[name].contests, MARKS[name], strict=True)
                    ],
                }
                for name in style.papers
            ],
            "next_page": say(message("page.next_hint")),
            "onward": [say(message(f"action.{key}")) for key in ("next_contest", "paper_done", "review")],
            "review": say(message("review.heading")),
            "encrypt": say(message("action.encrypt")),
            "cast": say(message("decide.cast", count=len(style.papers))),
            "accepted": say(message("cast.heading")),
        }
        client = subprocess.Popen(
            [DEBIAN_PYTHON, str(CLIENT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | {"PYTHONPATH": ""},
        )
        try:
            assert client.stdin is not None
            assert client.stdout is not None
            client.stdin.write(json.dumps(plan) + "\n")
            client.stdin.flush()
            ready = client.stdout.readline().strip()
            if ready == "ready":
                house.card.control.insert(house.issue(style.style_id))
            said, trouble = client.communicate(timeout=CLIENT_SECONDS)
        finally:
            client.kill()
            client.wait()
        assert trouble == ""
        assert (ready, said.strip()) == ("ready", "accepted")
        assert eye.look().screen == "cast"
        house.card.control.remove()
        eye.wait(["welcome"])
