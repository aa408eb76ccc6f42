"""The step of a procedure that a person confirms."""

from kiosk.screens.frame import Frame


class StaffCloseScreen(Frame):
    """Steps so far, and the confirmation as the filled button."""
