"""Every choice before encryption."""

from kiosk.screens.frame import Frame


class ReviewScreen(Frame):
    """A line a contest, each with a way back to it."""
