"""The staff's home when its rows and numbers change under somebody's hands: nothing else does."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QRect

from demo.gallery import examples
from kiosk.domain.counters import Counters
from kiosk.domain.settings import Settings, TextSize
from kiosk.domain.words import message
from kiosk.flows.contract import Touch, Touched
from kiosk.flows.views import Mark, Row, StaffHome, View
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.rows import RowLine
from kiosk.screens.parts.staff_home import CounterLine
from kiosk.screens.theme import PANEL_10, PANEL_15, PANEL_21, Panel
from tests.screens.conftest import Kiosk
from tests.screens.measured import rect_in
from tests.screens.test_screen_events import finger, press, release, touch

HOMES = {
    size: {each.name: each.view for each in examples(Settings("ru", size)) if each.name.startswith("staff_home")}
    for size in TextSize
}
HOME = HOMES[TextSize.NORMAL]["staff_home"]


def with_rows(view: View, *rows: Row, accepted: int = 3) -> View:
    """The same home with these rows."""
    assert isinstance(view.content, StaffHome)
    return replace(view, content=replace(view.content, health=rows, counters=Counters(accepted=accepted)))


NO_PAPER = Row(message("health.printer"), message("printer.paper_out"), Mark.TROUBLE)
READY = Row(message("health.printer"), message("health.ready"), Mark.DONE)
NO_LINK = Row(message("health.link"), message("health.link_down"), Mark.ATTENTION)
LINK = Row(message("health.link"), message("health.link_up"), Mark.DONE)


def test_a_finger_that_is_down_and_the_focus_outlast_a_change(kiosk: Kiosk) -> None:
    kiosk.show(with_rows(HOME, NO_PAPER, LINK))
    frame, button = kiosk.shell.frame, kiosk.control("other_0")
    button.setFocus()
    where = finger(kiosk, "other_0")
    press(kiosk, where)
    kiosk.show(with_rows(HOME, NO_LINK, READY, LINK, accepted=4))
    assert kiosk.shell.frame is frame
    assert kiosk.shell.focusWidget() is button
    release(kiosk, where)
    assert kiosk.events == [Touched(Touch.RETRY)]


def test_what_is_said_to_a_screen_reader_changes_with_it_and_stands_before_the_buttons(kiosk: Kiosk) -> None:
    kiosk.show(with_rows(HOME, Row(message("health.looking"))))
    block = kiosk.shell.frame.block if kiosk.shell.frame is not None else None
    assert block is not None
    for rows in ((NO_PAPER, NO_LINK), (READY, LINK, NO_LINK), (LINK,)):
        kiosk.show(with_rows(HOME, *rows, accepted=7))
        lines = block.findChildren(RowLine)
        say = kiosk.shell.frame.stage.say if kiosk.shell.frame is not None else None
        assert say is not None
        assert [line.accessibleName() for line in lines] == [say(row.title) for row in rows]
        assert [line.accessibleDescription() for line in lines] == [say(row.detail or row.title) for row in rows]
        assert any(line.accessibleName().endswith(": 7") for line in block.findChildren(CounterLine))
        children = block.children()
        assert max(map(children.index, lines)) < children.index(kiosk.control("other_0"))


def layout(kiosk: Kiosk) -> list[tuple[str, QRect, int, bool]]:
    """Everything on the home: what it says, where, how dense, and whether it is brief."""
    frame = kiosk.shell.frame
    assert frame is not None
    parts: list[RowLine | CounterLine | Pressable] = [
        *frame.findChildren(RowLine),
        *frame.findChildren(CounterLine),
        *frame.findChildren(Pressable),
    ]
    return [
        (part.accessibleName(), rect_in(part, frame), part.look.density, isinstance(part, RowLine) and part.brief)
        for part in parts
        if part.isVisibleTo(frame)
    ]


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21])
@pytest.mark.parametrize("size", list(TextSize))
def test_a_home_that_changed_lies_as_one_that_is_shown_anew(
    make_kiosk: Callable[[Panel], Kiosk], panel: Panel, size: TextSize
) -> None:
    kiosk = make_kiosk(panel)
    home, changed = HOMES[size]["staff_home"], HOMES[size]["staff_home_one_copy"]
    assert isinstance(home.content, StaffHome)
    kiosk.show(with_rows(home, Row(message("health.looking"))))
    frame = kiosk.shell.frame
    kiosk.show(with_rows(home, NO_PAPER, NO_LINK, NO_PAPER, NO_LINK, NO_PAPER))
    kiosk.show(changed)
    assert kiosk.shell.frame is frame
    seen = layout(kiosk)
    kiosk.show(replace(changed, heading=message("polls.closed")))
    kiosk.show(changed)
    assert kiosk.shell.frame is not frame
    assert layout(kiosk) == seen


def test_other_choices_come_with_a_new_screen(kiosk: Kiosk) -> None:
    kiosk.show(HOME)
    frame = kiosk.shell.frame
    assert isinstance(HOME.content, StaffHome)
    kiosk.show(replace(HOME, content=replace(HOME.content, others=HOME.content.others[:1])))
    assert kiosk.shell.frame is not frame


def test_a_choice_that_was_out_of_reach_can_be_made_after_a_change(kiosk: Kiosk) -> None:
    assert isinstance(HOME.content, StaffHome)
    others = tuple(replace(action, enabled=False) for action in HOME.content.others)
    kiosk.show(replace(HOME, content=replace(HOME.content, others=others)))
    touch(kiosk, "other_0")
    assert kiosk.events == []
    kiosk.show(HOME)
    touch(kiosk, "other_0")
    assert kiosk.events == [Touched(Touch.RETRY)]


def test_a_change_of_what_is_shown_does_not_end_the_lock_out(kiosk: Kiosk) -> None:
    kiosk.show(HOMES[TextSize.NORMAL]["staff_home_one_copy"])
    kiosk.shell.present(replace(HOME, heading=message("polls.closed")))
    kiosk.seconds += 0.1
    kiosk.shell.present(with_rows(replace(HOME, heading=message("polls.closed")), NO_PAPER))
    assert not kiosk.shell.accepts_press()
    kiosk.seconds += 0.21
    assert kiosk.shell.accepts_press()
    kiosk.shell.present(with_rows(replace(HOME, heading=message("polls.closed")), READY))
    assert kiosk.shell.accepts_press(), "nor does it begin one"
