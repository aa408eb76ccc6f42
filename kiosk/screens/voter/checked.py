"""A ballot was opened and will not count."""

from kiosk.screens.frame import Frame


class CheckedScreen(Frame):
    """Take the slip, vote again."""
