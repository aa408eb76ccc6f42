"""One contest of one paper."""

from kiosk.screens.frame import Frame


class ContestScreen(Frame):
    """Options in the official order, on pages where they are many."""
