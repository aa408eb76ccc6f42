"""Screens without a voter's decision before a session: a picture and words."""

from kiosk.screens.frame import Frame


class StartingScreen(Frame):
    """The program has started and is not ready yet."""


class ClosedScreen(Frame):
    """The polls are not open here."""


class WelcomeScreen(Frame):
    """Insert your card; language, size and contrast can be chosen before."""
