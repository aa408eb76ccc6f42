"""One request to the counting centre at a time, over TLS with the terminal's certificate, that can be broken off."""

import asyncio
import ssl
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx


class LinkTrouble(StrEnum):
    """Why the centre was not reached. The batch stays pending and is tried again."""

    UNREACHABLE = "unreachable"
    NOT_TRUSTED = "not_trusted"
    TIMED_OUT = "timed_out"
    BROKEN_OFF = "broken_off"
    BUSY = "busy"
    STOPPED = "stopped"
    STORE = "store"
    """The terminal's own store could not give the batch, or take the answer; the centre may be there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the centre said; of a body that is too long only the first part."""

    status: int
    body: bytes = field(repr=False)


class Line:
    """Carries requests, each in an event loop of its own, which `interrupt` can break off at any point."""

    def __init__(
        self, context: ssl.SSLContext, timeout: httpx.Timeout, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """`context` is not used with a `transport` of one's own, which stands for the network in tests."""
        self._context = context
        self._timeout = timeout
        self.transport = transport
        self._lock = threading.Lock()
        self._stopped = False
        self._asking: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def ask(
        self, method: str, url: str, most: int, content: bytes | None = None, media_type: str | None = None
    ) -> Answer | LinkTrouble:
        """The centre's answer, read until it is longer than `most` bytes; trouble is a value, never an exception."""

        async def interruptible() -> Answer | LinkTrouble:
            task = asyncio.current_task()
            assert task is not None
            with self._lock:
                if self._stopped:
                    return LinkTrouble.STOPPED
                self._asking = (asyncio.get_running_loop(), task)
            try:
                return await self._request(method, url, most, content, media_type)
            finally:
                with self._lock:
                    self._asking = None

        try:
            return asyncio.run(interruptible())
        except asyncio.CancelledError:
            return LinkTrouble.STOPPED

    def interrupt(self) -> None:
        """Break off what is asked, from another thread, and ask nothing any more."""
        with self._lock:
            self._stopped = True
            if self._asking is not None:
                loop, task = self._asking
                loop.call_soon_threadsafe(task.cancel)

    async def _request(
        self, method: str, url: str, most: int, content: bytes | None, media_type: str | None
    ) -> Answer | LinkTrouble:
        headers = {} if media_type is None else {"Content-Type": media_type}
        connections: list[Any] = []

        async def note(event: str, about: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                connections.append(about["return_value"])

        try:
            async with (
                # The proxies of the environment are none of a terminal's business.
                httpx.AsyncClient(
                    verify=self._context, timeout=self._timeout, trust_env=False, transport=self.transport
                ) as client,
                client.stream(method, url, content=content, headers=headers, extensions={"trace": note}) as response,
            ):
                answer = bytearray()
                async for piece in response.aiter_bytes():
                    answer += piece
                    if len(answer) > most:
                        break
                return Answer(response.status_code, bytes(answer))
        except httpx.TimeoutException:
            return LinkTrouble.TIMED_OUT
        except httpx.ConnectError as error:
            return LinkTrouble.NOT_TRUSTED if _about_certificates(error) else LinkTrouble.UNREACHABLE
        except httpx.HTTPError:
            return LinkTrouble.BROKEN_OFF
        except ssl.SSLError:
            # TLS 1.3 tells a client only after the handshake that its certificate is not wanted.
            return LinkTrouble.NOT_TRUSTED
        finally:
            # httpcore leaves a connection open that was broken off in its TLS handshake.
            for connection in connections:
                await connection.aclose()


def _about_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "certificate verify failed" in str(cause).lower():
            return True
        cause = cause.__cause__ or cause.__context__
    return False
