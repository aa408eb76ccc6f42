"""What staff see at a glance."""

from kiosk.screens.frame import Frame


class StaffHomeScreen(Frame):
    """State, counters, devices, and the next step."""
