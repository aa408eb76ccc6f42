"""The PIN of a control card."""

from kiosk.screens.frame import Frame


class StaffPinScreen(Frame):
    """A pad; the only filled button is its *enter*."""
