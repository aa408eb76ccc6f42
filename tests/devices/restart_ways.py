"""The way to each line of docs/restarts.md: what people do until a terminal in a process of its own is there."""

import shutil
from collections.abc import Callable
from pathlib import Path

from kiosk.flows.contract import Touch
from protocol.documents.card_state import CardState
from tests.devices.restart_station import PINS, Station
from tests.devices.test_store_fails_in_session import failing

Mend = Callable[[], None]
"""Undoes what a way did to the medium; afterwards the terminal runs and nobody is there."""
Way = Callable[[Station], Mend | None]


def nobody(_at: Station) -> None:
    """The way is where everybody begins."""


def pin(at: Station) -> None:
    at.insert("secretary", "staff_pin ")


def practice(at: Station) -> None:
    at.touch(Touch.PRACTISE, "ballots ")


def practice_of_a_member(at: Station) -> None:
    at.member()
    at.touch(Touch.PRACTISE, "ballots ")


def starting(at: Station) -> None:
    at.ballots()
    at.victim.kill()
    at.on("view starting ")


def reading(at: Station) -> None:
    at.voters.pop("B", None)
    at.victim.tell("end 1 screen reading", "armed")
    at.leaves(at.voter())
    at.place.card.control.insert(at.card)
    at.victim.until("nothing")
    assert at.victim.ended()


def has_voted(at: Station) -> None:
    at.cast()
    at.marked()
    at.remove("welcome ")
    at.insert(at.card, "card_trouble ")


def decline(at: Station) -> None:
    at.ballots()
    at.tell("decline governor", "decline ")


def about(at: Station) -> None:
    at.contest()
    at.tell("about 1", "about ")


def choose_check(at: Station) -> None:
    at.contest("A")
    at.touch(Touch.NEXT, "ballots ")
    at.tell("paper referendum", "contest ")
    at.touch(Touch.NEXT, "contest ")
    at.touch(Touch.NEXT, "ballots ")
    at.touch(Touch.NEXT, "review ")
    at.touch(Touch.NEXT, "undecided ")
    at.touch(Touch.CONFIRM, "decide ")
    at.touch(Touch.CHALLENGE, "choose_check ")


def encrypting(mark: str) -> Way:
    def way(at: Station) -> None:
        at.undecided()
        at.dies_at(mark, Touch.CONFIRM)

    return way


def checked(at: Station) -> None:
    at.decide()
    at.touch(Touch.CHALLENGE, "checked ")


def offer_unprinted(at: Station) -> None:
    at.undecided()
    at.jam()
    at.touch(Touch.CONFIRM, "printer_waits ")


def opened_unprinted(at: Station) -> None:
    at.decide()
    at.jam()
    at.touch(Touch.CHALLENGE, "printer_waits ")


def casting(mark: str) -> Way:
    def way(at: Station) -> None:
        at.decide()
        at.dies_at(mark, Touch.CAST)

    return way


def slip_unprinted(at: Station) -> None:
    at.decide()
    at.jam()
    at.touch(Touch.CAST, "cast cast.lead_no_slip")
    at.marked()


def card_forgotten(at: Station) -> None:
    at.cast()
    at.marked()
    at.tell("pass 60", "take_card ")


def leaving(at: Station) -> None:
    at.ballots()
    at.touch(Touch.LEAVE, "leave ")


def left(at: Station) -> None:
    leaving(at)
    at.touch(Touch.CONFIRM, "take_card take_card_left.lead")


def left_unwritten(at: Station) -> None:
    leaving(at)
    at.dies_at("screen take_card", Touch.CONFIRM)


def not_stored(at: Station) -> None:
    at.decide()
    at.victim.tell("lose", "armed")
    at.touch(Touch.CAST, "not_stored not_stored_failed.lead")


def not_stored_unwritten(at: Station) -> None:
    at.decide()
    at.victim.tell("lose", "armed")
    at.dies_at("screen not_stored", Touch.CAST)


def still_here(at: Station) -> None:
    at.contest()
    at.tell("pass 181", "still_here ")


def card_pulled(at: Station) -> None:
    at.contest()
    at.remove("card_pulled ")


def help_page(at: Station) -> None:
    at.contest()
    at.touch(Touch.HELP, "help ")


