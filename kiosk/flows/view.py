"""The whole terminal as a view: what the shell shows and the voice says."""

from dataclasses import replace
from enum import StrEnum

from kiosk.domain.settings import Settings
from kiosk.domain.station import Station
from kiosk.domain.words import Words, message, plain
from kiosk.flows import calling
from kiosk.flows.contract import SecondCopy, SecondState, Touch, Touched
from kiosk.flows.staff import view as staff
from kiosk.flows.staff.states import StaffPhase
from kiosk.flows.terminal import Phase, Terminal
from kiosk.flows.views import Action, Picture, Screen, View
from kiosk.flows.voter import view as voter
from kiosk.flows.voter.states import OutOfOrder, Practising, Waiting
from kiosk.flows.voter.view_parts import Face


def view(terminal: Terminal) -> View:
    """What is on screen in this state."""
    phase = terminal.phase
    if isinstance(phase, StaffPhase):
        face = staff.face(phase, terminal.polls, terminal.station, terminal.orders)
    else:
        face = voter.face(phase, terminal.polls, terminal.station, terminal.pause, terminal.orders)
    if terminal.reader_lost:
        face = voter.without_reader(phase, face, terminal.station)
    face = _with_room(face)
    if terminal.called is not None:
        face = _with_call(face)
    station = terminal.station
    return View(
        screen=face.screen,
        mode=station.mode,
        settings=terminal.settings,
        heading=face.heading,
        lead=face.lead,
        content=face.content,
        station=_station_line(station, None if _in_session(phase) else terminal.second),
        languages=station.languages,
        back=face.back,
        help=face.help,
        primary=face.primary,
        progress=face.progress,
        settings_bar=face.settings_bar,
        sound=station.sound,
        practice=isinstance(phase, Practising),
        open_keys=station.open_keys,
        sign=None if terminal.called is None else message(f"sign.{terminal.called.value}"),
        card_left=calling.card_is_left(phase),
    )


def _with_room(face: Face) -> Face:
    """Between two others the button has a shorter label: three long ones do not go on a narrow panel."""
    call = face.help
    if call is None or call.event != Touched(Touch.CALL) or face.back is None or face.primary is None:
        return face
    return replace(face, help=replace(call, label=message("action.call_short")))


def _with_call(face: Face) -> Face:
    """The screen after a member was called: the button says so, and cannot be pressed again."""
    lead = message("help.called") if face.screen is Screen.HELP else face.lead
    return replace(face, lead=lead, help=_called(face.help), primary=_called(face.primary))


def _called(action: Action | None) -> Action | None:
    if action is None or action.event != Touched(Touch.CALL):
        return action
    short = action.label == message("action.call_short")
    return replace(action, label=action.label if short else message("action.staff_called"), enabled=False)


def starting(station: Station, copying: SecondCopy | None = None) -> View:
    """The first screen of every start, while the store is being opened, and maybe brought up from its other copy."""
    lead = message("starting.lead")
    if copying is not None:
        lead = message("starting.copying", done=copying.done, todo=copying.todo)
    return View(
        screen=Screen.STARTING,
        mode=station.mode,
        settings=Settings(language=station.languages[0]),
        heading=message("starting.heading"),
        lead=lead,
        content=Picture("switch_on", message("picture.switch_on")),
        station=_station_line(station),
        languages=station.languages,
        settings_bar=False,
        sound=station.sound,
        open_keys=station.open_keys,
    )


class StartTrouble(StrEnum):
    """Why a terminal did not start, as far as people at it can do something about it."""

    OTHER_MEDIUM = "other_medium"
    """The vote store in it belongs to another election, another terminal or another key."""
    DAMAGED = "damaged"
    NEWER = "newer"
    IN_USE = "in_use"
    UNSAFE = "unsafe"
    """The file system keeps traces of the order of votes."""
    GONE = "gone"
    """A store was here, and is not any more."""
    INCOMPLETE = "incomplete"
    """It was being brought up from its second copy, and that is not here."""
    TAKEOVER = "takeover"
    """The power failed while another terminal's votes were being taken over, and their medium is not here."""
    NO_ROOM = "no_room"
    FAILED = "failed"
    """The medium answers with errors."""
    OTHER = "other"


def cannot_start(station: Station, trouble: StartTrouble) -> View:
    """The last screen of a start that failed; what was stored is as it was."""
    lead = message(f"cannot_start.{trouble.value}")
    return replace(
        starting(station),
        screen=Screen.OUT_OF_ORDER,
        heading=message("cannot_start.heading"),
        lead=lead,
        content=Picture("stop", lead),
    )


def _in_session(phase: Phase) -> bool:
    """Whether a voter is before the screen: what is wrong with a medium is nothing that they could mend."""
    return not isinstance(phase, Waiting | OutOfOrder | StaffPhase)


def _station_line(station: Station, second: SecondCopy | None = None) -> Words:
    """Where this is; and to staff, also from afar, that a second copy is wanted."""
    key = "frame.station"
    if second is not None and not second.whole:
        key = "frame.station_copying" if second.state is SecondState.CATCHING_UP else "frame.station_one_copy"
    return message(key, place=plain(station.place_id), terminal=plain(station.terminal))
