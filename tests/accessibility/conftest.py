"""Qt draws offscreen here too; the shell comes from the tests of screens."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.screens.conftest import kiosk, make_kiosk

__all__ = ["kiosk", "make_kiosk"]
