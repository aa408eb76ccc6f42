"""A member before the session of a voter who is gone or stuck."""

from kiosk.screens.frame import Frame


class StaffResetScreen(Frame):
    """How far the session is, and two ways on: back to the voter, or over."""


class StaffResetEndedScreen(Frame):
    """The session is over; its card is awaited, to be released."""