def after_power(at: Station) -> None:
    at.ballots()
    at.victim.kill()
    at.on("view after_power after_power_not")


def after_power_accepted(at: Station) -> None:
    at.decide()
    at.dies_at("after transaction", Touch.CAST)
    at.victim.kill()
    at.on("view after_power after_power_accepted")


def pin_in_a_session(at: Station) -> None:
    at.leaves(at.beside_a_session())


def reset(at: Station) -> None:
    at.reset()


def reset_then_the_voter(at: Station) -> None:
    at.leaves(at.reset())


def reset_ended(at: Station) -> None:
    voter = at.reset()
    at.touch(Touch.CONFIRM, "staff_reset_ended ")
    at.leaves(voter)


def medium_died(at: Station) -> None:
    at.decide()
    with failing(at.place, at.victim, "votes.db", "pwrite64:error=EIO:when=2+"):
        at.touch(Touch.CAST, "out_of_order ")
        at.victim.kill()


def store_of(at: Station) -> Path:
    return at.place.folder / "e" / "terminals" / "T-1" / "store"


def with_store(at: Station, put: Callable[[Path, Path], object]) -> Mend:
    """Put something else in the place of the store, come to the screen that says so; how the store comes back.

    Nobody has the second medium at hand: with it, the terminal would bring the store up.
    """
    store, kept = store_of(at), at.place.folder / "kept"
    at.victim.kill()
    at.place.media.control.pull_out()
    older = at.place.folder / "older"
    shutil.copytree(store, older)
    at.on()
    at.victim.kill()
    store.rename(kept)
    put(older, store)
    at.on("view out_of_order ")
    at.leaves("secretary")

    def mend() -> None:
        at.victim.kill()
        at.empty()
        for folder in (store, older):
            shutil.rmtree(folder, ignore_errors=True)
        kept.rename(store)
        at.place.media.control.put_in("first")
        at.on()

    return mend


def restored(at: Station) -> Mend:
    return with_store(at, lambda older, store: older.rename(store))


def gone(at: Station) -> Mend:
    return with_store(at, lambda older, store: None)


def home(at: Station) -> None:
    at.member("chair")


def quorum(at: Station) -> None:
    at.member()
    at.touch(Touch.OPEN_POLLS, "staff_quorum ")


def zero_report_unprinted(at: Station) -> None:
    """The paper jams in the middle of it: a printer that is not ready is found before."""
    at.chair_after_another()
    at.place.printer.control.fail_after(1)
    at.dies_at("after paper", f"pin {PINS['chair']}")


def opened(at: Station) -> None:
    """The zero report, and then the act."""
    at.chair_after_another()
    at.dies_at("after paper", f"pin {PINS['chair']}", number=2)


def takeover_asked(at: Station) -> None:
    at.member("chair")
    assert at.victim.tell(f"await {Touch.TAKE_OVER.name}", "armed"), "a takeover is not offered"
    at.touch(Touch.TAKE_OVER, "staff_takeover takeover.lead_asked")


def takeover_gathering(at: Station) -> None:
    takeover_asked(at)
    at.touch(Touch.CONFIRM, "staff_takeover takeover.lead_take")


def pausing(at: Station) -> None:
    """A voter was cut off before."""
    if "B" not in at.voters:
        card_pulled(at)
        at.tell("pass 61", "welcome ")
    at.member()
    at.touch(Touch.PAUSE_POLLS, "staff_pause ")


def paused_act_unprinted(at: Station) -> None:
    pausing(at)
    at.jam()
    at.victim.tell("end 1 after paper", "armed")
    at.victim.tell("reason TECHNICAL", "nothing")
    assert at.victim.ended()


def paused(at: Station) -> None:
    at.leaves(at.voter())
    assert at.place.state(at.card) is CardState.IN_SESSION


def resumed(at: Station) -> None:
    at.member()
    at.touch(Touch.RESUME_POLLS, "staff_done ")


def stop_notice(at: Station) -> None:
    at.ballots("A")
    at.tell(at.order(("north",)), "stop_notice ")


def stopped_in_the_district(at: Station) -> None:
    at.voters.pop("A")
    at.insert(at.voter("A"), "ordered_stop ")


