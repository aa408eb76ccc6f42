"""The voter's papers, each with how far it is."""

from kiosk.screens.frame import Frame


class BallotsScreen(Frame):
    """Rows that lead to a paper, each with a button not to take it."""


class DeclineScreen(Frame):
    """Not taking a paper is asked once."""
