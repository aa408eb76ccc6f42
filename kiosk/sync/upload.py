"""Bringing sealed batches to the counting centre, one after another, and keeping its signed answers.

Whatever the network, the centre or the clock does, a batch stays pending in the store until an acknowledgement
that the centre signed about this very header is stored. Trouble is a value for the caller, never an exception.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import httpx
import msgspec

from kiosk.sync.line import Line, LinkTrouble
from protocol.batch_interface import MEDIA_TYPE, CentreRefusal, RefusalCode, framed, header_sha256, stated_header
from protocol.documents.acknowledgement import Acknowledgement, Status, open_acknowledgement
from protocol.documents.dsse import Trust
from protocol.errors import ProtocolError

MOST_ANSWER = 8 * 1024 * 1024
"""The longest answer that is read, in bytes."""
TIMEOUT = httpx.Timeout(connect=10.0, read=300.0, write=60.0, pool=10.0)
"""Reading waits longest: the centre answers when it has verified every ballot of the batch."""


@dataclass(frozen=True, slots=True)
class PendingBatch:
    """A sealed batch of the store: `ballots` is the number of ballots in it.

    `sequence` is its number in the store, which is the header's unless this terminal took over another one.
    """

    sequence: int
    ballots: int
    header_envelope: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


class PendingBatches(Protocol):
    """What upload needs of the vote store. Called from the thread that uploads."""

    def first_pending(self) -> PendingBatch | None:
        """The batch of the lowest sequence that has no acknowledgement."""
        ...

    def batch(self, sequence: int) -> PendingBatch | None:
        """Any batch, acknowledged or not: nothing is deleted before the retention date."""
        ...

    def mark_sent(self, sequence: int) -> None:
        """The batch is about to leave the terminal."""
        ...

    def store_acknowledgement(self, sequence: int, envelope: bytes, acknowledgement: Acknowledgement) -> None:
        """Keep the verified acknowledgement durably; the ballots of the batch that it does not accept are quarantined.

        Its status is `quarantined` only if the whole batch was set aside; then it accepts none.
        """
        ...


@dataclass(frozen=True, slots=True)
class NothingPending:
    """Every sealed batch is acknowledged."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The acknowledgement of a batch is stored. `accepted` and `quarantined` are numbers of ballots."""

    sequence: int
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class NoLink:
    """The centre was not reached, or not to the end."""

    trouble: LinkTrouble
    sequence: int


class IncidentKind(StrEnum):
    """What people must look at. The batch stays pending."""

    REFUSED = "refused"
    """The centre does not take the batch; `refusal` says why."""
    FALSE_ACKNOWLEDGEMENT = "false_acknowledgement"
    """The answer is not signed by the centre, or is about something else, or its numbers cannot be right."""
    UNKNOWN_ANSWER = "unknown_answer"
    """The answer is nothing that a centre says."""


@dataclass(frozen=True, slots=True)
class UploadIncident:
    """Something is wrong that waiting does not mend. `what` is for staff and journal, without secrets."""

    kind: IncidentKind
    sequence: int
    what: str
    refusal: RefusalCode | None = None


UploadResult = NothingPending | Delivered | NoLink | UploadIncident


