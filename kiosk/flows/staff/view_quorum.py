"""A quorum that is being gathered: who is here, who is missing, and what became of the last card."""

from kiosk.domain.quorum import Quorum
from kiosk.domain.words import message, plain
from kiosk.flows.contract import Touch
from kiosk.flows.staff.states import QuorumAsked
from kiosk.flows.views import Mark, Row, Rows, Screen
from kiosk.flows.voter.view_parts import Face, act


def asked(phase: QuorumAsked) -> Face:
    """Ask for the next card; first of all for the one that is in to be taken."""
    lead = "quorum.lead"
    if phase.effect is not None:
        lead = "quorum.lead_reading"
    elif phase.card_in:
        lead = "quorum.lead_take"
    return Face(
        Screen.STAFF_QUORUM,
        message("quorum.heading", count=phase.quorum.missing),
        message(lead, time=plain(phase.quorum.until)),
        Rows((*_refused(phase), *_missing(phase.quorum), *_here(phase.quorum))),
        back=act(Touch.LEAVE, "action.later"),
        settings_bar=False,
    )


def _refused(phase: QuorumAsked) -> tuple[Row, ...]:
    if phase.refused is None:
        return ()
    refused = phase.refused
    words = message(f"refusal.{refused.refusal.name.lower()}", place=refused.place)
    return (Row(words, message("quorum.refused", code=refused.refusal.value), Mark.TROUBLE),)


def _missing(quorum: Quorum) -> tuple[Row, ...]:
    """The chair by name of the office, the others by number: the package does not say who they are."""
    others = quorum.missing - (0 if quorum.chair else 1)
    awaited = message("quorum.awaited")
    chair = () if quorum.chair else (Row(message("quorum.chair"), awaited, Mark.ATTENTION),)
    return (*chair, *(Row(message("quorum.member"), awaited, Mark.ATTENTION) for _ in range(others)))


def _here(quorum: Quorum) -> tuple[Row, ...]:
    return tuple(Row(plain(member.name), message(f"role.{member.role}"), Mark.DONE) for member in quorum.here)
