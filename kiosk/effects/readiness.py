"""The checks before opening and closing: each looks at the real thing and says what to do if it is not right."""

from datetime import timedelta

from kiosk.domain.polls import PollsState
from kiosk.domain.words import Words, message, plain
from kiosk.effects.facts import Facts
from kiosk.effects.open_store import OpenStore
from kiosk.effects.orders import Orders
from kiosk.effects.printing import Printing
from kiosk.flows.contract import Checked, CheckResult
from kiosk.store import events
from protocol.documents.errors import OutOfDays
from protocol.documents.package import Day, check_days

EARLIEST = timedelta(hours=1)
"""How long before the hour the checklist of opening may be begun."""


class Readiness:
    """Runs checks and keeps the last results of opening for its act."""

    def __init__(self, facts: Facts, store: OpenStore, printing: Printing, orders: Orders) -> None:
        self._facts = facts
        self._store = store
        self._printing = printing
        self._orders = orders
        self._lines: tuple[tuple[str, bool], ...] = ()

    def lines(self) -> tuple[tuple[str, bool], ...]:
        """The checks of the last opening by name, and whether each passed: for its act."""
        return self._lines

    def opening(self) -> Checked:
        """Package and clock, store, printers."""
        results = (
            CheckResult("package_days", self._day_trouble(EARLIEST)),
            CheckResult("store_empty", self._store_trouble()),
            CheckResult("printer", self._printer_trouble()),
            *((CheckResult("report_printer", self._report_trouble()),) if self._printing.on_sheets else ()),
        )
        self._lines = tuple((result.name, result.trouble is None) for result in results)
        return self._noted("opening", results)

    def resuming(self) -> Checked:
        """Nobody votes without a slip. The hour is not asked: who is inside at closing time still votes."""
        return self._noted("resuming", (CheckResult("printer", self._printer_trouble()),))

    def may_open_now(self) -> Words | None:
        """What keeps the polls from being opened at this minute."""
        if self._orders.everything_stopped():
            return message("check.voting_terminated")
        return self._day_trouble(timedelta())

    def closing(self) -> Checked:
        """Not before the hour without an order."""
        return self._noted("closing", (CheckResult("closing_hour", self._hour_trouble()),))

    def _noted(self, procedure: str, results: tuple[CheckResult, ...]) -> Checked:
        failed = sum(result.trouble is not None for result in results)
        self._store.record(events.readiness_checked(procedure, failed))
        return Checked(results)

    def _today(self) -> Day | None:
        try:
            return check_days(self._facts.package, self._facts.clock(), self._facts.place.place_id)
        except OutOfDays:
            return None

    def _day_trouble(self, before: timedelta) -> Words | None:
        day, now = self._today(), self._facts.local_now()
        if day is None:
            return message("check.no_voting_today")
        if now < day.opens_at(self._facts.place.zone()) - before:
            return message("check.too_early_to_open", time=plain(day.opens))
        if now >= day.closes_at(self._facts.place.zone()):
            return message("check.too_late_to_open", time=plain(day.closes))
        return None

    def _hour_trouble(self) -> Words | None:
        """Closing is for good, so it is for the last day's hour, unless an order has ended the voting."""
        last = self._facts.package.days[-1]
        if self._orders.everything_stopped() or self._facts.local_now() >= last.closes_at(self._facts.place.zone()):
            return None
        return message("check.too_early_to_close", time=plain(last.closes))

    def _store_trouble(self) -> Words | None:
        counters = self._store.do(lambda store: store.counters())
        polls = self._store.do(lambda store: store.polls_state())
        if polls is PollsState.NOT_OPENED and (counters.accepted or counters.sealed):
            return message("check.store_not_empty", count=counters.accepted)
        return None

    def _printer_trouble(self) -> Words | None:
        trouble = self._printing.trouble()
        return None if trouble is None else message(f"printer.{trouble.value}")

    def _report_trouble(self) -> Words | None:
        trouble = self._printing.report_trouble()
        return None if trouble is None else message(f"printer.{trouble.value}")
