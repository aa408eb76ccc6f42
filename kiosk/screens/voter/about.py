"""What there is to read about a candidate."""

from kiosk.screens.frame import Frame


class AboutScreen(Frame):
    """Facts and biography in full, over the contest; the way back is the primary action."""
