"""Telling the counting centre of a takeover, and hearing from it of others: plain files, judged on arrival."""

import ssl
from collections.abc import Callable

import httpx
import msgspec

from kiosk.sync.line import Line, LinkTrouble
from kiosk.sync.upload import TIMEOUT, NoLink, NothingPending, UploadResult
from protocol.documents.takeover import ENVELOPE_LIMIT, MOST_NOTICES, ListedNotice

MOST_LIST = 1024 * 1024
"""The longest list that is read, in bytes."""
NOTICE_TYPE = "application/vnd.dsse+json"


class TakeoverExchange:
    """Brings this terminal's own notice to the centre, and looks there for notices about this terminal."""

    def __init__(
        self,
        base_url: str,
        context: ssl.SSLContext,
        *,
        own: Callable[[], bytes | None],
        announced: Callable[[], None],
        take: Callable[[bytes], object],
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`own` gives the notice that the centre does not have yet; `announced` hears that it has.

        `take` judges a notice, once in this run; what it raises is passed on, and the notice is fetched again.
        """
        self._url = base_url.rstrip("/") + "/takeovers"
        self._line = Line(context, timeout, transport)
        self._own = own
        self._announced = announced
        self._take = take
        self._judged: set[str] = set()

    def run_once(self) -> UploadResult:
        """Tell what is to be told, and fetch what is new."""
        own = self._own()
        if own is not None:
            answer = self._line.ask("POST", self._url, MOST_LIST, own, NOTICE_TYPE)
            if isinstance(answer, LinkTrouble):
                return NoLink(answer, 0)
            if answer.status != 200:
                return NoLink(LinkTrouble.BUSY, 0)
            self._announced()
        return self._fetch()

    def interrupt(self) -> None:
        """Break off what `run_once` asks, from another thread, and ask nothing any more."""
        self._line.interrupt()

    def _fetch(self) -> UploadResult:
        listed = self._line.ask("GET", self._url, MOST_LIST)
        if isinstance(listed, LinkTrouble):
            return NoLink(listed, 0)
        try:
            notices = msgspec.json.decode(listed.body, type=tuple[ListedNotice, ...]) if listed.status == 200 else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            notices = None
        if notices is None:
            return NoLink(LinkTrouble.BROKEN_OFF, 0)
        for notice in notices[:MOST_NOTICES]:
            if notice.sha256 in self._judged:
                continue
            answer = self._line.ask("GET", f"{self._url}/{notice.sha256}.dsse.json", ENVELOPE_LIMIT)
            if isinstance(answer, LinkTrouble):
                return NoLink(answer, 0)
            if answer.status != 200:
                return NoLink(LinkTrouble.BROKEN_OFF, 0)
            self._take(answer.body)
            self._judged.add(notice.sha256)
        return NothingPending()
