"""How a step that needs a quorum goes on: who was counted, who is asked for next, and until when."""

from dataclasses import replace
from typing import Final

from kiosk.domain.quorum import Quorum
from kiosk.flows.contract import CardRefused, Outcome, ReadCard, Refusal, SetTimer, StopTimer
from kiosk.flows.scene import Scene
from kiosk.flows.staff.states import Checklist, QuorumAsked

QUORUM: Final = "quorum"
"""The timer within which every card has to come."""


def more_needed(phase: Checklist, quorum: Quorum, scene: Scene) -> QuorumAsked:
    """A card was counted, and more are needed. The time runs from the first one on."""
    if len(quorum.here) == 1:
        scene.ask(SetTimer(QUORUM, scene.station.limits.quorum))
    return _asked(replace(phase, quorum=quorum), quorum, None, scene)


def not_counted(phase: Checklist, quorum: Quorum, outcome: Outcome, scene: Scene) -> QuorumAsked:
    """A card was not counted; whoever was before is still here."""
    refused = outcome if isinstance(outcome, CardRefused) else CardRefused(Refusal.UNREADABLE)
    return _asked(phase, quorum, refused, scene)


def _asked(phase: Checklist, quorum: Quorum, refused: CardRefused | None, scene: Scene) -> QuorumAsked:
    """Ask for the next card, or read the one that was put in while the last one was counted."""
    if phase.card_back:
        return QuorumAsked(replace(phase, card_back=False), quorum, effect=scene.ask(ReadCard(voters=False)))
    return QuorumAsked(phase, quorum, phase.card_in, refused=refused)


def met(phase: Checklist, scene: Scene) -> Checklist:
    """The step passed: nobody is waited for any more."""
    if phase.quorum is None:
        return phase
    scene.ask(StopTimer(QUORUM))
    return replace(phase, quorum=None)
