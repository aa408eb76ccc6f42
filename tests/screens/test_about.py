"""The button beside a candidate: apart from the choice, in the order of reading, and it marks nothing."""

from collections.abc import Callable

import pytest

from demo.gallery import examples
from kiosk.domain.settings import Settings, TextSize
from kiosk.flows.contract import AboutChosen, Event, OptionTouched
from kiosk.flows.views import View
from kiosk.screens.frame import Frame
from kiosk.screens.parts.buttons import ActionButton
from kiosk.screens.parts.options import APART_MM, OptionButton
from kiosk.screens.theme import PANEL_10, PANEL_15, PANEL_21, TARGET_MM, Panel
from tests.screens.conftest import Kiosk
from tests.screens.measured import rect_in


def contest(settings: Settings) -> View:
    return next(example.view for example in examples(settings) if example.name == "contest")


def parts(kiosk: Kiosk) -> tuple[Frame, OptionButton, ActionButton]:
    frame = kiosk.shell.frame
    assert frame is not None
    option, about = frame.findChild(OptionButton, "option_0"), frame.findChild(ActionButton, "about_0")
    assert isinstance(option, OptionButton)
    assert isinstance(about, ActionButton)
    assert frame.findChild(ActionButton, "about_1") is None, "nothing to read there"
    return frame, option, about


@pytest.mark.parametrize("size", [TextSize.SMALL, TextSize.LARGEST])
@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15, PANEL_21, PANEL_10.turned])
def test_a_finger_that_means_one_does_not_meet_the_other(
    make_kiosk: Callable[[Panel], Kiosk], panel: Panel, size: TextSize
) -> None:
    kiosk = make_kiosk(panel)
    for language in ("ru", "en", "tt"):
        kiosk.show(contest(Settings(language, size)))
        frame, option, about = parts(kiosk)
        look = frame.look
        one, other = rect_in(option, frame), rect_in(about, frame)
        apart = max(other.left() - one.right(), other.top() - one.bottom())
        assert apart >= look.px(APART_MM) - 1
        assert min(other.width(), other.height()) - 2 * look.ring >= look.px(TARGET_MM) - 2
        assert other.right() <= frame.width() - look.ring


def test_it_is_read_after_its_candidate_and_named_with_it(kiosk: Kiosk) -> None:
    kiosk.show(contest(Settings("en")))
    frame, option, about = parts(kiosk)
    controls = frame.controls()
    assert controls.index(about) == controls.index(option) + 1
    assert about.accessibleName() == "More: Abrikosova Vera Pavlovna"
    assert about.accessibleDescription()


def test_it_asks_to_read_and_marks_nothing(kiosk: Kiosk) -> None:
    kiosk.show(contest(Settings("en")))
    _, option, about = parts(kiosk)
    marked = option.isChecked()
    about.click()
    sent: list[Event] = kiosk.events
    assert AboutChosen(0) in sent
    assert not any(isinstance(event, OptionTouched) for event in sent)
    assert option.isChecked() is marked
