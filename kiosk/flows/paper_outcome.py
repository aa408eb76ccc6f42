"""What the end of a printing means for whoever waits for the paper."""

from kiosk.flows.contract import NotPrinted, Printed, PrintTrouble


def trouble_of(outcome: object) -> PrintTrouble | None:
    """Why the paper is not there; None if the printer said that it is. Only its word counts."""
    match outcome:
        case Printed():
            return None
        case NotPrinted(trouble):
            return trouble
        case _:
            return PrintTrouble.UNKNOWN
