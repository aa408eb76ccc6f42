"""The second voter finds no setting, text, focus, sound or print-buffer remainder of the first.

The real window, runner, effects and simulated devices. The first voter changes every setting, leaves the focus
somewhere and goes while the voice speaks, in each way in which a session can end. What is then there is compared with
a window that nobody has used.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from drivers.sound.synthesiser import EspeakSynthesiser
from kiosk.domain.settings import Pace, Settings, TextSize, Theme
from kiosk.flows.contract import Handle, SettingsChosen, TimeUp, Touch
from kiosk.flows.views import Rows, View
from kiosk.screens.shell import Shell
from kiosk.screens.theme import PANEL_15
from tests.accessibility.spoken_place import SpokenPlace, spoken_place
from tests.devices.test_effects_terminal import offered
from tests.factories.orders import Commission

WAIT_SECONDS = 60.0
CHANGED = Settings(
    language="en",
    size=TextSize.LARGEST,
    theme=Theme.INVERTED,
    sound=True,
    picture=False,
    speech=Pace.SLOW,
    volume=5,
    scanning=Pace.FAST,
    more=True,
)
"""No setting is as a voter finds it."""
NOTHING = {"clips": 0, "paused": False, "silent": True, "tell": None, "sound": False}


def cast(place: SpokenPlace) -> None:
    offered(place)
    meddle(place)
    place.cast()
    place.remove("welcome")
    # The slip is the voter's, who takes it along.
    place.printer.control.do("tear")


def leave(place: SpokenPlace) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    meddle(place)
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.remove("welcome")


def time_out(place: SpokenPlace) -> None:
    place.insert(place.issue("B"), "ballots")
    meddle(place)
    pass_time(place, 200.0, "still_here")
    pass_time(place, 60.0, "take_card")
    place.remove("welcome")


def pull(place: SpokenPlace) -> None:
    place.insert(place.issue("B"), "ballots")
    meddle(place)
    place.remove("card_pulled")
    pass_time(place, 100.0, "welcome")


def touch_and_go(place: SpokenPlace) -> None:
    """Never puts a card in."""
    meddle(place)
    pass_time(place, 200.0, "welcome", settings=Settings())


def decline_everything(place: SpokenPlace) -> None:
    view = place.insert(place.issue("B"), "ballots")
    meddle(place)
    assert isinstance(view.content, Rows)
    for row in view.content.rows:
        assert row.beside is not None
        place.do(row.beside.event, "decline")
        place.touch(Touch.CONFIRM, "ballots")
    place.touch(Touch.LEAVE, "leave")
    place.touch(Touch.CONFIRM, "take_card")
    place.remove("welcome")


def practise(place: SpokenPlace) -> None:
    place.touch(Touch.PRACTISE, "ballots")
    meddle(place)
    place.touch(Touch.LEAVE, "welcome")


def reset_by_a_member(place: SpokenPlace) -> None:
    card = place.issue("B")
    place.insert(card, "ballots")
    meddle(place)
    place.remove("card_pulled")
    place.insert("secretary", "staff_pin")
    assert place.watcher.views[-1].settings == Settings(), "the member finds nothing either"
    place.pin("222222", "staff_reset")
    place.touch(Touch.CONFIRM, "staff_reset_ended")
    place.remove("staff_reset_ended")
    place.insert(card, "take_card")
    place.remove("welcome")


def stopped_by_an_order(place: SpokenPlace) -> None:
    """The order is for the other district: the next voter's terminal looks as ever."""
    place.insert(place.issue("A"), "ballots")
    meddle(place)
    made = Commission.of(place.folder / "e")
    now = place.clock().isoformat(timespec="minutes")
    order = made.termination(scope=("north",), takes_effect=now, grace_seconds=45)
    place.app.take_order(made.signed(order))
    place.see("stop_notice")
    pass_time(place, 46.0, "ordered_stop")
    place.remove("welcome")


WAYS = (
    cast,
    leave,
    time_out,
    pull,
    touch_and_go,
    decline_everything,
    practise,
    reset_by_a_member,
    stopped_by_an_order,
)


def pass_time(place: SpokenPlace, seconds: float, screen: str, settings: Settings | None = None) -> None:
    """Let the terminal's own clock run on until it shows a screen; the voice may hold it back for a while."""

    def there(view: View) -> bool:
        return view.screen.value == screen and settings in (None, view.settings)

    for _ in range(200):
        place.ticks += seconds
        place.app.send(TimeUp("nobody"))  # wakes the runner
        with place.watcher._changed:
            if place.watcher._changed.wait_for(lambda: there(place.watcher.views[-1]), 0.2):
                return
    raise AssertionError(f"{screen} did not come: {place.watcher.views[-1]}")


