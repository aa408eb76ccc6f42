"""A spare terminal takes over another one's votes."""

from kiosk.screens.frame import Frame


class StaffTakeoverScreen(Frame):
    """What it means, whose cards gave their share, and who is still missing."""