def closing(at: Station) -> None:
    at.late()
    at.member()
    at.touch(Touch.CLOSE_POLLS, "staff_close ")


def closing_act_unprinted(at: Station) -> None:
    closing(at)
    at.jam()
    at.dies_at("after paper", Touch.CONFIRM)


def closed(at: Station) -> None:
    at.leaves("secretary")


def stopped_everywhere(at: Station) -> None:
    at.leaves(at.voter())
    at.tell(at.order("everything"), "ordered_stop ")


WAYS: dict[str, dict[tuple[str, str], Way]] = {
    "opening": {
        ("closed", "before opening"): nobody,
        ("staff_pin", "before opening"): pin,
        ("staff_home", ""): home,
        ("staff_quorum", ""): quorum,
        ("staff_checklist", "opening, the zero report does not print"): zero_report_unprinted,
        ("staff_checklist", "opening, its act is out"): opened,
    },
    "takeover": {
        ("staff_takeover", "a spare, before the member confirms"): takeover_asked,
        ("staff_takeover", "a spare, shares are gathered"): takeover_gathering,
    },
    "filling": {
        ("welcome", ""): nobody,
        ("starting", "the store is being opened"): starting,
        ("reading", "before the card is admitted"): reading,
        ("card_trouble", "a card that has voted"): has_voted,
        ("ballots", ""): Station.ballots,
        ("ballots", "a practice"): practice,
        ("ballots", "a practice that a member shows"): practice_of_a_member,
        ("decline", ""): decline,
        ("contest", "a candidate is marked"): Station.contest,
        ("about", ""): about,
        ("review", ""): Station.review,
        ("undecided", ""): Station.undecided,
    },
    "committing": {
        ("encrypting", "nothing is encrypted yet"): encrypting("screen encrypting"),
        ("encrypting", "the slip with the codes is out"): encrypting("after paper"),
        ("decide", ""): Station.decide,
        ("choose_check", ""): choose_check,
        ("checked", ""): checked,
        ("printer_waits", "before the question"): offer_unprinted,
        ("printer_waits", "an opened ballot"): opened_unprinted,
        ("casting", "before the store has it"): casting("screen casting"),
        ("casting", "the store has it"): casting("after transaction"),
        ("cast", "the card is not marked yet"): casting("screen cast"),
        ("cast", "the slip did not print"): slip_unprinted,
    },
    "ending": {
        ("take_card", "after a cast"): card_forgotten,
        ("take_card", "the card of who leaves is not written yet"): left_unwritten,
        ("take_card", "the card of who leaves is usable"): left,
        ("not_stored", "the card is not written yet"): not_stored_unwritten,
        ("not_stored", "the card is usable"): not_stored,
        ("still_here", ""): still_here,
        ("card_pulled", ""): card_pulled,
        ("help", ""): help_page,
        ("leave", ""): leaving,
        ("after_power", "nothing was cast"): after_power,
        ("after_power", "the vote was accepted"): after_power_accepted,
    },
    "members": {
        ("staff_pin", "in a session"): pin_in_a_session,
        ("staff_reset", ""): reset,
        ("staff_reset", "then the voter's card"): reset_then_the_voter,
        ("staff_reset_ended", ""): reset_ended,
        ("out_of_order", "the medium died in a cast"): medium_died,
        ("out_of_order", "an older image of the store"): restored,
        ("out_of_order", "the store is gone"): gone,
    },
    "stops": {
        ("staff_pause", ""): pausing,
        ("staff_checklist", "pausing, its act does not print"): paused_act_unprinted,
        ("closed", "paused"): paused,
        ("staff_done", "resumed"): resumed,
        ("stop_notice", ""): stop_notice,
        ("ordered_stop", "in the voter's district"): stopped_in_the_district,
        ("staff_close", ""): closing,
        ("staff_checklist", "closing, its act does not print"): closing_act_unprinted,
        ("closed", "after closing"): closed,
        ("ordered_stop", "everywhere"): stopped_everywhere,
    },
}
"""Each line's way from a terminal at which nobody is, part by part of a day, each in the order that it needs.

`opening` begins before the polls are open, `takeover` at a fresh terminal with another one's medium, every other part
after the polls were opened.
"""
