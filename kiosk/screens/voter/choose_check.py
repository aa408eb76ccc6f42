"""Which of several ballots is to be opened."""

from kiosk.screens.frame import Frame


class ChooseCheckScreen(Frame):
    """A row a ballot."""
