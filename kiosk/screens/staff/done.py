"""A procedure reached its end."""

from kiosk.screens.frame import Frame
from kiosk.screens.theme import Role


class StaffDoneScreen(Frame):
    """What was done, and back to the home screen."""

    heading_role = Role.DONE
