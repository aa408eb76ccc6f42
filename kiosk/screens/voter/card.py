"""Screens about the card itself: a picture of what to do with it."""

from kiosk.screens.frame import Frame


class ReadingScreen(Frame):
    """The card is being read."""


class CardTroubleScreen(Frame):
    """The card is not admitted: why, and where to go."""


class CardPulledScreen(Frame):
    """The card went out in the middle: put it back."""


class TakeCardScreen(Frame):
    """The session is over: take the card."""
