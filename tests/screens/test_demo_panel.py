"""The demo's panel drives a real house: devices, centre and terminal are processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from demo.eye import Eye
from demo.panel_guide import Hand, Stage, advise
from demo.panel_snapshot import ControlCard, Phase, Place, Power, Printer, Snapshot, TerminalSight
from demo.panel_station import Station
from demo.panel_window import PanelWindow
from demo.panel_words import LANGUAGES, TABLE, say

TOP = Path(__file__).resolve().parents[2]
WAIT_MS = 60_000
OPENS = datetime(2026, 9, 20, 8, tzinfo=UTC)
CHAIR = ControlCard("chair", "111111")

# Qt's offscreen platform says this of every window whose least size follows its words; a real one obeys.
NO_SIZE_HINTS = "This plugin does not support propagateSizeHints()"
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Panel:
    """The panel in a test's hands."""

    def __init__(self, qtbot: QtBot, window: PanelWindow, station: Station) -> None:
        self._qtbot = qtbot
        self.window = window
        self.station = station

    @property
    def now(self) -> Snapshot:
        assert self.window.snapshot is not None
        return self.window.snapshot

    def until(self, holds: Callable[[Snapshot], object]) -> Snapshot:
        """Wait until the newest snapshot fits."""
        self._qtbot.waitUntil(
            lambda: self.window.snapshot is not None and bool(holds(self.window.snapshot)), timeout=WAIT_MS
        )
        return self.now

    def press(self, name: str) -> None:
        """Press a button of the panel, once it can be pressed."""
        found = self.window.findChild(QPushButton, name)
        assert isinstance(found, QPushButton), name
        self._qtbot.waitUntil(found.isEnabled, timeout=WAIT_MS)
        found.click()

    def words(self, name: str) -> str:
        found = self.window.findChild(QLabel, name)
        assert isinstance(found, QLabel), name
        return found.text()


@pytest.fixture
def panel(qtbot: QtBot, short_dir: Path) -> Iterator[Panel]:
    """A panel with its house, the terminal's window offscreen."""
    folder = short_dir / "house"
    folder.mkdir()
    window = PanelWindow(folder, "en")
    station = Station(folder, "Ed25519", "offscreen", window.tell)
    window.station = station
    qtbot.addWidget(window)
    window.show()
    station.start()
    try:
        yield Panel(qtbot, window, station)
    finally:
        station.close()


def shows(screen: str) -> Callable[[Snapshot], bool]:
    return lambda now: now.sight is not None and now.sight.screen == screen


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in listed for child in path.read_text().split()]


def built(pid: int) -> bool:
    """Whether a demo has got as far as its terminal, the last thing that it starts."""
    return any(b"demo.kiosk_process" in Path(f"/proc/{child}/cmdline").read_bytes() for child in children(pid))


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def type_pin(eye: Eye, pin: str) -> None:
    """Type it on the terminal's pad."""
    for digit in pin:
        eye.press(f"pin_{digit}")
    eye.press("pin_enter")


@pytest.mark.slow
def test_the_panel_drives_cards_power_paper_and_network(panel: Panel) -> None:
    panel.until(shows("closed"))
    assert panel.words("power_state") == "Running"

    panel.press("insert_chair")
    panel.until(lambda now: shows("staff_pin")(now) and now.inserted == "chair")
    assert "111111" in panel.words("advice")
    issuing = panel.window.findChild(QPushButton, "issue_A")
    assert issuing is not None
    assert not issuing.isEnabled(), "a card is in the reader"

    panel.press("power")
    panel.until(lambda now: now.power is Power.CUT)
    assert panel.words("power_state") == "Power is cut"
    panel.press("power")
    panel.until(lambda now: now.power is Power.ON and shows("staff_pin")(now))

    panel.press("remove_card")
    panel.until(lambda now: now.inserted is None)
    panel.press("issue_A")
    issued = panel.until(lambda now: now.issued and now.inserted == now.issued[0].card).issued
    assert issued[0].style == "A"
    panel.press("remove_card")
    panel.until(lambda now: now.inserted is None)
    panel.press("insert_again")
    panel.until(lambda now: now.inserted == issued[0].card)

    panel.press("printer_take_out")
    panel.until(lambda now: now.printer.trouble == "paper_out")
    assert panel.words("printer_state") == "Out of paper"
    panel.press("printer_take_out")
    panel.until(lambda now: now.printer.trouble is None)

    panel.press("headphones")
    panel.until(lambda now: now.headphones)
    assert panel.words("headphones_state") == "In: the terminal speaks"
    panel.press("headphones")
    panel.until(lambda now: now.headphones is False)

    panel.press("network")
    panel.until(lambda now: not now.network)
    panel.press("network")
    panel.until(lambda now: now.network and now.deliveries is not None)
    assert panel.words("delivered") == "Centre: 0 ballots accepted in 0 batches"

    panel.press("closing_hour")
    assert panel.until(lambda now: now.clock >= now.place.closes_at).clock.hour == 20
    panel.press("opening_hour")
    panel.until(lambda now: now.clock.hour == 8)


