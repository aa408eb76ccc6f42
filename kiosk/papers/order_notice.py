"""What an order of the territorial commission says, for whoever may not vote here any more: how to vote instead."""

from dataclasses import dataclass

from kiosk.domain.words import Words, message
from kiosk.papers.frame import Origin, digest, finished, head
from kiosk.papers.layout import SMALL, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """`scope` names the districts, `decision` who decided and when; `order_digest` is the signed order's."""

    origin: Origin
    scope: Words
    instead: Words
    reason: Words
    decision: Words
    order_digest: str


def draw(content: OrderNotice, roll: Roll, say: Say) -> PaperImage:
    """How to vote instead in a heavy frame; then why, and by whose decision. Nothing about the person."""
    strip = Strip(roll, say)
    head(strip, content.origin)
    strip.title(message("paper.order.title"))
    strip.paragraph(content.scope)
    strip.notice(message("paper.order.instead"), content.instead)
    strip.paragraph(content.reason)
    strip.paragraph(content.decision)
    strip.paragraph(message("paper.order.not_cast"), SMALL)
    digest(strip, message("paper.order.digest"), content.order_digest)
    return finished(strip, "order-notice", content.origin)
