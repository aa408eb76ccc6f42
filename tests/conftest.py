"""What holds for every test: Qt draws offscreen, examples have no deadline, temporary sockets have short paths."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from drivers.card.simulated.virtual import VirtualReaders

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A deadline an example would judge the load of the machine; pytest's own timeout ends what hangs.
settings.register_profile("house", deadline=None, derandomize=True)
# The suite draws the same examples each time, so that a change is judged by what it changed; to look for what nobody
# thought of, run the property tests with HYPOTHESIS_PROFILE=explore.
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(autouse=True)
def tidied_here(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the terminal, Python's garbage is collected on Qt's thread only: some stations here have threads too."""
    if "qapp" not in request.fixturenames:
        yield
        return
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A temporary folder whose path is short enough for UNIX sockets (107 bytes)."""
    path = Path(tempfile.mkdtemp(prefix="pt-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture(scope="session")
def pcscd_room() -> Iterator[VirtualReaders]:
    """Namespaces for a pcscd with virtual readers, which this process's PC/SC finds. One for all tests of a process:
    PC/SC's library looks up the way to pcscd once."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder, VirtualReaders(Path(folder) / "v") as made:
        os.environ.update(made.environment)
        yield made


@pytest.fixture
def virtual(pcscd_room: VirtualReaders) -> Iterator[VirtualReaders]:
    """A pcscd that has just started, with two virtual readers and nothing in them."""
    pcscd_room.start()
    yield pcscd_room
    pcscd_room.detach()
    pcscd_room.stop()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full` runs the tests marked slow as well."""
    parser.addoption("--full", action="store_true", help="run the slow tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests out of the quick run; they are counted as deselected, not as skipped."""
    if config.getoption("--full"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
