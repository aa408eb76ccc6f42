"""The house itself: what is in the repository and what must not be, and the front door's words."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LONGEST = 500  # lines of a file of Python, past which it is taken apart
LONG = 450  # lines from which a file is named, so that it is seen coming
LET_BE = {"kiosk/flows/contract.py": "everything that goes in and out of a flow, to be read in one place: no logic"}
LOCKS = tuple(sorted(path.name for path in TOP.glob("requirements*.lock")))
FOREIGN_LOCKS = ("uv.lock", "package-lock.json", "poetry.lock", "yarn.lock")
REGISTRIES = ("pypi.or", "pythonhosted.or", "npmjs.", "deb.debian.", "crates.i", "proxy.golang.")
"""Beginnings of registries' host names; short of the whole name, so that this list does not find itself."""
MACHINE_PATHS = ("/wor" + "k/", "/roo" + "t/", "/hom" + "e/", "/tmp/br" + "ief", "/opt/whe" + "els", "/opt/py" + "pi")

NAMED_TEST = re.compile(r"`([a-z_]+/test_[a-z_]+\.py)`")


def tracked() -> list[str]:
    """The paths of all files in git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (TOP / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Every tracked file that is text, but for this one."""
    for name in tracked():
        raw = (TOP / name).read_bytes()
        if b"\0" not in raw[:8192] and TOP / name != Path(__file__):
            yield name, raw.decode("utf-8", "replace")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_by_hash_and_names_no_address(lock: str) -> None:
    text = (TOP / lock).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(-index|-extra|-find|f |i )", text, re.MULTILINE)
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+( ;[^\\]+)? \\\n", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_nothing_names_a_registrys_host_or_a_path_of_some_machine() -> None:
    found = [
        f"{name}:{number}: {word}"
        for name, text in texts()
        for word in (*REGISTRIES, *MACHINE_PATHS)
        for number, line in enumerate(text.splitlines(), 1)
        if word in line
    ]
    assert not found


def test_no_lock_of_another_tool_is_in_the_repository() -> None:
    assert [name for name in tracked() if Path(name).name in FOREIGN_LOCKS] == []


def test_no_file_is_too_long() -> None:
    lines = {name: len((TOP / name).read_text("utf-8").splitlines()) for name in tracked() if name.endswith(".py")}
    long = {name: count for name, count in lines.items() if count > LONG}
    print(*(f"{name}: {count} lines" for name, count in long.items()), sep="\n")
    assert {name: count for name, count in long.items() if count > LONGEST and name not in LET_BE} == {}


@pytest.mark.parametrize("arguments", [[], ["dance"], ["test", "--fast"]])
def test_the_front_door_explains_itself_when_it_is_not_understood(arguments: list[str]) -> None:
    done = subprocess.run(
        [str(TOP / "run"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "test" in done.stderr


def test_the_front_door_names_every_command() -> None:
    script = (TOP / "run").read_text("utf-8")
    known = set(re.findall(r"^  ([a-z-]+)\)$", script, re.MULTILINE))
    done = subprocess.run([str(TOP / "run"), "help"], capture_output=True, text=True, check=True, timeout=60)
    named = set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE))
    assert known == named


def test_traceability_counts_its_rows_and_names_tests_that_exist() -> None:
    text = (TOP / "docs/traceability.md").read_text("utf-8")
    states = re.findall(r"^\| \d+ \| [^|]+ \| \**(done|begun|open)\** \|", text, re.MULTILINE)
    assert len(states) == 52
    counted = ", ".join(f"{states.count(state)} {state}" for state in ("done", "begun", "open"))
    assert counted in text
    assert [name for name in NAMED_TEST.findall(text) if not (TOP / "tests" / name).is_file()] == []


def test_the_threat_model_names_tests_that_exist() -> None:
    text = (TOP / "docs/threat-model.md").read_text("utf-8")
    assert [name for name in NAMED_TEST.findall(text) if not (TOP / "tests" / name).is_file()] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, text in texts()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
        if not (TOP / name).parent.joinpath(target).exists()
    ]
    assert not broken


def test_every_decision_is_in_the_index() -> None:
    folder = TOP / "docs/decisions"
    index = (folder / "README.md").read_text("utf-8")
    assert [path.name for path in sorted(folder.glob("0*.md")) if f"({path.name})" not in index] == []
