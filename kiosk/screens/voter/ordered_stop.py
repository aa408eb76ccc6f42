"""Screens of an order that terminates voting."""

from kiosk.screens.frame import Frame


class StopNoticeScreen(Frame):
    """Voting ends: so much time is left to finish."""


class OrderedStopScreen(Frame):
    """Voting is terminated, and how to vote instead."""
