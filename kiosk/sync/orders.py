"""Fetching orders from the counting centre: plain files, judged by whoever takes them in and not by their way here."""

import ssl
from collections.abc import Callable

import httpx
import msgspec

from kiosk.sync.line import Line, LinkTrouble
from kiosk.sync.upload import TIMEOUT, NoLink, NothingPending, UploadResult
from protocol.documents.order import ENVELOPE_LIMIT, MOST_ORDERS, ListedOrder

MOST_LIST = 1024 * 1024
"""The longest list that is read, in bytes."""


class OrderFetcher:
    """Looks at the centre's list and gives every order on it that is not known to `take`, each once."""

    def __init__(
        self,
        base_url: str,
        context: ssl.SSLContext,
        *,
        known: Callable[[str], bool],
        take: Callable[[bytes], object],
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`known` tells of an order's digest whether it is held already; `take` judges an envelope.

        What `take` raises is the terminal's own trouble: OSError and the like are passed on, and the order is fetched
        again. One that `take` has judged is not fetched a second time in this run, however it was judged.
        """
        self._base = base_url.rstrip("/")
        self._line = Line(context, timeout, transport)
        self._known = known
        self._take = take
        self._judged: set[str] = set()

    def run_once(self) -> UploadResult:
        """Fetch what is new."""
        listed = self._listed()
        if isinstance(listed, LinkTrouble):
            return NoLink(listed, 0)
        for order in listed:
            if order.sha256 in self._judged or self._known(order.sha256):
                continue
            answer = self._line.ask("GET", f"{self._base}/orders/{order.sha256}.dsse.json", ENVELOPE_LIMIT)
            if isinstance(answer, LinkTrouble):
                return NoLink(answer, 0)
            if answer.status != 200:
                return NoLink(LinkTrouble.BROKEN_OFF, 0)
            self._take(answer.body)
            self._judged.add(order.sha256)
        return NothingPending()

    def interrupt(self) -> None:
        """Break off what `run_once` asks, from another thread, and ask nothing any more."""
        self._line.interrupt()

    def _listed(self) -> tuple[ListedOrder, ...] | LinkTrouble:
        answer = self._line.ask("GET", f"{self._base}/orders", MOST_LIST)
        if isinstance(answer, LinkTrouble):
            return answer
        try:
            if answer.status != 200:
                return LinkTrouble.BROKEN_OFF
            return msgspec.json.decode(answer.body, type=tuple[ListedOrder, ...])[:MOST_ORDERS]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return LinkTrouble.BROKEN_OFF
