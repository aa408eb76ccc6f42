"""The vote is accepted."""

from kiosk.screens.frame import Frame
from kiosk.screens.theme import Role


class CastScreen(Frame):
    """Shown only after the ballots are durable."""

    heading_role = Role.DONE