@pytest.mark.slow
def test_paper_is_shown_as_it_comes_out_and_can_be_torn_off(panel: Panel) -> None:
    panel.until(shows("closed"))
    panel.press("insert_chair")
    panel.until(shows("staff_pin"))
    eye = panel.station.house.eye()
    type_pin(eye, CHAIR.pin)
    eye.wait(lambda sight: sight.screen == "staff_home" and sight.controls.get("primary", ("", False))[1])
    eye.press("primary")
    panel.until(shows("staff_quorum"))
    panel.press("guide_hand")
    panel.until(lambda now: now.inserted is None)
    panel.press("guide_hand")
    member = panel.until(lambda now: shows("staff_pin")(now) and now.inserted == now.other_member.card).other_member
    type_pin(eye, member.pin)
    eye.wait(["staff_done"])
    eye.close()
    panel.until(lambda now: now.phase is Phase.OPEN and now.printer.hanging)
    papers = panel.window.findChild(QComboBox, "papers")
    assert isinstance(papers, QComboBox)
    assert papers.currentText().endswith("Opening act  (in the slot)")
    picture = panel.window.findChild(QLabel, "paper_ground")
    assert isinstance(picture, QLabel)
    assert not picture.pixmap().isNull()

    panel.press("tear")
    panel.until(lambda now: not now.printer.hanging)
    assert papers.currentText().endswith("Opening act")
    assert papers.count() == len(panel.now.printer.papers)

    panel.station.ask(panel.station.house.printer.control.tear)
    panel._qtbot.waitUntil(lambda: "no paper hangs" in panel.words("refused"), timeout=WAIT_MS)


@pytest.mark.slow
def test_a_terminal_that_ended_by_itself_is_told_with_its_last_words(panel: Panel) -> None:
    panel.until(shows("closed"))
    pid = panel.station.house.terminal_pid
    assert pid is not None
    (panel.station.house.folder / "terminal.log").write_text("first\nkiosk: the store is damaged\n")
    os.kill(pid, signal.SIGTERM)
    now = panel.until(lambda now: now.power is Power.ENDED)
    assert "the store is damaged" in now.last_words
    panel.press("guide_hand")
    panel.until(lambda now: now.power is Power.ON)


@pytest.mark.slow
def test_every_control_of_the_panel_has_a_name_in_both_languages(panel: Panel) -> None:
    panel.until(shows("closed"))
    for _ in LANGUAGES:
        named = [each for each in panel.window.findChildren(QAbstractButton) if each.isVisible()]
        assert len(named) > 15
        assert not [each.objectName() for each in named if not each.accessibleName()]
        panel.press("language")


@pytest.mark.slow
def test_a_fault_of_the_panel_itself_ends_everything_and_is_handed_over(qtbot: QtBot, panel: Panel) -> None:
    panel.until(shows("closed"))
    started = children(os.getpid())
    fault = RuntimeError("a fault")

    def broken() -> None:
        raise fault

    with qtbot.waitSignal(panel.window.closed, timeout=WAIT_MS):
        panel.station.ask(broken)
    panel.station.close()
    assert panel.station.failure is fault
    assert len(started) >= 5
    assert not [pid for pid in started if running(pid)]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["SIGTERM", "closed while it is being made"])
