"""The effect that prints what an order says."""

from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.effects.orders import Orders
from kiosk.effects.printing import Printing
from kiosk.flows.contract import NotPrinted, Outcome, Printed, PrintOrder, PrintTrouble
from kiosk.papers.order_notice import OrderNotice
from kiosk.papers.render import PaperKind
from kiosk.store import events


class OrderPaper:
    """Prints an order that this terminal holds; used from the printer's lane."""

    def __init__(self, facts: Facts, store: OpenStore, orders: Orders, printing: Printing) -> None:
        self._facts = facts
        self._store = store
        self._orders = orders
        self._printing = printing

    def print_order(self, effect: PrintOrder) -> Outcome:
        """Print how to vote instead, and the order that says so."""
        order = self._orders.order(effect.order)
        if order is None:
            return NotPrinted(PrintTrouble.UNKNOWN)
        content = OrderNotice(
            self._facts.origin(reprint=effect.reprint),
            order.scope,
            order.instead,
            order.reason,
            order.decision,
            order.digest,
        )
        printed = self._printing.paper(PaperKind.ORDER_NOTICE, content, effect.language, reprint=effect.reprint)
        match printed:
            case Printed():
                self._store.record(events.order_paper_printed())
            case NotPrinted(trouble):
                self._store.record(events.order_paper_not_printed(trouble.value))
        return printed
