"""Every choice before encryption."""

from kiosk.screens.frame import Frame


class ReviewScreen(Frame):
    """A line a contest, each with a way back to it."""


class UndecidedScreen(Frame):
    """Papers that were left for later: go back to them, or say that they are not wanted."""
