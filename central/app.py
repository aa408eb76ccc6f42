"""The centre's HTTPS interface (docs/batch-interface.md): takes batches, serves its record as plain files."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import assert_never

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from central import takeovers
from central.frames import FrameReader, Stalled, TooLong
from central.intake import Acknowledged, Answer, Intake, NotTaken
from central.orders import envelope_of, published
from central.rounds import Rounds
from protocol.batch_interface import ACKNOWLEDGEMENT_TYPE, CentreRefusal, RefusalCode
from protocol.documents.order import OpenedOrder, Revocation, Termination
from protocol.documents.takeover import ENVELOPE_LIMIT, OpenedNotice
from protocol.errors import Malformed, ProtocolError

LOG = logging.getLogger("central")
PIECE = 256 * 1024
BATCHES = 4
"""So many batches may be held at once, from the first byte of their sealed parts until they are judged."""
PAUSE_SECONDS = 60.0
"""A terminal that sends nothing for so long has lost its place."""


class Centre:
    """The web application of one centre, and the rounds that it publishes in while it runs."""

    def __init__(self, intake: Intake, rounds: Rounds, round_seconds: float) -> None:
        """A round is published every `round_seconds`, and a last one when the application ends."""
        self._intake = intake
        self._rounds = rounds
        self._round_seconds = round_seconds
        self._room = asyncio.Semaphore(BATCHES)

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/batches", self._take, methods=["POST"]),
                Route("/batches", self._batches, methods=["GET"]),
                Route("/batches/{terminal}/{sequence:int}.json", self._header, methods=["GET"]),
                Route(
                    "/batches/{terminal}/{sequence:int}.acknowledgement.json",
                    self._acknowledgement,
                    methods=["GET"],
                ),
                Route("/conflicts.json", self._conflicts, methods=["GET"]),
                Route("/incidents.json", self._incidents, methods=["GET"]),
                Route("/archives/{uuid}.bel", self._archive, methods=["GET"]),
                Route("/orders", self._orders, methods=["GET"]),
                Route("/orders/{digest}.dsse.json", self._order, methods=["GET"]),
                Route("/takeovers", self._take_notice, methods=["POST"]),
                Route("/takeovers", self._notices, methods=["GET"]),
                Route("/takeovers/{digest}.dsse.json", self._notice, methods=["GET"]),
                Route("/status", self._status, methods=["GET"]),
            ],
            lifespan=self._life,
        )

    @asynccontextmanager
    async def _life(self, _application: Starlette) -> AsyncIterator[None]:
        publishing = asyncio.create_task(self._publish())
        try:
            yield
        finally:
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
            await run_in_threadpool(self._round)

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(self._round_seconds)
            # A round under way is finished even if the application ends meanwhile: it holds a lock.
            await asyncio.shield(run_in_threadpool(self._round))

    def _round(self) -> None:
        """A round; what nobody expected is logged, for publishing must not end before the centre does."""
        try:
            self._rounds.publish()
        except Exception:
            LOG.exception("a round failed; the next one tries again")

    async def _take(self, request: Request) -> Response:
        try:
            return _answer(await self._taken(FrameReader(request.stream(), PAUSE_SECONDS)))
        except ClientDisconnect:
            # Nobody is left to read this answer; the terminal sends the batch again.
            return Response(status_code=400)
        except TooLong as error:
            return _refusal(CentreRefusal(error=RefusalCode.MALFORMED, what=str(error)), 413)
        except Malformed as error:
            return _answer(NotTaken(CentreRefusal(error=RefusalCode.MALFORMED, what=str(error))))
        except Stalled:
            return _answer(
                NotTaken(CentreRefusal(error=RefusalCode.BUSY, what="the batch stopped coming: send it again"))
            )

    async def _taken(self, frame: FrameReader) -> Answer:
        """The answer to a batch; its sealed part is read only if a terminal signed the header and there is room."""
        envelope = await frame.header()
        opened = await run_in_threadpool(self._intake.admit, envelope)
        if isinstance(opened, NotTaken):
            return opened
        if self._room.locked():
            busy = "other batches are being judged: send it again later"
            return NotTaken(CentreRefusal(error=RefusalCode.BUSY, what=busy))
        async with self._room:
            return await self._intake.receive(opened, envelope, await frame.sealed())

    async def _batches(self, _request: Request) -> Response:
        return _json(await run_in_threadpool(self._intake.database.batches))

    async def _header(self, request: Request) -> Response:
        terminal, sequence = request.path_params["terminal"], request.path_params["sequence"]
        header = await run_in_threadpool(self._intake.database.stored_header, terminal, sequence)
        return _found(header, ACKNOWLEDGEMENT_TYPE)

    async def _acknowledgement(self, request: Request) -> Response:
        terminal, sequence = request.path_params["terminal"], request.path_params["sequence"]
        stored = await run_in_threadpool(self._intake.database.stored_batch, terminal, sequence)
        return _found(None if stored is None else stored.acknowledgement, ACKNOWLEDGEMENT_TYPE)

    async def _conflicts(self, _request: Request) -> Response:
        return _json(await run_in_threadpool(self._intake.database.conflicts))

    async def _incidents(self, _request: Request) -> Response:
        rows = await run_in_threadpool(self._intake.database.incidents)
        names = ("kind", "terminal", "sequence", "header_sha256", "times")
        return _json([dict(zip(names, row, strict=True)) for row in rows])

    async def _archive(self, request: Request) -> Response:
        published = self._rounds.published(request.path_params["uuid"])
        if published is None:
            raise HTTPException(404)
        path, size = published

        return StreamingResponse(
            _pieces(path, size),
            media_type="application/octet-stream",
            headers={"Content-Length": str(size)},
        )

    async def _orders(self, _request: Request) -> Response:
        orders = await run_in_threadpool(published, self._intake.folder)
        return _json([_line(one) for one in orders])

    async def _order(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        return _found(await run_in_threadpool(envelope_of, self._intake.folder, digest), "application/json")

    async def _take_notice(self, request: Request) -> Response:
        """A spare says that it took over. What is refused is an incident, and changes nothing."""
        envelope = b""
        try:
            async for piece in request.stream():
                envelope += piece
                if len(envelope) > ENVELOPE_LIMIT:
                    return _refusal(CentreRefusal(error=RefusalCode.MALFORMED, what="the notice is too long"), 413)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            opened = await run_in_threadpool(takeovers.add_notice, self._intake.folder, envelope)
        except Malformed as error:
            return _refusal(CentreRefusal(error=RefusalCode.MALFORMED, what=str(error)), 400)
        except ProtocolError as error:
            LOG.warning("a notice of a takeover is refused: %s", error)
            return _refusal(CentreRefusal(error=RefusalCode.SIGNER, what=str(error)), 403)
        except OSError:
            LOG.exception("a notice of a takeover could not be kept")
            return _refusal(CentreRefusal(error=RefusalCode.BUSY, what="it could not be kept: send it again"), 503)
        LOG.info("terminal %s took over from %s", opened.statement.by, opened.notice.line[-1])
        return _json(_notice_line(opened))

    async def _notices(self, _request: Request) -> Response:
        notices = await run_in_threadpool(takeovers.published, self._intake.folder)
        return _json([_notice_line(one) for one in notices])

    async def _notice(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        return _found(await run_in_threadpool(takeovers.envelope_of, self._intake.folder, digest), "application/json")

    async def _status(self, _request: Request) -> Response:
        papers = await run_in_threadpool(self._intake.database.papers)
        return _json(
            {
                "mode": self._intake.folder.mode,
                "package": self._intake.folder.package_sha256,
                "papers": papers,
                "verifying": self._intake.progress(),
            }
        )


async def _pieces(path: Path, size: int) -> AsyncIterator[bytes]:
    """The first `size` bytes of a file that may be growing: what a whole round has made durable."""
    with await run_in_threadpool(path.open, "rb") as file:
        left = size
        while left > 0:
            piece = await run_in_threadpool(file.read, min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece


def _line(opened: OpenedOrder) -> dict[str, object]:
    order = opened.order
    line: dict[str, object] = {
        "sha256": opened.sha256,
        "order_id": order.order_id,
        "takes_effect": order.takes_effect,
    }
    match order:
        case Termination():
            return line | {"scope": order.scope}
        case Revocation():
            return line | {"certificates": order.certificates, "devices": order.devices}
        case _:
            assert_never(order)


def _notice_line(opened: OpenedNotice) -> dict[str, object]:
    statement = opened.statement
    return {
        "sha256": opened.sha256,
        "place": statement.place,
        "store": statement.store,
        "before": opened.notice.line,
        "by": statement.by,
        "at": statement.at,
    }


def _answer(answer: Answer) -> Response:
    match answer:
        case Acknowledged(envelope):
            return Response(envelope, media_type=ACKNOWLEDGEMENT_TYPE)
        case NotTaken(refusal):
            return _refusal(refusal, _status_of(refusal.error))
        case other:
            assert_never(other)


def _status_of(code: RefusalCode) -> int:
    match code:
        case RefusalCode.MALFORMED:
            return 400
        case RefusalCode.SIGNER | RefusalCode.MODE | RefusalCode.PACKAGE:
            return 403
        case RefusalCode.SEQUENCE_TAKEN | RefusalCode.SEQUENCE_GAP | RefusalCode.BROKEN_CHAIN | RefusalCode.CLOSED:
            return 409
        case RefusalCode.BUSY:
            return 503
        case other:
            assert_never(other)


def _refusal(refusal: CentreRefusal, status: int) -> Response:
    return Response(msgspec.json.encode(refusal), status, media_type="application/json")


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _found(data: bytes | None, media_type: str) -> Response:
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type=media_type)
