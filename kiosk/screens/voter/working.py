"""Screens while the terminal works on a ballot."""

from kiosk.screens.frame import Frame


class EncryptingScreen(Frame):
    """The ballot is being encrypted, or its slip printed."""


class CastingScreen(Frame):
    """The ballots are being stored."""
