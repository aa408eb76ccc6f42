"""Screens after something failed: what happened, what is safe, what to do."""

from kiosk.screens.frame import Frame
from kiosk.screens.theme import Role


class PrinterWaitsScreen(Frame):
    """The printer stopped; nothing is cast yet."""


class AfterPowerScreen(Frame):
    """After an interruption: exactly one of accepted or not."""


class NotStoredScreen(Frame):
    """The store did not take the ballots; the card stays usable."""

    heading_role = Role.STOP


class OutOfOrderScreen(Frame):
    """The terminal admits nobody until staff have looked at it."""

    heading_role = Role.STOP
