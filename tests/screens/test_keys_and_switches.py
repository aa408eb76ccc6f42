"""A whole vote by keys alone, by two switches alone and by one, over the real flow; and where the focus is."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.domain.settings import Pace, Settings
from kiosk.flows import contract as c
from kiosk.flows.staff.states import StaffPin
from kiosk.flows.views import Screen
from kiosk.screens.keys import ring_of
from kiosk.screens.marker import Marker
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.scanning import PACES, NoSuchKey, SwitchKeys, switch_keys
from kiosk.screens.theme import MARKER_MM, Role
from tests.flows.flow_setting import PAPERS
from tests.screens.voting_booth import Booth

Key = Qt.Key
Choose = Callable[[str], None]
ENOUGH = 200
"""Presses after which somebody goes round in circles."""


@pytest.fixture
def booth(qtbot: QtBot) -> Iterator[Booth]:
    """The welcome screen."""
    booth = Booth()
    assert QTest.qWaitForWindowExposed(booth.shell, 60_000)
    booth.shell.activateWindow()
    qtbot.waitUntil(booth.shell.isActiveWindow, timeout=60_000)
    yield booth
    booth.close()


def vote(booth: Booth, choose: Choose) -> None:
    """Every paper, every contest, two marks where two are allowed, and cast."""
    booth.do(c.CardInserted())
    for index, paper in enumerate(PAPERS):
        assert booth.on(Screen.BALLOTS)
        choose(f"row_{index}")
        for contest in paper.contests:
            assert booth.on(Screen.CONTEST)
            for option in range(max(contest.least, min(contest.most, 2))):
                choose(f"option_{option}")
            choose("primary")
    assert booth.on(Screen.REVIEW)
    choose("primary")
    assert booth.on(Screen.DECIDE)
    choose("decision_right")
    assert booth.on(Screen.CAST)
    cast = [each for each in booth.asked if isinstance(each, c.Cast)]
    assert [each.papers for each in cast] == [tuple(paper.paper_id for paper in PAPERS)]
    choices = [each.choices for each in booth.asked if isinstance(each, c.Encrypt)]
    assert len(choices) == len(PAPERS)
    booth.do(c.CardRemoved())


def marker(booth: Booth) -> Marker:
    found = booth.shell.findChild(Marker)
    assert isinstance(found, Marker)
    return found


# --- whole votes


@pytest.mark.parametrize("onward", [Key.Key_Tab, Key.Key_Down, Key.Key_Right, Key.Key_Up])
@pytest.mark.parametrize("choosing", [Key.Key_Return, Key.Key_Space])
def test_a_whole_vote_by_keys_alone(booth: Booth, onward: Key, choosing: Key) -> None:
    def choose(name: str) -> None:
        for _ in range(ENOUGH):
            if booth.focus == name:
                booth.key(choosing)
                return
            if not booth.visible(name):
                booth.key(Key.Key_PageDown)
            else:
                booth.key(onward)
        pytest.fail(f"{name} is not reached")

    vote(booth, choose)


def test_a_whole_vote_by_two_switches_alone(booth: Booth) -> None:
    """Switch boxes that send 1 and 2. Pages are turned by what is marked, as a voter does."""

    def choose(name: str) -> None:
        for _ in range(ENOUGH):
            wanted = name if booth.visible(name) else "page_next"
            if booth.focus == wanted:
                booth.key(Key.Key_2, "2")
                if wanted == name:
                    return
            else:
                booth.key(Key.Key_1, "1")
                assert marker(booth).isVisible()
                assert marker(booth).target is booth.control(booth.focus)
        pytest.fail(f"{name} is not reached")

    vote(booth, choose)


@pytest.mark.parametrize("switch", [(Key.Key_F10, ""), (Key.Key_2, "2"), (Key.Key_Space, " "), (Key.Key_Return, "")])
def test_a_whole_vote_by_one_switch_alone(booth: Booth, switch: tuple[Key, str]) -> None:
    """The first press of *choose* starts the marker; plain keys do so once somebody has set a pace."""
    if switch[0] in (Key.Key_Space, Key.Key_Return):
        booth.key(Key.Key_F8)
    else:
        booth.key(*switch)
    assert booth.terminal.settings.scanning is Pace.SLOW

    def choose(name: str) -> None:
        for _ in range(ENOUGH):
            wanted = name if booth.visible(name) else "page_next"
            if booth.focus == wanted:
                booth.key(*switch)
                if wanted == name:
                    return
            else:
                booth.shell.scanner.tick()
                assert marker(booth).target is booth.control(booth.focus)
        pytest.fail(f"{name} is not reached")

    vote(booth, choose)
    assert booth.count(c.Cast) == 1


def test_staff_enter_a_pin_by_two_switches(booth: Booth) -> None:
    """There 1 and 2 are digits: the function keys are the switches."""
    booth.terminal = replace(booth.terminal, phase=StaffPin("Name", "chair", 3))
    booth.settle()
    assert booth.on(Screen.STAFF_PIN)
    for digit in "121212":
        for _ in range(ENOUGH):
            if booth.focus == f"pin_{digit}":
                break
            booth.key(Key.Key_F9)
        booth.key(Key.Key_F10)
    for _ in range(ENOUGH):
        if booth.focus == "pin_enter":
            break
        booth.key(Key.Key_F9)
    booth.key(Key.Key_F10)
    assert booth.count(c.VerifyPin) == 1


# --- the marker


def test_the_marker_starts_after_the_heading_goes_as_one_reads_and_comes_round(booth: Booth) -> None:
    booth.key(Key.Key_F9)
    booth.do(c.CardInserted())
    assert booth.focus == "row_0"
    frame = booth.shell.frame
    assert frame is not None
    expected = [each.objectName() for each in ring_of(frame)]
    seen = []
    for _ in expected:
        seen.append(booth.focus)
        booth.key(Key.Key_F9)
    assert seen == expected
    assert booth.focus == expected[0]
    assert expected.index("row_2") < expected.index("help") < expected.index("settings_size")


@pytest.mark.parametrize("pace", list(Pace))
def test_the_marker_moves_by_itself_at_the_voters_pace(booth: Booth, qtbot: QtBot, pace: Pace) -> None:
    booth.do(c.CardInserted())
    booth.do(c.SettingsChosen(Settings(scanning=pace)))
    assert booth.focus == "row_0"
    timer = booth.shell.scanner._timer
    assert timer.isActive()
    assert timer.interval() == PACES[pace] == {"slow": 3000, "normal": 2000, "fast": 1200}[pace.value]
    if pace is Pace.FAST:
        qtbot.waitUntil(lambda: booth.focus == "row_1", timeout=60_000)


def test_the_pace_key_goes_through_the_paces_and_off(booth: Booth) -> None:
    seen = []
    for _ in range(4):
        booth.key(Key.Key_F8)
        seen.append(booth.terminal.settings.scanning)
    assert seen == [Pace.SLOW, Pace.NORMAL, Pace.FAST, None]
    assert not booth.shell.scanner._timer.isActive()
    assert not marker(booth).isVisible()


def test_a_switch_that_is_held_or_bounces_chooses_once(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.key(Key.Key_F9)
    assert booth.focus == "row_0"
    window = booth.shell.windowHandle()
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QKeyEvent(QEvent.Type.KeyPress, Key.Key_F10, none))
    booth.settle()
    for _ in range(20):
        booth.seconds += 0.1
        QApplication.sendEvent(window, QKeyEvent(QEvent.Type.KeyRelease, Key.Key_F10, none, "", True))
        QApplication.sendEvent(window, QKeyEvent(QEvent.Type.KeyPress, Key.Key_F10, none, "", True))
        booth.settle()
    assert booth.on(Screen.CONTEST)
    assert not any(each.isChecked() for each in booth.controls() if each.objectName().startswith("option"))
    QApplication.sendEvent(window, QKeyEvent(QEvent.Type.KeyRelease, Key.Key_F10, none))
    booth.key(Key.Key_F10)
    assert booth.control("option_0").isChecked()


def test_a_trembling_switch_chooses_once(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.do(c.PaperChosen("mayor"))
    booth.key(Key.Key_F9)
    assert booth.focus == "option_0"
    booth.key(Key.Key_F10)
    booth.seconds -= 0.9
    booth.key(Key.Key_F10)
    assert booth.control("option_0").isChecked()


def test_a_station_names_the_keys_of_its_switches() -> None:
    assert switch_keys("Space:Return,Enter") == SwitchKeys(
        frozenset({Key.Key_Space}), frozenset({Key.Key_Return, Key.Key_Enter})
    )
    for wrong in ("Space", "Space:Knock", ":"):
        with pytest.raises(NoSuchKey):
            switch_keys(wrong)


def test_who_moves_the_marker_is_not_idle(booth: Booth) -> None:
    booth.do(c.CardInserted())
    before = booth.count(c.SetTimer)
    booth.key(Key.Key_F9)
    assert booth.count(c.SetTimer) == before + 1


def test_a_finger_takes_the_marker_away_and_a_new_voter_finds_none(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.key(Key.Key_F9)
    assert marker(booth).isVisible()
    booth.tap("help")
    assert not marker(booth).isVisible()
    booth.key(Key.Key_F9)
    assert marker(booth).isVisible()
    booth.do(c.CardRemoved())
    booth.do(c.TimeUp("pulled"))
    booth.settle()
    assert booth.on(Screen.WELCOME)
    assert not marker(booth).isVisible()


def test_the_marker_is_seen_around_what_it_marks(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.key(Key.Key_F9)
    control = booth.control(booth.focus)
    area = control.rect().translated(control.mapTo(booth.shell, control.rect().topLeft()))
    assert marker(booth).geometry().contains(area)
    picture = booth.shell.grab().toImage()
    colour = control.look.colour(Role.FOCUS)
    left, middle = marker(booth).geometry().left(), area.center().y()
    thick = [x for x in range(left, left + 40) if picture.pixelColor(x, middle) == colour]
    assert len(thick) >= booth.panel.pixels_per_mm * MARKER_MM * 0.9


# --- keys of the screen


def test_escape_goes_back_home_and_f1_ask_for_help(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.do(c.PaperChosen("mayor"))
    booth.key(Key.Key_Escape)
    assert booth.on(Screen.BALLOTS)
    for key in (Key.Key_F1, Key.Key_Home):
        booth.key(key)
        assert booth.on(Screen.HELP)
        booth.key(Key.Key_Escape)
        assert booth.on(Screen.BALLOTS)


def test_escape_where_there_is_no_back_does_nothing(booth: Booth) -> None:
    before = len(booth.asked)
    booth.key(Key.Key_Escape)
    assert booth.on(Screen.WELCOME)
    assert len(booth.asked) == before


def test_arrows_move_between_options_and_choose_none(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.do(c.PaperChosen("mayor"))
    seen = []
    for _ in range(3):
        booth.key(Key.Key_Down)
        seen.append(booth.focus)
    booth.key(Key.Key_Up)
    seen.append(booth.focus)
    assert seen == ["option_0", "about_0", "option_1", "about_0"], "what there is to read stands after its candidate"
    assert not any(each.isChecked() for each in booth.controls() if each.objectName().startswith("option"))


def test_arrows_go_as_the_keys_lie_on_the_pin_pad(booth: Booth) -> None:
    booth.terminal = replace(booth.terminal, phase=StaffPin("Name", "chair", 3))
    booth.settle()
    booth.control("pin_2").setFocus()
    seen = []
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Down, Key.Key_Up, Key.Key_Left, Key.Key_Right, Key.Key_Right):
        booth.key(key)
        seen.append(booth.focus)
    assert seen == ["pin_5", "pin_8", "pin_0", "pin_8", "pin_7", "pin_8", "pin_9"]


# --- focus is never lost


def test_focus_stays_on_an_option_that_changes(booth: Booth) -> None:
    booth.do(c.CardInserted())
    booth.do(c.PaperChosen("mayor"))
    for name in ("option_1", "option_1", "option_2"):
        booth.control(name).setFocus()
        booth.key(Key.Key_Space)
        assert booth.focus == name


def test_focus_is_somewhere_on_every_screen_of_a_vote(booth: Booth) -> None:
    def choose(name: str) -> None:
        frame = booth.shell.frame
        assert frame is not None
        focused = booth.shell.focusWidget()
        assert focused is frame.heading or focused in booth.controls(), booth.screen
        booth.control(name).setFocus()
        booth.key(Key.Key_Return)

    vote(booth, choose)
    assert isinstance(booth.shell.focusWidget(), Pressable) or booth.focus == "heading"


def test_keys_show_that_the_heading_has_the_focus_and_a_finger_hides_it(booth: Booth) -> None:
    booth.do(c.CardInserted())
    assert booth.focus == "heading"
    assert not marker(booth).isVisible()
    booth.key(Key.Key_Shift)
    booth.do(c.PaperChosen("mayor"))
    assert booth.focus == "heading"
    assert marker(booth).isVisible()
    booth.tap("back")
    assert booth.focus == "heading"
    assert not marker(booth).isVisible()
