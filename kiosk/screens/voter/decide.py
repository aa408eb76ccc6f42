"""The code, and the two equal ways on."""

from kiosk.screens.frame import Frame


class DecideScreen(Frame):
    """*Cast* is asked for with a press of half a second, in the middle of the screen."""
