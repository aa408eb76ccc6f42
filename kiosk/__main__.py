"""`python -m kiosk`."""

import sys

from kiosk.modes.program import main

if __name__ == "__main__":
    sys.exit(main())
