"""Why voting is paused."""

from kiosk.screens.frame import Frame


class StaffPauseScreen(Frame):
    """A closed list of reasons; the choice pauses."""
