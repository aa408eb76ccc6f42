"""A terminal whose vote store is not as it should be: the screen says why, the program exits 1, nothing is changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from drivers.card.simulated.reader import SimulatedCardReader
from drivers.keystore.software import SoftwareKeyStore
from drivers.printer.simulated.printer import SimulatedPrinter
from kiosk.flows.view import StartTrouble
from kiosk.flows.views import View
from kiosk.modes.command_line import Options
from kiosk.modes.device_folder import CannotStart, read_device_folder
from kiosk.modes.printers import receipt_printer
from kiosk.modes.program import Program
from kiosk.modes.terminal import Devices, TerminalApp
from kiosk.screens.theme import PANEL_15
from kiosk.store import errors
from kiosk.store.database import DATABASE, ROLLBACK
from kiosk.store.making import HEADER
from protocol.documents.certificates import Role
from provisioning.election import build_election
from provisioning.source import read_source
from tests.factories.midday import held_now

TOP = Path(__file__).resolve().parents[2]


def now() -> datetime:
    return datetime.now(UTC)


class NoReader:
    """Nobody brings a card to a terminal that does not start."""

    def wait_event(self, seconds: float) -> None:
        return None

    def close(self) -> None:
        return None


def app(device: Path, publish: Callable[[View], None] = lambda view: None) -> TerminalApp:
    """The terminal of a device's folder, made and not begun."""
    folder = read_device_folder(device, Role.TERMINAL, now())
    devices = Devices(NoReader(), SimulatedPrinter(device / "no-printer"), SoftwareKeyStore(device))  # type: ignore[arg-type]  # never asked
    return TerminalApp(folder, devices, "0" * 64, now, lambda: 0.0, publish, 3_600.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two terminals of the demo election, its day today, a small store made on the first."""
    out = tmp_path_factory.mktemp("bad-store") / "election"
    source = held_now(read_source(TOP / "assets/elections/demo.toml"), now())
    source = msgspec.structs.replace(source, policies=msgspec.structs.replace(source.policies, slots=64))
    build_election(source, out, "Ed25519", now(), lambda _: None)
    app(out / "terminals" / "T-1")._store.close()
    return out / "terminals"


@pytest.fixture
def device(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "T-1"
    shutil.copytree(made / "T-1", folder)
    return folder


def start(device: Path, *before: str) -> "subprocess.CompletedProcess[str]":
    """The real program, as it is started on a device."""
    command = [*before, sys.executable, "-m", "kiosk", "--device", str(device), "--windowed", "--trouble-seconds", "0"]
    command += ["--card", f"simulated:{device}/no-card", "--printer", f"simulated:{device}/no-printer"]
    environment = dict(os.environ) | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True, timeout=60, check=False)


def contents(device: Path) -> dict[str, str]:
    """Every file with its digest."""
    files = sorted(path for path in device.rglob("*") if path.is_file())
    return {str(path.relative_to(device)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def change_header(device: Path, **changes: object) -> None:
    header = json.loads((device / "store" / HEADER).read_text("utf-8"))
    (device / "store" / HEADER).write_text(json.dumps({**header, **changes}), "utf-8")


def cut_short(device: Path) -> None:
    os.truncate(device / "store" / DATABASE, (device / "store" / DATABASE).stat().st_size - 4096)


def spoil(device: Path, page: int) -> None:
    """Flip a bit in the middle of a page."""
    with (device / "store" / DATABASE).open("r+b") as database:
        database.seek(page * 32768 + 5000, os.SEEK_SET if page >= 0 else os.SEEK_END)
        byte = database.read(1)[0]
        database.seek(-1, os.SEEK_CUR)
        database.write(bytes([byte ^ 1]))


HARMS: dict[str, tuple[Callable[[Path], object], type[errors.StoreError], StartTrouble]] = {
    "another election": (
        lambda device: change_header(device, package_digest="00" * 32),
        errors.AnotherElection,
        StartTrouble.OTHER_MEDIUM,
    ),
    "another terminal": (
        lambda device: change_header(device, terminal="T-2"),
        errors.AnotherElection,
        StartTrouble.OTHER_MEDIUM,
    ),
    "wrong key": (
        lambda device: change_header(device, key_check="00" * 32),
        errors.WrongKey,
        StartTrouble.OTHER_MEDIUM,
    ),
    "from the future": (lambda device: change_header(device, format=99), errors.NewerFormat, StartTrouble.NEWER),
    "cut short": (cut_short, errors.Damaged, StartTrouble.DAMAGED),
    "page spoilt": (lambda device: spoil(device, 0), errors.Damaged, StartTrouble.DAMAGED),
    "journal page spoilt": (lambda device: spoil(device, 150), errors.Damaged, StartTrouble.DAMAGED),
    "slot spoilt": (lambda device: spoil(device, -20), errors.Damaged, StartTrouble.DAMAGED),
    "journal lost": (lambda device: (device / "store" / ROLLBACK).unlink(), errors.Damaged, StartTrouble.DAMAGED),
}


@pytest.mark.parametrize("name", HARMS)
def test_harm_is_said_and_nothing_is_changed(device: Path, name: str) -> None:
    """The error has words for the technician and a trouble for the screen; the files stay as they were."""
    harm, error, trouble = HARMS[name]
    harm(device)
    before = contents(device)
    with pytest.raises(CannotStart) as raised:
        app(device)
    assert raised.value.trouble is trouble
    assert error.words in str(raised.value)
    assert contents(device) == before


def test_a_store_that_is_gone_is_said(device: Path) -> None:
    shutil.rmtree(device / "store")
    before = contents(device)
    with pytest.raises(CannotStart) as raised:
        app(device)
    assert raised.value.trouble is StartTrouble.GONE
    assert contents(device) == before


@pytest.mark.parametrize("name", ["slot spoilt", "another election"])
def test_the_program_exits_with_words(device: Path, name: str) -> None:
    """The whole program: exit 1, the words once, no traceback, no change on disk."""
    harm, error, _ = HARMS[name]
    harm(device)
    before = contents(device)
    done = start(device)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert done.stderr.count(error.words) == 1
    assert error.remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(device) == before


def test_the_screen_says_why(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program puts on the screen before it ends."""
    HARMS["from the future"][0](device)
    shown: list[View] = []

    class Shell:
        def show_view(self, view: View) -> None:
            shown.append(view)

    program = Program.__new__(Program)
    printer = receipt_printer(f"simulated:{device / 'p'}")
    program._options = Options(
        device, lambda: SimulatedCardReader(device / "c"), printer, PANEL_15, windowed=True, trouble_seconds=0
    )
    program._clock = now
    program.folder = read_device_folder(device, Role.TERMINAL, now())
    program.shell = Shell()  # type: ignore[assignment]  # only what is shown counts here
    program._app = None
    program._trouble = None
    program._stopping = threading.Event()
    program._make()
    trouble: Exception | None = getattr(program, "_trouble")  # noqa: B009 - the type checker takes it for None
    assert isinstance(trouble, CannotStart)
    (view,) = list(shown)
    assert view.screen.value == "out_of_order"
    assert "cannot_start.newer" in str(view.lead)


@pytest.mark.slow
def test_a_full_medium_at_the_first_start(made: Path, tmp_path: Path) -> None:
    """Four megabytes are not enough for a store: said, exit 1, and nothing of it is left in the way."""
    mount = tmp_path / "medium"
    mount.mkdir()
    listed = f"find {mount} -type f | sort >"
    script = (
        f"mount -t tmpfs -o size=4m,mode=700 tmpfs {mount} && cp -r {made / 'T-2'}/. {mount} && "
        f'{listed} {tmp_path / "before"}; "$@"; status=$?; {listed} {tmp_path / "after"}; exit $status'
    )
    done = start(mount, "unshare", "-m", "sh", "-c", script, "sh")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.fail(f"a private mount is needed for this test: {done.stderr}")
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert errors.NoRoom.words in done.stderr or "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    left = set((tmp_path / "after").read_text().split()) - set((tmp_path / "before").read_text().split())
    assert not [path for path in left if "/store" in path.removeprefix(str(mount)) and "store-" not in path], left


def test_a_full_medium_has_its_words(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the store of a first start: the screen says so."""
    device = tmp_path / "T-2"
    shutil.copytree(made / "T-2", device)

    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kiosk.store.vote_store.VoteStore.create", full)
    with pytest.raises(CannotStart) as raised:
        app(device)
    assert raised.value.trouble is StartTrouble.NO_ROOM
