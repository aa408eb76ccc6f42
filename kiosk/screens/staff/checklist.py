"""A procedure under way."""

from kiosk.screens.frame import Frame


class StaffChecklistScreen(Frame):
    """Steps with how each went."""
