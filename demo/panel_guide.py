"""What to do next: one sentence that follows from what the station shows, and one hand to do it with."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import assert_never

from demo.panel_snapshot import Phase, Power, Snapshot


class Hand(Enum):
    """What the guide's own button does."""

    INSERT_CHAIR = auto()
    INSERT_MEMBER = auto()
    INSERT_LAST_VOTER = auto()
    ISSUE = auto()
    REMOVE_CARD = auto()
    TEAR = auto()
    SWITCH_ON = auto()
    OPENING_HOUR = auto()
    CLOSING_HOUR = auto()
    MEND_PRINTER = auto()
    MEND_NETWORK = auto()


class Stage(Enum):
    """The four parts of the day that the panel names."""

    OPEN = auto()
    VOTE = auto()
    CLOSE = auto()
    DELIVER = auto()


@dataclass(frozen=True, slots=True)
class Advice:
    """`text` names the sentence in the panel's table of words; `hand` is None if it is done at the terminal."""

    stage: Stage
    text: str
    hand: Hand | None = None
    args: dict[str, str] = field(default_factory=dict)


def advise(now: Snapshot) -> Advice:
    """What to do next."""
    stage = _stage(now)
    match now.power:
        case Power.CUT:
            return Advice(stage, "guide.cut", Hand.SWITCH_ON)
        case Power.ENDED:
            return Advice(stage, "guide.ended", Hand.SWITCH_ON)
        case Power.STARTING:
            return Advice(stage, "guide.starting")
        case Power.ON:
            return _at_screen(now, stage)
        case _:
            assert_never(now.power)


def _stage(now: Snapshot) -> Stage:
    match now.phase:
        case Phase.BEFORE:
            return Stage.OPEN
        case Phase.OPEN:
            return Stage.CLOSE if now.clock >= now.place.closes_at else Stage.VOTE
        case Phase.CLOSED:
            return Stage.DELIVER
        case _:
            assert_never(now.phase)


def _at_screen(now: Snapshot, stage: Stage) -> Advice:
    sight = now.sight
    screen = "" if sight is None else sight.screen
    if now.printer.trouble is not None and (screen == "printer_waits" or screen.startswith("staff_")):
        return Advice(stage, "guide.printer", Hand.MEND_PRINTER)
    match screen:
        case "closed" | "welcome":
            return _between(now, stage)
        case "printer_waits":
            return _press(now, stage, "guide.wait", "guide.printer_back")
        case "staff_pin":
            pin = "" if now.control_card is None else now.control_card.pin
            return Advice(stage, "guide.pin", args={"pin": pin})
        case "staff_home":
            return _at_home(now, stage)
        case "staff_quorum" if now.inserted is None:
            return Advice(stage, "guide.quorum", Hand.INSERT_MEMBER)
        case "staff_quorum":
            return Advice(stage, "guide.quorum_take", Hand.REMOVE_CARD)
        case "staff_checklist" | "staff_close":
            return _press(now, stage, "guide.checklist")
        case "staff_done":
            if now.printer.hanging:
                return Advice(stage, "guide.act_out", Hand.TEAR)
            return _press(now, stage, "guide.checklist")
        case "cast" | "take_card" | "card_trouble":
            if now.inserted is not None:
                return Advice(stage, "guide.take_card", Hand.REMOVE_CARD)
            return Advice(stage, "guide.wait")
        case "card_pulled":
            return Advice(stage, "guide.card_pulled", Hand.INSERT_LAST_VOTER)
        case "ballots" | "decline" | "contest" | "review" | "undecided" | "still_here":
            return Advice(stage, "guide.vote")
        case "decide" | "choose_check":
            return Advice(stage, "guide.decide")
        case "checked":
            return Advice(stage, "guide.checked")
        case "after_power":
            over = sight is not None and sight.primary is None
            return Advice(stage, "guide.after_power", Hand.REMOVE_CARD if over and now.inserted is not None else None)
        case "out_of_order" | "not_stored":
            return Advice(stage, "guide.trouble")
        case "help" | "leave":
            return Advice(stage, "guide.read")
        case _:
            return Advice(stage, "guide.wait")


def _between(now: Snapshot, stage: Stage) -> Advice:
    """Nobody is at the terminal."""
    if now.inserted is not None:
        return Advice(stage, "guide.card_left", Hand.REMOVE_CARD)
    if now.printer.hanging:
        return Advice(stage, "guide.paper_out", Hand.TEAR)
    match stage:
        case Stage.OPEN if now.clock < now.place.opens_at:
            return Advice(stage, "guide.too_early", Hand.OPENING_HOUR)
        case Stage.OPEN:
            return Advice(stage, "guide.open", Hand.INSERT_CHAIR)
        case Stage.VOTE:
            return Advice(stage, "guide.issue" if not now.issued else "guide.issue_or_close", Hand.ISSUE)
        case Stage.CLOSE:
            return Advice(stage, "guide.close", Hand.INSERT_CHAIR)
        case Stage.DELIVER if not now.network:
            return Advice(stage, "guide.mend", Hand.MEND_NETWORK)
        case Stage.DELIVER:
            return Advice(stage, "guide.over")
        case _:
            assert_never(stage)


def _at_home(now: Snapshot, stage: Stage) -> Advice:
    assert now.sight is not None
    if now.sight.unprinted is not None:
        return Advice(stage, "guide.press", args={"button": now.sight.unprinted})
    match stage:
        case Stage.OPEN:
            return _press(now, stage, "guide.wait")
        case Stage.VOTE:
            return Advice(stage, "guide.home_open", Hand.REMOVE_CARD)
        case Stage.CLOSE:
            return _press(now, stage, "guide.wait")
        case Stage.DELIVER:
            return Advice(stage, "guide.home_closed", Hand.REMOVE_CARD)
        case _:
            assert_never(stage)


def _press(now: Snapshot, stage: Stage, otherwise: str, text: str = "guide.press") -> Advice:
    """Press the terminal's one filled button, in the words that stand on it."""
    if now.sight is None or now.sight.primary is None:
        return Advice(stage, otherwise)
    return Advice(stage, text, args={"button": now.sight.primary})
