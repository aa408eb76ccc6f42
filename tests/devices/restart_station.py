"""A polling place with one terminal in a process of its own, and what people do there until it is killed."""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from kiosk.flows.contract import Touch
from protocol.documents.card_state import CardState
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace
from tests.devices.victim_setting import Victim
from tests.factories.orders import Commission

PINS = {"chair": "111111", "secretary": "222222"}
IDLE = ("view welcome ", "view closed ", "view ordered_stop ", "view out_of_order ")


@dataclass
class Station:
    """A polling place, the terminal that is killed in it, and the card that a way there leaves behind."""

    place: PollingPlace
    victim: Victim = field(init=False)
    card: str = ""
    voters: dict[str, str] = field(default_factory=dict)

    def on(self, *screens: str) -> str:
        """Switch the terminal on; the line that tells of the first of these views."""
        self.victim = Victim(self.place)
        return self.victim.until(*(screens or IDLE))

    def tell(self, line: str, *screens: str) -> str:
        """Do something at the terminal; the view that comes of it."""
        told = self.victim.tell(line, *(f"view {screen}" for screen in screens))
        assert told, f"{line}: the terminal ended after {self.victim.shown}"
        return told

    def touch(self, touch: Touch, *screens: str) -> str:
        return self.tell(f"touch {touch.name}", *screens)

    def insert(self, card: str, *screens: str) -> str:
        self.card = card
        self.place.card.control.insert(card)
        told = self.victim.until(*(f"view {screen}" for screen in screens))
        assert told, f"{card}: the terminal ended after {self.victim.shown}"
        return told

    def remove(self, *screens: str) -> None:
        self.empty()
        self.victim.until(*(f"view {screen}" for screen in screens))

    def leave(self) -> None:
        """The voter at the list of papers goes without voting."""
        self.touch(Touch.LEAVE, "leave ")
        self.touch(Touch.CONFIRM, "take_card take_card_left.lead")
        self.remove("welcome ")

    def empty(self) -> None:
        """Nothing is in the reader, whatever the terminal says of it."""
        if self.place.card.control.state()["inserted"] is not None:
            self.place.card.control.remove()

    def mended(self) -> None:
        """The printer prints again."""
        self.place.printer.control.do("clear")

    # --- voters

    def voter(self, style: str = "B") -> str:
        """A card that may vote; the same one again as long as it has not."""
        card = self.voters.get(style)
        if card is None or self.place.state(card) is CardState.SPENT:
            card = self.voters[style] = self.place.issue(style)
        return card

    def ballots(self, style: str = "B") -> None:
        if "after_power" in self.insert(self.voter(style), "ballots ", "after_power "):
            self.touch(Touch.NEXT, "ballots ")

    def contest(self, style: str = "B") -> None:
        self.ballots(style)
        self.tell("paper governor", "contest ")
        self.tell("option 1", "contest ")

    def review(self, style: str = "B") -> None:
        self.contest(style)
        self.touch(Touch.NEXT, "ballots ")
        self.touch(Touch.NEXT, "review ")

    def undecided(self) -> None:
        self.review()
        self.touch(Touch.NEXT, "undecided ")

    def decide(self) -> None:
        self.undecided()
        self.touch(Touch.CONFIRM, "decide ")

    def cast(self) -> None:
        self.decide()
        self.touch(Touch.CAST, "cast cast.lead cast.heading")

    def dies_at(self, mark: str, does: Touch | str, number: int = 1) -> None:
        """Touch, or do as this line says, and let the terminal end itself right there."""
        self.victim.tell(f"end {number} {mark}", "armed")
        self.victim.tell(f"touch {does.name}" if isinstance(does, Touch) else does, "nothing")
        assert self.victim.ended(), f"{mark} never came"

    def leaves(self, card: str) -> None:
        """The card that is in, or put in, once the terminal is on again."""
        self.card = card

    def marked(self) -> None:
        """Wait until the card says that it has voted."""
        until = time.monotonic() + WAIT_SECONDS
        while self.place.state(self.card) is not CardState.SPENT:
            assert time.monotonic() < until, "the card was not marked"

    def jam(self) -> None:
        self.place.printer.control.jam()

    # --- members

    def member(self, card: str = "secretary") -> None:
        self.insert(card, "staff_pin ")
        self.tell(f"pin {PINS[card]}", "staff_home ")

    def chair_after_another(self) -> None:
        """The secretary was counted towards the quorum, and the chair's PIN completes it."""
        self.member()
        self.touch(Touch.OPEN_POLLS, "staff_quorum ")
        self.remove("staff_quorum quorum.lead ")
        self.insert("chair", "staff_pin ")

    def beside_a_session(self) -> str:
        """A voter's card is out, and a member's in its place; the voter's."""
        self.contest()
        voter = self.card
        self.remove("card_pulled ")
        self.insert("secretary", "staff_pin ")
        return voter

    def reset(self) -> str:
        """A member before somebody's session; the voter's card."""
        voter = self.beside_a_session()
        self.tell(f"pin {PINS['secretary']}", "staff_reset ")
        return voter

    def late(self) -> None:
        """It is after the last day's closing hour."""
        zone = self.place.opened.package.polling_places[0].zone()
        self.place.clock.now = self.place.opened.package.days[-1].closes_at(zone) + timedelta(minutes=1)
        self.victim.tell(f"clock {self.place.clock.now.isoformat()}\nend 0 nothing", "armed")

    def order(self, scope: tuple[str, ...] | str) -> str:
        """An order in force from now on, as a file."""
        made = Commission.of(self.place.folder / "e")
        now = self.place.clock().isoformat(timespec="minutes")
        order = made.termination(scope=scope, takes_effect=now, order_id=f"stop-{'-'.join(scope)}")
        path = self.place.folder / "order"
        path.write_bytes(made.signed(order))
        return f"order {path}"
