"""Every phase of a voter's session as a view."""

from dataclasses import replace
from typing import assert_never

from kiosk.domain.orders import Termination, stopping_all
from kiosk.domain.polls import Pause, PollsState
from kiosk.domain.station import Station
from kiosk.domain.words import Words, message, plain
from kiosk.flows.contract import Refusal, Touch
from kiosk.flows.staff import view_reset
from kiosk.flows.views import CodeItem, Codes, Pages, Picture, Progress, Screen
from kiosk.flows.voter import view_practice as practice
from kiosk.flows.voter import view_session as session
from kiosk.flows.voter import view_stop
from kiosk.flows.voter.states import (
    About,
    Accepted,
    AfterPower,
    Ballots,
    CardPulled,
    CardTrouble,
    Casting,
    Checked,
    ChoosingCheck,
    Deciding,
    DecliningAsked,
    Encrypting,
    Ending,
    Filling,
    Helped,
    LeavingAsked,
    NotAccepted,
    Offering,
    Opening,
    Outage,
    OutOfOrder,
    Practising,
    PrinterWaits,
    Reading,
    Releasing,
    ResetAsked,
    ResetEnded,
    ResetPin,
    Reviewing,
    StillHere,
    StopNotice,
    TakeCard,
    UndecidedAsked,
    VoterPhase,
    Waiting,
)
from kiosk.flows.voter.stop_states import OrderedStop
from kiosk.flows.voter.view_parts import Face, act, call_action


def face(
    phase: VoterPhase, polls: PollsState, station: Station, pause: Pause | None, orders: tuple[Termination, ...]
) -> Face:
    """What the voter sees in this phase."""
    match phase:
        case Waiting():
            everything = stopping_all(orders)
            if everything is not None:
                return view_stop.stopped_everywhere(everything)
            waits = _waiting(polls, station, pause)
            if phase.cut_short and polls is not PollsState.OPEN:
                # What a member has to do comes first; on the welcome screen it would be a riddle to voters.
                waits = replace(waits, lead=message("closed.cut_short"))
            return replace(waits, back=practice.offer(station), help=call_action())
        case Practising():
            return practice.face(phase, face(phase.shows, polls, station, pause, orders))
        case Reading():
            return _plain(Screen.READING, "reading", "wait")
        case CardTrouble():
            return _card_trouble(phase)
        case AfterPower():
            return _after_power(phase)
        case Ballots():
            return session.ballots(phase)
        case DecliningAsked():
            return session.declining_asked(phase)
        case Filling():
            return session.filling(phase)
        case About():
            return session.about(phase)
        case Reviewing():
            return session.reviewing(phase)
        case UndecidedAsked():
            return session.undecided_asked(phase)
        case Encrypting():
            return _plain(Screen.ENCRYPTING, "encrypting", "wait", step=3)
        case Offering() | Opening():
            return _plain(Screen.ENCRYPTING, "printing", "wait", step=3)
        case Deciding():
            return session.deciding(phase)
        case ChoosingCheck():
            return session.choosing_check(phase)
        case Checked():
            return session.checked(phase)
        case PrinterWaits():
            return session.printer_waits(phase)
        case Casting():
            return _plain(Screen.CASTING, "casting", "wait", step=4)
        case Accepted():
            return _accepted(phase)
        case NotAccepted():
            lead = "card.wait" if phase.effect is not None else "card.held" if phase.held else None
            return _plain(Screen.NOT_STORED, f"not_stored_{phase.trouble.value}", "attention", lead=lead)
        case Releasing():
            return _plain(Screen.TAKE_CARD, f"take_card_{phase.ending.value}", "wait", lead="card.wait")
        case TakeCard():
            return _take_card(phase)
        case ResetPin() | ResetAsked() | ResetEnded():
            return view_reset.face(phase, station)
        case StopNotice():
            return view_stop.notice(phase)
        case OrderedStop():
            return view_stop.ordered_stop(phase)
        case _:
            return _interruption(phase, station)


def without_reader(phase: object, face: Face, station: Station) -> Face:
    """The same while the card reader does not answer: nobody is asked for a card that it would not see."""
    match phase:
        case Waiting():
            return _plain(Screen.OUT_OF_ORDER, "reader_lost", "stop")
        case CardPulled(given_back=False):
            return _pulled("reader_lost_session", "attention", station)
        case _:
            return face


def _interruption(phase: Helped | LeavingAsked | StillHere | CardPulled | OutOfOrder, station: Station) -> Face:
    match phase:
        case Helped():
            return _help()
        case LeavingAsked():
            declined = len(phase.under.session.declined) == len(phase.under.session.papers)
            key = "leave_declined" if declined else "leave"
            return Face(
                Screen.LEAVE,
                message(f"{key}.heading"),
                message(f"{key}.lead"),
                Picture("attention", message(f"{key}.lead")),
                back=act(Touch.CONFIRM, "action.leave_really"),
                help=call_action(),
                primary=act(Touch.CONTINUE, "action.stay"),
            )
        case StillHere():
            return Face(
                Screen.STILL_HERE,
                message("still_here.heading"),
                message("still_here.lead"),
                Picture("attention", message("still_here.lead")),
                help=call_action(),
                primary=act(Touch.STILL_HERE, "action.still_here"),
                settings_bar=False,
            )
        case CardPulled():
            if phase.given_back:
                return _pulled("card_given_back", "take_card", station)
            if phase.other:
                key = "card_pulled_unread" if phase.unread else "card_pulled_other"
                return _plain(Screen.CARD_PULLED, key, "insert_card")
            return _pulled("card_pulled", "insert_card", station)
        case OutOfOrder():
            return _out_of_order(phase)
        case _:
            assert_never(phase)


