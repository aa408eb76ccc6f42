"""`python -m kiosk`."""

import sys


def main() -> int:
    """The terminal, or `journal`, which opens no window."""
    if sys.argv[1:2] == ["journal"]:
        from kiosk.modes import journal

        return journal.main(sys.argv[2:])
    from kiosk.modes import start

    return start.main()


if __name__ == "__main__":
    sys.exit(main())