def test_everything_ends_with_the_panel(short_dir: Path, way: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TMPDIR": str(short_dir)}
    demo = subprocess.Popen([sys.executable, "-m", "demo"], cwd=TOP, env=environment, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while not (built(demo.pid) if way == "SIGTERM" else children(demo.pid)) and time.monotonic() < until:
            assert demo.poll() is None
        started = children(demo.pid)
        assert started
        demo.send_signal(signal.SIGTERM)
        _, said = demo.communicate(timeout=60)
        assert set(said.decode().splitlines()) <= {NO_SIZE_HINTS}
        assert demo.returncode == (0 if way == "SIGTERM" else 1)
        assert not [pid for pid in started if running(pid)]
        assert list(short_dir.iterdir()) == []
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()


@pytest.mark.parametrize(
    "program",
    [
        ["demo"],
        ["kiosk", "--device", "{device}", "--card", "simulated:{device}/c", "--printer", "simulated:{device}/p"],
    ],
    ids=["demo", "kiosk"],
)
def test_a_missing_display_is_told_in_words(short_dir: Path, program: list[str]) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    environment["TMPDIR"] = str(short_dir)
    device = short_dir / "device"
    done = subprocess.run(
        [sys.executable, "-m", *(part.format(device=device) for part in program)],
        cwd=TOP,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{program[0]}: there is no display")
    assert "Traceback" not in done.stderr
    assert list(short_dir.iterdir()) == []


# --- the guide, without a house ----------------------------------------------------------------------------------


def snapshot(screen: str = "closed", **other: object) -> Snapshot:
    fields: dict[str, object] = {
        "place": Place({}, (), (CHAIR,), OPENS, OPENS + timedelta(hours=12)),
        "clock": OPENS,
        "inserted": None,
        "issued": (),
        "blank_cards": 40,
        "printer": Printer(None, has_paper=True, cover_open=False, offline=False, fault=False, papers=()),
        "network": True,
        "attempts_cut": 0,
        "deliveries": None,
        "power": Power.ON,
        "last_words": "",
        "sight": TerminalSight(screen, "en", None, None),
        "phase": Phase.BEFORE,
        **other,
    }
    return Snapshot(**fields)  # type: ignore[arg-type]  # a test's fields by name


def test_the_guide_leads_through_the_day() -> None:
    evening = OPENS + timedelta(hours=12, minutes=1)
    assert advise(snapshot(clock=OPENS - timedelta(minutes=1))).hand is Hand.OPENING_HOUR
    assert advise(snapshot()).hand is Hand.INSERT_CHAIR
    assert advise(snapshot("staff_pin", inserted="chair")).args == {"pin": "111111"}
    assert advise(snapshot("staff_quorum", inserted="chair")).hand is Hand.REMOVE_CARD
    assert advise(snapshot("staff_quorum")).hand is Hand.INSERT_MEMBER
    assert advise(snapshot("welcome", phase=Phase.OPEN)).hand is Hand.ISSUE
    assert advise(snapshot("cast", phase=Phase.OPEN, inserted="V-001")).hand is Hand.REMOVE_CARD
    assert advise(snapshot("welcome", phase=Phase.OPEN, clock=evening)).hand is Hand.INSERT_CHAIR
    assert advise(snapshot("closed", phase=Phase.CLOSED, network=False)).hand is Hand.MEND_NETWORK
    assert advise(snapshot("closed", phase=Phase.CLOSED)).stage is Stage.DELIVER
    assert advise(snapshot("contest", power=Power.CUT, sight=None)).hand is Hand.SWITCH_ON


def test_the_guide_quotes_the_terminals_own_button() -> None:
    sight = TerminalSight("staff_home", "en", "Open the polls", None)
    advice = advise(snapshot(sight=sight, inserted="chair"))
    assert say("en", advice.text, **advice.args) == "At the terminal, press “Open the polls”."


def test_every_word_of_the_panel_is_there_in_both_languages() -> None:
    assert [key for key, words in TABLE.items() if len(words) != len(LANGUAGES) or not all(words)] == []
    wanted = {f"hand.{hand.name.lower()}" for hand in Hand} | {f"stage.{stage.name.lower()}" for stage in Stage}
    wanted |= {f"power.{power.name.lower()}" for power in Power}
    assert wanted - set(TABLE) == set()