def _pulled(key: str, picture: str, station: Station) -> Face:
    """A session whose card is out, and how long it is kept: the election package says that."""
    lead = message(f"{key}.lead", count=round(station.limits.pulled))
    return replace(_plain(Screen.CARD_PULLED, key, picture), lead=lead, content=Picture(picture, lead))


def _out_of_order(phase: OutOfOrder) -> Face:
    face = _plain(Screen.OUT_OF_ORDER, phase.why.value, "stop")
    if phase.why is not Outage.REPLACED:
        return face
    lead = message("replaced.lead", terminal=plain(phase.by))
    return replace(face, lead=lead, content=Picture("stop", lead))


def _waiting(polls: PollsState, station: Station, pause: Pause | None) -> Face:
    match polls:
        case PollsState.OPEN:
            return Face(
                Screen.WELCOME,
                message("welcome.heading"),
                message("welcome.lead"),
                Picture("insert_card", message("picture.insert_card")),
            )
        case PollsState.NOT_OPENED:
            return Face(
                Screen.CLOSED, message("closed.not_opened"), station.opens, Picture("stop", message("picture.closed"))
            )
        case PollsState.PAUSED:
            return Face(
                Screen.CLOSED,
                message("closed.paused"),
                _paused(pause),
                Picture("stop", message("picture.closed")),
            )
        case PollsState.CLOSED:
            return Face(
                Screen.CLOSED,
                message("closed.over"),
                message("closed.over_lead"),
                Picture("stop", message("picture.closed")),
            )


def _paused(pause: Pause | None) -> Words:
    """What to do meanwhile, and since when by the clock of the polling place."""
    if pause is None:
        return message("closed.paused_lead")
    since = pause.since
    month = message(f"month.{since.month}")
    return message("closed.paused_since", day=since.day, month=month, time=plain(f"{since:%H:%M}"))


WAY_ON = {
    Refusal.UNREADABLE: "again",
    Refusal.MUTE: "again",
    Refusal.FOREIGN: "other_card",
    Refusal.OTHER_AUTHORITY: "other_card",
    Refusal.EMPTY: "other_card",
    Refusal.BLANK: "desk",
    Refusal.OTHER_DAY: "desk",
    Refusal.VOIDED: "desk",
    Refusal.SPENT: "spent",
    Refusal.OTHER_TERMINAL: "other_terminal",
}
"""What to do next, by the end of its words' key; of every other refusal a commission member is told."""


def _card_trouble(phase: CardTrouble) -> Face:
    refused = phase.refused
    words = message(f"refusal.{refused.refusal.name.lower()}", place=refused.place)
    way = WAY_ON.get(refused.refusal, "ask")
    return Face(
        Screen.CARD_TROUBLE,
        words,
        message(f"card_trouble.{way}", code=refused.refusal.value, place=refused.place),
        Picture("take_card", message("picture.take_card")),
        help=call_action(),
    )


def _take_card(phase: TakeCard) -> Face:
    lead = "card.held" if phase.held else None
    face = _plain(Screen.TAKE_CARD, f"take_card_{phase.ending.value}", "take_card", lead=lead)
    if phase.ending is Ending.STAFF:
        # Whoever pressed *Back* too early, or was waited for too long, need not pull the card to go on.
        return replace(face, primary=act(Touch.CONTINUE, "action.enter_pin"))
    return face


def _after_power(phase: AfterPower) -> Face:
    if phase.session is None:
        return _plain(Screen.AFTER_POWER, "after_power_accepted", "take_card")
    return Face(
        Screen.AFTER_POWER,
        message("after_power_not.heading"),
        message("after_power_not.lead"),
        Picture("attention", message("after_power_not.lead")),
        help=call_action(),
        primary=act(Touch.NEXT, "action.vote"),
    )


def _accepted(phase: Accepted) -> Face:
    codes = tuple(
        CodeItem(state.paper.title, state.code)
        for state in (phase.session.papers[i] for i in phase.session.filled)
        if state.code is not None
    )
    if phase.trouble is not None:
        return Face(
            Screen.CAST,
            message("cast.heading"),
            message("cast.lead_no_slip", trouble=message(f"printer.{phase.trouble.value}")),
            Codes(codes, Picture("done", message("cast.heading"))),
            back=act(Touch.FINISH, "action.without_slip"),
            help=call_action(),
            primary=act(Touch.RETRY, "action.print_again"),
            progress=Progress(4, 4),
        )
    if phase.reminded and not phase.removed:
        return _plain(Screen.TAKE_CARD, "take_card_cast", "take_card", step=4)
    lead = "cast.lead_printing" if phase.slip_effect is not None else "cast.lead"
    return Face(
        Screen.CAST,
        message("cast.heading"),
        message(lead),
        Picture("done", message("picture.cast")),
        help=call_action(),
        progress=Progress(4, 4),
    )


def _help() -> Face:
    return Face(
        Screen.HELP,
        message("help.heading"),
        message("help.lead"),
        Pages(
            (
                Picture("mark", message("help.vote")),
                Picture("change", message("help.change")),
                Picture("check_code", message("help.check")),
            )
        ),
        back=act(Touch.HELP_CLOSED, "action.back_to_ballot"),
        help=None,
        primary=call_action(),
    )


def _plain(screen: Screen, key: str, picture: str, *, step: int | None = None, lead: str | None = None) -> Face:
    """A picture and two sentences; nothing to choose. `lead` stands in for the key's own second sentence."""
    said = message(f"{key}.lead" if lead is None else lead)
    return Face(
        screen,
        message(f"{key}.heading"),
        said,
        Picture(picture, said),
        help=call_action(),
        progress=None if step is None else Progress(step, session.STEPS),
        settings_bar=step is None and screen not in (Screen.READING,),
    )
