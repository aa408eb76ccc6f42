"""What views of all phases are made of."""

from dataclasses import dataclass

from kiosk.domain.words import Words, message
from kiosk.flows.contract import Touch, Touched
from kiosk.flows.views import Action, Content, Progress, Screen


@dataclass(frozen=True, slots=True)
class Face:
    """A view without what is the same on every screen of a terminal (mode, settings, station)."""

    screen: Screen
    heading: Words
    lead: Words | None
    content: Content
    back: Action | None = None
    help: Action | None = None
    primary: Action | None = None
    progress: Progress | None = None
    settings_bar: bool = True


def act(touch: Touch, key: str, *, enabled: bool = True) -> Action:
    """A button that sends a touch and says the words of `key`."""
    return Action(Touched(touch), message(key), enabled=enabled)


def help_action() -> Action:
    """The help button, always in the same corner."""
    return act(Touch.HELP, "action.help")


def call_action() -> Action:
    """In the same corner where there is nothing to explain, or nothing may be covered: call a member at once."""
    return act(Touch.CALL, "action.call_staff")
