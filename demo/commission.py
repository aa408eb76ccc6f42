"""Scripted members of the commission: open and close the terminal with control cards and their PINs."""

from dataclasses import dataclass

from demo.eye import Eye, Sight
from demo.house import House
from demo.visit import Seen, Stuck
from kiosk.domain.words import message
from kiosk.flows.contract import ActKind
from texts import Catalogue


@dataclass(slots=True)
class Abandoned:
    """The card of a voter who goes off in the middle, and whether it is usable again."""

    card: str
    released: bool = False


class Member:
    """The chair at the terminal, and the other members where a quorum is needed.

    Every call can be repeated after the terminal was killed.
    """

    def __init__(self, house: House, seen: Seen) -> None:
        self._house = house
        self._seen = seen
        self._cards = sorted(house.control_cards(), key=lambda name: "chair" not in name)
        self._card = self._cards[0]
        self._counted: set[str] = set()
        self._say = Catalogue(house.package.languages[0]).say

    def bring_to(self, eye: Eye, goal: str) -> None:
        """Open or resume (`goal` "welcome"), pause ("paused") or close ("closed") and leave with every act printed.

        Raises EyeLost when the terminal is killed; then call it again.
        """
        begun = False
        while True:
            sight = eye.wait(lambda sight: sight.screen not in ("", "starting", "reading"))
            self._seen(eye, sight)
            match sight.screen:
                case "welcome" | "closed" if begun and self._inserted() is None:
                    if sight.screen == {"paused": "closed"}.get(goal, goal):
                        return
                    begun = False
                case "welcome" | "closed":
                    begun = True
                    if self._inserted() is None:
                        self._house.card.control.insert(self._card)
                    eye.wait(["staff_pin", "card_trouble"])
                case "staff_pin":
                    begun = True
                    self._enter_pin(eye)
                case "staff_home":
                    begun = True
                    self._at_home(eye, sight, goal)
                case "staff_checklist":
                    self._watch(eye)
                case "staff_quorum":
                    self._next_member(eye)
                case "staff_pause":
                    self._press(eye, sight, "row_0")
                case "staff_close":
                    self._press(eye, sight, "primary")
                case "staff_done":
                    self._house.printer.control.tear()
                    self._press(eye, sight, "primary")
                case _:
                    raise Stuck(f"the member met “{sight.screen}” with {sorted(sight.controls)}")

    def end_abandoned(self, eye: Eye, visit: Abandoned) -> None:
        """A voter goes off in the middle, and their session is ended before the member; their card may vote again.

        Raises EyeLost when the terminal is killed; then call it again.
        """
        while not visit.released:
            sight = eye.wait(lambda sight: sight.screen not in ("", "starting", "reading"))
            self._seen(eye, sight)
            match sight.screen:
                case "welcome":
                    if self._inserted() is None:
                        self._house.card.control.insert(visit.card)
                    eye.wait(lambda now: now.screen not in ("welcome", "reading"))
                case "after_power":
                    self._press(eye, sight, "primary")
                case "ballots":
                    self._house.card.control.remove()
                    eye.wait(["card_pulled"])
                case "card_pulled":
                    self._house.card.control.insert(self._card)
                    eye.wait(["staff_pin"])
                case "staff_pin":
                    self._enter_pin(eye)
                case "staff_home":
                    # The power was cut, and the session with it: it begins anew.
                    self._house.card.control.remove()
                    eye.wait(["welcome"])
                case "staff_reset":
                    self._press(eye, sight, "back")
                    eye.wait(["staff_reset_ended"])
                case "staff_reset_ended":
                    self._seen(eye, sight)
                    self._house.card.control.remove()
                    self._house.card.control.insert(visit.card)
                    eye.wait(["take_card", "after_power"])
                case "take_card":
                    self._house.card.control.remove()
                    eye.wait(["welcome"])
                    visit.released = True
                case _:
                    raise Stuck(f"the member met “{sight.screen}” with {sorted(sight.controls)}")

    def _inserted(self) -> str | None:
        inserted: str | None = self._house.card.control.state()["inserted"]
        return inserted

    def _next_member(self, eye: Eye) -> None:
        """Whose card was counted takes it; the next one puts theirs in."""
        if self._inserted() is not None:
            self._house.card.control.remove()
        card = next(card for card in self._cards if card not in self._counted)
        self._house.card.control.insert(card)
        eye.wait(["staff_pin"])

    def _enter_pin(self, eye: Eye) -> None:
        card = self._inserted() or self._card
        self._counted.add(card)
        for digit in self._house.pin(card):
            eye.press(f"pin_{digit}")
        sight = eye.look()
        eye.press("pin_enter")
        eye.wait(lambda now: now.serial > sight.serial)
        eye.wait(lambda now: now.screen not in ("staff_pin", ""))

    def _at_home(self, eye: Eye, sight: Sight, goal: str) -> None:
        """Print what is missing, begin what leads to the goal, or take the card and go."""
        # A quorum that was begun before a power cut is begun anew, with the card that is in.
        self._counted = {self._inserted() or self._card}
        # The numbers arrive a moment after the screen; what is to be printed is known only then.
        sight = eye.wait(lambda now: now.screen != "staff_home" or now.controls["other_0"][1])
        acts = [f"action.print_{act.value}" for act in ActKind]
        wanted = {"welcome": ("open_polls", "resume_polls"), "closed": ("close_polls",), "paused": ("pause_polls",)}
        for key in (*acts, *(f"action.{name}" for name in wanted[goal])):
            said = self._say(message(key))
            for control, shown in sight.controls.items():
                if shown[0] == said:
                    self._press(eye, sight, control)
                    return
        self._house.card.control.remove()
        eye.wait(["welcome", "closed"])

    def _watch(self, eye: Eye) -> None:
        """Wait while the terminal works; a step in trouble offers to try again."""
        sight = eye.wait(lambda now: now.screen != "staff_checklist" or "primary" in now.controls)
        if sight.screen == "staff_checklist":
            raise Stuck("a step of the checklist is in trouble")

    def _press(self, eye: Eye, sight: Sight, name: str) -> None:
        eye.press(name)
        eye.wait(lambda now: now.serial > sight.serial)