class Uploader:
    """Sends pending batches to one centre."""

    def __init__(
        self,
        base_url: str,
        context: ssl.SSLContext,
        *,
        trust_at: Callable[[datetime], Trust],
        now: Callable[[], datetime],
        batches: PendingBatches,
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`trust_at` gives the trust in the centre's signature at a time, `now` the time (aware).

        `context` trusts the election's root and holds the terminal's client certificate; it is not used with a
        `transport` of one's own, which stands for the network in tests.
        """
        self._url = base_url.rstrip("/") + "/batches"
        self._line = Line(context, timeout, transport)
        self._trust_at = trust_at
        self._now = now
        self._batches = batches

    def run_once(self) -> UploadResult:
        """Try to deliver the first pending batch. What the store raises is passed on."""
        batch = self._batches.first_pending()
        if batch is None:
            return NothingPending()
        result = self._deliver(batch)
        if isinstance(result, _Gap):
            return self._fill_gap(batch, result)
        return result

    def interrupt(self) -> None:
        """Break off what `run_once` is sending, from another thread, and send nothing any more."""
        self._line.interrupt()

    # --- inside ---

    def _fill_gap(self, batch: PendingBatch, gap: "_Gap") -> UploadResult:
        """Send again what the centre has lost, from the batch that it expects up to the pending one."""
        incident = UploadIncident(IncidentKind.REFUSED, batch.sequence, gap.refusal.what, gap.refusal.error)
        # A terminal that took over has batches of the one before it in its store, whose own numbers go on from 1.
        first = batch.sequence - (stated_header(batch.header_envelope).sequence - gap.expected)
        for sequence in range(first, batch.sequence):
            lost = self._batches.batch(sequence)
            if lost is None or not isinstance(self._deliver(lost, again=True), Delivered):
                return incident
        result = self._deliver(batch)
        return incident if isinstance(result, _Gap) else result

    def _deliver(self, batch: PendingBatch, *, again: bool = False) -> "UploadResult | _Gap":
        self._batches.mark_sent(batch.sequence)
        body = framed(batch.header_envelope, batch.sealed)
        answer = self._line.ask("POST", self._url, MOST_ANSWER, body, MEDIA_TYPE)
        if isinstance(answer, LinkTrouble):
            return NoLink(answer, batch.sequence)
        if answer.status == 200:
            return self._acknowledged(batch, answer.body, again=again)
        try:
            refusal = msgspec.json.decode(answer.body, type=CentreRefusal)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if answer.status >= 500:
                return NoLink(LinkTrouble.BUSY, batch.sequence)
            what = f"the centre answered with HTTP status {answer.status} and no reason"
            return UploadIncident(IncidentKind.UNKNOWN_ANSWER, batch.sequence, what)
        if refusal.error is RefusalCode.BUSY:
            return NoLink(LinkTrouble.BUSY, batch.sequence)
        gap = refusal.error is RefusalCode.SEQUENCE_GAP and refusal.expected is not None
        number = stated_header(batch.header_envelope).sequence
        if gap and refusal.expected is not None and 1 <= refusal.expected < number:
            return _Gap(refusal.expected, refusal)
        return UploadIncident(IncidentKind.REFUSED, batch.sequence, refusal.what, refusal.error)

    def _acknowledged(self, batch: PendingBatch, envelope: bytes, *, again: bool) -> UploadResult:
        try:
            acknowledgement = open_acknowledgement(envelope, self._trust_at(self._now()))
        except ProtocolError as error:
            return UploadIncident(IncidentKind.FALSE_ACKNOWLEDGEMENT, batch.sequence, str(error))
        fault = self._fault(batch, acknowledgement)
        if fault is not None:
            return UploadIncident(IncidentKind.FALSE_ACKNOWLEDGEMENT, batch.sequence, fault)
        accepted = acknowledgement.accepted
        quarantined = batch.ballots - accepted
        if not again:
            self._batches.store_acknowledgement(batch.sequence, envelope, acknowledgement)
        return Delivered(batch.sequence, accepted, quarantined)

    def _fault(self, batch: PendingBatch, acknowledgement: Acknowledgement) -> str | None:
        """What shows that an acknowledgement, although signed, is not the answer to this batch."""
        about = (acknowledgement.terminal, acknowledgement.sequence, acknowledgement.header_sha256)
        header = stated_header(batch.header_envelope)
        if about != (header.terminal, header.sequence, header_sha256(batch.header_envelope)):
            return "the acknowledgement is about another batch"
        judged = acknowledgement.accepted + len(acknowledgement.refused)
        # A batch that the centre cannot open is quarantined as a whole, without a word on its ballots.
        expected = 0 if acknowledgement.status is Status.QUARANTINED else batch.ballots
        if judged != expected:
            return f"the acknowledgement judges {judged} ballots, the batch holds {batch.ballots}"
        return None


@dataclass(frozen=True, slots=True)
class _Gap:
    """The centre waits for an earlier batch."""

    expected: int
    refusal: CentreRefusal
