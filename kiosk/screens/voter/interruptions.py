"""Screens that cover a session: idle, leaving, help."""

from kiosk.screens.frame import Frame


class StillHereScreen(Frame):
    """Nobody touched anything for a while: one button to go on."""


class LeaveScreen(Frame):
    """Going without voting is asked once."""


class HelpScreen(Frame):
    """How to vote, and calling a member of the commission; the session goes on."""