def meddle(place: SpokenPlace) -> None:
    """Change every setting, move the focus by keys and switches, and go on while the voice speaks."""
    place.app.send(SettingsChosen(CHANGED))
    place.watcher.until(lambda view: view.settings == CHANGED)
    wait(lambda: place.shell.view == place.watcher.views[-1])
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_F9):
        QTest.keyClick(place.shell.windowHandle(), key)
    # The focus is told by Attended, which the runner has to have taken before its clock is moved.
    wait(lambda: not place.sound.control.state()["silent"] and place.app._runner._inbox.empty())
    assert place.shell.listening.curtain.isVisible()


def wait(holds: Callable[[], object]) -> None:
    """Let the window live until it is so."""
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


@pytest.fixture
def place(qtbot: QtBot) -> Iterator[SpokenPlace]:
    """Polls opened by the chair, nobody at the terminal, and a voice that takes its time."""
    with spoken_place(qtbot) as built:
        built.printer.control.do("tear")
        yield built


@pytest.mark.slow
def test_the_second_voter_finds_what_the_first_found(place: SpokenPlace, qtbot: QtBot) -> None:
    assert all(getattr(CHANGED, field.name) != getattr(Settings(), field.name) for field in fields(Settings))
    for way in WAYS:
        way(place)
        view = place.watcher.views[-1]
        assert view.settings == Settings(), way.__name__
        wait(lambda: place.shell.view == place.watcher.views[-1])
        # The voice may still be about to hear that nobody listens: it renders a sentence to its end.
        wait(lambda: voice_remainder(place) == NOTHING)
        fresh = unused_window(view, qtbot)
        found = remainder(place.shell)
        for what, expected in remainder(fresh).items():
            assert found[what] == expected, f"{way.__name__}: {what}"
        fresh.close()
        assert voice_remainder(place) == NOTHING, way.__name__
        printer = place.printer.control.state()
        assert (printer["hanging"], printer["trouble"]) == ([], None), way.__name__
        assert place.app.deposit._kept == {}
        place.no_session()


def unused_window(view: View, qtbot: QtBot) -> Shell:
    """A window that has only ever shown this view."""
    shell = Shell(PANEL_15, lambda _: Handle("none"), lambda _: None, windowed=True)
    qtbot.addWidget(shell)
    shell.show()
    assert QTest.qWaitForWindowExposed(shell, 60_000)
    shell.present(view)
    return shell


def remainder(shell: Shell) -> dict[str, object]:
    """Everything of a window that could tell of a voter."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    picture = shell.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    focus = shell.focusWidget()
    return {
        "settings": None if shell.view is None else shell.view.settings,
        "widgets": [told(widget) for widget in shell.findChildren(QWidget)],
        "tree": list(tree(QAccessible.queryAccessibleInterface(shell))),
        "focus": None if focus is None else focus.objectName(),
        "picture": bytes(picture.constBits()),
        "shown": shown_on_screen(shell),
        "marker": (shell._marker.isVisibleTo(shell), shell._marker.target),
        "curtain": shell.listening.curtain.isVisibleTo(shell),
        "keys": (shell._by_keys, shell.scanner._by_switch, shell.scanner._held, shell.scanner._timer.isActive()),
        "finger": shell.contact.spoiled,
        "sheet": shell.styleSheet(),
        "clipboard": QGuiApplication.clipboard().text(),
    }


def shown_on_screen(shell: Shell) -> bytes:
    """What really lies in the window's back store, not what would be drawn now."""
    image = shell.screen().grabWindow(shell.winId()).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return bytes(image.constBits())


def told(widget: QWidget) -> tuple[Any, ...]:
    text = widget.text() if isinstance(widget, QLabel) else ""
    return (
        type(widget).__name__,
        widget.objectName(),
        widget.accessibleName(),
        widget.accessibleDescription(),
        text,
        widget.isHidden(),
        widget.hasFocus() and not widget.window().isActiveWindow(),
    )


def tree(face: QAccessibleInterface, depth: int = 0) -> Iterator[tuple[int, str, str, str]]:
    """The accessibility tree, in order."""
    kinds = (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value)
    name, description, value = (face.text(kind) for kind in kinds)
    yield depth, name, description, value
    for index in range(face.childCount()):
        child = face.child(index)
        if child is not None:
            yield from tree(child, depth + 1)


def voice_remainder(place: SpokenPlace) -> dict[str, object]:
    speaker = place.app.speaker
    assert speaker is not None
    synthesiser = speaker._synthesiser
    assert isinstance(synthesiser, EspeakSynthesiser)
    state = place.sound.control.state()
    return {
        "clips": len(synthesiser._clips),
        "paused": state["paused"],
        "silent": state["silent"],
        "tell": speaker._tell_at,
        "sound": speaker._view is not None and speaker._view.settings.sound,
    }
