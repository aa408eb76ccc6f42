"""The members who open the polls together."""

from kiosk.screens.frame import Frame


class StaffQuorumScreen(Frame):
    """Whose cards were counted, and who is still missing."""
