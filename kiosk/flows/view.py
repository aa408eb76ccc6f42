"""The whole terminal as a view: what the shell shows and the voice says."""

from kiosk.domain.words import message, plain
from kiosk.flows.staff import view as staff
from kiosk.flows.staff.states import Checklist, ProcedureDone, StaffHome, StaffPin
from kiosk.flows.terminal import Terminal
from kiosk.flows.views import View
from kiosk.flows.voter import view as voter


def view(terminal: Terminal) -> View:
    """What is on screen in this state."""
    phase = terminal.phase
    if isinstance(phase, StaffPin | StaffHome | Checklist | ProcedureDone):
        face = staff.face(phase, terminal.polls)
    else:
        face = voter.face(phase, terminal.polls, terminal.station)
    station = terminal.station
    return View(
        screen=face.screen,
        mode=station.mode,
        settings=terminal.settings,
        heading=face.heading,
        lead=face.lead,
        content=face.content,
        station=message("frame.station", place=station.place, terminal=plain(station.terminal)),
        back=face.back,
        help=face.help,
        primary=face.primary,
        progress=face.progress,
        settings_bar=face.settings_bar,
    )
