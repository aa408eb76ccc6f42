"""The staff's home looks at the terminal anew while it is shown.

Neither a printer nor the link tells that it is well again: they have to be asked.
"""

from kiosk.flows.contract import SetTimer, StopTimer
from kiosk.flows.scene import Scene
from kiosk.flows.staff.states import StaffHome, StaffPhase
from kiosk.flows.voter.states import VoterPhase

AGAIN = "status"
"""The timer after which the home asks once more."""
AGAIN_SECONDS = 5.0
"""From one answer to the next question."""


def watch(before: VoterPhase | StaffPhase, after: VoterPhase | StaffPhase, scene: Scene) -> None:
    """Set the timer once the home has its answer, and stop it when the home is left, or asks for another reason."""
    rested, rests = _rests(before), _rests(after)
    if rests and not rested:
        scene.ask(SetTimer(AGAIN, AGAIN_SECONDS))
    elif rested and not rests:
        scene.ask(StopTimer(AGAIN))


def _rests(phase: VoterPhase | StaffPhase) -> bool:
    return isinstance(phase, StaffHome) and phase.effect is None
