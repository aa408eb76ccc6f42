"""The whole terminal as a view: what the shell shows and the voice says."""

from kiosk.domain.settings import Settings
from kiosk.domain.station import Station
from kiosk.domain.words import Words, message, plain
from kiosk.flows.staff import view as staff
from kiosk.flows.staff.states import Checklist, ProcedureDone, StaffHome, StaffPin
from kiosk.flows.terminal import Terminal
from kiosk.flows.views import Picture, Screen, View
from kiosk.flows.voter import view as voter
from kiosk.flows.voter.states import Practising


def view(terminal: Terminal) -> View:
    """What is on screen in this state."""
    phase = terminal.phase
    if isinstance(phase, StaffPin | StaffHome | Checklist | ProcedureDone):
        face = staff.face(phase, terminal.polls, terminal.station)
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
        station=_station_line(station),
        languages=station.languages,
        back=face.back,
        help=face.help,
        primary=face.primary,
        progress=face.progress,
        settings_bar=face.settings_bar,
        sound=station.sound,
        practice=isinstance(phase, Practising),
    )


def starting(station: Station) -> View:
    """The first screen of every start, while the store is being opened."""
    return View(
        screen=Screen.STARTING,
        mode=station.mode,
        settings=Settings(language=station.languages[0]),
        heading=message("starting.heading"),
        lead=message("starting.lead"),
        content=Picture("switch_on", message("picture.switch_on")),
        station=_station_line(station),
        languages=station.languages,
        settings_bar=False,
        sound=station.sound,
    )


def _station_line(station: Station) -> Words:
    return message("frame.station", place=plain(station.place_id), terminal=plain(station.terminal))
